"""Budgets at work: which briefs may be on air, what each has spent, and who is told when that is (nearly) all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import structlog

from influencer.intake.spending import Spending
from influencer.store import Store
from influencer.store.budgets import Budget

log = structlog.get_logger(__name__)


async def spending(store: Store, budget: Budget, now: datetime, on_air: int = 0) -> Spending:
    """What a budget has paid for; `on_air` are the samples of the sentence that is being said."""
    counted = await store.heard.charged(budget.brief_id, budget.starts, budget.ends)
    return Spending(budget, counted + on_air, now)


async def used_up(
    store: Store, brief_ids: Sequence[str], now: datetime, on_air: Mapping[str, int] | None = None
) -> frozenset[str]:
    """The briefs whose running budget pays for no more; whoever must be told of it is told, once.

    Args:
        store: where budgets and airtime are.
        brief_ids: the products of a show.
        now: aware.
        on_air: samples, by product, of what is being said and not written down yet.
    """
    closed = set()
    for budget in await store.budgets.running(brief_ids, now):
        state = await spending(store, budget, now, (on_air or {}).get(budget.brief_id, 0))
        if state.is_used_up:
            closed.add(budget.brief_id)
        await _tell(store, state)
    return frozenset(closed)


async def told(store: Store, budgets: Iterable[Budget], now: datetime) -> list[Spending]:
    """The budgets of which something is to be told to people now: those nearly or wholly used up, the latter first."""
    found = [await spending(store, budget, now) for budget in budgets if budget.starts <= now < budget.ends]
    noted = [one for one in found if one.state in {"used-up", "warning"}]
    return sorted(noted, key=lambda one: (one.state != "used-up", one.budget.brief_id))


async def _tell(store: Store, state: Spending) -> None:
    """Note on the budget that it is so; its pages and the operators' show it from then on."""
    budget = state.budget
    if state.is_used_up and budget.used_up_at is None and await store.budgets.told(budget.id, "used_up_at"):
        log.warning("a budget is used up", budget=budget.id, brief=budget.brief_id, seconds=state.seconds)
    elif state.is_nearly_used_up and budget.warned_at is None and await store.budgets.told(budget.id, "warned_at"):
        log.warning("a budget is nearly used up", budget=budget.id, brief=budget.brief_id, percent=state.percent)
