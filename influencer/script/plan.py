"""The run-of-show as it would go on air now, with predicted times, totals and warnings: `influencer plan`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from influencer.brief import Brief
from influencer.market import Market
from influencer.script.budget import Budget
from influencer.script.facts import FactSheet
from influencer.script.lengths import GAP_S
from influencer.script.manners import manner
from influencer.script.pacing import seconds_of
from influencer.script.rotation import remember
from influencer.script.run_of_show import DEFAULT_MINUTES, RunOfShow
from influencer.script.rundown import advance, compile_show, playable_now, run_of, segment_at
from influencer.script.slots import bind
from influencer.script.values import Position, Rundown, SegmentKind
from influencer.script.writers import ScriptWriter

GOALS: dict[SegmentKind, str] = {
    "opening": "greet and say that the host is AI-generated", "hook": "win attention", "product": "say what it is",
    "demonstration": "show how it is used", "proof": "give evidence", "objection": "answer a common doubt",
    "offer": "name the coupon and its end", "questions": "invite and take questions", "recap": "sum it up",
    "disclaimer": "say what the law wants said",
    "call-to-action": "ask for the order",
}  # fmt: skip
"""What each stretch of the show is for."""
_OFF = 1.1
"""A pass that is off its minutes by more than the prediction's own error is told of."""


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """One stretch of the pass; seconds are predicted, `at` counted from the start of the show."""

    at: float
    kind: SegmentKind
    goal: str
    product: str
    seconds: float
    budget: float
    lines: tuple[str, ...]
    facts: tuple[str, ...]
    """What its lines rest on: the proof."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The opening and one pass over all products."""

    market: str
    minutes: float
    part: str
    """The part of the day it was planned in; "" in none."""
    segments: tuple[PlannedSegment, ...]
    seconds: float
    new_speech_seconds: float
    """Speech to be synthesised: each different line once."""
    by_product: Mapping[str, float]
    by_kind: Mapping[str, float]
    warnings: tuple[str, ...]


async def plan(
    briefs: Sequence[Brief], market: Market, *, now: datetime, run: RunOfShow | None = None,
    minutes: float = DEFAULT_MINUTES, seed: int = 0,
) -> Plan:  # fmt: skip
    """Write one pass of a show from templates, as it would be said at `now` with the stock the briefs name.

    `minutes` count when no run-of-show is given.

    Raises:
        InvalidInput: no product is sold in this market, or `run` does not fit the products.
    """
    run = run or run_of(minutes, {}, briefs)
    rundown, minutes, part = compile_show(run, briefs, market), run.minutes, run.part_at(now, market)
    sold = [brief for brief in briefs if market.id in brief.markets]
    sheets = {brief.id: FactSheet.build(brief, market, now=now) for brief in sold}
    playable, writer = playable_now(sheets, part), ScriptWriter(market, rundown, seed=seed)
    pace = next(iter(market.voices.values())).speed * manner(run.manner_in(part)).pace
    budget = Budget(rundown)
    written: dict[int, list[tuple[str, tuple[str, ...]]]] = {}
    recent: tuple[str, ...] = ()
    position = Position()
    while position.lap == 0:
        if playable(segment_at(rundown, position)):
            line = await writer.write(position, sheets, recent)
            if line is not None:
                text = bind(line.text, sheets[line.product_id], market)
                budget.spent(position, seconds_of(text, market.language) / pace + GAP_S)
                written.setdefault(position.segment, []).append((text, line.fact_ids))
                recent = remember(recent, line.variant)
        position = advance(rundown, position, playable, budget.full)
    segments: list[PlannedSegment] = []
    at, distinct = 0.0, dict[str, float]()
    for index, lines in sorted(written.items()):
        segment = rundown.segments[index]
        lengths = {text: seconds_of(text, market.language) / pace for text, _ in lines}
        distinct |= lengths
        seconds = sum(lengths[text] + GAP_S for text, _ in lines)
        facts = tuple(dict.fromkeys(fact for _, found in lines for fact in found))
        texts = tuple(text for text, _ in lines)
        goal = segment.goal or GOALS.get(segment.kind, segment.kind)
        segments.append(
            PlannedSegment(at, segment.kind, goal, segment.product_id, seconds, segment.seconds, texts, facts)
        )
        at += seconds
    return Plan(
        market=market.id,
        minutes=minutes,
        part=part,
        segments=tuple(segments),
        seconds=at,
        new_speech_seconds=sum(distinct.values()),
        by_product=_totals((one.product, one.seconds) for one in segments),
        by_kind=_totals((one.kind, one.seconds) for one in segments),
        warnings=tuple(_warnings(briefs, sheets, rundown, segments, minutes)),
    )


def as_data(planned: Plan) -> dict[str, Any]:
    """The plan for JSON, seconds to a tenth."""
    data: dict[str, Any] = _rounded(asdict(planned))
    return data


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 1)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


def _totals(pairs: Iterator[tuple[str, float]]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for name, seconds in pairs:
        totals[name] = totals.get(name, 0.0) + seconds
    return totals


def _warnings(
    briefs: Sequence[Brief],
    sheets: Mapping[str, FactSheet],
    rundown: Rundown,
    segments: Sequence[PlannedSegment],
    minutes: float,
) -> Iterator[str]:
    for brief in briefs:
        if brief.id not in sheets:
            yield f"{brief.id}: not sold in {rundown.market}; left out"
    for id_, sheet in sheets.items():
        if sheet.sold_out:
            yield f"{id_}: sold out; left out"
        if not sheet.brief.faq:
            yield f"{id_}: no FAQ; questions beyond the facts get no answer"
        if sheet.brief.offer is not None and not sheet.offer_active:
            yield f"{id_}: its offer is not active now; no offer is announced"
        proofs = sum(len(one.lines) for one in segments if (one.kind, one.product) == ("proof", id_))
        if proofs > len(sheet.brief.key_points):
            yield f"{id_}: {proofs} proof lines for {len(sheet.brief.key_points)} key points; points come again"
        there = {one.kind for one in rundown.segments if one.product_id == id_}
        if there and (missing := [kind for kind in ("hook", "questions", "recap") if kind not in there]):
            yield f"{id_}: no {', '.join(missing)}; there is no time for it, or it is not planned"
    total = sum(one.seconds for one in segments if one.kind != "opening")
    if not minutes * 60 / _OFF <= total <= _OFF * minutes * 60:
        yield f"one pass takes about {total / 60:.1f} minutes, not {minutes:g}"
