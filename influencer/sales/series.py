"""A report over time: how long a bucket is, and what happened in each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from influencer.sales.attribution import Credit
from influencer.sales.report import Row, Series, Tally, add

STEPS_S = (60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800)
"""How long a bucket may be. None is more than five times the one before it, so that whatever has more than 60 of one
has 12 of the next at the least."""
MOST_BUCKETS = 60


@dataclass(frozen=True, slots=True)
class Counts:
    """What the store counted by bucket; buckets are named by their start in seconds since 1970, UTC."""

    tallies: Iterable[Tally]
    """`Tally.key` is the bucket."""
    viewers: Mapping[int, int]
    """Different viewers who did anything."""
    on_air: Iterable[tuple[int, str]]
    """Bucket and kind of segment."""


def bucket(at: datetime, step_s: int) -> int:
    """The start of the bucket that holds a time, in seconds since 1970. Buckets begin at whole steps in UTC."""
    return int(at.timestamp()) // step_s * step_s


def step_for(first: datetime, last: datetime) -> int:
    """The shortest step (s) by which all from `first` to `last`, both included, lies in at most 60 buckets.

    From 12 minutes to 92 days that makes 12 buckets at the least. Longer than 118 days: two days, however many.
    """
    fits = (step for step in STEPS_S if (bucket(last, step) - bucket(first, step)) // step < MOST_BUCKETS)
    return next(fits, STEPS_S[-1])


def series(step_s: int, last: datetime, counts: Counts, credits: Iterable[Credit]) -> Series:
    """A row a bucket in which anything was measured, oldest first: something happened, or was said on air.

    Args:
        step_s: how long a bucket is, in seconds.
        last: the last moment of the span; what a database's rounding puts after it goes into its bucket.
        counts: what the store counted.
        credits: what was bought, as in the rest of the report; an order counts when it was placed.
    """
    rows: dict[int, Row] = {}
    on_air: dict[str, set[str]] = {}
    end = bucket(last, step_s)

    def row_of(start: int) -> Row:
        start = min(start, end)
        return rows.setdefault(start, Row(named(start)))

    for start, segment in counts.on_air:
        on_air.setdefault(row_of(start).key, set()).add(segment)
    for tally in counts.tallies:
        add(row_of(int(tally.key)), tally)
    for start, viewers in counts.viewers.items():
        row_of(start).viewers = max(viewers, row_of(start).viewers)
    for credit in credits:
        row, currency = row_of(bucket(credit.sale.at, step_s)), credit.sale.currency
        row.orders += credit.share
        row.units += credit.share * credit.sale.quantity
        row.revenue[currency] = row.revenue.get(currency, 0) + credit.amount
    for row in rows.values():
        row.orders, row.units = round(row.orders, 4), round(row.units, 4)
    said = {key: sorted(segments) for key, segments in on_air.items()}
    return Series(step_s, [rows[start] for start in sorted(rows)], said)


def named(start: int) -> str:
    """A bucket's start as ISO 8601 in UTC."""
    return datetime.fromtimestamp(start, UTC).isoformat()
