"""Coupons that the staff sets up beside the offers of briefs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from influencer.accounts.roles import STAFF
from influencer.brief import Currency, MarketId, Slug
from influencer.commerce.coupons import Coupon
from influencer.fields import COUPON
from influencer.store.coupons import StoredCoupon
from influencer.web.auth import access
from influencer.web.context import WebDep, client_of
from influencer.web.order_models import Body

router = APIRouter(prefix="/api/desk/coupons", tags=["orders"], dependencies=[access(*STAFF)])
_MOST = 10**12


class CouponRules(Body):
    """A code and its rules; money in minor units of `currency`. Empty lists mean all."""

    code: Annotated[str, Field(pattern=COUPON)]
    starts: AwareDatetime
    ends: AwareDatetime
    percent_off: Annotated[int, Field(ge=1, le=90)] | None = None
    amount_off: Annotated[int, Field(ge=1, le=_MOST)] | None = None
    currency: Currency | None = None
    minimum: Annotated[int, Field(ge=0, le=_MOST)] = 0
    products: Annotated[list[Slug], Field(max_length=100)] = []
    markets: Annotated[list[MarketId], Field(max_length=10)] = []
    once_per_viewer: bool = False
    max_uses: Annotated[int, Field(ge=1, le=10_000_000)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> CouponRules:
        if (self.percent_off is None) == (self.amount_off is None):
            raise ValueError("exactly one of percent_off and amount_off")
        if self.currency is None and (self.amount_off is not None or self.minimum):
            raise ValueError("amount_off and minimum need a currency")
        if self.ends <= self.starts:
            raise ValueError("ends must be after starts")
        return self


class CouponOut(BaseModel):
    """A coupon, and how many orders are paid with it or may still be."""

    code: str
    starts: datetime
    ends: datetime
    percent_off: int | None
    amount_off: int | None
    currency: str | None
    minimum: int
    products: list[str]
    markets: list[str]
    once_per_viewer: bool
    max_uses: int | None
    uses: int
    disabled_at: datetime | None


class CouponsOut(BaseModel):
    """The newest coupons, newest first."""

    coupons: list[CouponOut]


@router.get("")
async def coupons(web: WebDep) -> CouponsOut:
    """The newest hundred."""
    return CouponsOut(coupons=[_out(found) for found in await web.store.coupons.list()])


@router.post("", status_code=201)
async def add(rules: CouponRules, request: Request, web: WebDep) -> CouponOut:
    """Set one up; a code is used once and for all."""
    web.limiters.commands.admit(client_of(request))
    rule = Coupon(
        rules.code, rules.starts, rules.ends, rules.percent_off, rules.amount_off, rules.currency, rules.minimum,
        tuple(rules.products), tuple(rules.markets), rules.once_per_viewer, rules.max_uses, counted=True,
    )  # fmt: skip
    return _out(await web.store.coupons.add(rule))


@router.delete("/{code}", status_code=204)
async def disable(code: str, request: Request, web: WebDep) -> None:
    """Take one out of use; orders that have it keep it."""
    web.limiters.commands.admit(client_of(request))
    await web.store.coupons.disable(code)


def _out(stored: StoredCoupon) -> CouponOut:
    rule = stored.rule
    return CouponOut(
        code=rule.code, starts=rule.starts, ends=rule.ends, percent_off=rule.percent_off, amount_off=rule.amount_off,
        currency=rule.currency, minimum=rule.minimum, products=list(rule.products), markets=list(rule.markets),
        once_per_viewer=rule.once_per_viewer, max_uses=rule.max_uses, uses=stored.uses, disabled_at=stored.disabled_at,
    )  # fmt: skip
