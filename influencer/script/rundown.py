"""Briefs and a number of minutes -> the run-of-show, and the rule for which position follows which. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil

from influencer.brief import Brief
from influencer.errors import InvalidInput, Mistake
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.lengths import line_seconds
from influencer.script.rule_packs import mandated_for
from influencer.script.values import Position, Rundown, Segment, SegmentKind

DEFAULT_MINUTES = 3.0
_MINUTES = (0.5, 120.0)
_WEIGHTS = (0.1, 10.0)
_SHARES: dict[SegmentKind, float] = {
    "hook": 0.08, "product": 0.18, "demonstration": 0.10, "proof": 0.22, "objection": 0.08, "offer": 0.10,
    "questions": 0.10, "recap": 0.06, "call-to-action": 0.08,
}  # fmt: skip
"""How a product's time is divided, in this order. Proof has the most: it is what a viewer cannot read off the card."""
QUESTIONS_WITHIN_S = 300.0
"""A longer turn goes round in several, each with its question window: nobody waits longer to be asked."""

Playable = Callable[[Segment], bool]


def compile_rundown(
    briefs: Sequence[Brief],
    market: Market,
    minutes: float = DEFAULT_MINUTES,
    weights: Mapping[str, float] | None = None,
) -> Rundown:
    """Plan a show that presents products in turn and then starts over, for ever.

    Args:
        briefs: the products, in order; those not sold in the market are left out.
        market: where the show is.
        minutes: length of one pass over all products, 0.5 to 120. Every segment has at least one line, so many
            products in little time make a longer pass. A turn longer than `QUESTIONS_WITHIN_S` is made of several.
        weights: how much of the time a product id gets beside the others, 0.1 to 10; 1 for those not named.

    Raises:
        InvalidInput: no product is sold in this market, or `minutes` or a weight is out of range or of no product.
    """
    weights = weights or {}
    if mistakes := list(_weight_mistakes(weights, briefs)):
        raise InvalidInput("rundown", mistakes)
    sold = [brief for brief in briefs if market.id in brief.markets]
    if not sold:
        given = ", ".join(brief.id for brief in briefs) or "none"
        raise InvalidInput("rundown", [Mistake("briefs", given, f"at least one product sold in {market.id}")])
    if not _MINUTES[0] <= minutes <= _MINUTES[1]:
        raise InvalidInput("rundown", [Mistake("minutes", str(minutes), f"{_MINUTES[0]:g} to {_MINUTES[1]:g}")])
    opening = Segment("opening", sold[0].id, line_seconds(sold[0], market, "opening"), 1)
    whole = sum(weights.get(brief.id, 1.0) for brief in sold)
    turns: list[Segment] = []
    for brief in sold:
        seconds = minutes * 60 * weights.get(brief.id, 1.0) / whole
        rounds = ceil(seconds / QUESTIONS_WITHIN_S)
        turns += [*_turn(brief, market, seconds / rounds)] * rounds
    return Rundown(market.id, (opening, *turns), loop_from=1)


def _weight_mistakes(weights: Mapping[str, float], briefs: Sequence[Brief]) -> Iterator[Mistake]:
    known = [brief.id for brief in briefs]
    for id_, weight in weights.items():
        if id_ not in known:
            yield Mistake("weight", id_, f"a product of this show: {', '.join(known)}")
        elif not _WEIGHTS[0] <= weight <= _WEIGHTS[1]:
            yield Mistake("weight", f"{id_}={weight:g}", f"{_WEIGHTS[0]:g} to {_WEIGHTS[1]:g}")


def _turn(brief: Brief, market: Market, seconds: float) -> Iterator[Segment]:
    told: dict[SegmentKind, bool] = {
        "demonstration": market.id in (brief.how_to_use or {}),
        "objection": any(market.id in one.question and market.id in one.answer for one in brief.faq),
        "offer": brief.offer is not None,
    }
    shares = {kind: share for kind, share in _SHARES.items() if told.get(kind, True)}
    whole = sum(shares.values())
    duty = list(_duty(brief, market))
    seconds -= sum(segment.seconds for segment in duty)
    for kind, share in shares.items():
        budget = max(0.0, seconds * share / whole)
        yield Segment(kind, brief.id, budget, max(1, round(budget / line_seconds(brief, market, kind))))
        if kind == "proof":
            yield from duty


def _duty(brief: Brief, market: Market) -> Iterator[Segment]:
    """The stretch in which what the law wants said is said: behind the proof, in every turn; none without a law."""
    if count := len(mandated_for(brief, market.id)):
        yield Segment("disclaimer", brief.id, count * line_seconds(brief, market, "disclaimer"), count)


def require_mandated(rundown: Rundown, briefs: Sequence[Brief], market: Market) -> None:
    """Refuse a run-of-show whose loop presents a product without the sentences that the law wants said of it.

    Raises:
        InvalidInput: one is missing; the mistake names the product and the sentences.
    """
    loop = rundown.segments[rundown.loop_from :]
    for brief in briefs:
        wanted = mandated_for(brief, market.id)
        there = sum(one.lines for one in loop if (one.kind, one.product_id) == ("disclaimer", brief.id))
        if there < len(wanted) and any(one.product_id == brief.id for one in loop):
            named = ", ".join(one.id for one in wanted)
            raise InvalidInput(
                "rundown", [Mistake(f"disclaimer of {brief.id}", f"{there} lines", f"a line for {named}")]
            )


def advance(rundown: Rundown, position: Position, playable: Playable | None = None) -> Position:
    """The position of the line after this one; segments that `playable` refuses are passed over.

    When nothing in a whole pass is playable, the plain next position is returned: its line will be a standby line.
    """
    plain = step = _next(rundown, position)
    for _ in range(len(rundown.segments) + 1):
        if playable is None or playable(segment_at(rundown, step)):
            return step
        step = _next_segment(rundown, step)
    return plain


def seek(rundown: Rundown, position: Position, product_id: str | None, kind: SegmentKind | None) -> Position:
    """The next segment after that of `position`, once round, that is about a product, or of a kind, or both.

    Raises:
        InvalidInput: there is none in the loop; the error lists what there is.
    """
    place = _next_segment(rundown, position)
    for _ in rundown.segments:
        segment = segment_at(rundown, place)
        if product_id in {None, segment.product_id} and kind in {None, segment.kind}:
            return place
        place = _next_segment(rundown, place)
    loop = rundown.segments[rundown.loop_from :]
    there = ", ".join(dict.fromkeys(f"{segment.kind} of {segment.product_id}" for segment in loop))
    raise InvalidInput("jump", [Mistake("to", f"{kind or 'any segment'} of {product_id or 'any product'}", there)])


def segment_at(rundown: Rundown, position: Position) -> Segment:
    """The segment of a position; of the loop's start for a position beyond the end (the rundown became shorter)."""
    inside = position.segment < len(rundown.segments)
    return rundown.segments[position.segment if inside else rundown.loop_from]


def playable_now(sheets: Mapping[str, FactSheet]) -> Playable:
    """The rule for `advance`: nothing of a sold-out product, no offer that is not active."""

    def playable(segment: Segment) -> bool:
        sheet = sheets.get(segment.product_id)
        if sheet is None or (sheet.sold_out and segment.kind != "opening"):
            return False
        return segment.kind != "offer" or sheet.offer_active

    return playable


def said_before(rundown: Rundown, position: Position) -> int:
    """How many lines of the same kind about the same product come before this one in the show."""
    current = segment_at(rundown, position)

    def same(start: int, end: int) -> int:
        segments = rundown.segments[start:end]
        return sum(s.lines for s in segments if (s.kind, s.product_id) == (current.kind, current.product_id))

    earlier_laps = position.lap * same(rundown.loop_from, len(rundown.segments))
    return earlier_laps + same(0, position.segment) + position.line


def _next(rundown: Rundown, position: Position) -> Position:
    if position.line + 1 < segment_at(rundown, position).lines and position.segment < len(rundown.segments):
        return replace(position, line=position.line + 1)
    return _next_segment(rundown, position)


def _next_segment(rundown: Rundown, position: Position) -> Position:
    if position.segment + 1 < len(rundown.segments):
        return replace(position, segment=position.segment + 1, line=0)
    return replace(position, lap=position.lap + 1, segment=rundown.loop_from, line=0)
