"""Writes minutes of script for many briefs and checks every line again, by other means than the guard's: `eval script`.

The numbers of a line, as it is spoken, must each stand in a fact of its own product at that moment; its facts must be
true then; and it must be in the market's language. Whether the words say more than the facts is the guard's business,
and measured apart.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from influencer.assistant.language import detect
from influencer.assistant.values import LANGUAGES
from influencer.brief import Brief
from influencer.evaluate.answers import NOW, NUMBER, STOCK
from influencer.evaluate.sets import percentile
from influencer.market import Market
from influencer.script.claims import ApprovedLine
from influencer.script.facts import FactSheet
from influencer.script.pacing import seconds_of
from influencer.script.prompting import KINDS as MODEL_KINDS
from influencer.script.values import Position
from influencer.settings import LanguageChoice
from influencer.show.desk import MarketDesk
from models.base import LanguageModel

_GIVE_UP = 50


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A line as it would be spoken, and what is wrong with it."""

    product: str
    kind: str
    text: str
    source: str
    fact_ids: tuple[str, ...]
    wrong_numbers: tuple[str, ...]
    unknown_facts: tuple[str, ...]
    in_language: bool
    ms: float


@dataclass(slots=True)
class Report:
    """The lines of all briefs in one market."""

    market: str
    briefs: int = 0
    lines: list[WrittenLine] = field(default_factory=list)
    unwritten: int = 0
    """Positions for which no wording passed the guard."""
    model_asked: float = 0
    """Lines the model was asked for; by its share when that is less than all."""

    @property
    def supported(self) -> float:
        """Share of the lines whose numbers and facts are all true."""
        return _share(not line.wrong_numbers and not line.unknown_facts for line in self.lines)

    @property
    def bad(self) -> list[WrittenLine]:
        """The lines with a number or a fact that is not so, or in another language."""
        return [one for one in self.lines if one.wrong_numbers or one.unknown_facts or not one.in_language]


async def write_all(
    products: Sequence[Brief],
    market: Market,
    minutes: float,
    *,
    language: LanguageModel | None = None,
    choice: LanguageChoice | None = None,
    seed: int = 0,
    per_kind: int | None = None,
) -> Report:
    """A show of `minutes` for each of the products that is sold in the market, one after another.

    With `per_kind`, only so many lines of each kind are written for a product: a sample of what a slow model writes.
    """
    report = Report(market.id)
    asks = language is not None and choice is not None and market.language in choice.languages
    for brief in products:
        if market.id in brief.markets:
            report.briefs += 1
            before = len(report.lines)
            await _write(report, brief, market, minutes * 60, language, choice, seed, per_kind)
            share = choice.share if choice is not None and asks else 0.0
            report.model_asked += sum(one.kind in MODEL_KINDS for one in report.lines[before:]) * share
    return report


async def _write(
    report: Report, brief: Brief, market: Market, seconds: float, language: LanguageModel | None,
    choice: LanguageChoice | None, seed: int, per_kind: int | None,
) -> None:  # fmt: skip
    now, at, empty, position = NOW, 0.0, 0, Position()
    written = Counter[str]()
    desk = MarketDesk(
        [brief], market, now=lambda: now, units=lambda _: STOCK, language=language, choice=choice, seed=seed
    )
    own_words = NUMBER.findall(" ".join(market.own_texts))
    while at < seconds and empty < _GIVE_UP and not (per_kind and position.lap):
        if per_kind and written[desk.segment_at(position).kind] >= per_kind:
            position = desk.advance(position)
            continue
        began = time.perf_counter()
        line = await desk.write(position)
        spent = 1000 * (time.perf_counter() - began)
        position = desk.advance(position)
        if line is None:
            report.unwritten, empty = report.unwritten + 1, empty + 1
            continue
        empty, text = 0, desk.bind(line)
        written[line.segment] += 1
        report.lines.append(_checked(line, text, desk.sheet(brief.id), market, own_words, spent))
        at += seconds_of(text, market.language)
        now = NOW + timedelta(seconds=at)


def _checked(
    line: ApprovedLine, text: str, sheet: FactSheet, market: Market, own_words: Sequence[str], ms: float
) -> WrittenLine:
    true = {number for fact in sheet.facts.values() for number in NUMBER.findall(fact.text)}
    true |= {number for slot in sheet.slots.values() for number in NUMBER.findall(slot)}
    home = next(language for language in LANGUAGES if language == market.language)
    return WrittenLine(
        product=line.product_id,
        kind=line.segment,
        text=text,
        source=line.source,
        fact_ids=line.fact_ids,
        wrong_numbers=tuple(number for number in NUMBER.findall(text) if number not in true | set(own_words)),
        unknown_facts=tuple(id_ for id_ in line.fact_ids if id_ not in sheet.facts),
        # Short lines full of names tell little, so it leans to the market's own: this finds lines that are plainly not.
        in_language=detect(text, home) == home,
        ms=round(ms, 2),
    )


def as_data(reports: Sequence[Report]) -> dict[str, Any]:
    """The scores, and every line that is wrong, for JSON."""
    return {
        "markets": [_scores(report) for report in reports],
        "model_lines": [
            {"market": report.market, "product": line.product, "kind": line.kind, "text": line.text}
            for report in reports
            for line in report.lines
            if line.source == "model"
        ],
        "wrong": [{"market": report.market, **asdict(line)} for report in reports for line in report.bad],
    }


def as_markdown(reports: Sequence[Report]) -> str:
    """The scores as a table."""
    names = list(_scores(reports[0]))
    rows = [f"| {' | '.join(name.replace('_', ' ') for name in names)} |", "| --- " * len(names) + "|"]
    rows += [f"| {' | '.join(str(value) for value in _scores(report).values())} |" for report in reports]
    return "\n".join(rows)


def _scores(report: Report) -> Mapping[str, Any]:
    times = sorted(line.ms for line in report.lines) or [0.0]
    return {
        "market": report.market,
        "briefs": report.briefs,
        "lines": len(report.lines),
        "supported": round(report.supported, 4),
        "wrong_numbers": sum(len(line.wrong_numbers) for line in report.lines),
        "with_a_fact": round(_share(bool(line.fact_ids) for line in report.lines), 3),
        "in_language": round(_share(line.in_language for line in report.lines), 3),
        "by_the_model": round(_share(line.source == "model" for line in report.lines), 3),
        "model_asked": round(report.model_asked),
        "model_accepted": round(sum(line.source == "model" for line in report.lines) / (report.model_asked or 1), 3),
        "unwritten": report.unwritten,
        "p50_ms": percentile(times, 50),
        "p95_ms": percentile(times, 95),
    }


def _share(true: Any) -> float:
    found = [bool(one) for one in true]
    return sum(found) / len(found) if found else 0.0
