"""A report over time: the buckets fit the span, sums stay the report's, and currencies stay apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencer.sales.attribution import Credit, Sale
from influencer.sales.report import Tally
from influencer.sales.series import STEPS_S, Counts, bucket, series, step_for

pytestmark = pytest.mark.unit
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOON = int(AT.timestamp())
SALE = Sale("K7QM", "s1", "serum", "en-US", "v1", AT + timedelta(seconds=59.9), 2, 4_320, "USD")


@given(
    st.timedeltas(timedelta(0), timedelta(days=2_000)).map(lambda later: AT + later),
    st.timedeltas(timedelta(minutes=12), timedelta(days=92)),
)
def test_any_span_from_twelve_minutes_on_has_12_to_60_buckets(first: datetime, span: timedelta) -> None:
    step = step_for(first, first + span)
    buckets = (bucket(first + span, step) - bucket(first, step)) // step + 1
    assert step in STEPS_S
    assert 12 <= buckets <= 60


@pytest.mark.parametrize(
    ("span", "step"),
    [
        (timedelta(0), 60),
        (timedelta(minutes=59), 60),
        (timedelta(hours=1), 300),
        (timedelta(hours=24), 3_600),
        (timedelta(days=7), 10_800),
        (timedelta(days=31), 86_400),
        (timedelta(days=92), 172_800),
        (timedelta(days=4_000), 172_800),
    ],
)
def test_the_bucket_is_chosen_from_the_span(span: timedelta, step: int) -> None:
    assert step_for(AT, AT + span) == step


def test_days_begin_at_midnight_utc() -> None:
    late = datetime(2026, 5, 1, 20, tzinfo=UTC).astimezone(tz=None)
    assert bucket(late, 86_400) == int(datetime(2026, 5, 1, tzinfo=UTC).timestamp())


def test_what_happened_stands_in_its_bucket_and_currencies_are_never_added_up() -> None:
    counts = Counts(
        [
            Tally("question", str(NOON), 3, 2, 0),
            Tally("watch", str(NOON), 4, 4, 60_000),
            Tally("watch", str(NOON + 120), 1, 1, 15_000),
        ],
        {NOON: 5, NOON + 120: 1},
        [(NOON, "offer"), (NOON, "hook"), (NOON + 60, "offer")],
    )
    won = replace(SALE, amount=29_000, currency="KRW")
    credits = [Credit(SALE, None, 0.25, 1_080), Credit(SALE, None, 0.75, 3_240), Credit(won, None, 1.0, 29_000)]
    made = series(60, AT + timedelta(minutes=2), counts, credits)
    assert [row.key for row in made.rows] == [
        "2026-05-01T12:00:00+00:00", "2026-05-01T12:01:00+00:00", "2026-05-01T12:02:00+00:00",
    ]  # fmt: skip
    first, quiet, last = made.rows
    assert (first.viewers, first.questions, first.watch_seconds) == (5, 3, 60.0)
    assert (first.orders, first.units, first.revenue) == (2, 4, {"USD": 4_320, "KRW": 29_000})
    assert (quiet.viewers, quiet.orders, quiet.revenue) == (0, 0, {})
    assert (last.viewers, last.watch_seconds) == (1, 15.0)
    assert made.on_air == {first.key: ["hook", "offer"], quiet.key: ["offer"]}


def test_a_bucket_in_which_nothing_was_measured_is_no_zero() -> None:
    counts = Counts([Tally("view", str(NOON), 1, 1, 0), Tally("view", str(NOON + 600), 1, 1, 0)], {}, [])
    made = series(60, AT + timedelta(minutes=10), counts, [])
    assert [row.key[11:16] for row in made.rows] == ["12:00", "12:10"]


def test_what_a_database_rounds_up_past_the_end_stays_in_the_last_bucket() -> None:
    counts = Counts([Tally("view", str(NOON), 1, 1, 0), Tally("view", str(NOON + 60), 1, 1, 0)], {NOON + 60: 1}, [])
    made = series(60, AT + timedelta(seconds=59.9997), counts, [])
    assert [(row.views, row.viewers) for row in made.rows] == [(2, 1)]
