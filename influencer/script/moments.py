"""Which moment it is in a market: what a greeting of the evening needs to know. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from influencer.market import Market
from influencer.script.values import Moment

_HOURS: tuple[tuple[Moment, time, time], ...] = (
    ("morning", time(6), time(10, 45)),
    ("afternoon", time(13, 15), time(16, 45)),
    ("evening", time(19, 15), time(21, 45)),
    ("night", time(23, 15), time(23, 59)),
    ("night", time(0), time(3, 45)),
)
"""Narrower than the words: lines are prepared ahead, and countries differ in when an evening begins."""
_SATURDAY = 5
_LATE = time(23, 45)


def moments_at(now: datetime, market: Market) -> frozenset[Moment]:
    """The market's time of day, and whether it is the weekend. `now` is aware."""
    return frozenset(_moments(now.astimezone(market.zone)))


def _moments(local: datetime) -> Iterator[Moment]:
    for moment, start, end in _HOURS:
        if start <= local.time() < end:
            yield moment
    if local.weekday() == _SATURDAY or (local.weekday() > _SATURDAY and local.time() < _LATE):
        yield "weekend"
