"""A language model may reword an answer; it may not change it."""

from datetime import UTC, datetime

import pytest

from influencer.assistant.assistant import Assistant
from influencer.assistant.model_answerer import ModelAnswerer
from influencer.assistant.values import Answer, Question
from influencer.loading import load_brief, load_market
from influencer.paths import configs_dir
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from models.fakes import ScriptedLanguageModel

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MARKET = load_market("en-US")
BRIEF = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
SHEET = FactSheet.build(BRIEF, MARKET, now=NOW)


def _price() -> Answer:
    assistant = Assistant((BRIEF,), MARKET, clock_now=lambda: NOW, stock=lambda _: None)
    return assistant.answer(Question("", "ok but really, how much is it?"))


async def _reworded(model: ScriptedLanguageModel, answer: Answer) -> Answer:
    return await ModelAnswerer(model).reworded(answer, SHEET, MARKET, ClaimGuard(MARKET, (SHEET,)))


async def test_a_faithful_rewording_is_spoken_with_its_price_still_a_slot():
    answer = _price()
    model = ScriptedLanguageModel(["Sure! Right now Dew Serum is $24.00, down from the regular $32.00."])
    reworded = await _reworded(model, answer)
    assert reworded.spoken is not None
    assert answer.spoken is not None
    assert reworded.spoken.text != answer.spoken.text
    assert reworded.text == answer.text
    assert ClaimGuard(MARKET, (SHEET,)).explain(reworded.spoken).approved


@pytest.mark.parametrize(
    "reply",
    [
        "It is free today!",
        "It's only $19.00 for Dew Serum, instead of $32.00.",
        "Dew Serum is $24.00 instead of $32.00 and it cures dry skin.",
        "Sure, let me tell you all about it.",
        "",
    ],
)
async def test_a_rewording_that_changes_or_drops_a_fact_is_not_spoken(reply):
    answer = _price()
    assert await _reworded(ScriptedLanguageModel([reply]), answer) == answer


async def test_a_model_that_fails_or_hangs_costs_the_wording_only():
    answer = _price()
    failing = ScriptedLanguageModel(["It is $24.00."])
    failing.fail()
    assert await _reworded(failing, answer) == answer


async def test_the_model_never_reads_what_a_viewer_wrote():
    model = ScriptedLanguageModel(["Dew Serum is $24.00."])
    await _reworded(model, _price())
    assert "really" not in "".join(turn.content for turns in model.prompts for turn in turns)


async def test_what_is_not_spoken_is_not_reworded():
    assistant = Assistant((BRIEF,), MARKET, clock_now=lambda: NOW, stock=lambda _: None)
    refusal = assistant.answer(Question("", "where is my order?"))
    model = ScriptedLanguageModel(["x"])
    assert await _reworded(model, refusal) == refusal
    assert model.prompts == []
