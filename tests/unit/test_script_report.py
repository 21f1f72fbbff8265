"""`influencer script`: data and text."""

from __future__ import annotations

import json

import pytest

from influencer.fields import MARKET_IDS
from influencer.loading import load_market
from influencer.script.report import script_json, script_text
from tests.unit.script_helpers import NOW, brief

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("market", MARKET_IDS)
def test_a_script_has_every_segment_and_its_lines_carry_facts(market: str) -> None:
    report = script_json(brief(), load_market(market), now=NOW, minutes=3, seed=1)

    kinds = [segment["kind"] for segment in report["segments"]]
    assert kinds == [
        "opening", "hook", "product", "demonstration", "proof", "disclaimer", "objection", "offer", "questions",
        "recap", "call-to-action",
    ]  # fmt: skip
    assert load_market(market).disclosure in report["segments"][0]["lines"][0]["text"]
    lines = [line for segment in report["segments"] for line in segment["lines"]]
    assert all("{" not in line["text"] and line["seconds"] > 0 for line in lines)
    proof = next(segment for segment in report["segments"] if segment["kind"] == "proof")
    evidence = ("key_point.", "spec.", "faq.", "ingredient", "how_to_use")
    assert all(any(fact.startswith(evidence) for fact in line["facts"]) for line in proof["lines"])
    assert json.loads(json.dumps(report, ensure_ascii=False)) == report


def test_the_text_form_shows_lines_and_why_they_may_be_said() -> None:
    text = script_text(script_json(brief(), load_market("en-US"), now=NOW))

    assert "PROOF" in text
    assert "key_point.lasting-moisture" in text


@pytest.mark.parametrize("market", MARKET_IDS)
def test_the_length_is_about_what_was_asked_for(market: str) -> None:
    report = script_json(brief(), load_market(market), now=NOW, minutes=5)

    assert 0.6 * 300 <= report["seconds"] <= 1.6 * 300
