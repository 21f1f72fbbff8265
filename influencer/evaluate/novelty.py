"""Hours of a show's script in a minute: what repeats, and when. `influencer eval novelty --hours 8`.

The lines are the show's own, from the desk that writes them live, each bound and with its predicted length. Offers run
out meanwhile, as in a show; stock does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from influencer.brief import Brief
from influencer.market import Market
from influencer.script.lengths import GAP_S
from influencer.script.novelty import NoveltyMeter
from influencer.script.pacing import seconds_of
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
    unwritten: int
    """Positions for which no wording passed the guard: the show goes on with the next."""


async def evaluate(products: Sequence[Brief], market: Market, hours: float, seed: int = 0) -> Report:
    """Say `hours` hours of a show of these products, without speech or pictures.

    Raises:
        InvalidInput: no product is sold in the market.
    """
    now = START
    desk = MarketDesk(products, market, now=lambda: now, units=lambda product: 1 << 30, seed=seed)
    meter = NoveltyMeter(market.language, window_s=hours * 3600)
    said: list[tuple[float, str, bool, float]] = []
    at, position, unwritten, empty = 0.0, Position(), 0, 0
    while at < hours * 3600 and empty < 1_000:
        line = await desk.write(position)
        position = desk.advance(position)
        if line is None:
            unwritten, empty = unwritten + 1, empty + 1
            continue
        empty = 0
        text = desk.bind(line)
        novelty = meter.add(text, at)
        said.append((at, text, novelty.repeated, novelty.overlap))
        at += seconds_of(text, market.language) + GAP_S
        now = START + timedelta(seconds=at)
    return _report(market.id, len(products), said, unwritten)


def _report(market: str, products: int, said: Sequence[tuple[float, str, bool, float]], unwritten: int) -> Report:
    by_hour: dict[int, list[tuple[bool, float]]] = {}
    times: dict[str, list[float]] = {}
    for at, text, repeated, overlap in said:
        by_hour.setdefault(int(at // 3600), []).append((repeated, overlap))
        times.setdefault(text, []).append(at)
    gaps = [later - earlier for moments in times.values() for earlier, later in pairwise(moments)]
    first = next((at for at, _, repeated, _ in said if repeated), None)
    return Report(
        market=market,
        products=products,
        hours=tuple(
            Hour(
                len(lines),
                round(sum(repeated for repeated, _ in lines) / len(lines), 3),
                round(sum(overlap for _, overlap in lines) / len(lines), 3),
            )
            for _, lines in sorted(by_hour.items())
        ),
        lines=len(said),
        distinct=len(times),
        first_repeat_minutes=None if first is None else round(first / 60, 1),
        shortest_gap_minutes=round(min(gaps) / 60, 1) if gaps else None,
        unwritten=unwritten,
    )


def as_data(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """The reports for JSON."""
    return [asdict(report) for report in reports]


def as_markdown(reports: Sequence[Report]) -> str:
    """The reports as a table."""
    rows = [
        "| market | products | lines | different | first repeat, min | shortest gap, min | repeated, first hour | "
        "repeated, last hour | overlap, first hour | overlap, last hour |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in reports:
        first, last = one.hours[0], one.hours[-1]
        cells = [
            one.market, one.products, one.lines, one.distinct, _or_dash(one.first_repeat_minutes),
            _or_dash(one.shortest_gap_minutes), f"{first.repeated:.0%}", f"{last.repeated:.0%}",
            f"{first.overlap:.0%}", f"{last.overlap:.0%}",
        ]  # fmt: skip
        rows.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(rows)


def _or_dash(minutes: float | None) -> str:
    return "–" if minutes is None else f"{minutes:g}"
