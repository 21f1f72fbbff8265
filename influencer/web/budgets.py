"""The JSON API of budgets: what an advertiser will spend on a brief in a period, what is spent, and what is left."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.principal import Principal, advertiser_filter
from influencer.accounts.roles import STAFF, Role
from influencer.brief import Slug
from influencer.commerce.money import iso_money
from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.fields import Currency
from influencer.intake.budgets import spending
from influencer.intake.spending import Spending
from influencer.store.budgets import UNKNOWN, Budget, NewBudget
from influencer.web.auth import PrincipalDep, access
from influencer.web.briefs import own_brief
from influencer.web.context import Web, WebDep, within_rate

LONGEST = timedelta(days=366)
router = APIRouter(
    prefix="/api/budgets", tags=["briefs"], dependencies=[access(Role.ADVERTISER, *STAFF), Depends(within_rate)]
)
Amount = Annotated[int, Field(ge=1, le=100_000_000_000, strict=True)]


class BudgetBody(BaseModel):
    """Minor units of the rate card's currency for the days from `first_day` to `last_day`, both included, in UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    brief_id: Slug
    amount: Amount
    currency: Currency
    first_day: date
    last_day: date


class AmountBody(BaseModel):
    """Another amount, in minor units."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Amount


@router.get("")
async def read_budgets(
    web: WebDep, principal: PrincipalDep, brief_id: Annotated[str | None, Query(max_length=64)] = None
) -> dict[str, Any]:
    """Budgets with what is spent and left, newest period first: an advertiser's own, everybody's for staff."""
    return {"budgets": [spending_out(one) for one in await budgets_of(web, principal, brief_id)]}


@router.post("", status_code=201)
async def set_budget(body: BudgetBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Set a budget; no two of a brief may share a day. The airtime is paid at the rate card of today."""
    await own_brief(web, principal, body.brief_id)
    rates = web.intake.rates
    mistakes = []
    if body.currency != rates.currency:
        mistakes.append(Mistake("currency", body.currency, f"{rates.currency}, that of the rate card"))
    if body.amount < rates.airtime_minute:
        mistakes.append(Mistake("amount", str(body.amount), _a_minute(rates.airtime_minute, rates.currency)))
    starts, ends = _midnight(body.first_day), _midnight(body.last_day) + timedelta(days=1)
    if not timedelta(0) < ends - starts <= LONGEST:
        allowed = f"{body.first_day} or later, at most {LONGEST.days} days in all"
        mistakes.append(Mistake("last_day", str(body.last_day), allowed))
    elif ends <= web.now():
        mistakes.append(Mistake("last_day", str(body.last_day), f"{web.now().date()} or later"))
    if mistakes:
        raise InvalidInput("budget", mistakes)
    new = NewBudget(body.brief_id, body.amount, body.currency, rates.airtime_minute, starts, ends)
    return spending_out(await spending(web.store, await web.store.budgets.add(new, principal.name), web.now()))


@router.patch("/{budget_id}")
async def change_budget(budget_id: str, body: AmountBody, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Set another amount; a product that had left its shows comes back within seconds when it pays for more."""
    budget = await _own_budget(web, principal, budget_id)
    if body.amount < budget.airtime_minute:
        allowed = _a_minute(budget.airtime_minute, budget.currency)
        raise InvalidInput("budget", [Mistake("amount", str(body.amount), allowed)])
    changed = await web.store.budgets.change(budget_id, body.amount)
    return spending_out(await spending(web.store, changed, web.now()))


@router.delete("/{budget_id}", status_code=204)
async def end_budget(budget_id: str, web: WebDep, principal: PrincipalDep) -> None:
    """Take a budget away: nothing limits the brief's airtime then."""
    await _own_budget(web, principal, budget_id)
    await web.store.budgets.end(budget_id)


async def budgets_of(web: Web, principal: Principal, brief_id: str | None = None) -> list[Spending]:
    """The budgets somebody may see: of one brief, or of all of theirs."""
    if brief_id is not None:
        await own_brief(web, principal, brief_id)
        wanted: tuple[str, ...] | None = (brief_id,)
    else:
        advertiser = advertiser_filter(principal)
        wanted = None if advertiser is None else await web.store.briefs.ids(advertiser)
    now = web.now()
    return [await spending(web.store, budget, now) for budget in await web.store.budgets.of(wanted)]


def spending_out(one: Spending) -> dict[str, Any]:
    """A budget as the API shows it: money in minor units, times in UTC."""
    budget = one.budget
    return {
        "id": budget.id, "brief_id": budget.brief_id, "currency": budget.currency, "amount": budget.amount,
        "airtime_minute": budget.airtime_minute, "spent": one.spent, "left": one.left, "percent": one.percent,
        "seconds_on_air": one.seconds, "state": one.state, "starts": budget.starts, "ends": budget.ends,
        "made_by": budget.made_by, "warned_at": budget.warned_at, "used_up_at": budget.used_up_at,
    }  # fmt: skip


async def _own_budget(web: Web, principal: Principal, budget_id: str) -> Budget:
    """A budget of whoever asks.

    Raises:
        NotFound: there is none, or it is another advertiser's.
    """
    budget = await web.store.budgets.get(budget_id)
    try:
        await own_brief(web, principal, budget.brief_id)
    except NotFound:
        raise NotFound(UNKNOWN) from None
    return budget


def _a_minute(rate: int, currency: str) -> str:
    return f"{rate} or more: a minute on air is {iso_money(rate, currency)}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
