"""Which moment it is in a market and in the room: what a greeting of the evening needs to know. Pure."""

from __future__ import annotations

from collections import deque
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


class RoomMeter:
    """What the room does just now, from messages and viewer counts. Times are seconds of any one clock."""

    JOINED_S, BUSY_S, QUIET_S = 60.0, 60.0, 180.0
    BUSY = 20
    """Messages within `BUSY_S` from which a chat is busy."""

    def __init__(self, at_s: float) -> None:
        """An empty room since `at_s`."""
        self._messages: deque[float] = deque(maxlen=self.BUSY)
        self._last = at_s
        self._viewers = 0
        self._joined: float | None = None

    def message(self, at_s: float) -> None:
        """A viewer wrote."""
        self._messages.append(at_s)
        self._last = at_s

    def moments(self, viewers: int, at_s: float) -> frozenset[Moment]:
        """What a host may say of the room while so many are watching; nothing when nobody is."""
        if viewers > self._viewers:
            self._joined = at_s
        self._viewers = viewers
        return frozenset(self._now(at_s)) if viewers else frozenset()

    def _now(self, at_s: float) -> Iterator[Moment]:
        if self._joined is not None and at_s - self._joined <= self.JOINED_S:
            yield "joined"
        if len(self._messages) == self.BUSY and at_s - self._messages[0] <= self.BUSY_S:
            yield "busy"
        if at_s - self._last >= self.QUIET_S:
            yield "quiet"
