"""Viewers' questions in a show that really runs: two products compared aloud, and a surge of questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from influencer.show import answering
from influencer.show.live import LiveShow
from influencer.store import open_store
from influencer.store.utterances import Utterance
from streaming.chat_hub import ChatMessage
from tests.databases import database_url
from tests.integration.test_show import Studio, start, until

pytestmark = pytest.mark.integration
WAIT_S = 50.0


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.setattr(answering, "ready_encoder", lambda: None)
    async with await open_store(database_url(tmp_path)) as store:
        yield Studio(store)


async def aired(studio: Studio, show_id: str, source: str, count: int) -> list[Utterance]:
    """The lines of a source that were on air, once there are so many."""
    async with asyncio.timeout(WAIT_S):
        while True:
            said = [one for one in await studio.store.utterances.latest(show_id, 200) if one.source == source]
            if len(said) >= count:
                return said
            await asyncio.sleep(0.05)


async def test_a_surge_of_questions_opens_a_window_and_the_run_of_show_goes_on_where_it_was(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house, "en-US", "dew-serum")
        await aired(studio, show.id, "template", 1)
        planned = [line["segment"] for line in show.operator.coming().as_data()["lines"]]
        assert "questions" not in planned[:4], "none is near"
        asked = ("how much is it?", "where do you ship?", "can I return it?", "what are the ingredients?",
                 "how do I use it?", "who is it for?", "is there a coupon?", "how many are left?")  # fmt: skip
        for number, text in enumerate(asked):
            await show.ask(ChatMessage(f"Viewer{number}", text), f"viewer-{number}")
        await until(lambda: surge(show) == "yes", WAIT_S)
        rest = [line.text for line in show.operator.coming().lines if line.segment != "questions" and line.text]
        answered = len(await aired(studio, show.id, "answer", 0))

        async with asyncio.timeout(WAIT_S):
            while True:
                latest = await studio.store.utterances.latest(show.id, 200)
                if any((one.segment, one.source) == ("questions", "template") for one in latest):
                    break
                await asyncio.sleep(0.05)
        assert surge(show) == "yes", "the window is heard while there still is a surge"
        assert len(await aired(studio, show.id, "answer", 0)) < answered + 4, "before most of the answers"
        await until(lambda: surge(show) == "no", WAIT_S)
        await asyncio.sleep(0.2)
        after = [line.text for line in show.operator.coming().lines if line.text]
        said = [one.text for one in await studio.store.utterances.latest(show.id, 200)]
        assert set(rest) <= {*after, *said}, "nothing else was lost"
        assert len(await aired(studio, show.id, "answer", 4)) >= 4
        cuts = [one.text for one in await studio.store.utterances.latest(show.id, 200) if one.source == "cut"]
        assert all(text[-1:] in {"", ".", "!", "?"} for text in cuts), "no sentence was broken"


def surge(show: LiveShow) -> str:
    return next(one.value for one in show.stats() if one.name == "surge of questions")


async def test_two_products_of_the_page_are_compared_aloud_one_after_the_other(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house, "en-US", "stone-mug", "dew-serum")
        await show.ask(ChatMessage("Mina", "Dew Serum vs Moss Mug?"), "viewer-1")
        first, second = (await aired(studio, show.id, "answer", 2))[:2]
        assert {first.product_id, second.product_id} == {"stone-mug", "dew-serum"}
        assert first.text.startswith("Mina ") and "And now " in second.text
        assert {"price", "summary"} <= set(first.fact_ids) & set(second.fact_ids)
