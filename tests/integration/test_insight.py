"""Insight of a real store over HTTP, and the watch that looks at a show's picture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from PIL import Image

from influencer.insight.brands import logos
from influencer.insight.logos import Sighting
from influencer.insight.watch import EVERY_S, LogoWatch
from influencer.paths import configs_dir
from influencer.sales.events import Airing, NewEvent
from influencer.store import Store, open_store
from streaming.clock import ManualClock
from tests.web_house import AT, BRIEF

pytestmark = pytest.mark.integration
OPERATOR = {"Authorization": "Bearer operator-token-for-tests"}
NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
async def stored(url: str) -> AsyncIterator[Store]:
    async with await open_store(url, now=lambda: NOW) as opened:
        await opened.shows.create("s1", ("stone-mug",), "en-US", "mina")
        yield opened


async def test_sightings_are_added_up_by_brand_show_and_product(stored: Store) -> None:
    mug = Sighting("Kilnory", 0.9, (0.1, 0.2, 0.3, 0.4))
    for score in (0.9, 0.95):
        await stored.insight.saw("s1", "stone-mug", "en-US", [Sighting("Kilnory", score, mug.box)], 60)
    await stored.insight.saw("s1", "stone-mug", "en-US", [], 60)
    (seen,) = await stored.insight.seen(NOW, NOW + timedelta(seconds=1))
    assert (seen.brand, seen.sightings, seen.seconds, seen.surest, seen.last_at) == ("Kilnory", 2, 120, 0.95, NOW)
    assert await stored.insight.seen(NOW, NOW + timedelta(seconds=1), ["Grannavo"]) == []
    assert await stored.insight.seen(NOW - timedelta(days=1), NOW) == []


async def test_only_what_viewers_wrote_is_read_and_in_its_market(stored: Store) -> None:
    await stored.chat.append("s1", "Ann", "is kilnory dishwasher safe?")
    await stored.chat.append("s1", "Mina", "Kilnory mugs are.", "host")
    (message,) = await stored.insight.messages(NOW, NOW + timedelta(seconds=1))
    assert (message.text, message.market, message.day) == ("is kilnory dishwasher safe?", "en-US", "2026-05-01")
    assert await stored.insight.messages(NOW, NOW + timedelta(seconds=1), "elsewhere") == []


async def test_the_watch_writes_down_what_it_saw(stored: Store) -> None:
    clock = ManualClock()
    shot = Image.open(configs_dir() / "briefs" / "images" / "stone-mug.jpg").convert("RGBA").resize((400, 400))
    frames = [np.asarray(shot)]
    looks: list[int] = []

    def frame() -> np.ndarray | None:
        looks.append(1)
        return frames[0] if frames else None

    mug = [logo for logo in logos() if logo.brand == "Kilnory"]
    watch = LogoWatch("s1", mug, stored, clock, frame, lambda: Airing(None, "stone-mug", market="en-US"))
    for _ in range(2):
        await watch.look()
    (seen,) = await stored.insight.seen(NOW, NOW + timedelta(seconds=1))
    assert (len(looks), seen.product_id, seen.seconds) == (2, "stone-mug", 2 * EVERY_S)
    frames.clear()
    await watch.look()
    assert len(looks) == 3
    await LogoWatch("s1", [], stored, clock, frame, Airing).run()
    assert len(looks) == 3


async def test_an_advertiser_reads_where_the_brand_was_named_and_seen(client: httpx.AsyncClient, store: Store) -> None:
    await store.chat.append("demo", "Ann", "is halvene better than kilnory?")
    await store.insight.saw("demo", BRIEF.id, "en-US", [Sighting("Halvenne", 0.9, (0, 0, 1, 1))], 60)
    client.headers.update(OPERATOR)
    body = (await client.get("/api/insight/mentions")).json()
    found = {one["brand"]: one for one in body["brands"]}
    assert (found["Halvenne"]["by_how"], found["Kilnory"]["by_how"]) == ({"spelling": 1}, {"exact": 1})
    assert body["messages"] == 1 and body["complete"] is True
    mug = (await client.get("/api/insight/logos", params={"product_id": "stone-mug"})).json()
    assert [(one["product_id"], one["brand"]) for one in mug["pictures"]] == [("stone-mug", "Kilnory")]
    assert mug["on_air"] == []
    serum = (await client.get("/api/insight/logos", params={"product_id": "dew-serum"})).json()
    assert [(one["brand"], one["seconds"]) for one in serum["on_air"]] == [("Halvenne", 60)]


async def test_the_audience_is_told_in_groups(client: httpx.AsyncClient, store: Store) -> None:
    airing = Airing(None, BRIEF.id, "hook", "mina", "en-US")
    events = [
        NewEvent("question", "demo", f"v{n}", "k", AT, airing, BRIEF.id, detail="price") for n in range(6)
    ]  # fmt: skip
    await store.events.append(events)
    client.headers.update(OPERATOR)
    body = (await client.get("/api/insight/audience")).json()
    assert [(one["key"], one["viewers"]) for one in body["purposes"]] == [("weighing", 6)]
    assert [one["key"] for one in body["categories"]] == ["beauty"]
    assert body["hours"][0]["key"].startswith("en-US ")
    client.headers.pop("Authorization")
    for path in ("mentions", "logos", "audience"):
        assert (await client.get(f"/api/insight/{path}")).status_code == 401
