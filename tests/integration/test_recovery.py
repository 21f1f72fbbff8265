"""Kill -9 in the middle of a show: the next start goes on at the line, with the chat and the show's address."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from influencer.script.values import Position
from influencer.store import open_store
from tests.demo_process import running_demo

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
SMALL = {"INFLUENCER_PICTURE__WIDTH": "180", "INFLUENCER_PICTURE__HEIGHT": "320"}


async def position_after(folder: Path, show_id: str, segment: int) -> Position:
    """Wait until the show has left a segment behind; its saved position."""
    async with await open_store(f"sqlite:///{folder}/out/demo.db") as store, asyncio.timeout(90):
        while True:
            position = await store.positions.load(show_id)
            if position is not None and position.segment > segment:
                return position
            await asyncio.sleep(0.2)


async def test_a_killed_show_resumes_at_its_line(tmp_path: Path) -> None:
    with running_demo(tmp_path, **SMALL) as demo:
        saved = await position_after(tmp_path, demo.show_id, 0)
        await asyncio.to_thread(demo.kill)
    async with await open_store(f"sqlite:///{tmp_path}/out/demo.db") as store:
        saved = await store.positions.load(demo.show_id) or saved
        before = await store.utterances.count(demo.show_id)

    with running_demo(tmp_path, **SMALL) as again:
        assert again.show_id == demo.show_id, "viewers keep their link"
        await position_after(tmp_path, demo.show_id, saved.segment)
    async with await open_store(f"sqlite:///{tmp_path}/out/demo.db") as store:
        after = (await store.utterances.latest(demo.show_id))[before:]
    assert after[0].segment != "opening", "it must not begin again"
    assert after[0].segment == "hook"
