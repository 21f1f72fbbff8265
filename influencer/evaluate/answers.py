"""Asks the assistant questions with known answers and counts: `influencer eval answer tests/eval/questions.yaml`.

A question is answered right when one of its gold facts is among those stated, refused right when the brief has no
answer. Numbers of a reply are compared with all numbers of the product's facts: one that is in none is wrong.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from influencer.assistant.assistant import Assistant
from influencer.assistant.meaning import Encoder
from influencer.assistant.values import Answer, Question
from influencer.brief import MARKET_IDS, Brief, MarketId
from influencer.errors import InvalidInput, Mistake
from influencer.evaluate.sets import percentile, read_set
from influencer.loading import briefs, load_brief, load_market
from influencer.market import Market
from influencer.script.facts import FactSheet

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STOCK = 7
NUMBER = re.compile(r"\d+")
Verdict = Literal["right", "other fact", "no answer", "refused right", "answered without ground"]
VERDICTS: tuple[Verdict, ...] = ("right", "other fact", "no answer", "refused right", "answered without ground")


@dataclass(frozen=True, slots=True)
class Row:
    """A question with the facts any one of which answers it; none where the brief has no answer."""

    market: str
    product: str
    question: str
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question."""

    row: Row
    verdict: Verdict
    kind: str
    fact_ids: tuple[str, ...]
    text: str
    language_match: bool
    wrong_numbers: tuple[str, ...]
    ms: float


@dataclass(frozen=True, slots=True)
class MarketScore:
    """The counts of one market."""

    market: str
    questions: int
    counts: dict[Verdict, int]
    language_match: float
    wrong_numbers: int
    p50_ms: float
    p95_ms: float


def shelf(folder: Path | None = None) -> dict[str, Brief]:
    """The demo briefs by id, and those of a folder.

    Raises:
        InvalidInput: the folder is none, or a brief in it has mistakes.
    """
    if folder is not None and not folder.is_dir():
        raise InvalidInput("eval", [Mistake("briefs", repr(str(folder)), "a folder of briefs")])
    files = [*briefs().values(), *(sorted(folder.glob("*.yaml")) if folder else ())]
    return {brief.id: brief for brief in map(load_brief, files)}


def read_rows(file: Path, products: Mapping[str, Brief]) -> list[Row]:
    """The questions of a file.

    Args:
        file: market: product: [[question, [fact, ...]], ...].
        products: the briefs it may ask about, by id.

    Raises:
        InvalidInput: it is no file, or a market, a product or a fact of it is unknown; the message names the place.
    """
    data, mistakes = read_set(file, "a YAML file of market: product: [question, [facts]]")
    if mistakes:
        raise InvalidInput(str(file), mistakes)
    rows: list[Row] = []
    for market, asked in _mapping(data, "file", file).items():
        for product, lines in _mapping(asked, market, file).items():
            rows += _rows_of(market, products.get(product), product, lines, mistakes)
    if mistakes:
        raise InvalidInput(str(file), mistakes)
    return rows


def _rows_of(
    market: str, brief: Brief | None, product: str, lines: Sequence[Any], mistakes: list[Mistake]
) -> Iterator[Row]:
    """The rows of one product in one market; what is wrong is added to `mistakes`."""
    if market not in MARKET_IDS or brief is None or market not in brief.markets:
        mistakes.append(Mistake(f"{market}.{product}", product, "a market and the id of a brief that is sold there"))
        return
    facts = _sheet(brief, market).facts
    for number, line in enumerate(lines):
        place = f"{market}.{product}[{number}]"
        if not isinstance(line, list) or len(line) != 2 or not isinstance(line[1], list):
            mistakes.append(Mistake(place, repr(line)[:60], "[question, [fact, ...]]"))
            continue
        unknown = [fact for fact in line[1] if fact not in facts]
        if unknown:
            mistakes.append(Mistake(place, str(unknown[0])[:60], ", ".join(facts)))
            continue
        yield Row(market, product, str(line[0]), tuple(line[1]))


def ask_all(rows: Sequence[Row], products: Mapping[str, Brief], encoder: Encoder | None = None) -> list[Asked]:
    """Every question, in the show of its own product and market; without an encoder only words are compared."""
    shows: dict[tuple[str, str], tuple[Assistant, frozenset[str]]] = {}
    asked = []
    for row in rows:
        key = (row.market, row.product)
        if key not in shows:
            brief, market = products[row.product], load_market(row.market)
            assistant = Assistant((brief,), market, clock_now=lambda: NOW, stock=lambda _: STOCK, encoder=encoder)
            shows[key] = assistant, true_numbers(brief, market)
        assistant, numbers = shows[key]
        began = time.perf_counter()
        answer = assistant.answer(Question("Mina", row.question, row.product))
        asked.append(_judged(row, answer, numbers, 1000 * (time.perf_counter() - began)))
    return asked


def score(asked: Sequence[Asked]) -> list[MarketScore]:
    """The counts of each market, in the order of the questions."""
    return [_market_score(market, [one for one in asked if one.row.market == market]) for market in _markets(asked)]


def as_data(asked: Sequence[Asked]) -> dict[str, Any]:
    """Scores, and every question that went wrong, for JSON."""
    bad = [one for one in asked if one.verdict not in ("right", "refused right") or one.wrong_numbers]
    return {"markets": [asdict(one) for one in score(asked)], "wrong": [asdict(one) for one in bad]}


def as_markdown(asked: Sequence[Asked]) -> str:
    """The scores as a table."""
    lines = [
        f"| market | questions | {' | '.join(VERDICTS)} | wrong numbers | own language | p50, ms | p95, ms |",
        f"| --- | --- |{' --- |' * (len(VERDICTS) + 4)}",
    ]
    for one in [*score(asked), _market_score("all", asked)]:
        counts = " | ".join(str(one.counts[verdict]) for verdict in VERDICTS)
        lines.append(
            f"| {one.market} | {one.questions} | {counts} | {one.wrong_numbers} | {one.language_match:.0%} | "
            f"{one.p50_ms:.1f} | {one.p95_ms:.1f} |"
        )
    return "\n".join(lines)


def _judged(row: Row, answer: Answer, true: frozenset[str], ms: float) -> Asked:
    answered = answer.kind == "answer"
    verdict: Verdict
    if row.gold:
        verdict = "no answer" if not answered else "right" if set(row.gold) & set(answer.fact_ids) else "other fact"
    else:
        verdict = "answered without ground" if answered else "refused right"
    wrong = tuple(number for number in NUMBER.findall(answer.text) if number not in true)
    matches = not answer.text or answer.language == row.market.split("-")[0]
    return Asked(row, verdict, answer.kind, answer.fact_ids, answer.text, matches, wrong, round(ms, 2))


def _market_score(market: str, asked: Sequence[Asked]) -> MarketScore:
    times = sorted(one.ms for one in asked)
    return MarketScore(
        market=market,
        questions=len(asked),
        counts={verdict: sum(one.verdict == verdict for one in asked) for verdict in VERDICTS},
        language_match=round(sum(one.language_match for one in asked) / len(asked), 3),
        wrong_numbers=sum(len(one.wrong_numbers) for one in asked),
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
    )


def _markets(asked: Sequence[Asked]) -> list[str]:
    return list(dict.fromkeys(one.row.market for one in asked))


def true_numbers(brief: Brief, market: Market) -> frozenset[str]:
    """The numbers of all facts, in every language the brief is written in: replies are in the asker's."""
    sheets = (
        FactSheet.build(brief, market, now=NOW, stock=STOCK, text_market=language) for language in get_args(MarketId)
    )
    return frozenset(
        number for sheet in sheets for fact in sheet.facts.values() for number in NUMBER.findall(fact.text)
    )


def _sheet(brief: Brief, market: str) -> FactSheet:
    return FactSheet.build(brief, load_market(market), now=NOW, stock=STOCK)


def _mapping(value: object, place: str, file: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(str(file), [Mistake(place, repr(value)[:60], "a mapping")])
    return value
