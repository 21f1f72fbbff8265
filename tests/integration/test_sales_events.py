"""Events from the page to the store, and what nobody could answer: over HTTP, and on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from influencer.errors import Conflict
from influencer.sales.events import Airing, NewEvent
from influencer.store import NewUtterance, Store, open_store
from influencer.store.events import Window
from influencer.store.open_questions import NewOpenQuestion
from streaming.clock import ManualClock
from tests.web_house import BRIEF, RoomHouse

pytestmark = pytest.mark.integration
NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
LINE = NewUtterance("demo", "It is $24.", ("price",), BRIEF.id, "offer", "en-US", "offer-1:::", "template", 0)


@pytest.fixture
async def stored(url: str) -> AsyncIterator[Store]:
    async with await open_store(url, now=lambda: NOW) as opened:
        await opened.shows.create("demo", (BRIEF.id,), "en-US", "mina")
        yield opened


def event(kind: str, key: str, **more: Any) -> NewEvent:
    values: dict[str, Any] = {"kind": kind, "show_id": "demo", "viewer": "v1", "key": key, "at": NOW}
    return NewEvent(**values | more)


async def test_events_are_counted_once_and_by_what_was_on_air(stored: Store) -> None:
    said = await stored.utterances.append(LINE)
    airing = Airing(said.id, BRIEF.id, "offer", "mina", "en-US", "offer-1", {"hook": "audience"})
    events = [
        event("view", "k1"),
        event("watch", "k2", milliseconds=15_000, airing=airing),
        event("product-click", "k3", airing=airing, product_id="other"),
        event("product-click", "k3", airing=airing, product_id="other"),
        event("watch", "k2", viewer="v2", milliseconds=5_000, airing=airing),
    ]
    assert await stored.events.append(events) == 4
    assert await stored.events.append(events) == 0
    everything = Window()
    read = await stored.events.read(everything, ["product-click", "view"])
    assert [(one.kind, one.product_id, one.airing) for one in read] == [
        ("view", "", Airing()),
        ("product-click", "other", airing),
    ]
    assert await stored.events.read(everything, ["product-click"], after=read[-1].id) == []
    by_product = {(one.kind, one.key): one for one in await stored.events.count(everything, "product")}
    assert by_product["watch", BRIEF.id].milliseconds == 20_000
    assert by_product["watch", BRIEF.id].viewers == 2
    assert by_product["product-click", "other"].events == 1
    (sentence,) = [one for one in await stored.events.count(everything, "sentence") if one.kind == "watch"]
    assert sentence.key == str(said.id)
    for by in ("total", "market", "persona", "segment", "show"):
        assert sum(one.events for one in await stored.events.count(everything, by)) == 4
    assert await stored.events.viewers(everything) == 2


async def test_a_window_is_half_open_and_knows_products(stored: Store) -> None:
    await stored.events.append([event("view", f"k{n}", at=NOW + timedelta(minutes=n)) for n in range(3)])
    window = Window(NOW, NOW + timedelta(minutes=2))
    assert [one.events for one in await stored.events.count(window)] == [2]
    assert await stored.events.viewers(replace(window, show_id="elsewhere")) == 0
    assert await stored.events.viewers(replace(window, product_ids=(BRIEF.id,))) == 0


async def test_events_of_an_unknown_show_are_refused_whole(stored: Store) -> None:
    with pytest.raises(Conflict):
        await stored.events.append([event("view", "k1"), event("view", "k2", show_id="elsewhere")])
    assert await stored.events.viewers(Window()) == 0


async def test_a_viewer_and_what_is_old_can_be_forgotten(stored: Store) -> None:
    await stored.events.append([event("view", "a"), event("view", "b", viewer="v2", at=NOW - timedelta(days=400))])
    assert await stored.events.forget("v1") == 1
    assert await stored.events.drop_before(NOW - timedelta(days=365)) == 1
    assert await stored.events.viewers(Window()) == 0


async def test_open_questions_are_kept_with_their_product_and_reason(stored: Store) -> None:
    new = NewOpenQuestion("demo", BRIEF.id, "en-US", "en", "not-in-brief", "does it glow in the dark?")
    kept = await stored.open_questions.add(new)
    assert await stored.open_questions.latest(show_id="demo", start=NOW) == [kept]
    assert kept.asked_at == NOW
    assert await stored.open_questions.latest(product_ids=["other"]) == []
    assert await stored.open_questions.latest(end=NOW) == []


# --- over HTTP ---


@pytest.fixture
async def viewer(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await client.get("/shows/demo")
    return client


def batch(*events: dict[str, Any]) -> dict[str, Any]:
    return {"events": [{"key": f"key-0000{n}", **one} for n, one in enumerate(events)]}


async def test_the_page_tells_what_happened_and_the_server_what_was_on_air(
    viewer: httpx.AsyncClient, house: RoomHouse, store: Store
) -> None:
    said = await store.utterances.append(LINE)
    house.get("demo").utterance_id = said.id
    house.get("demo").arms = {"hook": "audience"}
    body = batch(
        {"kind": "view"},
        {"kind": "product-click", "product_id": BRIEF.id, "ago_ms": 2_000},
        {"kind": "watch", "milliseconds": 15_000},
    )
    assert (await viewer.post("/api/shows/demo/events", json=body)).status_code == 204
    assert (await viewer.post("/api/shows/demo/events", json=body)).status_code == 204
    events = await store.events.read(Window(), ["view", "product-click", "watch"])
    assert [one.kind for one in events] == ["view", "product-click", "watch"]
    click = events[1]
    assert click.airing == Airing(said.id, BRIEF.id, "offer", "mina", "en-US", "offer-1", {"hook": "audience"})
    assert (click.at, events[2].milliseconds) == (events[0].at - timedelta(seconds=2), 15_000)
    cookie = viewer.cookies["viewer"]
    assert {one.viewer for one in events} == {click.viewer} and cookie[:8] not in click.viewer


@pytest.mark.parametrize(
    ("one", "status"),
    [
        ({"kind": "order"}, 422),
        ({"kind": "view", "price": 1}, 422),
        ({"kind": "view", "key": "short"}, 422),
        ({"kind": "watch", "milliseconds": 60_001}, 422),
        ({"kind": "watch", "milliseconds": -1}, 422),
        ({"kind": "product-click", "product_id": "not-sold-here"}, 404),
    ],
)
async def test_what_a_page_may_not_tell_is_refused_and_nothing_is_kept(
    viewer: httpx.AsyncClient, store: Store, one: dict[str, Any], status: int
) -> None:
    answer = await viewer.post("/api/shows/demo/events", json=batch({"kind": "view"}, one))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await store.events.viewers(Window()) == 0


async def test_events_need_the_page_its_cookie_and_patience(client: httpx.AsyncClient, clock: ManualClock) -> None:
    body = batch({"kind": "view"})
    assert (await client.post("/api/shows/demo/events", json=body)).status_code == 403
    await client.get("/shows/demo")
    foreign = await client.post("/api/shows/demo/events", json=body, headers={"Origin": "https://evil.test"})
    assert foreign.status_code == 403
    assert (await client.post("/api/shows/nowhere/events", json=body)).status_code == 404
    assert (await client.post("/api/shows/demo/events", json=batch(*[{"kind": "view"}] * 21))).status_code == 422
    statuses = {(await client.post("/api/shows/demo/events", json=body)).status_code for _ in range(40)}
    assert statuses == {204, 429}


async def test_an_order_is_an_event_with_the_line_on_air(
    viewer: httpx.AsyncClient, house: RoomHouse, store: Store, buy: Callable[..., Awaitable[str]]
) -> None:
    said = await store.utterances.append(LINE)
    house.get("demo").utterance_id = said.id
    for _ in range(2):
        placed = await buy()
    (event,) = await store.events.read(Window(), ["order"])
    assert (event.key, event.airing.utterance_id, event.product_id) == (placed, said.id, BRIEF.id)
