"""Which sentences sold it: last touch, and time decay with a half-life. Pure; every minor unit is given away once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

Rule = Literal["last-touch", "time-decay"]
HALF_LIFE_S = 120.0
"""A sentence said two minutes before the order counts half of one said just then: about one turn of a product."""
LOOKBACK_S = 1_800.0
_PRECISION = 1_000_000


@dataclass(frozen=True, slots=True)
class Touch:
    """A sentence that was on air, as the ledger has it."""

    utterance_id: int
    show_id: str
    at: datetime
    product_id: str
    segment: str
    persona: str
    market: str
    variant: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """One product of one order. `amount` is what is paid for all its units, in minor units of `currency`.

    `utterance_id` is the sentence on air when it was chosen; `viewer` is the buyer's pseudonym.
    """

    order_id: str
    show_id: str
    product_id: str
    market: str
    viewer: str
    at: datetime
    quantity: int
    amount: int
    currency: str
    utterance_id: int | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """The part of a sale that is put down to one sentence; `touch` None: no sentence about the product came before."""

    sale: Sale
    touch: Touch | None
    share: float
    """0 to 1; the shares of a sale add up to 1."""
    amount: int
    """Minor units; the amounts of a sale add up to what was paid."""


Presence = Mapping[tuple[str, str], Sequence[tuple[datetime, datetime]]]
"""Show and viewer -> when they watched."""


def last_touch(sale: Sale, touches: Sequence[Touch], *, lookback_s: float = LOOKBACK_S) -> list[Credit]:
    """All to the sentence on air when the product was chosen, if it is about the product; else to the last that was.

    Args:
        sale: what was bought.
        touches: sentences of the sale's show, in any order.
        lookback_s: how far back a sentence may lie.
    """
    before = _about(sale, touches, lookback_s)
    chosen = next((touch for touch in before if touch.utterance_id == sale.utterance_id), None)
    if chosen is None:
        chosen = max(before, key=lambda touch: (touch.at, touch.utterance_id), default=None)
    return [Credit(sale, chosen, 1.0, sale.amount)]


def time_decay(
    sale: Sale,
    touches: Sequence[Touch],
    *,
    half_life_s: float = HALF_LIFE_S,
    lookback_s: float = LOOKBACK_S,
    presence: Presence | None = None,
) -> list[Credit]:
    """To every sentence about the product, each weighing half as much as one that was said a half-life later.

    Where it is known when the buyer watched, only what they can have heard counts (all of it, if that is nothing).

    Args:
        sale: what was bought.
        touches: sentences of the sale's show, in any order.
        half_life_s: seconds, above 0.
        lookback_s: how far back a sentence may lie.
        presence: when viewers watched.
    """
    before = _about(sale, touches, lookback_s)
    spans = (presence or {}).get((sale.show_id, sale.viewer), ())
    heard = [touch for touch in before if any(start <= touch.at <= end for start, end in spans)] or before
    if not heard:
        return [Credit(sale, None, 1.0, sale.amount)]
    ages = [(sale.at - touch.at).total_seconds() for touch in heard]
    newest = min(ages)  # measured from the newest, so that no weight is too small to be a number
    weights = [2.0 ** (-(age - newest) / half_life_s) for age in ages]
    whole = sum(weights)
    amounts = split(sale.amount, weights)
    return [
        Credit(sale, touch, weight / whole, amount)
        for touch, weight, amount in zip(heard, weights, amounts, strict=True)
    ]


def split(amount: int, weights: Sequence[float]) -> list[int]:
    """Divide an amount in proportion to weights (positive); the largest remainders get the units that are left."""
    parts = [max(1, round(weight * _PRECISION)) for weight in weights]
    whole = sum(parts)
    shares = [amount * part // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda index: (-(amount * parts[index] % whole), index))
    for index in by_remainder[: amount - sum(shares)]:
        shares[index] += 1
    return shares


def attribute(
    sales: Sequence[Sale],
    touches: Sequence[Touch],
    rule: Rule,
    *,
    half_life_s: float = HALF_LIFE_S,
    lookback_s: float = LOOKBACK_S,
    presence: Presence | None = None,
) -> list[Credit]:
    """The credits of all sales; a sale is only compared with sentences of its own show."""
    by_place: dict[tuple[str, str], list[Touch]] = {}
    for touch in touches:
        by_place.setdefault((touch.show_id, touch.product_id), []).append(touch)
    one: Callable[[Sale, Sequence[Touch]], list[Credit]]
    if rule == "last-touch":
        one = partial(last_touch, lookback_s=lookback_s)
    else:
        one = partial(time_decay, half_life_s=half_life_s, lookback_s=lookback_s, presence=presence)
    return [credit for sale in sales for credit in one(sale, by_place.get((sale.show_id, sale.product_id), ()))]


def _about(sale: Sale, touches: Sequence[Touch], lookback_s: float) -> list[Touch]:
    earliest = sale.at - timedelta(seconds=lookback_s)
    return [
        touch
        for touch in touches
        if touch.show_id == sale.show_id and touch.product_id == sale.product_id and earliest <= touch.at <= sale.at
    ]
