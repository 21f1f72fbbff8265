"""Template and model writers: always a line, always true, never silence."""

from __future__ import annotations

import pytest

from influencer.errors import ClaimRejected
from influencer.loading import load_market
from influencer.script.model_writer import ModelWriter, tidied
from influencer.script.rotation import remember
from influencer.script.rundown import advance, compile_rundown
from influencer.script.slots import bind
from influencer.script.values import Position, SegmentKind
from influencer.script.writers import LineRequest, ScriptWriter, TemplateWriter
from models.errors import BackendUnavailable
from models.fakes import ScriptedLanguageModel
from tests.unit.script_helpers import brief, guard, sheet

pytestmark = pytest.mark.unit

GOOD = "{name} is {summary}."
BAD = "{name} is the best serum ever, and it cures acne."


def request(kind: SegmentKind = "hook", market: str = "en-US", **more: object) -> LineRequest:
    return LineRequest(kind, sheet(market), load_market(market), **more)  # type: ignore[arg-type]


# --- templates ---


@pytest.mark.parametrize("market", ["en-US", "ko-KR", "ja-JP", "hi-IN"])
async def test_a_long_show_never_says_the_same_wording_twice_in_a_row(market: str) -> None:
    rundown = compile_rundown([brief()], load_market(market))
    writer = ScriptWriter(load_market(market), rundown, seed=7)
    sheets = {"dew-serum": sheet(market)}
    position, recent, said = Position(), (), []
    for _ in range(60):
        line = await writer.write(position, sheets, recent)
        assert line is not None
        recent = remember(recent, line.variant)
        said.append(bind(line.text, sheets["dew-serum"], load_market(market)))
        position = advance(rundown, position)

    assert all(one != two for one, two in zip(said, said[1:], strict=False))
    assert len(set(said)) > 30


def test_the_same_request_gives_the_same_line() -> None:
    lines = {TemplateWriter().line(request(nth=3, seed=5), guard("en-US")).text for _ in range(3)}

    assert len(lines) == 1


def test_proof_lines_take_the_key_points_in_turn() -> None:
    points = [point.id for point in brief().key_points]
    variants = [TemplateWriter().line(request("proof", nth=nth), guard("en-US")).variant for nth in range(len(points))]

    assert [variant.split(":")[1] for variant in variants] == points


def test_a_question_comes_with_its_own_answer() -> None:
    for nth in range(12):
        line = TemplateWriter().line(request("questions", nth=nth), guard("en-US"))
        if "{question." in line.text:
            asked = line.text.split("{question.")[1].split("}")[0]
            assert f"{{faq.{asked}}}" in line.text


def test_no_coupon_is_offered_when_there_is_none() -> None:
    plain = brief().model_copy(update={"offer": None})
    facts = type(sheet("en-US")).build(plain, load_market("en-US"), now=sheet("en-US").now)

    with pytest.raises(ClaimRejected, match="offer"):
        TemplateWriter().line(LineRequest("offer", facts, load_market("en-US")), guard("en-US"))


async def test_what_is_sold_out_gets_no_line() -> None:
    rundown = compile_rundown([brief()], load_market("en-US"))
    writer = ScriptWriter(load_market("en-US"), rundown)

    assert await writer.write(Position(segment=2), {"dew-serum": sheet("en-US", stock=0)}) is None


# --- model ---


async def test_a_model_line_keeps_its_slots_and_names_their_facts() -> None:
    writer = ModelWriter(ScriptedLanguageModel(["{name} is {price}."]))

    line = await writer.write(request("call-to-action"), guard("en-US"))

    assert (line.source, line.text) == ("model", "{name} is {price}.")
    assert {"name", "price"} <= set(line.fact_ids)


async def test_one_of_many_facts_is_written_by_its_family_and_bound_by_its_own_name() -> None:
    writer = ModelWriter(ScriptedLanguageModel(["Here is what a lab measured. {key_point}"]))

    line = await writer.write(request("proof"), guard("en-US"))

    assert line.text == "Here is what a lab measured. {key_point.lasting-moisture}"


@pytest.mark.parametrize(
    "text",
    [
        "Dew Serum is $24.00.",  # true, and yet not for a model to say
        "{name} is twenty four dollars, 24 that is.",
        "{name} costs € nothing.",
        "{name} has a code, {coupon}.",  # a slot of another kind of line
        "{name} is {magic}.",
        "{name} holds ٣٠ drops.",
        "{name|shout} is here.",
        "Dew Serum is a serum.",  # no slot
        "{name is here.",
    ],
)
async def test_a_model_that_was_given_no_grammar_is_held_to_it_afterwards(text: str) -> None:
    writer = ModelWriter(ScriptedLanguageModel([text]))

    assert (await writer.write(request("call-to-action"), guard("en-US"))).source == "template"


@pytest.mark.parametrize(
    "text", ["{name} is {summary}. It is the best one ever.", "It is the best one ever. {name} is {summary}."]
)
async def test_the_true_sentence_of_two_is_kept(text: str) -> None:
    line = await ModelWriter(ScriptedLanguageModel([text])).write(request("hook"), guard("en-US"))

    assert (line.source, line.text) == ("model", "{name} is {summary}.")


async def test_sentences_begin_with_capitals() -> None:
    writer = ModelWriter(ScriptedLanguageModel(["{summary|bare}, that is {name}. made by {brand}."]))

    line = await writer.write(request("hook"), guard("en-US"))

    assert line.text == "{summary|cap}, that is {name}. Made by {brand}."


async def test_a_json_answer_is_unwrapped() -> None:
    writer = ModelWriter(ScriptedLanguageModel(['{"line": "{name} is {price}."}']))

    assert (await writer.write(request("call-to-action"), guard("en-US"))).text == "{name} is {price}."


async def test_a_refused_line_is_tried_once_more_with_the_reasons() -> None:
    model = ScriptedLanguageModel([BAD, GOOD])

    line = await ModelWriter(model).write(request(), guard("en-US"))

    assert line.source == "model"
    assert '"best"' in model.prompts[1][-1].content


async def test_what_fails_twice_becomes_a_template_line() -> None:
    model = ScriptedLanguageModel([BAD])

    line = await ModelWriter(model).write(request(), guard("en-US"))

    assert line.source == "template"
    assert len(model.prompts) == 2


async def test_a_model_that_is_down_becomes_a_template_line() -> None:
    model = ScriptedLanguageModel([GOOD])
    model.fail(BackendUnavailable("server is down"))

    assert (await ModelWriter(model).write(request(), guard("en-US"))).source == "template"


async def test_a_model_that_hangs_becomes_a_template_line() -> None:
    model = ScriptedLanguageModel([GOOD])
    model.hang(after_words=2)

    assert (await ModelWriter(model, timeout_s=0.05).write(request(), guard("en-US"))).source == "template"


async def test_the_opening_is_never_left_to_a_model() -> None:
    model = ScriptedLanguageModel([GOOD])

    line = await ModelWriter(model).write(request("opening"), guard("en-US"))

    assert "{disclosure}" in line.text
    assert model.prompts == []


async def test_a_model_that_repeats_itself_is_not_heard_again() -> None:
    writer = ModelWriter(ScriptedLanguageModel([GOOD]))
    first = await writer.write(request(), guard("en-US"))

    second = await writer.write(request(recent=(first.variant,)), guard("en-US"))

    assert second.source == "template"


@pytest.mark.parametrize(
    ("market", "text"),
    [
        ("en-US", "Sure, viewers open the card of this product, and {name} is {price}."),
        ("en-US", "Tell me what you think."),
        ("en-US", "Dev Serum is {price}."),
        ("ko-KR", "드 세럼은 {price|이에요예요}."),
    ],
)
async def test_talk_about_the_task_no_fact_and_garbled_names_are_not_heard(market: str, text: str) -> None:
    writer = ModelWriter(ScriptedLanguageModel([text]))

    assert (await writer.write(request("call-to-action", market), guard(market))).source == "template"


async def test_no_share_means_no_model() -> None:
    model = ScriptedLanguageModel([GOOD])

    await ModelWriter(model, share=0.0).write(request(), guard("en-US"))

    assert model.prompts == []


async def test_a_long_answer_is_cut_and_cancelled() -> None:
    model = ScriptedLanguageModel([" ".join(["{name} is {summary}."] * 20)])

    line = await ModelWriter(model).write(request(), guard("en-US"))

    assert line.text.count(".") == 2
    assert model.cancelled == 1


async def test_slots_are_handed_over_without_values_and_no_digit_is_in_the_prompt() -> None:
    for kind in ("hook", "product", "proof", "offer", "call-to-action"):
        model = ScriptedLanguageModel([GOOD])

        await ModelWriter(model).write(request(kind), guard("en-US"))

        said = "".join(turn.content for turn in model.prompts[0])
        assert "<slots>" in model.prompts[0][1].content
        assert not any(char.isdigit() for char in said)
        assert "$" not in said
        assert "Dew Serum" not in said


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ('"It is light. It is fresh. It is more."', "It is light. It is fresh."),
        ("**Host:** It's $24.00 today!", "It's $24.00 today!"),
        ("- It is light ✨😍.", "It is light ."),
        ("가벼워요. 매일 쓰세요! 좋아요.", "가벼워요. 매일 쓰세요!"),
        ("軽いです。毎日どうぞ。さあ。", "軽いです。毎日どうぞ。"),
        ("हल्का है। रोज़ लगाएँ। और भी।", "हल्का है। रोज़ लगाएँ।"),
        ("no end of a sentence", ""),
        ("<think>secret</think> It is light.", "It is light."),
        ("It is {price} now.", "It is {price} now."),
        ('{"line": "It is light."}', "It is light."),
        ('{"other": "It is light."}', ""),
        ("Sure, here's a simpler version: It is light.", "It is light."),
        ("", ""),
    ],
)
def test_output_is_made_speakable(written: str, spoken: str) -> None:
    assert tidied(written) == spoken
