"""What one unit costs a buyer now, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

from influencer.brief import Brief, MarketId, Offer
from influencer.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of one unit; `coupon` is the code that was applied."""

    amount: Decimal
    currency: str
    coupon: str | None = None


def quote(brief: Brief, market: MarketId, now: datetime, coupon: str | None = None) -> Quote:
    """Price one unit in a market.

    Args:
        brief: the product.
        market: where it is bought.
        now: aware; decides whether the coupon is in its window.
        coupon: the code the buyer gives, compared without regard to case; None or empty: no coupon.

    Raises:
        NotFound: the product is not sold in this market.
        Conflict: the coupon is not this product's, or it is out of its window.
    """
    price = brief.prices.get(market)
    if price is None:
        raise NotFound(f"{brief.id} is not sold in {market}; it is in {', '.join(brief.prices)}")
    if not coupon:
        return Quote(price.amount, price.currency)
    offer = brief.offer
    if offer is None or offer.coupon != coupon.strip().upper():
        raise Conflict("this coupon does not belong to this product")
    if not offer.active(now):
        raise Conflict("this coupon is not valid now")
    return Quote(discounted(price.amount, price.currency, offer, market), price.currency, offer.coupon)


def discounted(amount: Decimal, currency: str, offer: Offer, market: MarketId) -> Decimal:
    """A price less the offer, rounded half up to what the currency can pay (KRW 1, USD 0.01)."""
    if offer.percent_off is not None:
        reduced = amount * (100 - offer.percent_off) / 100
    else:
        reduced = amount - (offer.amount_off or {}).get(market, Decimal(0))
    step = Decimal(1).scaleb(-int(get_currency_precision(currency)))
    return max(reduced, step).quantize(step, ROUND_HALF_UP)
