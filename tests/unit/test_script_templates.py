"""The template lines: complete in ten languages, and every one of them passes the guard."""

from __future__ import annotations

import pytest

from influencer.fields import MARKET_IDS
from influencer.loading import briefs, load_market
from influencer.script.templates import KINDS, load_templates, validate_templates
from influencer.script.writers import LineRequest, TemplateWriter
from tests.unit.script_helpers import guard, sheet

pytestmark = pytest.mark.unit

OTHERS = sorted(set(briefs()) - {"dew-serum"})


@pytest.mark.parametrize("market", MARKET_IDS)
def test_nothing_is_missing(market: str) -> None:
    assert validate_templates(market[:2]) == []


def test_a_missing_language_is_named() -> None:
    assert validate_templates("xx") == ["xx.yaml: missing"]


@pytest.mark.parametrize("market", MARKET_IDS)
def test_every_wording_passes_the_guard(market: str) -> None:
    refused = []
    for kind in KINDS:
        stock = 0 if kind == "sold-out" else 480
        request = LineRequest(kind, sheet(market, stock=stock), load_market(market))
        for line in TemplateWriter().candidates(request):
            explained = guard(market, stock=stock).explain(line)
            refused += [] if explained.approved else [(line.variant, explained.bound, explained.reasons)]

    assert refused == []


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("market", MARKET_IDS)
def test_every_fact_of_every_demo_brief_can_be_said(market: str, name: str) -> None:
    facts = sheet(market, name, stock=5)
    refused = []
    for kind in ("hook", "product", "proof", "offer", "questions", "call-to-action"):
        for nth in range(8):
            line = next(TemplateWriter().candidates(LineRequest(kind, facts, load_market(market), nth=nth)), None)
            explained = guard(market, name, stock=5).explain(line) if line is not None else None
            if explained is not None and not explained.approved:
                refused.append((explained.bound, explained.reasons))

    assert refused == []


@pytest.mark.parametrize("market", MARKET_IDS)
def test_the_opening_discloses_that_the_host_is_generated(market: str) -> None:
    texts = [template.text for template in load_templates(market[:2])["opening"]]

    assert all(text.startswith("{greeting}") and "{disclosure}" in text for text in texts)


@pytest.mark.parametrize("market", MARKET_IDS)
def test_wordings_differ_in_their_first_words(market: str) -> None:
    for kind in ("hook", "product", "proof", "offer", "questions", "call-to-action"):
        texts = [template.text for template in load_templates(market[:2])[kind]]
        assert len({text[:14] for text in texts}) >= len(texts) - 3, kind
