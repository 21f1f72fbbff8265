"""A socket that tells staff what has changed as soon as it has: JSON whenever it differs from the last.

Close codes: 4404 what was looked at has ended, 1008 signed out, 1013 read too slowly.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from influencer.accounts.roles import STAFF
from influencer.errors import NotFound
from influencer.web.auth import maybe_principal

LOOK_S = 0.5
"""How often it is looked: two operators see each other's changes within this."""
CHECK_LOOKS = 20
"""Looks between two questions whether the operator is still signed in."""
_SEND_DEADLINE_S = 10.0


class SignedOut(Exception):
    """The session of whoever watches has ended, or their role has changed."""


async def tell_changes(socket: WebSocket, snapshot: Callable[[], Awaitable[dict[str, Any]]]) -> None:
    """Accept, and tell what `snapshot` finds until the page goes or it raises NotFound."""
    await socket.accept()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_tell(socket, snapshot), name="live out")
            group.create_task(_until_closed(socket), name="live in")
    except* WebSocketDisconnect:
        pass
    except* SignedOut:
        await socket.close(1008, "sign in again")
    except* NotFound:
        await socket.close(4404, "the show has ended")
    except* TimeoutError:
        await socket.close(1013, "read too slowly")


async def _tell(socket: WebSocket, snapshot: Callable[[], Awaitable[dict[str, Any]]]) -> None:
    sent = ""
    for look in itertools.count():
        if look % CHECK_LOOKS == 0 and (await maybe_principal(socket)).role not in STAFF:
            raise SignedOut
        text = json.dumps(await snapshot(), ensure_ascii=False)
        if text != sent:
            sent = text
            async with asyncio.timeout(_SEND_DEADLINE_S):
                await socket.send_text(text)
        await asyncio.sleep(LOOK_S)


async def _until_closed(socket: WebSocket) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
