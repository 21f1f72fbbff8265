"""Properties of every kind of demo product are found by whatever word the viewer has for them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from influencer.assistant.assistant import Assistant
from influencer.assistant.values import Question
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
QUESTIONS = yaml.safe_load(Path(__file__).with_name("assistant_products.yaml").read_text("utf-8"))
ROWS = [(product, *row) for product, rows in QUESTIONS.items() for row in rows]


@pytest.mark.parametrize(
    ("product", "market", "question", "expected", "detail"), ROWS, ids=[f"{r[0]} {r[2]}" for r in ROWS]
)
def test_a_property_is_found(product, market, question, expected, detail):
    brief = load_brief(configs_dir() / "briefs" / f"{product}.yaml")
    assistant = Assistant((brief,), load_market(market), clock_now=lambda: NOW, stock=lambda _: None)
    answer = assistant.answer(Question("", question))
    if expected == "refusal":
        assert (answer.kind, answer.reason) == ("refusal", detail)
    else:
        assert (answer.intent, set(detail) <= set(answer.fact_ids)) == (expected, True)
