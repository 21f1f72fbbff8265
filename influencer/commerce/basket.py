"""A basket and what it costs now. Pure: prices come from the briefs at every reading, never from the buyer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from influencer.brief import Brief, MarketId
from influencer.commerce.coupons import Coupon, coupon_of, discounts
from influencer.commerce.money import minor_units
from influencer.errors import Conflict, InvalidInput, Mistake, NotFound

MAX_QUANTITY = 20
"""Units of one product in one order."""
MAX_LINES = 20
"""Products in one basket."""


@dataclass(frozen=True, slots=True)
class Item:
    """Units of a product, and the sentence that was on air when the viewer chose it."""

    product_id: str
    quantity: int
    utterance_id: int | None = None


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One product of a basket; money in minor units. `total` is `unit_amount` * `quantity` - `discount`."""

    product_id: str
    sku: str
    quantity: int
    unit_amount: int
    discount: int = 0
    utterance_id: int | None = None

    @property
    def total(self) -> int:
        """What is paid for the line."""
        return self.unit_amount * self.quantity - self.discount


@dataclass(frozen=True, slots=True)
class Priced:
    """A basket with its prices in minor units of `currency`; `coupon` is the rule that was applied."""

    lines: tuple[PricedLine, ...]
    currency: str
    coupon: Coupon | None = None

    @property
    def subtotal(self) -> int:
        """Before the coupon."""
        return sum(line.unit_amount * line.quantity for line in self.lines)

    @property
    def discount(self) -> int:
        """What the coupon takes off."""
        return sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        """What the buyer pays: the sum of the lines' totals."""
        return sum(line.total for line in self.lines)


def normalized_code(code: str | None) -> str | None:
    """A code as it is compared: no spaces around it, capitals; None for an empty one."""
    return (code or "").strip().upper() or None


def offer_coupon(briefs: Sequence[Brief], market: MarketId, code: str) -> Coupon | None:
    """The coupon of the first brief whose offer has this code; it stands before a coupon of the store."""
    return next((found for brief in briefs if (found := coupon_of(brief, market, code))), None)


def price_basket(
    items: Sequence[Item], briefs: Mapping[str, Brief], market: MarketId, now: datetime, coupon: Coupon | None = None
) -> Priced:
    """Price a basket in a market.

    Args:
        items: at least one, each product once.
        briefs: every product of the items, by id.
        market: whose prices.
        now: aware; decides whether the coupon is in its window.
        coupon: the rule to apply; None: none.

    Raises:
        NotFound: a product is not sold in this market.
        Conflict: the coupon cannot be used on this basket.
        InvalidInput: the basket is empty, too large, or names a product twice.
    """
    check_items(items)
    lines = tuple(_line(item, briefs[item.product_id], market) for item in items)
    currencies = {briefs[item.product_id].prices[market].currency for item in items}
    if len(currencies) > 1:
        raise Conflict(f"one order cannot mix currencies: {', '.join(sorted(currencies))}")
    (currency,) = currencies
    if coupon is not None:
        off = discounts(coupon, lines, market, currency, now)
        lines = tuple(
            PricedLine(line.product_id, line.sku, line.quantity, line.unit_amount, less, line.utterance_id)
            for line, less in zip(lines, off, strict=True)
        )
    return Priced(lines, currency, coupon)


def check_items(items: Sequence[Item]) -> None:
    """Check the shape of a basket.

    Raises:
        InvalidInput: it is empty, too large, or names a product twice; every mistake is told.
    """
    mistakes = [
        Mistake(f"quantity of {item.product_id}", str(item.quantity), f"1 to {MAX_QUANTITY}")
        for item in items
        if not 1 <= item.quantity <= MAX_QUANTITY
    ]
    if not 1 <= len(items) <= MAX_LINES:
        mistakes.append(Mistake("lines", str(len(items)), f"1 to {MAX_LINES} products"))
    if len({item.product_id for item in items}) != len(items):
        mistakes.append(Mistake("lines", "a product twice", "each product once, with its quantity"))
    if mistakes:
        raise InvalidInput("basket", mistakes)


def _line(item: Item, brief: Brief, market: MarketId) -> PricedLine:
    price = brief.prices.get(market)
    if price is None:
        raise NotFound(f"{brief.id} is not sold in {market}; it is in {', '.join(brief.prices)}")
    amount = minor_units(price.amount, price.currency)
    return PricedLine(brief.id, brief.sku, item.quantity, amount, utterance_id=item.utterance_id)
