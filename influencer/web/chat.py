"""The chat socket: the room's batches out, a viewer's messages in.

Out: JSON arrays of {"seq", "kind", "payload"} as `streaming.chat_hub` writes them; a refused message comes back to
its sender alone as kind "rejected", and what moderation did with one as kind "moderated" {"outcome", "until"}. In: one
JSON object a frame, see `streaming.chat_policy`.

Close codes (RFC 6455 section 7.4; 4000-4999 are ours): 1001 the show ended, 1003 not text, 1008 too many sockets or a
flood, 1009 frame too long, 1013 read too slowly, 4404 no such show. A foreign page is refused with HTTP 403.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from influencer.errors import InfluencerError, NotFound
from influencer.show.control import House, Show
from influencer.show.doorkeeper import Notice
from influencer.web.auth import EVERYBODY
from influencer.web.context import client_of, viewer_of, web_of
from influencer.web.origins import may_use
from streaming.chat_hub import ChatHub, ChatPolicy, ChatRejected, RateLimiter, validate_message
from streaming.clock import Clock

router = APIRouter(dependencies=[EVERYBODY])
_SEND_DEADLINE_S = 10.0
_MAX_REFUSALS = 20
"""A page never sends what is refused so often in one connection: this is a flood."""


class Close(Exception):
    """End the connection with this code."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code} {reason}")


class ChatDoor:
    """Counts the sockets of each address and keeps one rate limiter a room."""

    def __init__(self, clock: Clock, per_client: int) -> None:
        self._clock = clock
        self._per_client = per_client
        self._open: Counter[str] = Counter()
        self._limiters: WeakKeyDictionary[ChatHub, RateLimiter] = WeakKeyDictionary()
        self.policy = ChatPolicy()

    @contextmanager
    def enter(self, client: str) -> Iterator[None]:
        """Hold one of the client's places.

        Raises:
            Close: it has too many already.
        """
        if self._open[client] >= self._per_client:
            raise Close(1008, "too many connections")
        self._open[client] += 1
        try:
            yield
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]

    def limiter(self, hub: ChatHub) -> RateLimiter:
        """The room's limiter."""
        return self._limiters.setdefault(hub, RateLimiter(self.policy, self._clock))


@router.websocket("/shows/{show_id}/chat")
async def chat(socket: WebSocket, show_id: str, after: int = 0) -> None:
    """Join the room of a show; `after` is the last event the page has seen."""
    web = web_of(socket)
    if not may_use(socket, web.settings):
        await socket.close(1008, "this page may not use the chat")  # before accept: HTTP 403
        return
    await socket.accept()
    door: ChatDoor = socket.app.state.chat_door
    try:
        with door.enter(client_of(socket)):
            await _converse(socket, _show(web.house, show_id), door, after)
    except Close as close:
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.close(close.code, close.reason)
    except WebSocketDisconnect:
        return


def _show(house: House, show_id: str) -> Show:
    try:
        return house.get(show_id)
    except NotFound as error:
        raise Close(4404, str(error)[:100]) from None


async def _converse(socket: WebSocket, show: Show, door: ChatDoor, after: int) -> None:
    """Run both directions until one ends; the other is cancelled and waited for."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_send(socket, show.chat, max(0, after)), name="chat out")
            group.create_task(_receive(socket, show, door), name="chat in")
            group.create_task(_tell(socket, show), name="chat notices")
    except* (Close, WebSocketDisconnect) as ended:
        raise _first(ended) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _send(socket: WebSocket, hub: ChatHub, after: int) -> None:
    with hub.subscribe(after) as subscription:
        async for batch in subscription:
            await _write(socket, batch)
    raise Close(1001, "the show has ended")


async def _tell(socket: WebSocket, show: Show) -> None:
    """What operators decide about this viewer's messages."""
    with show.door.notices(viewer_of(socket)) as notices:
        while True:
            await _write(socket, _notice(await notices.get()))


async def _write(socket: WebSocket, text: str) -> None:
    try:
        async with asyncio.timeout(_SEND_DEADLINE_S):
            await socket.send_text(text)
    except TimeoutError:
        raise Close(1013, "read too slowly") from None


async def _receive(socket: WebSocket, show: Show, door: ChatDoor) -> None:
    viewer = viewer_of(socket) or client_of(socket)
    refusals = 0
    while True:
        refused = await _take(await _frame(socket), viewer, show, door)
        if isinstance(refused, Notice):
            if refused.outcome != "shown":
                await _write(socket, _notice(refused))
            continue
        refusals += 1
        if refused.reason == "frame-too-long":
            raise Close(1009, "frame too long")
        if refusals >= _MAX_REFUSALS:
            raise Close(1008, "too many refused messages")
        await _write(socket, _refusal(refused))


async def _frame(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if text is None:
        raise Close(1003, "only text frames are taken")
    return str(text)


async def _take(frame: str, viewer: str, show: Show, door: ChatDoor) -> ChatRejected | Notice:
    message = validate_message(frame, door.policy)
    if isinstance(message, ChatRejected):
        return message
    refused = door.limiter(show.chat).admit(viewer)
    if refused is not None:
        return refused
    try:
        return await show.ask(message, viewer)
    except InfluencerError:  # the show is ending, or too busy for this one
        return ChatRejected("room-busy", 5.0)


def _refusal(refused: ChatRejected) -> str:
    payload = {"reason": refused.reason, "retry_after_s": round(refused.retry_after_s, 1)}
    return json.dumps([{"seq": 0, "kind": "rejected", "payload": payload}])


def _notice(notice: Notice) -> str:
    return json.dumps([{"seq": 0, "kind": "moderated", "payload": notice.payload()}])
