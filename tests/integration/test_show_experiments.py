"""A real show on air asks the bandit for its hook, logs the arm, and hands it to whoever clicks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from influencer.sales.trials import of_show
from influencer.script.telling import tags_in
from influencer.store import open_store
from tests.databases import database_url
from tests.integration.test_show import Studio, start

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with await open_store(database_url(tmp_path)) as store:
        yield Studio(store)


async def test_the_arm_on_air_is_in_the_ledger_in_the_store_and_with_every_event(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        async with asyncio.timeout(200):
            while "hook-opening" not in show.airing().arms:  # noqa: ASYNC110 - lines are said in real time
                await asyncio.sleep(0.1)
        arm = show.airing().arms["hook-opening"]
        (design,) = [one for one in of_show("en-US", ["dew-serum"]) if one.id == "hook-opening"]
        assert arm in {one.id for one in design.arms}
        said = await studio.store.utterances.latest(show.id, 200)
        hooks = [tags_in(line.variant) for line in said if line.segment == "hook"]
        assert ("hook-opening", arm) in {(experiment, tried) for tags in hooks for experiment, tried, _ in tags}
        stored = await studio.store.experiments.get("hook-opening")
        assert stored is not None and stored.ending is None
        assert show.airing(said[0].id).arms == {}  # the opening was before any hook
        assert show.airing(10**9).utterance_id == show.airing().utterance_id
