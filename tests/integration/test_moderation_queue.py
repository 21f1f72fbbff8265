"""Held messages from the viewer's socket to the operator's decision and back, mutes, and what is counted."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from prometheus_client import generate_latest
from websockets.asyncio.client import ClientConnection, connect

from influencer.sales.events import pseudonym
from influencer.show.doorkeeper import Doorkeeper
from influencer.store import Store
from influencer.store.moderation import MOST_OF_ONE
from influencer.web import server_config
from streaming.clock import ManualClock
from tests.integration.conftest import TOKEN
from tests.web_house import AT, RoomHouse

pytestmark = pytest.mark.integration

MINA, THEO = "m" * 24, "t" * 24
STAFF = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def address(app: FastAPI, house: RoomHouse, store: Store) -> AsyncIterator[str]:
    show = house.get("demo")
    show.door = Doorkeeper(store.moderation, "demo", "en", show.metrics.of("demo"), ManualClock())
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(app, "127.0.0.1", 0))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve([listening]))
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        await house.aclose()
        server.should_exit = True


class Page:
    """A viewer's page: events in the order they came."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._unread: list[dict[str, Any]] = []

    async def send(self, text: str, author: str = "Mina") -> None:
        await self._socket.send(json.dumps({"author": author, "text": text}))

    async def next(self, kind: str) -> dict[str, Any]:
        """The next event of a kind; others before it are passed over."""
        async with asyncio.timeout(30):
            while True:
                while self._unread:
                    if (event := self._unread.pop(0))["kind"] == kind:
                        return event
                self._unread += json.loads(await self._socket.recv())

    async def outcome(self) -> str:
        return str((await self.next("moderated"))["payload"]["outcome"])

    async def chat(self) -> str:
        return str((await self.next("chat"))["payload"]["text"])


@asynccontextmanager
async def _join(address: str, viewer: str) -> AsyncIterator[Page]:
    cookie = {"Cookie": f"viewer={viewer}"}
    async with connect(f"ws://{address}/shows/demo/chat", additional_headers=cookie) as socket:
        yield Page(socket)


async def _held(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/api/shows/demo/held", headers=STAFF)
    assert answer.status_code == 200
    return answer.json()["messages"]


async def test_a_held_message_is_let_in_by_a_person_and_its_sender_is_told(
    address: str, client: httpx.AsyncClient, house: RoomHouse
) -> None:
    async with _join(address, MINA) as mina, _join(address, THEO) as theo:
        await mina.send("how much is it at cheap-serum.shop? call 010-1234-5678")
        assert await mina.outcome() == "held"
        (message,) = await _held(client)
        assert message["text"] == "how much is it at cheap-serum.shop? call •••"
        assert message["reasons"] == ["personal", "link"]
        assert pseudonym(MINA) not in json.dumps(message)
        path = f"/api/shows/demo/held/{message['id']}/release"
        done = await client.post(path, headers=STAFF, json={"note": "our own shop"})
        assert (done.status_code, done.json()["decided_by"], done.json()["note"]) == (
            200,
            "operator token",
            "our own shop",
        )
        assert await theo.chat() == message["text"]
        assert (await theo.next("answer"))["payload"]["text"] == "It is $24.00."
        assert await mina.outcome() == "released"
        again = await client.post(path, headers=STAFF, json={})
        assert again.status_code == 409
        assert "operator token has released" in again.json()["detail"]
    assert await _held(client) == []
    counted = generate_latest(house.get("demo").metrics.registry).decode()
    assert 'show_chat_verdicts_total{action="hold",reason="personal",show="demo"} 1.0' in counted
    assert 'show_chat_verdicts_total{action="released",reason="personal",show="demo"} 1.0' in counted


async def test_a_message_that_is_kept_out_is_never_shown(address: str, client: httpx.AsyncClient) -> None:
    async with _join(address, MINA) as mina, _join(address, THEO) as theo:
        await mina.send("send nudes")
        assert await mina.outcome() == "held"
        (message,) = await _held(client)
        done = await client.post(f"/api/shows/demo/held/{message['id']}/drop", headers=STAFF, json={})
        assert done.json()["state"] == "dropped"
        assert await mina.outcome() == "refused"
        await mina.send("hello")
        assert await theo.chat() == "hello"
    dropped = await client.get("/api/shows/demo/held?state=dropped", headers=STAFF)
    assert [one["text"] for one in dropped.json()["messages"]] == ["send nudes"]


async def test_what_is_masked_or_dropped_by_the_rules_is_told_to_the_sender_alone(address: str) -> None:
    async with _join(address, MINA) as mina:
        await mina.send("what the fuck")
        assert await mina.outcome() == "masked"
        await mina.send("go home faggot")
        assert await mina.outcome() == "dropped"


@pytest.mark.parametrize("by", ["held", "shown"])
async def test_a_muted_sender_cannot_write_under_another_name_until_it_is_lifted(
    address: str, client: httpx.AsyncClient, by: str
) -> None:
    async with _join(address, MINA) as mina, _join(address, THEO) as theo:
        await mina.send("send nudes" if by == "held" else "hello")
        if by == "held":
            await mina.next("moderated")
            of = {"held_id": (await _held(client))[0]["id"]}
        else:
            of = {"seq": (await mina.next("chat"))["seq"]}
        made = await client.post("/api/shows/demo/mutes", headers=STAFF, json=of | {"minutes": 30, "note": "rude"})
        assert made.status_code == 201
        assert await _held(client) == []
        if by == "held":
            assert await mina.outcome() == "refused"
        notice = (await mina.next("moderated"))["payload"]
        assert notice == {"outcome": "muted", "until": (AT + timedelta(minutes=30)).isoformat()}
        await mina.send("hello again", author="Somebody Else")
        assert await mina.outcome() == "muted"
        await theo.send("hi all", author="Mina")
        said = await theo.chat()
        while said != "hi all":
            assert said != "hello again"
            said = await theo.chat()
        (mute,) = (await client.get("/api/shows/demo/mutes", headers=STAFF)).json()["mutes"]
        assert (mute["author"], mute["note"], mute["everywhere"]) == ("Mina", "rude", False)
        assert (await client.delete(f"/api/shows/demo/mutes/{mute['id']}", headers=STAFF)).status_code == 200
        assert await mina.outcome() == "unmuted"
        await mina.send("and back")
        assert await mina.chat() == "and back"


async def test_a_mute_everywhere_holds_in_a_show_to_come(store: Store) -> None:
    await store.shows.create("later", ("dew-serum",), "en-US", "mina")
    await store.moderation.mute(pseudonym(MINA), "Mina", AT + timedelta(minutes=5), "op")
    await store.moderation.mute(pseudonym(THEO), "Theo", AT + timedelta(minutes=5), "op", show_id="demo")
    until = AT + timedelta(minutes=5)
    assert await store.moderation.muted_until("later", pseudonym(MINA)) == until
    assert await store.moderation.muted_until("later", pseudonym(THEO)) is None
    assert await store.moderation.muted_until("demo", pseudonym(THEO)) == until


async def test_one_sender_cannot_fill_the_queue(store: Store) -> None:
    kept = [await store.moderation.hold("demo", "one", "Mina", f"send nudes {i}", ["sexual"]) for i in range(7)]
    assert sum(one is not None for one in kept) == MOST_OF_ONE
    assert await store.moderation.hold("demo", "two", "Theo", "send nudes", ["sexual"]) is not None
    assert await store.moderation.waiting("demo") == MOST_OF_ONE + 1


async def test_of_two_operators_one_decides(store: Store) -> None:
    held = await store.moderation.hold("demo", "one", "Mina", "send nudes", ["sexual"])
    assert held is not None
    decided = await asyncio.gather(
        store.moderation.decide("demo", held.id, "released", "ana"),
        store.moderation.decide("demo", held.id, "dropped", "bo"),
    )
    assert sum(one is not None for one in decided) == 1


async def test_the_list_goes_on_where_it_ended(client: httpx.AsyncClient, store: Store) -> None:
    for number in range(5):
        await store.moderation.hold("demo", f"v{number}", "Mina", f"text {number}", ["link"])
    first = (await client.get("/api/shows/demo/held?limit=3", headers=STAFF)).json()
    assert ([one["text"] for one in first["messages"]], first["waiting"]) == (["text 4", "text 3", "text 2"], 5)
    rest = (await client.get(f"/api/shows/demo/held?limit=3&before={first['next_before']}", headers=STAFF)).json()
    assert ([one["text"] for one in rest["messages"]], rest["next_before"]) == (["text 1", "text 0"], None)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/api/shows/nowhere/held", None, 404, "nowhere"),
        ("POST", "/api/shows/demo/held/99/release", {}, 404, "99"),
        ("POST", "/api/shows/demo/held/99/drop", {}, 404, "99"),
        ("POST", "/api/shows/demo/mutes", {"held_id": 99}, 404, "held_id"),
        ("POST", "/api/shows/demo/mutes", {"seq": 99}, 404, "seq"),
        ("POST", "/api/shows/demo/mutes", {}, 422, "held_id or by seq"),
        ("POST", "/api/shows/demo/mutes", {"seq": 1, "minutes": 0}, 422, "minutes"),
        ("DELETE", "/api/shows/demo/mutes/99", None, 404, "99"),
    ],
)
async def test_what_does_not_exist_or_is_wrong_is_named(
    client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None, status: int, words: str
) -> None:
    answer = await client.request(method, path, json=body, headers=STAFF)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text


async def test_a_sender_without_a_cookie_cannot_be_muted(client: httpx.AsyncClient, store: Store) -> None:
    held = await store.moderation.hold("demo", "", "Mina", "send nudes", ["sexual"])
    assert held is not None
    answer = await client.post("/api/shows/demo/mutes", headers=STAFF, json={"held_id": held.id})
    assert answer.status_code == 409
    assert not (await _held(client))[0]["can_mute"]
