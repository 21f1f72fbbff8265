"""An assistant that knows words answers at once; one that knows meanings takes its place while the show goes on."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from influencer.assistant.values import Question
from influencer.commerce.stock_view import StockView
from influencer.loading import load_brief, load_market
from influencer.show import answering
from influencer.show.answering import Answering, Knowledge

pytestmark = pytest.mark.unit
BRIEF = load_brief("dew-serum")


class Counting:
    """An encoder of one meaning."""

    texts = 0

    def embed(self, texts: list[str], *, query: bool) -> np.ndarray:
        self.texts += len(texts)
        return np.ones((len(texts), 4), np.float32) / 2


@pytest.fixture
def knowledge() -> Knowledge:
    stock = StockView(None, [BRIEF])  # type: ignore[arg-type]  # asked for units only
    return Knowledge((BRIEF,), lambda: datetime(2026, 5, 1, tzinfo=UTC), stock)


async def _answering(knowledge: Knowledge, market: str) -> Answering:
    pack = load_market(market)
    unused: object = None
    assistant = await knowledge.by_words(pack)
    return Answering(assistant, knowledge, pack, unused, unused, unused)  # type: ignore[arg-type]


async def test_meanings_are_learnt_later_and_threads_are_kept(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Counting()
    monkeypatch.setattr(answering, "ready_encoder", lambda: encoder)
    answers = await _answering(knowledge, "en-US")
    words = answers.assistant
    assert "$24.00" in words.answer(Question("Mina", "how much is it?", BRIEF.id)).text
    assert encoder.texts == 0
    learning = asyncio.ensure_future(answers.learn())
    async with asyncio.timeout(30):
        while answers.assistant is words:  # noqa: ASYNC110 - there is no event: nobody needs to know
            await asyncio.sleep(0.01)
    assert encoder.texts > 5
    assert answers.assistant._threads is words._threads
    learning.cancel()


async def test_what_was_learnt_for_a_market_that_was_left_is_not_used(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, go_on = Counting(), threading.Event()

    def ready() -> Counting:
        go_on.wait(30)
        return encoder

    monkeypatch.setattr(answering, "ready_encoder", ready)
    answers = await _answering(knowledge, "en-US")
    learning = asyncio.ensure_future(answers.learn())
    await asyncio.sleep(0)
    await answers.moved_to(load_market("ko-KR"))
    words = answers.assistant
    go_on.set()
    async with asyncio.timeout(30):
        while answers.assistant is words:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert "29,000" in answers.assistant.answer(Question("미나", "얼마예요?", BRIEF.id)).text
    learning.cancel()
