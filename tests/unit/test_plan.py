"""Predicted seconds, and the plan of a show that is made of them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from influencer.cli import app
from influencer.errors import InvalidInput
from influencer.evaluate.pacing import Spoken, fit
from influencer.loading import load_market
from influencer.script.lengths import line_seconds
from influencer.script.pacing import FEATURES, features_of, seconds_of
from influencer.script.plan import plan
from tests.unit.script_helpers import NOW, brief

pytestmark = pytest.mark.unit


def test_numbers_are_counted_as_they_are_read_aloud() -> None:
    digits = features_of("It costs $1,299.50.", "en")
    assert digits[FEATURES.index("letters")] > 3 * len("It costs")
    assert seconds_of("It costs $1,299.50.", "en") > seconds_of("It costs $9.", "en")


@pytest.mark.parametrize("language", ["en", "ko", "ja", "zh", "es", "pt", "fr", "it", "hi", "id"])
def test_every_language_is_predicted_and_two_sentences_take_longer_than_one(language: str) -> None:
    one = {"ja": "こんにちは。", "zh": "大家好。", "hi": "नमस्ते दोस्तों।", "ko": "안녕하세요. "}.get(
        language, "Hola amigos. "
    )
    assert 0.3 <= seconds_of(one, language) < seconds_of(one * 2, language) < 6


def test_a_fit_finds_the_rate_that_lines_were_spoken_at() -> None:
    words = ["one", "seven small", "a quiet evening", "the shelf, and the door", "it works without any water at all"]
    texts = [f"{first} {second}." for first in words for second in words]
    spoken = [Spoken(text, (0.3 + 0.06 * features_of(text, "en")[1],)) for text in texts]
    found = fit(load_market("en-US"), spoken)
    assert found.lines == 25 and found.mean_error < 0.05
    uneven = [Spoken(line.text, (line.seconds[0] * (3 if at % 2 else 1),)) for at, line in enumerate(spoken)]
    assert fit(load_market("en-US"), uneven).mean_error > 0.3  # an error is of lines left out, and it shows


def test_a_plan_is_timed_without_holes_and_near_to_its_minutes() -> None:
    planned = asyncio.run(plan([brief()], load_market("en-US"), minutes=3, now=NOW))
    assert planned.segments[0].kind == "opening" and planned.segments[0].at == 0
    for one, following in zip(planned.segments, planned.segments[1:], strict=False):
        assert following.at == pytest.approx(one.at + one.seconds)
    assert planned.seconds == pytest.approx(sum(planned.by_product.values()))
    assert planned.seconds == pytest.approx(sum(planned.by_kind.values()))
    assert planned.seconds - planned.segments[0].seconds == pytest.approx(180, rel=0.05)
    assert 0 < planned.new_speech_seconds <= planned.seconds
    assert any(fact.startswith("key_point.") for one in planned.segments if one.kind == "proof" for fact in one.facts)


def test_what_is_wrong_with_a_plan_is_told() -> None:
    bare = brief("stone-mug").model_copy(update={"faq": []})
    elsewhere = brief("grip-mat").model_copy(update={"markets": ["ko-KR"]})
    late = datetime(2031, 6, 1, tzinfo=UTC)
    warnings = "\n".join(
        asyncio.run(plan([brief(), bare, elsewhere], load_market("en-US"), minutes=2, now=late)).warnings
    )
    assert "stone-mug: no FAQ" in warnings
    assert "grip-mat: not sold in en-US" in warnings
    assert "dew-serum: its offer is not active" in warnings
    assert "stone-mug: no recap" in warnings  # two minutes are short for two products


def test_the_command_prints_the_plan_and_refuses_impossible_minutes() -> None:
    done = CliRunner().invoke(app, ["plan", "dew-serum", "--minutes", "1", "--json"])
    assert done.exit_code == 0, done.output
    data = json.loads(done.output)
    assert data["minutes"] == 1 and data["segments"][0]["kind"] == "opening"
    refused = CliRunner().invoke(app, ["plan", "dew-serum", "--weight", "dew-serum=much"])
    assert isinstance(refused.exception, InvalidInput) and "dew-serum=2" in str(refused.exception)
    refused = CliRunner().invoke(app, ["plan", "dew-serum", "--minutes", "0"])
    assert isinstance(refused.exception, InvalidInput) and "at least 0.5" in str(refused.exception)


def test_a_line_is_as_long_as_its_wordings() -> None:
    lengths = [line_seconds(brief(), load_market("en-US"), kind) for kind in ("hook", "proof", "offer")]
    assert all(3 < seconds < 20 for seconds in lengths)
