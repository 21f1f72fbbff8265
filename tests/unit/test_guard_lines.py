"""Lines that must pass and lines that must not, in all ten languages."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from influencer.errors import ClaimRejected
from influencer.fields import MARKET_IDS
from tests.unit.script_helpers import guard, line

pytestmark = pytest.mark.unit

LINES = {
    market: yaml.safe_load((Path(__file__).parent / "guard_lines" / f"{market[:2]}.yaml").read_text("utf-8"))
    for market in MARKET_IDS
}
TRUE = [(market, text) for market, lines in LINES.items() for text in lines[True]]
FALSE = [(market, text) for market, lines in LINES.items() for text in lines[False]]
FAMILIES = {
    "Latin": ("en-US", "es-MX", "pt-BR", "fr-FR", "it-IT", "id-ID"),
    "Hangul": ("ko-KR",),
    "Kana": ("ja-JP",),
    "Han": ("zh-CN",),
    "Devanagari": ("hi-IN",),
}


@pytest.mark.parametrize(("market", "text"), TRUE)
def test_true_lines_pass(market: str, text: str) -> None:
    approved = guard(market).approve(line(text, market))

    assert approved.fact_ids, "every one of these lines rests on a fact"


@pytest.mark.parametrize(("market", "text"), FALSE)
def test_false_lines_are_refused_with_a_reason(market: str, text: str) -> None:
    with pytest.raises(ClaimRejected) as refusal:
        guard(market).approve(line(text, market))

    assert all(refusal.value.reasons)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_script_family_has_enough_examples(family: str) -> None:
    assert sum(market in FAMILIES[family] for market, _ in TRUE) >= 15
    assert sum(market in FAMILIES[family] for market, _ in FALSE) >= 25
