"""What an advertiser sees before air: the lines with their evidence, what is refused and why, and the cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from influencer.brief import Brief
from influencer.intake.rates import Rates
from influencer.market import Market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.plan import Plan, plan
from influencer.script.values import Fact, Line

_SPOKEN = frozenset({"summary", "how_to_use", "shipping", "returns", "audience"})


@dataclass(frozen=True, slots=True)
class Because:
    """A fact a line rests on, with its evidence as the brief names it."""

    fact: str
    text: str
    evidence: str | None


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line as it would be spoken now, and why it may be."""

    text: str
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class PreviewSegment:
    """A stretch of the run-of-show; `at` and `seconds` are predicted."""

    at: float
    kind: str
    goal: str
    seconds: float
    lines: tuple[PreviewLine, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something of the brief that will not be said in this market."""

    field: str
    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """One pass of a show in one market."""

    market: str
    minutes: float
    seconds: float
    segments: tuple[PreviewSegment, ...]
    refused: tuple[Refusal, ...]
    warnings: tuple[str, ...]
    cost: dict[str, Any]


async def preview(brief: Brief, market: Market, *, minutes: float, now: datetime, rates: Rates) -> Preview:
    """Write one pass from templates, as it would be on air at `now`.

    Raises:
        InvalidInput: the product is not sold in this market, or `minutes` is out of range.
    """
    planned = await plan([brief], market, minutes=minutes, now=now)
    sheet = FactSheet.build(brief, market, now=now)
    return Preview(
        market=market.id,
        minutes=minutes,
        seconds=round(planned.seconds, 1),
        segments=tuple(_segments(planned, market, sheet)),
        refused=tuple(refusals(brief, market, sheet)),
        warnings=planned.warnings,
        cost=rates.estimate(minutes=planned.seconds / 60, new_speech_minutes=planned.new_speech_seconds / 60),
    )


def _segments(planned: Plan, market: Market, sheet: FactSheet) -> Iterator[PreviewSegment]:
    guard = ClaimGuard(market, [sheet])
    for one in planned.segments:
        lines = tuple(
            PreviewLine(text, tuple(_because(guard, sheet, text, one.product, market, one.facts))) for text in one.lines
        )
        yield PreviewSegment(round(one.at, 1), one.kind, one.goal, round(one.seconds, 1), lines)


def _because(
    guard: ClaimGuard, sheet: FactSheet, text: str, product: str, market: Market, known: Sequence[str]
) -> Iterator[Because]:
    """The facts of a line as the guard finds them in the words that are spoken."""
    found = guard.explain(_line(text, product, market))
    for fact_id in found.fact_ids or known:
        fact = sheet.facts.get(fact_id)
        if fact is not None:
            yield Because(fact.id, fact.text, fact.evidence)


def refusals(brief: Brief, market: Market, sheet: FactSheet) -> Iterator[Refusal]:
    """The advertiser's own texts that may not be said in this market, each with every reason, and its key points that
    have no evidence here."""
    guard = ClaimGuard(market, [sheet])
    for fact in sheet.facts.values():
        if not _is_text(fact):
            continue
        found = guard.explain(_line(fact.text, brief.id, market))
        if not found.approved:
            yield Refusal(fact.id, fact.text, found.reasons)
    for index, point in enumerate(brief.key_points):
        if not point.valid_in(market.id):
            reason = f"its evidence is valid in {', '.join(point.markets or ())} only"
            text = point.text.get(market.id) or next(iter(point.text.values()))
            yield Refusal(f"key_points[{index}]", text, (reason,))


def _is_text(fact: Fact) -> bool:
    return fact.id in _SPOKEN or fact.id.startswith(("key_point.", "faq.", "spec."))


def _line(text: str, product: str, market: Market) -> Line:
    return Line(
        text=text, segment="proof", product_id=product, market=market.id, fact_ids=(), source="operator",
        variant="preview",
    )  # fmt: skip
