"""Coupon rules. Pure: whether a code may be used on a basket, and what it takes off each line, in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from influencer.brief import Brief, MarketId
from influencer.commerce.money import allocate, major_units, minor_units, money_text
from influencer.commerce.pricing import discounted
from influencer.errors import Conflict


@dataclass(frozen=True, slots=True)
class Coupon:
    """A code and its rules. Exactly one of `percent_off` and `amount_off` is set.

    `amount_off` and `minimum` are minor units of `currency`. A coupon of a brief's offer takes `unit_prices`, the
    reduced price of one unit that the host says on air; any other takes its amount once an order.
    """

    code: str
    starts: datetime
    ends: datetime
    percent_off: int | None = None
    amount_off: int | None = None
    currency: str | None = None
    minimum: int = 0
    products: tuple[str, ...] = ()
    """Product ids it is for; empty: all."""
    markets: tuple[MarketId, ...] = ()
    """Markets it is for; empty: all."""
    once_per_viewer: bool = False
    max_uses: int | None = None
    unit_price: int | None = None
    counted: bool = False
    """Kept in the store, so its uses are counted; the coupon of a brief's offer is not."""

    def covers(self, product_id: str) -> bool:
        """Whether it is for this product."""
        return not self.products or product_id in self.products


class Line(Protocol):
    """What a rule looks at; money in minor units."""

    @property
    def product_id(self) -> str:
        """Whose line it is."""
        ...

    @property
    def quantity(self) -> int:
        """Units, 1 or more."""
        ...

    @property
    def unit_amount(self) -> int:
        """Price of one unit before the coupon."""
        ...


def coupon_of(brief: Brief, market: MarketId, code: str) -> Coupon | None:
    """The coupon of a brief's offer as a rule for its product in one market; None when the code is another."""
    offer, price = brief.offer, brief.prices.get(market)
    if offer is None or price is None or offer.coupon != code:
        return None
    reduced = discounted(price.amount, price.currency, offer, market)
    return Coupon(
        code, offer.starts, offer.ends, offer.percent_off,
        amount_off=None if offer.percent_off is not None else minor_units(price.amount - reduced, price.currency),
        currency=price.currency, products=(brief.id,), markets=(market,),
        unit_price=minor_units(reduced, price.currency),
    )  # fmt: skip


def discounts(coupon: Coupon, lines: Sequence[Line], market: MarketId, currency: str, now: datetime) -> tuple[int, ...]:
    """What the coupon takes off each line, in minor units, in the order of the lines.

    Raises:
        Conflict: the coupon cannot be used on these lines here and now; the message says why.
    """
    covered = [line for line in lines if coupon.covers(line.product_id)]
    _check(coupon, covered, market, currency, now)
    if coupon.amount_off is not None and coupon.unit_price is None:
        amounts = [line.unit_amount * line.quantity if coupon.covers(line.product_id) else 0 for line in lines]
        # Something is left to pay, as with the coupon of an offer: no provider takes a payment of nothing.
        return tuple(allocate(min(coupon.amount_off, sum(amounts) - 1), amounts))
    return tuple(_off_units(coupon, line) if coupon.covers(line.product_id) else 0 for line in lines)


def _check(coupon: Coupon, covered: Sequence[Line], market: MarketId, currency: str, now: datetime) -> None:
    if not coupon.starts <= now < coupon.ends:
        raise Conflict("this coupon is not valid now")
    if coupon.markets and market not in coupon.markets:
        raise Conflict(f"this coupon is not for {market}; it is for {', '.join(coupon.markets)}")
    if not covered:
        raise Conflict("this coupon does not belong to this product")
    if coupon.currency is not None and coupon.currency != currency:
        raise Conflict(f"this coupon is for prices in {coupon.currency}")
    spent = sum(line.unit_amount * line.quantity for line in covered)
    if spent < coupon.minimum:
        raise Conflict(f"this coupon needs a purchase of {money_text(coupon.minimum, currency, market)} or more")


def _off_units(coupon: Coupon, line: Line) -> int:
    """Off a whole line, from the reduced price of one unit, rounded half up."""
    if coupon.unit_price is not None:
        return (line.unit_amount - coupon.unit_price) * line.quantity
    assert coupon.percent_off is not None
    reduced = max(1, (line.unit_amount * (100 - coupon.percent_off) * 2 + 100) // 200)
    return (line.unit_amount - reduced) * line.quantity


def describe(coupon: Coupon) -> str:
    """What it takes off, for people: "10 %" or "5.00 USD"."""
    if coupon.percent_off is not None:
        return f"{coupon.percent_off} %"
    assert coupon.amount_off is not None and coupon.currency is not None
    return f"{major_units(coupon.amount_off, coupon.currency)} {coupon.currency}"
