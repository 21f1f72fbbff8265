"""llama.cpp in process, on a tiny model with random weights: real runtime, no meaning."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from influencer.script.grammar import forms_of
from influencer.script.line_grammar import line_grammar
from models.base import ChatTurn, GenerationOptions, Grammar
from models.errors import BackendUnavailable, GenerationTimeout, ModelError
from models.language.llama_cpp import LlamaCppModel
from models.registry import LANGUAGE, create
from models.weights import WeightStore
from tests.integration.tiny_models import write_gguf

pytestmark = pytest.mark.integration

ASK = (ChatTurn("system", "You sell soap."), ChatTurn("user", "How much is it?"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture
async def model(weights: Path) -> AsyncIterator[LlamaCppModel]:
    made = LlamaCppModel(str(weights), context=1024, threads=1)
    yield made
    await made.aclose()


async def test_text_comes_in_pieces(model: LlamaCppModel) -> None:
    pieces = [piece async for piece in model.stream(ASK, GenerationOptions(max_tokens=40, seed=1))]
    assert 2 <= len(pieces) <= 40
    assert all(pieces)


async def test_the_same_seed_says_the_same(model: LlamaCppModel) -> None:
    options = GenerationOptions(max_tokens=30, seed=7)
    assert await _text(model, options) == await _text(model, options)


async def test_a_grammar_is_obeyed(model: LlamaCppModel) -> None:
    options = GenerationOptions(max_tokens=30, grammar=Grammar('root ::= "yes, " ("soap" | "shampoo") "."', ""))
    assert await _text(model, options) in {"yes, soap.", "yes, shampoo."}


@pytest.mark.parametrize("language", ["en", "ko", "ja", "zh", "hi"])
async def test_not_even_random_weights_write_a_number_under_the_grammar_of_a_line(
    model: LlamaCppModel, language: str
) -> None:
    rules = line_grammar(language, ("name", "price"), forms_of(language))
    for seed in range(4):
        options = GenerationOptions(max_tokens=120, temperature=1.5, top_p=1.0, seed=seed, grammar=rules.grammar)
        text = await _text(model, options)
        complete = [*rules.violations(text)] == []
        assert text
        assert not any(unicodedata.category(char) in {"Nd", "Nl", "No", "Sc"} for char in text)
        assert complete or len(text) > 20, "only a line that was cut off at the last token is unfinished"


class Spy:
    """Stands before the real server, notes what every callback answers, and can slow the model down."""

    def __init__(self, model: LlamaCppModel, token_s: float = 0.0) -> None:
        assert model._loading
        self._server = model._loading.result()
        self._token_s = token_s
        self.answers: list[bool] = []
        self.returned = threading.Event()
        model._loading = Future()
        model._loading.set_result(self)

    def handle_chat_completions(self, request: dict[str, Any], callback: Callable[[dict[str, Any]], bool]) -> None:
        def noted(chunk: dict[str, Any]) -> bool:
            time.sleep(self._token_s)
            self.answers.append(callback(chunk))
            return self.answers[-1]

        self._server.handle_chat_completions(request, noted)
        self.returned.set()


async def test_closing_cancels_within_one_token(model: LlamaCppModel) -> None:
    await model.load()
    spy = Spy(model)
    stream = model.stream(ASK, GenerationOptions(max_tokens=900))
    await anext(stream)
    before = len(spy.answers)
    await stream.aclose()
    assert await asyncio.to_thread(spy.returned.wait, 10)
    # One token may be under way while the stream is closed; the next one ends it.
    assert len(spy.answers) <= before + 2
    assert spy.answers.count(True) == 1


async def test_a_timeout_ends_it_and_what_came_stands(model: LlamaCppModel) -> None:
    await model.load()
    spy = Spy(model, token_s=0.02)
    came: list[str] = []
    with pytest.raises(GenerationTimeout, match=r"no end after 0\.5 s"):
        async for piece in model.stream(ASK, GenerationOptions(max_tokens=900, timeout_s=0.5)):
            came.append(piece)  # noqa: PERF401 - what came before the error is wanted too
    assert came
    assert await asyncio.to_thread(spy.returned.wait, 10)
    assert spy.answers[-1], "the model was told to stop"
    assert await _text(model, GenerationOptions(max_tokens=5))


async def test_several_answers_at_once(model: LlamaCppModel) -> None:
    answers = await asyncio.gather(*(_text(model, GenerationOptions(max_tokens=20, seed=n)) for n in range(5)))
    assert len(set(answers)) == 5


async def test_the_event_loop_runs_on_meanwhile(model: LlamaCppModel, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = 0
    turned, load = threading.Event(), model._load

    def slow_load() -> object:
        # A tiny model loads in a moment: it is held until the loop has turned, or has shown that it won't.
        assert turned.wait(20), "the event loop stood still while the model was loaded"
        return load()

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            if turns > 100:
                turned.set()
            await asyncio.sleep(0)

    monkeypatch.setattr(model, "_load", slow_load)
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        await model.load()
        loading, turns = turns, 0
        await _text(model, GenerationOptions(max_tokens=200))
        ticking.cancel()
    assert loading > 100
    assert turns > 100


@pytest.mark.parametrize(
    ("turns", "options", "says"),
    [
        ((ChatTurn("user", "soap " * 2_000),), GenerationOptions(), "exceeds the available context"),
        (ASK, GenerationOptions(grammar=Grammar("root ::= (", "(")), "grammar"),
    ],
)
async def test_a_request_that_cannot_be_served_says_why(
    model: LlamaCppModel, turns: tuple[ChatTurn, ...], options: GenerationOptions, says: str
) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        await anext(model.stream(turns, options))
    assert not caught.value.retryable
    assert await _text(model, GenerationOptions(max_tokens=5))


async def test_missing_or_broken_weights_are_unavailable(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    for path in (tmp_path / "none.gguf", broken):
        model = LlamaCppModel(str(path))
        for _ in range(2):
            with pytest.raises(BackendUnavailable, match=path.name):
                await _text(model, GenerationOptions())
        await model.aclose()


async def test_weights_that_cannot_be_fetched_are_unavailable(tmp_path: Path) -> None:
    model = LlamaCppModel("no-such-weights", store=WeightStore(tmp_path))
    with pytest.raises(BackendUnavailable, match="unknown weights"):
        await model.load()
    await model.aclose()


async def test_closing_the_model_ends_what_runs(weights: Path) -> None:
    model = create(LANGUAGE, "llama-cpp", weights=str(weights), threads=1)
    stream = model.stream(ASK, GenerationOptions(max_tokens=900))
    await anext(stream)
    await model.aclose()
    await model.aclose()
    with pytest.raises(BackendUnavailable, match="closed"):
        async for _ in stream:
            pass
    with pytest.raises(BackendUnavailable, match="closed"):
        await _text(model, GenerationOptions())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has nice values for threads")
async def test_its_threads_stand_back_behind_the_frame_loop(model: LlamaCppModel) -> None:
    await model.load()
    values = _nice_values()
    assert max(values) >= os.getpriority(os.PRIO_PROCESS, os.getpid()) + 5
    assert os.getpriority(os.PRIO_PROCESS, os.getpid()) in values


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_the_default_weights_answer_sensibly() -> None:
    model = LlamaCppModel()
    await model.load()
    options = GenerationOptions(max_tokens=30, temperature=0)
    ask = (ChatTurn("system", "Facts: the soap costs 12 dollars. Answer in one sentence."), *ASK[1:])
    answer = "".join([piece async for piece in model.stream(ask, options)])
    await model.aclose()
    assert "12" in answer


def _nice_values() -> set[int]:
    return {os.getpriority(os.PRIO_PROCESS, int(task.name)) for task in Path("/proc/self/task").iterdir()}


async def _text(model: Any, options: GenerationOptions) -> str:
    return "".join([piece async for piece in model.stream(ASK, options)])
