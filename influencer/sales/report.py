"""What a show, a product or a sentence brought: counts of events and credits of sales put together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from influencer.sales.attribution import Credit, Rule, Touch

Dimension = Literal["total", "product", "market", "persona", "segment", "sentence"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
NOTHING_SAID = ""
"""The key of what cannot be put down to any: a sale before which no sentence was about the product."""

_COUNTED = {
    "view": "views", "question": "questions", "product-click": "clicks", "cart": "carts", "checkout": "checkouts",
    "like": "likes", "share": "shares",
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """One line of a report. Money is minor units by currency; `orders` and `units` are parts where credit is shared."""

    key: str
    text: str = ""
    """For a sentence: its words."""
    viewers: int = 0
    views: int = 0
    watch_seconds: float = 0.0
    questions: int = 0
    clicks: int = 0
    carts: int = 0
    checkouts: int = 0
    likes: int = 0
    shares: int = 0
    orders: float = 0.0
    units: float = 0.0
    revenue: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question nobody could answer, and how often it was asked in these words."""

    text: str
    product_id: str
    market: str
    times: int
    last_asked_at: datetime


@dataclass(frozen=True, slots=True)
class PersonHeard:
    """A person was heard through a microphone; nobody checked their words. Seconds are of the show's clock."""

    show_id: str
    product_id: str
    market: str
    at: datetime
    start_s: float
    end_s: float | None
    """None: the show broke off, and when they stopped is not known."""


@dataclass(frozen=True, slots=True)
class Series:
    """What happened when. `rows` are those buckets in which anything was measured, oldest first.

    A row's `key` is its bucket's start, ISO 8601 in UTC. A bucket that is missing is one in which nobody did anything
    and nothing was said on air: not known to be zero.
    """

    step_s: int
    """How long a bucket is, in seconds; 0 when there is none."""
    rows: Sequence[Row]
    on_air: Mapping[str, Sequence[str]]
    """Bucket -> the kinds of segments of which something was said in it."""


NEVER = Series(0, (), {})
"""Nothing was measured."""


@dataclass(frozen=True, slots=True)
class Report:
    """A stretch of time. `rule` says how sales are put down to sentences, segments and hosts."""

    start: datetime
    end: datetime
    show_id: str | None
    rule: Rule
    half_life_s: float
    rows: Mapping[Dimension, Sequence[Row]]
    over_time: Series
    open_questions: Sequence[Asked]
    people_heard: Sequence[PersonHeard]
    """Oldest first."""
    complete: bool
    """False when there is more than one report reads: ask for less time."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of one kind under one key (`influencer.store.events.Counted`)."""

    kind: str
    key: str
    events: int
    viewers: int
    milliseconds: int


def rows_of(
    dimension: Dimension,
    tallies: Iterable[Tally],
    credits: Iterable[Credit],
    sentences: Mapping[int, Touch] | None = None,
) -> list[Row]:
    """The rows of one dimension, what brought most orders first, then what was clicked most."""
    rows: dict[str, Row] = {}
    for tally in tallies:
        key = "all" if dimension == "total" else tally.key
        add(rows.setdefault(key, Row(key)), tally)
    for credit in credits:
        key = _key(dimension, credit)
        row = rows.setdefault(key, Row(key))
        row.orders += credit.share
        row.units += credit.share * credit.sale.quantity
        currency = credit.sale.currency
        row.revenue[currency] = row.revenue.get(currency, 0) + credit.amount
    for row in rows.values():
        row.orders, row.units = round(row.orders, 4), round(row.units, 4)
        if dimension == "sentence" and row.key and (said := (sentences or {}).get(int(row.key))) is not None:
            row.text = said.text
    return sorted(rows.values(), key=lambda row: (-row.orders, -row.clicks, -row.watch_seconds, row.key))


def add(row: Row, tally: Tally) -> None:
    """Put a count into a row."""
    if tally.kind == "watch":
        row.watch_seconds = round(row.watch_seconds + tally.milliseconds / 1000, 1)
    elif (name := _COUNTED.get(tally.kind)) is not None:
        setattr(row, name, getattr(row, name) + tally.events)
    row.viewers = max(row.viewers, tally.viewers)  # the same viewers do several kinds of things


def _key(dimension: Dimension, credit: Credit) -> str:
    sale, touch = credit.sale, credit.touch
    match dimension:
        case "total":
            return "all"
        case "product":
            return sale.product_id
        case "market":
            return sale.market
        case "sentence":
            return NOTHING_SAID if touch is None else str(touch.utterance_id)
        case "persona":
            return NOTHING_SAID if touch is None else touch.persona
        case "segment":
            return NOTHING_SAID if touch is None else touch.segment


def asked_often(questions: Iterable[Any]) -> list[Asked]:
    """Stored open questions, the same words about the same product together, most asked first."""
    times: Counter[tuple[str, str, str]] = Counter()
    last: dict[tuple[str, str, str], Any] = {}
    for one in questions:
        place = (one.product_id, one.market, " ".join(one.text.casefold().split()))
        times[place] += 1
        if place not in last or one.asked_at > last[place].asked_at:
            last[place] = one
    return sorted(
        (Asked(last[p].text, p[0], p[1], count, last[p].asked_at) for p, count in times.items()),
        key=lambda asked: (-asked.times, asked.text),
    )


def as_data(report: Report) -> dict[str, Any]:
    """The report for JSON."""
    return {
        "start": report.start.isoformat(),
        "end": report.end.isoformat(),
        "show_id": report.show_id,
        "attribution": {"rule": report.rule, "half_life_s": report.half_life_s},
        "complete": report.complete,
        "by": {name: [asdict(row) for row in rows] for name, rows in report.rows.items()},
        "over_time": {
            "step_s": report.over_time.step_s,
            "points": [
                asdict(row) | {"start": row.key, "on_air": report.over_time.on_air.get(row.key, ())}
                for row in report.over_time.rows
            ],
        },
        "people_heard": [asdict(one) | {"at": one.at.isoformat()} for one in report.people_heard],
        "open_questions": [
            asdict(one) | {"last_asked_at": one.last_asked_at.isoformat()} for one in report.open_questions
        ],
    }
