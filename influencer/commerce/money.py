"""Money as integers: minor units (cents, won, paise) of one currency. No float ever holds a price."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from babel.numbers import get_currency_precision

from influencer.script.formats import Style


def minor_units(amount: Decimal, currency: str) -> int:
    """24.90 USD -> 2490; 29000 KRW -> 29000.

    Raises:
        ValueError: the currency has no coin this small.
    """
    scaled = amount.scaleb(int(get_currency_precision(currency)))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} {currency} is not a whole number of minor units")
    return int(scaled)


def major_units(amount: int, currency: str) -> Decimal:
    """2490 USD -> 24.90, with exactly the currency's decimals."""
    return Decimal(amount).scaleb(-int(get_currency_precision(currency)))


def money_text(amount: int, currency: str, market: str) -> str:
    """Minor units as the people of a market write them, on every page of theirs and on air: $24.90, 29,000원."""
    return Style(market.replace("-", "_")).money(major_units(amount, currency), currency)


def iso_money(amount: int, currency: str) -> str:
    """Minor units as staff and advertisers read them, whatever the market: USD 24.90, KRW 29,000 (ISO 4217 codes)."""
    return f"{currency} {major_units(amount, currency):,}"


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` (not negative, not all zero), without losing a unit: largest remainder.

    No share is larger than its weight as long as `total` is not larger than their sum.
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares
