"""The operator's wall: what a tile tells is what the store and the show say, and nobody else sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from influencer.accounts.roles import Role
from influencer.store import Store
from influencer.store.alerts import NewAlert
from influencer.store.handoffs import NewHandOff
from influencer.web.wall import snapshot
from tests.people import person, sign_in_as
from tests.web_house import RoomHouse

pytestmark = pytest.mark.integration


async def test_a_tile_counts_what_was_paid_and_not_what_went_back(
    app: FastAPI, client: httpx.AsyncClient, store: Store, house: RoomHouse, buy: Callable[..., Awaitable[str]]
) -> None:
    web = app.state.web
    (empty,) = (await snapshot(web))["shows"]
    assert (empty["id"], empty["orders"], empty["revenue"], empty["held"]) == ("demo", 0, [], 0)
    await client.get("/shows/demo")
    await buy(2)
    await store.moderation.hold("demo", "v1", "Ana", "call me", ("personal",))
    await store.hand_offs.add(NewHandOff("demo", "v1", "Ana", "where is it?!", "en", "order", None, 1))
    await store.alerts.open(NewAlert("a-rule", "demo", "warning", "Speech is late", "2.1 s", 2.1))
    await store.alerts.open(NewAlert("a-rule", "other", "critical", "Dark", "", 1.0))
    seen = await snapshot(web)
    (tile,) = seen["shows"]
    assert (tile["orders"], tile["revenue"], tile["held"], tile["hand_offs"]) == (1, ["$48.00"], 1, 1)
    assert tile["health"] == {"kind": "warn", "text": "Speech is late"}
    assert len(seen["alerts"]) == 2
    await store.alerts.resolve("a-rule", "demo")
    (well,) = (await snapshot(web))["shows"]
    assert well["health"] == {"kind": "good", "text": "Well"}


async def test_the_page_begins_with_what_the_socket_goes_on_with(client: httpx.AsyncClient, store: Store) -> None:
    await sign_in_as(client, store, await person(store, Role.OPERATOR))
    page = await client.get("/operator/wall")
    assert page.status_code == 200 and "no-store" in page.headers["cache-control"]
    assert '"id": "demo"' in page.text or '"id":"demo"' in page.text
