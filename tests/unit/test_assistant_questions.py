"""What viewers ask in ten languages, and what comes of it."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
import yaml

from influencer.assistant.assistant import Assistant
from influencer.assistant.values import Question
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir
from influencer.script.facts import FactSheet
from influencer.script.slots import bind

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
QUESTIONS = yaml.safe_load(Path(__file__).with_name("assistant_questions.yaml").read_text("utf-8"))
ROWS = [(market, *row) for market, rows in QUESTIONS.items() for row in rows]


@cache
def _assistant(market: str) -> Assistant:
    brief = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
    return Assistant((brief,), load_market(market), clock_now=lambda: NOW, stock=lambda _: 7)


@pytest.mark.parametrize(("market", "question", "expected", "detail"), ROWS, ids=[f"{r[0]} {r[1]}" for r in ROWS])
def test_a_question_gets_the_right_facts_or_the_right_refusal(market, question, expected, detail):
    answer = _assistant(market).answer(Question("", question, "dew-serum"))
    if expected in {"refusal", "silent"}:
        assert (answer.kind, answer.reason) == (expected, detail)
        assert answer.spoken is None
        assert bool(answer.text) == (expected == "refusal")
        return
    assert (answer.kind, answer.intent) == ("answer", expected)
    assert answer.language == market.split("-")[0]
    assert set(detail) <= set(answer.fact_ids)
    assert answer.spoken is not None
    spoken = bind(answer.spoken.text, _sheet(market), load_market(market))
    for fact_id in detail:
        if fact_id not in {"name", "brand", "summary", "stock"}:
            assert _sheet(market).facts[fact_id].text.rstrip(".。।") in answer.text
            assert _sheet(market).facts[fact_id].text.rstrip(".。।") in spoken


@cache
def _sheet(market: str) -> FactSheet:
    return FactSheet.build(
        load_brief(configs_dir() / "briefs" / "dew-serum.yaml"), load_market(market), now=NOW, stock=7
    )


def test_every_language_has_at_least_twelve_questions():
    assert len(QUESTIONS) == 10
    assert all(len(rows) >= 12 for rows in QUESTIONS.values())
