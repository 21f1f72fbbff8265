"""Families of claims: what a fact proves, it proves for itself and for what is weaker."""

from __future__ import annotations

from pathlib import Path

import pytest

from influencer.evaluate.claims import judge_all, read_rows
from influencer.fields import MARKET_IDS
from influencer.script.guard.families import FamiliesData, load_families
from tests.unit.script_helpers import guard, line

pytestmark = pytest.mark.unit


def reasons(text: str, market: str, name: str) -> tuple[str, ...]:
    return guard(market, name).explain(line(text, market, name)).reasons


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Rain and splashes are fine, just don't put it under water.", "pocket-speaker"),
        ("There's no microphone, it's made for listening.", "pocket-speaker"),
        ("The power adapter is not included.", "pocket-speaker"),
        ("Please don't put it in the oven.", "stone-mug"),
        ("If the pouch arrives damaged, we will replace it.", "oat-granola"),
    ],
)
def test_a_denied_or_stated_member_passes(text: str, name: str) -> None:
    assert reasons(text, "en-US", name) == ()


@pytest.mark.parametrize(
    ("text", "name", "family"),
    [
        ("Take it swimming.", "pocket-speaker", "water"),
        ("It shrugs off a downpour.", "travel-tote", "water"),
        ("You can take calls with it.", "pocket-speaker", "microphone"),
        ("The power adapter is in the box.", "pocket-speaker", "power adapter"),
        ("It can go in the oven.", "stone-mug", "oven"),
        ("We replace it whenever you like.", "stone-mug", "replacement"),
        ("No other serum feels like it.", "dew-serum", "rivals"),
    ],
)
def test_a_member_no_fact_proves_is_refused_by_its_family(text: str, name: str, family: str) -> None:
    assert any(f"({family})" in reason for reason in reasons(text, "en-US", name))


def test_a_viewers_question_proves_nothing() -> None:
    assert reasons("You can drop it in the pool.", "en-US", "pocket-speaker")


@pytest.mark.parametrize("market", MARKET_IDS)
def test_every_language_has_every_family(market: str) -> None:
    assert {family.name for family in load_families(market[:2])} == {f.name for f in load_families("en")}


def test_a_language_without_words_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match=r"oven\.levels\[0\]: no words for ko"):
        FamiliesData.model_validate(
            {"caution": {"en": [], "ko": []}, "families": {"oven": {"levels": [{"en": ["oven"]}]}}}
        )


def test_no_false_line_of_the_tuned_half_passes() -> None:
    rows = [row for row in read_rows(Path(__file__).parents[1] / "eval" / "claims.yaml") if not row.held_out]

    assert [one.row.text for one in judge_all(rows) if one.approved and one.row.kind != "supported"] == []
