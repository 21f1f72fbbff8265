"""Local times of the programme, with clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencer.programme.times import Times, airings, on_air, overlap

pytestmark = pytest.mark.unit
SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(zone: ZoneInfo, *days: int, starts: str = "20:00", minutes: int = 90) -> Times:
    return Times(zone, date(2026, 1, 1), None, frozenset(days), time.fromisoformat(starts), minutes)


def test_a_weekly_show_is_on_air_in_the_markets_own_evening() -> None:
    monday = weekly(SEOUL, 0)
    (one,) = airings(monday, at("2026-03-01T00:00"), at("2026-03-08T00:00"))
    assert (one.start, one.end) == (at("2026-03-02T11:00"), at("2026-03-02T12:30"))
    assert on_air(monday, at("2026-03-02T12:29")) == one
    assert on_air(monday, at("2026-03-02T12:30")) is None
    assert on_air(monday, at("2026-03-02T10:59")) is None


def test_a_show_over_midnight_belongs_to_the_day_it_began() -> None:
    late = weekly(NEW_YORK, 4, starts="23:30", minutes=120)
    assert on_air(late, at("2026-01-10T05:00")) is not None  # Saturday 00:00 in New York
    assert on_air(late, at("2026-01-11T05:00")) is None


def test_a_single_show_is_on_air_once() -> None:
    once = Times(SEOUL, date(2026, 5, 1), None, frozenset(), time(9), 60)
    assert len(list(airings(once, at("2026-01-01T00:00"), at("2027-01-01T00:00")))) == 1


def test_days_outside_the_first_and_the_last_are_left_out() -> None:
    week = Times(SEOUL, date(2026, 5, 4), date(2026, 5, 6), frozenset(range(7)), time(9), 60)
    days = [one.start.astimezone(SEOUL).date() for one in airings(week, at("2026-04-01T00:00"), at("2026-06-01T00:00"))]
    assert days == [date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)]


def test_clock_changes_neither_drop_a_show_nor_double_it() -> None:
    # 2026-03-08 has no 02:30 in New York, 2026-11-01 has two of 01:30.
    spring = list(
        airings(weekly(NEW_YORK, 6, starts="02:30", minutes=30), at("2026-03-07T00:00"), at("2026-03-09T00:00"))
    )
    assert [one.start for one in spring] == [at("2026-03-08T07:30")]
    autumn = list(
        airings(weekly(NEW_YORK, 6, starts="01:30", minutes=30), at("2026-10-31T00:00"), at("2026-11-02T00:00"))
    )
    assert [one.start for one in autumn] == [at("2026-11-01T05:30")]


def test_two_markets_meet_where_their_hours_do() -> None:
    evening = weekly(SEOUL, 0, starts="20:00", minutes=60)
    morning = weekly(NEW_YORK, 0, starts="06:30", minutes=60)  # 20:30 in Seoul in winter, 19:30 in summer
    winter = overlap(evening, morning, at("2026-01-05T00:00"))
    assert winter is not None
    assert (winter.start, winter.end) == (at("2026-01-05T11:30"), at("2026-01-05T12:00"))
    assert overlap(evening, weekly(SEOUL, 1), at("2026-01-05T00:00")) is None


@given(
    st.sets(st.integers(0, 6), min_size=1), st.times(), st.integers(1, 1440),
    st.integers(0, 700 * 24 * 60),
)  # fmt: skip
def test_whatever_is_on_air_is_among_the_airings_around_it(
    days: set[int], starts: time, minutes: int, later: int
) -> None:
    now = at("2026-01-02T00:00") + timedelta(minutes=later)
    times = Times(NEW_YORK, date(2026, 1, 1), None, frozenset(days), starts.replace(second=0, microsecond=0), minutes)
    found = on_air(times, now)
    around = [one for one in airings(times, now - timedelta(days=2), now + timedelta(days=2)) if one.has(now)]
    assert (found is None) == (not around)
    assert all(one.end - one.start == timedelta(minutes=minutes) for one in around)
