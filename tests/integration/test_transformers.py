"""The transformers backend with continuous batching, on a tiny model with random weights."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from influencer.loading import load_market
from influencer.script.line_grammar import line_grammar
from influencer.script.model_writer import ModelWriter
from influencer.script.writers import LineRequest
from models.base import ChatTurn, GenerationOptions, Grammar
from models.errors import BackendUnavailable, GenerationTimeout, ModelError
from models.language.transformers import TokenText, TransformersModel
from tests.integration.tiny_models import write_transformers
from tests.unit.script_helpers import guard, sheet

pytestmark = [
    pytest.mark.integration,
    # torch and transformers warn about their own insides
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

ASK = (ChatTurn("user", "How much is it?"),)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_transformers(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
async def model(folder: Path) -> AsyncIterator[TransformersModel]:
    made = TransformersModel(str(folder), device="cpu")
    yield made
    await made.aclose()


async def test_text_comes_in_pieces_and_greedy_repeats(model: TransformersModel) -> None:
    options = GenerationOptions(max_tokens=20, temperature=0)
    pieces = [piece async for piece in model.stream(ASK, options)]
    assert len(pieces) > 2
    assert "".join(pieces) == await _text(model, options)


async def test_shows_share_a_batch(model: TransformersModel) -> None:
    await model.load()
    alone = await _text(model, GenerationOptions(max_tokens=20, temperature=0))
    streams = [model.stream(ASK, GenerationOptions(max_tokens=20, temperature=0)) for _ in range(4)]
    firsts = await asyncio.gather(*(anext(stream) for stream in streams))  # all four under way at the same time
    rests = ["".join([piece async for piece in stream]) for stream in streams]
    assert [first + rest for first, rest in zip(firsts, rests, strict=True)] == [alone] * 4


async def test_closing_takes_the_request_out_of_the_batch(model: TransformersModel) -> None:
    stream = model.stream(ASK, GenerationOptions(max_tokens=1_500, temperature=0))
    await anext(stream)
    await stream.aclose()
    assert model._loading
    manager = model._loading.result().manager
    assert manager.batch_processor
    await _text(model, GenerationOptions(max_tokens=3))  # a few steps later
    assert not manager.batch_processor.has_pending_requests()
    assert not manager.output_router.result_handlers


async def test_a_timeout_ends_it(model: TransformersModel) -> None:
    await model.load()
    with pytest.raises(GenerationTimeout):
        await _text(model, GenerationOptions(max_tokens=1_500, temperature=0, timeout_s=0.3))
    assert await _text(model, GenerationOptions(max_tokens=3))


async def test_a_prompt_that_does_not_fit_is_refused(model: TransformersModel) -> None:
    with pytest.raises(ModelError, match=r"exceed the context \(2048\)"):
        await anext(model.stream((ChatTurn("user", "soap " * 500),), GenerationOptions()))


async def test_a_model_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    model = TransformersModel(str(tmp_path))
    with pytest.raises(BackendUnavailable, match="cannot be loaded"):
        await model.load()
    await model.aclose()


async def test_a_closed_model_is_unavailable(folder: Path) -> None:
    model = TransformersModel(str(folder), device="cpu")
    await model.load()
    await model.aclose()
    await model.aclose()
    with pytest.raises(BackendUnavailable, match="closed"):
        await model.load()


DIGITS_AND_MONEY = set("0123456789٠१४௫零〇０９$€£¥₩₹%")


@pytest.mark.parametrize("market", ["en-US", "ko-KR", "hi-IN"])
async def test_random_weights_can_write_no_digit_no_currency_and_no_unknown_slot(
    model: TransformersModel, market: str
) -> None:
    """Without a grammar they write nothing but rubbish; with one, every prefix of what they write is in it."""
    await model.load()
    grammar = line_grammar(market[:2], ("name", "price", "key_point"), ("bare",), wholes=("key_point",))
    free = await _text(model, GenerationOptions(max_tokens=60, temperature=1.0))
    assert grammar.violations(free), "random weights write no line by themselves"

    for number in range(4):
        options = GenerationOptions(max_tokens=60, temperature=0.5 + number, grammar=grammar.grammar)
        text = await _text(model, options)
        assert text
        assert not DIGITS_AND_MONEY & set(text)
        for brace in re.findall(r"\{[^{}]*\}", text):
            assert brace in {"{name}", "{name|bare}", "{price}", "{price|bare}", "{key_point}", "{key_point|bare}"}


async def test_requests_with_and_without_a_grammar_share_a_batch(model: TransformersModel) -> None:
    await model.load()
    small = Grammar(gbnf='root ::= "yes" | "no"', regex="(yes|no)")
    asked = [GenerationOptions(max_tokens=12, temperature=1.0, grammar=small if n % 2 else None) for n in range(6)]
    texts = await asyncio.gather(*(_text(model, options) for options in asked))

    assert all(text in {"yes", "no"} for text in texts[1::2])
    assert not any(text in {"yes", "no"} for text in texts[::2])


async def test_nothing_is_kept_of_a_request_that_ended(model: TransformersModel) -> None:
    await _text(model, GenerationOptions(max_tokens=5, grammar=Grammar(gbnf='root ::= "a"', regex="a+")))
    assert model._loading
    assert model._loading.result().masks._progress == {}


async def test_a_wrong_grammar_is_refused(model: TransformersModel) -> None:
    with pytest.raises(ModelError, match="grammar"):
        await _text(model, GenerationOptions(max_tokens=5, grammar=Grammar(gbnf="", regex="(")))
    assert await _text(model, GenerationOptions(max_tokens=3))


async def test_a_line_of_random_weights_is_never_refused_for_a_sign(model: TransformersModel) -> None:
    """What is left to refuse is what the words say, and that the line was cut off."""
    await model.load()
    ask = LineRequest("call-to-action", sheet("en-US"), load_market("en-US"))
    with capture_logs() as logs:
        line = await ModelWriter(model, timeout_s=60).write(ask, guard("en-US"))

    reasons = [reason for entry in logs if entry["event"] == "model line refused" for reason in entry["reasons"]]
    assert line.source == "template", "random weights write no line"
    assert reasons, logs
    assert not [reason for reason in reasons if "may not be written" in reason or "no slot here" in reason]


class Bytes:
    """A tokenizer whose tokens are bytes."""

    def decode(self, tokens: list[int], **_: object) -> str:
        return bytes(tokens).decode(errors="replace")


def test_pieces_hold_whole_characters_only() -> None:
    text, data = TokenText(Bytes(), ()), list("a원b".encode())
    assert [text.add(data[:n], last=n == len(data)) for n in range(1, 6)] == ["a", "", "", "원", "b"]
    assert text.ended


def test_nothing_from_a_stop_string_on_is_given() -> None:
    text, data = TokenText(Bytes(), ("\n\n",)), list(b"one\ntwo\n\nthree")
    pieces = [text.add(data[:n], last=False) for n in range(1, 10)]
    assert "".join(pieces) == "one\ntwo"
    assert text.ended


async def _text(model: TransformersModel, options: GenerationOptions) -> str:
    return "".join([piece async for piece in model.stream(ASK, options)])
