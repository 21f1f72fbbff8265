"""Hours of a show's script in a minute: what repeats, and when. `influencer eval novelty --hours 8`.

The lines are the show's own, from the desk that writes them live, each bound and with its predicted length. Offers run
out meanwhile, as in a show; stock does not. What the advertiser wrote comes again whatever is done, so that the words
that are ours, the frames around it, are measured by themselves as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from influencer.assistant.meaning import Encoder
from influencer.brief import Brief
from influencer.market import Market
from influencer.script.claims import ApprovedLine
from influencer.script.lengths import GAP_S
from influencer.script.novelty import SAME_THOUGHT, MeaningMeter, Novelty, NoveltyMeter
from influencer.script.pacing import seconds_of
from influencer.script.slots import bound_parts, slots_in
from influencer.script.values import Position
from influencer.show.desk import MarketDesk

START = datetime(2026, 5, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of show."""

    lines: int
    repeated: float
    """Share of the lines that were said before, word for word, within the window."""
    overlap: float
    """Mean share of a line's runs of words that were said before."""
    frame_repeated: float
    """Share of the lines whose own words, without what stands in slots, were said before."""
    frame_overlap: float
    """Mean share of the runs of a line's own words that were."""
    told_before: float | None = None
    """Share of the lines whose thought was told before, in whatever words; None when no encoder measured it."""


@dataclass(frozen=True, slots=True)
class Report:
    """A market's hours."""

    market: str
    products: int
    hours: tuple[Hour, ...]
    lines: int
    distinct: int
    """Different lines, to the letter."""
    first_repeat_minutes: float | None
    """When a line first came again; None when none did."""
    shortest_gap_minutes: float | None
    """The shortest time between a line and its return."""
    key_point_gap_minutes: float | None
    """The median time after which a key point is told again."""
    key_point_shortest_gap_minutes: float | None
    unwritten: int
    """Positions for which no wording passed the guard: the show goes on with the next."""


async def evaluate(
    products: Sequence[Brief], market: Market, hours: float, seed: int = 0, encoder: Encoder | None = None
) -> Report:
    """Say `hours` hours of a show of these products, without speech or pictures.

    Args:
        products: what is sold, one after the other.
        market: where.
        hours: of show.
        seed: decides the rotation of wordings.
        encoder: measures meaning too, 30 ms a line.

    Raises:
        InvalidInput: no product is sold in the market.
    """
    now = START
    desk = MarketDesk(products, market, now=lambda: now, units=lambda product: 1 << 30, seed=seed)
    meter = NoveltyMeter(market.language, window_s=hours * 3600)
    frames = NoveltyMeter(market.language, window_s=hours * 3600)
    meaning = MeaningMeter(window_s=hours * 3600)
    said: list[_Said] = []
    at, position, unwritten, empty = 0.0, Position(), 0, 0
    while at < hours * 3600 and empty < 1_000:
        line = await desk.write(position)
        position = desk.advance(position)
        if line is None:
            unwritten, empty = unwritten + 1, empty + 1
            continue
        empty = 0
        text = desk.bind(line)
        if line.segment != "disclaimer":  # the law wants the same words every time
            own = _own_words(line, desk)
            frame = frames.add(own, at) if own else Novelty(False, 0.0)
            alike = None if encoder is None else meaning.add(encoder.embed([text], query=False)[0], at)
            said.append(_Said(at, text, meter.add(text, at), frame, _points(line), alike))
        at += seconds_of(text, market.language) + GAP_S
        now = START + timedelta(seconds=at)
    return _report(market.id, len(products), said, unwritten)


@dataclass(frozen=True, slots=True)
class _Said:
    at: float
    text: str
    whole: Novelty
    frame: Novelty
    points: tuple[str, ...]
    alike: float | None


def _own_words(line: ApprovedLine, desk: MarketDesk) -> str:
    parts = bound_parts(line.text, desk.sheet(line.product_id), desk.market)
    return " ".join(part.text.strip() for part in parts if part.slot is None and any(map(str.isalpha, part.text)))


def _points(line: ApprovedLine) -> tuple[str, ...]:
    return tuple(f"{line.product_id}/{slot}" for slot in slots_in(line.text) if slot.startswith("key_point."))


def _gaps(moments: Iterable[tuple[str, float]]) -> list[float]:
    """Seconds between one time something is said and the next."""
    times: dict[str, list[float]] = {}
    for what, at in moments:
        times.setdefault(what, []).append(at)
    return [later - earlier for each in times.values() for earlier, later in pairwise(each)]


def _report(market: str, products: int, said: Sequence[_Said], unwritten: int) -> Report:
    by_hour: dict[int, list[_Said]] = {}
    for one in said:
        by_hour.setdefault(int(one.at // 3600), []).append(one)
    gaps = _gaps((one.text, one.at) for one in said)
    point_gaps = _gaps((point, one.at) for one in said for point in one.points)
    first = next((one.at for one in said if one.whole.repeated), None)
    return Report(
        market=market,
        products=products,
        hours=tuple(_hour(lines) for _, lines in sorted(by_hour.items())),
        lines=len(said),
        distinct=len({one.text for one in said}),
        first_repeat_minutes=_minutes(first),
        shortest_gap_minutes=_minutes(min(gaps, default=None)),
        key_point_gap_minutes=_minutes(median(point_gaps) if point_gaps else None),
        key_point_shortest_gap_minutes=_minutes(min(point_gaps, default=None)),
        unwritten=unwritten,
    )


def _hour(lines: Sequence[_Said]) -> Hour:
    def share(values: Iterable[float]) -> float:
        return round(sum(values) / len(lines), 3)

    alike = [one.alike for one in lines if one.alike is not None]
    return Hour(
        len(lines),
        share(one.whole.repeated for one in lines),
        share(one.whole.overlap for one in lines),
        share(one.frame.repeated for one in lines),
        share(one.frame.overlap for one in lines),
        share(one >= SAME_THOUGHT for one in alike) if alike else None,
    )


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 1)


def as_data(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """The reports for JSON."""
    return [asdict(report) for report in reports]


def as_markdown(reports: Sequence[Report]) -> str:
    """The reports as a table."""
    rows = [
        "| market | products | lines | different | first repeat, min | repeated | overlap, first hour | "
        "overlap, last hour | own words, first hour | own words, last hour | frames repeated, last hour | "
        "thoughts told before, first hour | last hour | "
        "key point again after, min (median, shortest) |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in reports:
        first, last = one.hours[0], one.hours[-1]
        repeated = sum(hour.repeated * hour.lines for hour in one.hours) / one.lines
        cells = [
            one.market, one.products, one.lines, one.distinct, _or_dash(one.first_repeat_minutes), f"{repeated:.1%}",
            f"{first.overlap:.0%}", f"{last.overlap:.0%}", f"{first.frame_overlap:.0%}", f"{last.frame_overlap:.0%}",
            f"{last.frame_repeated:.0%}", _share(first.told_before), _share(last.told_before),
            f"{_or_dash(one.key_point_gap_minutes)}, {_or_dash(one.key_point_shortest_gap_minutes)}",
        ]  # fmt: skip
        rows.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(rows)


def _or_dash(minutes: float | None) -> str:
    return "–" if minutes is None else f"{minutes:g}"


def _share(part: float | None) -> str:
    return "–" if part is None else f"{part:.0%}"
