"""The template lines: complete in ten languages, and every one of them passes the guard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from influencer.fields import MARKET_IDS
from influencer.loading import briefs, load_market
from influencer.script.alternation import wordings
from influencer.script.pacing import seconds_of
from influencer.script.templates import KINDS, load_phrases, load_templates, validate_templates
from influencer.script.templates.loader import PARTS, SELLING
from influencer.script.writers import LineRequest, TemplateWriter
from tests.unit.script_helpers import guard, line, sheet

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
        for said in TemplateWriter().candidates(request):
            explained = guard(market, stock=stock).explain(said)
            refused += [] if explained.approved else [(said.variant, explained.bound, explained.reasons)]

    assert refused == []


@pytest.mark.parametrize("market", MARKET_IDS)
def test_every_lead_and_tail_in_every_wording_passes_the_guard_with_every_brief(market: str) -> None:
    said = {
        (text, kind)
        for part in PARTS
        for kind, phrases in load_phrases(market[:2], part).items()
        for phrase in phrases
        for text in wordings(phrase.text)
    }
    refused = []
    for name in briefs():
        checked = guard(market, name)
        for text, kind in said:
            explained = checked.explain(replace(line(text, market, name, kind), source="template"))
            refused += [] if explained.approved else [(text, name, explained.reasons)]

    assert len(said) > 400
    assert refused == []


@pytest.mark.parametrize("market", MARKET_IDS)
def test_compositions_from_all_over_a_long_show_pass_the_guard_and_can_be_said_in_a_breath(market: str) -> None:
    facts, refused, seconds = sheet(market), [], []
    for kind in SELLING:
        for nth in range(0, 2_600, 52):
            made = next(TemplateWriter().candidates(LineRequest(kind, facts, load_market(market), nth=nth, seed=nth)))
            explained = guard(market).explain(made)
            seconds.append(seconds_of(explained.bound, market[:2]))
            refused += [] if explained.approved else [(explained.bound, explained.reasons)]

    assert refused == []
    assert sum(second > 16 for second in seconds) < len(seconds) * 0.1
    assert sum(second < 2.5 for second in seconds) < len(seconds) * 0.02


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("market", MARKET_IDS)
def test_every_fact_of_every_demo_brief_can_be_said(market: str, name: str) -> None:
    facts = sheet(market, name, stock=5)
    refused = []
    for kind in SELLING:
        for nth in range(8):
            said = next(TemplateWriter().candidates(LineRequest(kind, facts, load_market(market), nth=nth)), None)
            explained = guard(market, name, stock=5).explain(said) if said is not None else None
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
