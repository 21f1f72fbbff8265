"""The chat socket on a real server: talk, replay, refusals, and every way to be shown the door."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from influencer.web import WebSettings, server_config
from streaming.chat_hub import chat_event
from streaming.clock import ManualClock
from streaming.media import Caption
from tests.web_house import AT, RoomHouse

pytestmark = pytest.mark.integration


@pytest.fixture
def web_settings() -> WebSettings:
    return WebSettings(demo=True, allowed_origins=("https://partner.test",), chat_connections=3)


@pytest.fixture
async def address(app: FastAPI, house: RoomHouse) -> AsyncIterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(app, "127.0.0.1", 0))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve([listening]))
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        await house.aclose()
        server.should_exit = True


def _join(address: str, query: str = "", **options: Any) -> connect:
    return connect(f"ws://{address}/shows/demo/chat{query}", **options)


async def _events(viewer: ClientConnection, kind: str, count: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += [event for event in json.loads(await viewer.recv()) if event["kind"] == kind]
    return found


async def _close_code(viewer: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(10):
            while True:
                await viewer.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_a_question_reaches_everybody_and_is_answered(address: str) -> None:
    async with _join(address) as ana, _join(address) as bo:
        await ana.send(json.dumps({"author": "Ana", "text": "How much is it?"}))
        for viewer in (ana, bo):
            (answer,) = await _events(viewer, "answer")
            assert answer["payload"]["text"] == "It is $24.00."
            assert answer["payload"]["role"] == "host"


async def test_who_joins_late_or_comes_back_is_sent_what_was_missed(address: str, house: RoomHouse) -> None:
    hub = house.get("demo").chat
    seen = [hub.publish(chat_event("Ana", f"hi {n}", role="viewer", at=AT.isoformat())).seq for n in range(3)]
    async with _join(address) as late:
        assert [event["seq"] for event in await _events(late, "chat", 3)] == seen
    async with _join(address, f"?after={seen[1]}") as back:
        assert [event["seq"] for event in await _events(back, "chat")] == seen[2:]


async def test_captions_come_with_their_times(address: str, house: RoomHouse) -> None:
    from influencer.show.room import caption_event

    async with _join(address) as viewer:
        house.get("demo").chat.publish(caption_event(Caption("Hello", "en-US", 0, 48_000)))
        (caption,) = await _events(viewer, "caption")
    payload = caption["payload"]
    assert payload.items() >= {"text": "Hello", "language": "en-US", "start": 0, "end": 48_000}.items()


async def test_an_order_changes_the_card_on_every_page(address: str, buy: Callable[..., Awaitable[str]]) -> None:
    async with _join(address) as viewer, httpx.AsyncClient(base_url=f"http://{address}") as buyer:
        await buyer.get("/shows/demo")
        await buy(3, by=buyer)
        (card,) = await _events(viewer, "card")
        assert (card["payload"]["card"]["sold_out"], card["payload"]["card"]["stock"]) == (True, "0 left")


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("not json", "not-json"),
        ('{"text": ""}', "empty"),
        ('{"text": "hi", "role": "host"}', "bad-shape"),
        (json.dumps({"text": "x" * 301}), "text-too-long"),
    ],
)
async def test_a_refused_message_comes_back_to_its_sender_alone(
    address: str, house: RoomHouse, frame: str, reason: str
) -> None:
    async with _join(address) as viewer:
        await viewer.send(frame)
        (refused,) = await _events(viewer, "rejected")
        assert refused["payload"]["reason"] == reason
    assert house.get("demo").chat.last_seq == 0


async def test_a_fast_talker_is_slowed_and_may_go_on(address: str, clock: ManualClock) -> None:
    async with _join(address) as viewer:
        for n in range(6):
            await viewer.send(json.dumps({"text": f"message {n}"}))
        (refused,) = await _events(viewer, "rejected")
        assert refused["payload"] == {"reason": "too-fast", "retry_after_s": 2.0}
        clock.advance(2_000_000_000)
        await viewer.send(json.dumps({"text": "slower"}))
        async with asyncio.timeout(30):
            while (await _events(viewer, "chat"))[-1]["payload"]["text"] != "slower":
                pass


async def test_foreign_pages_are_refused_before_they_are_in(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await _join(address, origin="https://evil.test")
    assert refused.value.response.status_code == 403
    for origin in (f"http://{address}", "https://partner.test"):
        async with _join(address, origin=origin) as viewer:
            await viewer.ping()


async def test_each_way_out_has_its_code(address: str, house: RoomHouse) -> None:
    async with connect(f"ws://{address}/shows/nope/chat") as nowhere:
        assert await _close_code(nowhere) == 4404
    async with _join(address) as binary:
        await binary.send(b"\x00\x01")
        assert await _close_code(binary) == 1003
    async with _join(address) as long:
        await long.send(json.dumps({"text": "x" * 5000}))
        assert await _close_code(long) == 1009
    async with _join(address) as huge:
        await huge.send("x" * 1_000_000)
        assert await _close_code(huge) == 1009
    async with _join(address) as flood:
        for _ in range(20):
            await flood.send("{}")
        assert await _close_code(flood) == 1008
    async with _join(address) as ended:
        await house.stop("demo")
        assert await _close_code(ended) == 1001


async def test_an_address_holds_so_many_sockets_and_gets_them_back(address: str) -> None:
    async with _join(address), _join(address), _join(address), _join(address) as fourth:
        assert await _close_code(fourth) == 1008
    async with _join(address) as again:
        await again.send(json.dumps({"text": "hi"}))
        await _events(again, "chat")
