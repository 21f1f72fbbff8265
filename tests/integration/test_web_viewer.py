"""What the viewer's page reads and sends beside chat and orders: products, captions in its language, likes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest

from influencer.store import Store
from streaming.chat_hub import ChatHub
from streaming.clock import ManualClock
from tests.web_house import BRIEF, RoomHouse

pytestmark = pytest.mark.integration
LIKES = "/api/shows/demo/likes"


@pytest.fixture
async def viewer(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await client.get("/shows/demo")
    return client


async def heard(room: ChatHub, kind: str, count: int) -> list[dict[str, Any]]:
    """The payloads of the next `count` events of a kind."""
    found: list[dict[str, Any]] = []
    with room.subscribe() as subscription:
        async with asyncio.timeout(30):
            async for batch in subscription:
                found += [event["payload"] for event in json.loads(batch) if event["kind"] == kind]
                if len(found) >= count:
                    return found
    raise AssertionError("the room was closed")


async def test_all_products_come_with_the_time_their_offers_are_counted_down_by(
    viewer: httpx.AsyncClient, house: RoomHouse
) -> None:
    show = house.get("demo")
    show.offer_ends = "2026-05-01T10:00:00+00:00"
    card = show.card()
    assert card is not None
    show.more_cards = [replace(card, product_id="night-cream", name="Night Cream", coupon_code=None, offer_ends=None)]
    told = (await viewer.get("/api/shows/demo/products")).json()
    assert [product["product_id"] for product in told["products"]] == [BRIEF.id, "night-cream"]
    assert told["products"][0]["offer_ends"] == "2026-05-01T10:00:00+00:00"
    assert told["products"][1]["offer_ends"] is None
    assert datetime.fromisoformat(told["now"]).utcoffset() is not None
    assert (await viewer.get("/api/shows/nobody/products")).status_code == 404


async def test_captions_are_read_in_another_language_or_not_at_all(viewer: httpx.AsyncClient, house: RoomHouse) -> None:
    show = house.get("demo")
    show.translations = {"fr-FR": "Voici Dew Serum."}
    french = await viewer.get("/api/shows/demo/captions", params={"market": "fr-FR"})
    assert french.json() == {"market": "fr-FR", "text": "Voici Dew Serum."}
    japanese = await viewer.get("/api/shows/demo/captions", params={"market": "ja-JP"})
    assert japanese.json() == {"market": "ja-JP", "text": None}
    assert show.readers == {"fr-FR", "ja-JP"}
    for market in ("xx-XX", "", "fr"):
        assert (await viewer.get("/api/shows/demo/captions", params={"market": market})).status_code == 422


async def test_likes_are_counted_by_the_server_and_told_to_the_room(
    viewer: httpx.AsyncClient, house: RoomHouse
) -> None:
    assert (await viewer.get(LIKES)).json() == {"likes": 0}
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(heard(house.get("demo").chat, "likes", 2))
        await asyncio.sleep(0)
        assert (await viewer.post(LIKES, json={"count": 3})).json() == {"likes": 3}
        assert (await viewer.post(LIKES, json={"count": 2})).json() == {"likes": 5}
        assert (await viewer.post(LIKES, json={})).json() == {"likes": 6}
    # The first at once, those of the same second together.
    assert listening.result()[0] == {"likes": 3}
    assert listening.result()[-1] == {"likes": 6}
    assert (await viewer.get(LIKES)).json() == {"likes": 6}


async def test_a_viewer_can_not_like_without_measure(
    viewer: httpx.AsyncClient, store: Store, clock: ManualClock
) -> None:
    for count in (0, -1, 21, 1.5, "many"):
        assert (await viewer.post(LIKES, json={"count": count})).status_code == 422
    answers = [await viewer.post(LIKES, json={"count": 20}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert await store.likes.of("demo") == 100, "what was refused is not counted"
    clock.advance(1_000_000_000)
    assert (await viewer.post(LIKES, json={"count": 1})).status_code == 200


async def test_likes_come_from_the_shows_own_page(client: httpx.AsyncClient) -> None:
    assert (await client.post(LIKES, json={"count": 1})).status_code == 403
    await client.get("/shows/demo")
    foreign = await client.post(LIKES, json={"count": 1}, headers={"Origin": "https://evil.test"})
    assert foreign.status_code == 403
    assert (await client.post("/api/shows/nobody/likes", json={"count": 1})).status_code == 404
