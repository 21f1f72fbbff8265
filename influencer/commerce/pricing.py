"""What one unit costs a buyer with the coupon of a brief's offer, exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

from influencer.brief import MarketId, Offer


def discounted(amount: Decimal, currency: str, offer: Offer, market: MarketId) -> Decimal:
    """A price less the offer, rounded half up to what the currency can pay (KRW 1, USD 0.01)."""
    if offer.percent_off is not None:
        reduced = amount * (100 - offer.percent_off) / 100
    else:
        reduced = amount - (offer.amount_off or {}).get(market, Decimal(0))
    step = Decimal(1).scaleb(-int(get_currency_precision(currency)))
    return max(reduced, step).quantize(step, ROUND_HALF_UP)
