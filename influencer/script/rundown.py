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
from influencer.script.manners import manner
from influencer.script.rule_packs import mandated_for
from influencer.script.run_of_show import DEFAULT_MINUTES, RunOfShow
from influencer.script.values import Position, Rundown, Segment, SegmentKind

_MINUTES = (0.5, 120.0)
_WEIGHTS = (0.1, 10.0)
_SHARES: dict[SegmentKind, float] = {
    "hook": 0.08, "product": 0.18, "demonstration": 0.10, "proof": 0.22, "objection": 0.08, "offer": 0.10,
    "questions": 0.10, "recap": 0.06, "call-to-action": 0.08,
}  # fmt: skip
"""How a product's time is divided, in this order. Proof has the most: it is what a viewer cannot read off the card."""
_LEFT_OUT_FIRST: tuple[SegmentKind, ...] = ("recap", "objection", "demonstration", "questions", "hook", "offer")
"""What a turn with little time does without, in this order."""
QUESTIONS_WITHIN_S = 300.0
"""A longer turn goes round in several, each with its question window: nobody waits longer to be asked."""
_TIGHT = 1.05
"""A pass may be planned longer than its minutes by a twentieth: lines are not divisible."""

_BEYOND = 1_000_003
SELLING: frozenset[SegmentKind] = frozenset({"offer", "call-to-action"})
"""Segments that ask for the sale: what the law wants said is said before them."""

Playable = Callable[[Segment], bool]
Full = Callable[[Position], bool]
Lengths = Mapping[tuple[str, SegmentKind], float]
"""(product id, kind) -> seconds of one line on average."""


def compile_rundown(
    briefs: Sequence[Brief],
    market: Market,
    minutes: float = DEFAULT_MINUTES,
    weights: Mapping[str, float] | None = None,
) -> Rundown:
    """Plan a show of these minutes and weights; see `compile_show`.

    Raises:
        InvalidInput: no product is sold in this market, or `minutes` or a weight is out of range or of no product.
    """
    return compile_show(run_of(minutes, weights or {}, briefs), briefs, market)


def run_of(minutes: float, weights: Mapping[str, float], briefs: Sequence[Brief]) -> RunOfShow:
    """The usual turns in these minutes, by these weights.

    Raises:
        InvalidInput: `minutes` or a weight is out of range or of no product.
    """
    if mistakes := list(_weight_mistakes(weights, briefs)):
        raise InvalidInput("rundown", mistakes)
    if not _MINUTES[0] <= minutes <= _MINUTES[1]:
        raise InvalidInput("rundown", [Mistake("minutes", str(minutes), f"{_MINUTES[0]:g} to {_MINUTES[1]:g}")])
    return RunOfShow(minutes=minutes, weights=dict(weights))


def compile_show(run: RunOfShow, briefs: Sequence[Brief], market: Market, *, strict: bool = True) -> Rundown:
    """Plan a show that presents products in turn and then starts over, for ever.

    Each part of the day has a pass of its own in the loop; which of them is played is `playable_now`'s to say.

    Args:
        run: minutes, weights, segments and parts of the day. A turn with little time does without recap, objection,
            demonstration, questions, hook and offer, in this order; one longer than `QUESTIONS_WITHIN_S` is made of
            several.
        briefs: the products, in order; those not sold in the market are left out.
        market: where the show is.
        strict: whether minutes that are too few for the products are a mistake; else the pass becomes longer.

    Raises:
        InvalidInput: no product is sold in this market (at some hours), or the run names one that is not in the show,
            or the minutes do not suffice.
    """
    if mistakes := list(_run_mistakes(run, briefs)):
        raise InvalidInput("run-of-show", mistakes)
    sold = [brief for brief in briefs if market.id in brief.markets]
    if not sold:
        given = ", ".join(brief.id for brief in briefs) or "none"
        raise InvalidInput("rundown", [Mistake("briefs", given, f"at least one product sold in {market.id}")])
    kinds: tuple[SegmentKind, ...] = ("opening", *_SHARES)
    lengths = {(brief.id, kind): line_seconds(brief, market, kind) for brief in sold for kind in kinds}
    loop = [segment for part in run.parts for segment in _pass(run, part, sold, market, lengths, strict=strict)]
    opening = Segment("opening", sold[0].id, lengths[sold[0].id, "opening"], 1)
    return Rundown(market.id, (opening, *loop), loop_from=1)


def _pass(
    run: RunOfShow, part: str, sold: Sequence[Brief], market: Market, lengths: Lengths, *, strict: bool
) -> list[Segment]:
    """The segments of one part of the day."""
    hours = run.part(part)
    wanted = [brief for brief in sold if hours is None or hours.products is None or brief.id in hours.products]
    if not wanted:
        given = ", ".join((hours.products if hours else None) or [])
        raise InvalidInput("run-of-show", [Mistake(f"{part}.products", given, f"one that is sold in {market.id}")])
    only = part if run.day_parts else None
    if run.segments_in(part):
        duty = sum(segment.seconds for brief in wanted for segment in _duty(brief, market, only))
        return list(_with_duty(list(_written(run, part, wanted, lengths, only, duty, strict=strict)), wanted, market))
    weights = {**run.weights, **(hours.weights if hours else {})}
    whole = sum(weights.get(brief.id, 1.0) for brief in wanted)
    needed = sum(lengths[brief.id, kind] for brief in wanted for kind in _SHARES if kind not in _LEFT_OUT_FIRST)
    needed += sum(segment.seconds for brief in wanted for segment in _duty(brief, market, only))
    seconds = run.minutes * 60
    if needed > seconds * _TIGHT:
        if strict:
            least = f"at least {ceil(needed / 6) / 10:g} for {len(wanted)} products"
            raise InvalidInput("rundown", [Mistake("minutes", f"{run.minutes:g}", least)])
        seconds = needed
    shares = manner(run.manner_in(part)).shares
    turns: list[Segment] = []
    for brief in wanted:
        own = seconds * weights.get(brief.id, 1.0) / whole
        rounds = ceil(own / QUESTIONS_WITHIN_S)
        turns += [*_turn(brief, market, own / rounds, lengths, shares, only)] * rounds
    return turns


def _written(
    run: RunOfShow, part: str, sold: Sequence[Brief], lengths: Lengths, only: str | None, duty: float, *,
    strict: bool,
) -> Iterator[Segment]:  # fmt: skip
    """The segments a person planned, each with its minutes, or its share of what these and `duty` seconds leave."""
    ids = [brief.id for brief in sold]
    planned = [one for one in run.segments_in(part) if one.product in ids]
    if not planned:
        raise InvalidInput("run-of-show", [Mistake("segments", part or "other hours", "one of a product sold then")])
    rest = max(0.0, run.minutes * 60 - duty - sum((one.minutes or 0.0) * 60 for one in planned))
    whole = sum(one.weight or 1.0 for one in planned if one.minutes is None)
    for one in planned:
        seconds = one.minutes * 60 if one.minutes is not None else rest * (one.weight or 1.0) / whole
        each = lengths[one.product, one.kind]
        if strict and seconds * 2 < each:
            place = f"segments.{run.segments.index(one)}"
            raise InvalidInput("run-of-show", [Mistake(place, f"{seconds:.0f} s", f"{each:.0f} s, one line, or more")])
        yield Segment(one.kind, one.product, seconds, max(1, round(seconds / each)), only, one.goal)


def _run_mistakes(run: RunOfShow, briefs: Sequence[Brief]) -> Iterator[Mistake]:
    yield from _weight_mistakes(run.weights, briefs)
    known = [brief.id for brief in briefs]
    named = [(f"segments.{at}.product", one.product) for at, one in enumerate(run.segments)]
    for part in run.day_parts:
        named += [(f"day_parts.{part.name}.products", id_) for id_ in part.products or []]
        named += [(f"day_parts.{part.name}.weights", id_) for id_ in part.weights]
    for field, id_ in named:
        if id_ not in known:
            yield Mistake(field, id_, f"a product of this show: {', '.join(known)}")


def _weight_mistakes(weights: Mapping[str, float], briefs: Sequence[Brief]) -> Iterator[Mistake]:
    known = [brief.id for brief in briefs]
    for id_, weight in weights.items():
        if id_ not in known:
            yield Mistake("weight", id_, f"a product of this show: {', '.join(known)}")
        elif not _WEIGHTS[0] <= weight <= _WEIGHTS[1]:
            yield Mistake("weight", f"{id_}={weight:g}", f"{_WEIGHTS[0]:g} to {_WEIGHTS[1]:g}")


def _turn(
    brief: Brief, market: Market, seconds: float, lengths: Lengths, factors: Mapping[SegmentKind, float],
    part: str | None,
) -> Iterator[Segment]:  # fmt: skip
    told: dict[SegmentKind, bool] = {
        "demonstration": market.id in (brief.how_to_use or {}),
        "objection": any(market.id in one.question and market.id in one.answer for one in brief.faq),
        "offer": brief.offer is not None,
    }
    duty = list(_duty(brief, market, part))
    seconds = max(0.0, seconds - sum(segment.seconds for segment in duty))
    shares = {kind: share * factors.get(kind, 1.0) for kind, share in _SHARES.items() if told.get(kind, True)}
    for kind in _LEFT_OUT_FIRST:
        if sum(lengths[brief.id, one] for one in shares) <= seconds * _TIGHT:
            break
        shares.pop(kind, None)
    for kind, budget in _budgets(shares, seconds, {kind: lengths[brief.id, kind] for kind in shares}).items():
        lines = max(1, round(budget / lengths[brief.id, kind]))
        yield Segment(kind, brief.id, budget, lines, part)
        if kind == "proof":
            yield from duty


def _duty(brief: Brief, market: Market, part: str | None) -> Iterator[Segment]:
    """The stretch in which what the law wants said is said: behind the proof, in every turn; none without a law."""
    if count := len(mandated_for(brief, market.id)):
        yield Segment("disclaimer", brief.id, count * line_seconds(brief, market, "disclaimer"), count, part)


def _with_duty(segments: Sequence[Segment], briefs: Sequence[Brief], market: Market) -> Iterator[Segment]:
    """The segments a person planned, with what the law wants said behind the last proof of a product, or its last
    segment, and before it is first sold."""
    places = {brief.id: _duty_place(segments, brief.id) for brief in briefs}
    for at in range(len(segments) + 1):
        for brief in briefs:
            if places[brief.id] == at:
                yield from _duty(brief, market, segments[0].part)
        yield from segments[at : at + 1]


def _duty_place(segments: Sequence[Segment], product_id: str) -> int | None:
    """Before which segment what the law wants said of a product belongs; None when it has no segment."""
    own = [(at, segment.kind) for at, segment in enumerate(segments) if segment.product_id == product_id]
    if not own:
        return None
    proofs = [at for at, kind in own if kind == "proof"]
    sales = [at for at, kind in own if kind in SELLING]
    return min([(proofs[-1] if proofs else own[-1][0]) + 1, *sales[:1]])


def require_mandated(rundown: Rundown, briefs: Sequence[Brief], market: Market) -> None:
    """Refuse a run-of-show that at some hours presents a product without the sentences that the law wants said of it.

    Raises:
        InvalidInput: one is missing; the mistake names the product and the sentences.
    """
    loop = rundown.segments[rundown.loop_from :]
    for part in dict.fromkeys(segment.part for segment in loop):
        hours = [segment for segment in loop if segment.part == part]
        for brief in briefs:
            wanted = mandated_for(brief, market.id)
            there = sum(one.lines for one in hours if (one.kind, one.product_id) == ("disclaimer", brief.id))
            if there < len(wanted) and any(one.product_id == brief.id for one in hours):
                named = ", ".join(one.id for one in wanted)
                raise InvalidInput(
                    "rundown", [Mistake(f"disclaimer of {brief.id}", f"{there} lines", f"a line for {named}")]
                )


def _budgets(
    shares: Mapping[SegmentKind, float], seconds: float, lines: Mapping[SegmentKind, float]
) -> dict[SegmentKind, float]:
    """Seconds by shares, where nothing gets less than one line takes when all of them fit."""
    if sum(lines.values()) >= seconds:
        return {kind: seconds * lines[kind] / sum(lines.values()) for kind in shares}
    small: dict[SegmentKind, float] = {}
    while True:
        rest = seconds - sum(small.values())
        whole = sum(share for kind, share in shares.items() if kind not in small)
        short = {
            kind: lines[kind]
            for kind, share in shares.items()
            if kind not in small and rest * share / whole < lines[kind]
        }
        if not short:
            return {kind: small.get(kind, rest * share / whole) for kind, share in shares.items()}
        small |= short


def advance(
    rundown: Rundown, position: Position, playable: Playable | None = None, full: Full | None = None
) -> Position:
    """The position of the line after this one; segments that `playable` refuses are passed over.

    `full` says whether a segment ends after the line at a position; without it, after its number of lines. When nothing
    in a whole pass is playable, the plain next position is returned: its line will be a standby line.
    """
    plain = step = _next(rundown, position, full)
    for _ in range(len(rundown.segments) + 1):
        if playable is None or playable(segment_at(rundown, step)):
            return step
        step = _next_segment(rundown, step)
    return plain


def seek(
    rundown: Rundown, position: Position, product_id: str | None, kind: SegmentKind | None, playable: Playable
) -> Position:
    """The next playable segment after that of `position`, once round, that is about a product, or of a kind, or both.

    Raises:
        InvalidInput: there is none in the loop; the error lists what there is.
    """
    place = _next_segment(rundown, position)
    for _ in rundown.segments:
        segment = segment_at(rundown, place)
        if product_id in {None, segment.product_id} and kind in {None, segment.kind} and playable(segment):
            return place
        place = _next_segment(rundown, place)
    loop = rundown.segments[rundown.loop_from :]
    there = ", ".join(dict.fromkeys(f"{one.kind} of {one.product_id}" for one in loop if playable(one)))
    raise InvalidInput("jump", [Mistake("to", f"{kind or 'any segment'} of {product_id or 'any product'}", there)])


def segment_at(rundown: Rundown, position: Position) -> Segment:
    """The segment of a position; of the loop's start for a position beyond the end (the rundown became shorter)."""
    inside = position.segment < len(rundown.segments)
    return rundown.segments[position.segment if inside else rundown.loop_from]


def playable_now(sheets: Mapping[str, FactSheet], part: str | None = None) -> Playable:
    """The rule for `advance`: nothing of a sold-out product, no offer that is not active, nothing of another `part` of
    the day (None: any)."""

    def playable(segment: Segment) -> bool:
        if part is not None and segment.part not in {None, part}:
            return False
        sheet = sheets.get(segment.product_id)
        if sheet is None or (sheet.sold_out and segment.kind != "opening"):
            return False
        return segment.kind != "offer" or sheet.offer_active

    return playable


def said_before(rundown: Rundown, position: Position) -> int:
    """How many lines of the same kind about the same product come before this one in the show.

    Lines beyond the planned number of a segment count from far away, so that no two lines have one number.
    """
    current = segment_at(rundown, position)

    def same(start: int, end: int) -> int:
        segments = rundown.segments[start:end]
        return sum(s.lines for s in segments if (s.kind, s.product_id) == (current.kind, current.product_id))

    earlier_laps = position.lap * same(rundown.loop_from, len(rundown.segments))
    beyond = _BEYOND if position.line >= current.lines else 0
    return earlier_laps + same(0, position.segment) + position.line + beyond


def _next(rundown: Rundown, position: Position, full: Full | None) -> Position:
    ended = full(position) if full is not None else position.line + 1 >= segment_at(rundown, position).lines
    if not ended and position.segment < len(rundown.segments):
        return replace(position, line=position.line + 1)
    return _next_segment(rundown, position)


def _next_segment(rundown: Rundown, position: Position) -> Position:
    if position.segment + 1 < len(rundown.segments):
        return replace(position, segment=position.segment + 1, line=0)
    return replace(position, lap=position.lap + 1, segment=rundown.loop_from, line=0)
