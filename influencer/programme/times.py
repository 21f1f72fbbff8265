"""When a programme entry is on air: local times of a market, turned into moments. Pure.

Clock changes: a local time that does not exist (spring) is moved on by the gap, one that exists twice (autumn) is the
first of the two, as in RFC 5545, section 3.3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = (0, 1, 2, 3, 4, 5, 6)
"""Monday is 0, as in `datetime.date.weekday`."""
MAX_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Times:
    """Local days and hours. No `weekdays`: once, on `first_day`."""

    zone: ZoneInfo
    first_day: date
    last_day: date | None
    """Included; None: for ever, or once."""
    weekdays: frozenset[int]
    starts: time
    minutes: int


@dataclass(frozen=True, slots=True)
class Airing:
    """One time on air, aware UTC; `end` is not part of it."""

    start: datetime
    end: datetime

    def has(self, moment: datetime) -> bool:
        """Whether it is on air at a moment."""
        return self.start <= moment < self.end


def airings(times: Times, since: datetime, until: datetime) -> Iterator[Airing]:
    """Every airing that overlaps [since, until), in order; both aware."""
    long_ago = timedelta(minutes=times.minutes) + timedelta(days=1)
    day = max(times.first_day, (since - long_ago).astimezone(times.zone).date())
    last = (until + timedelta(days=1)).astimezone(times.zone).date()
    while day <= last:
        if _is_on(times, day):
            start = moment(times.zone, day, times.starts)
            airing = Airing(start, start + timedelta(minutes=times.minutes))
            if airing.start < until and airing.end > since:
                yield airing
        day += timedelta(days=1)


def on_air(times: Times, now: datetime) -> Airing | None:
    """The airing at `now`, the one that began last when two overlap."""
    found = [airing for airing in airings(times, now, now + timedelta(seconds=1)) if airing.has(now)]
    return found[-1] if found else None


def moment(zone: ZoneInfo, day: date, at: time) -> datetime:
    """The moment of a local time, in UTC."""
    return datetime.combine(day, at, zone).astimezone(UTC)  # fold 0: the offset of before the clocks change


def overlap(one: Times, other: Times, since: datetime, days: int = 15) -> Airing | None:
    """The first time both are on air within some days; a fortnight shows every weekly meeting."""
    until = since + timedelta(days=days)
    others = list(airings(other, since, until))
    for airing in airings(one, since, until):
        for second in others:
            if airing.start < second.end and second.start < airing.end:
                return Airing(max(airing.start, second.start), min(airing.end, second.end))
    return None


def _is_on(times: Times, day: date) -> bool:
    if not times.weekdays:
        return day == times.first_day
    return (
        day >= times.first_day and (times.last_day is None or day <= times.last_day) and day.weekday() in times.weekdays
    )
