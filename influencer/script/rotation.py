"""Which wording comes next: all in turn, in an order that changes each round, never the same twice in a row. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

RECENT = 40
"""How many wordings a show remembers: some five minutes of talk."""


def remember(recent: tuple[str, ...], variant: str) -> tuple[str, ...]:
    """`recent`, oldest first, with one more."""
    return (*recent, variant)[-RECENT:]


def in_turn(items: Sequence[str], nth: int, key: str) -> list[str]:
    """All items, best choice first, for the `nth` time (from 0) one of them is needed.

    Rounds: each round holds every item once, in an order drawn from `key` and the round's number, and a round never
    begins with the item the last one ended with.
    """
    if not items:
        return []
    turn, index = divmod(nth, len(items))
    order = _round(items, turn, key)
    return order[index:] + order[:index]


def _round(items: Sequence[str], turn: int, key: str) -> list[str]:
    if len(items) < 3:  # they can only alternate
        return list(items)
    last, before = _last(items, turn, key), _last(items, turn - 1, key)
    order = [item for item in items if item != last]
    Random(f"{key}/{turn}").shuffle(order)
    if order[0] == before:
        order[0], order[1] = order[1], order[0]
    return [*order, last]


def _last(items: Sequence[str], turn: int, key: str) -> str:
    """The item a round ends with: drawn first and by itself, so that the next round can avoid it without a history."""
    return Random(f"{key}/{turn}/last").choice(items)
