"""Viewers' questions in a show that really runs: two products compared aloud, and a surge of questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from influencer.show import answering
from influencer.store import open_store
from influencer.store.utterances import Utterance
from streaming.chat_hub import ChatMessage
from tests.databases import database_url
from tests.integration.test_show import Studio, start

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


async def test_two_products_of_the_page_are_compared_aloud_one_after_the_other(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house, "en-US", "stone-mug", "dew-serum")
        await show.ask(ChatMessage("Mina", "Dew Serum vs Moss Mug?"), "viewer-1")
        first, second = (await aired(studio, show.id, "answer", 2))[:2]
        assert {first.product_id, second.product_id} == {"stone-mug", "dew-serum"}
        assert first.text.startswith("Mina ") and "And now " in second.text
        assert {"price", "summary"} <= set(first.fact_ids) & set(second.fact_ids)
