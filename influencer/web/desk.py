"""The desk of one show: its page, and a socket that tells what has changed as soon as it has.

The socket sends JSON objects {"desk", "lines"}, each as the JSON API would answer, whenever they differ from the last;
the page sends commands through the API only. Close codes: 4404 no such show, 1008 signed out, 1013 read too slowly.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any, get_args

from fastapi import APIRouter, Request, WebSocket
from fastapi.encoders import jsonable_encoder
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from influencer.accounts.roles import STAFF
from influencer.errors import NotFound
from influencer.web.api import show_desk
from influencer.web.auth import access, maybe_principal
from influencer.web.context import Web, WebDep, web_of
from models.avatar.attributes import OutfitStyle

router = APIRouter(include_in_schema=False, prefix="/operator/shows", dependencies=[access(*STAFF)])
LOOK_S = 0.5
"""How often the show is looked at: two operators see each other's changes within this."""
CHECK_LOOKS = 20
"""Looks between two questions whether the operator is still signed in."""
_SEND_DEADLINE_S = 10.0
_HEADERS = {
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=()",  # the only page that may ask for one
}


class SignedOut(Exception):
    """The session of whoever watches has ended, or their role has changed."""


@router.get("/{show_id}")
async def desk_page(show_id: str, request: Request, web: WebDep) -> Response:
    """Coming lines that can be changed until they are said, and everything else the desk can do."""
    show = web.house.get(show_id)
    page = {
        "show": show.info(),
        "catalogue": web.house.catalogue(),
        "outfits": get_args(OutfitStyle),
        "now": await snapshot(web, show_id),
    }
    return web.templates.TemplateResponse(request, "desk.html", page, headers=_HEADERS)


@router.websocket("/{show_id}/live")
async def live(socket: WebSocket, show_id: str) -> None:
    """Tell what has changed, until the page goes or the show ends."""
    await socket.accept()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_tell(socket, show_id), name="desk out")
            group.create_task(_until_closed(socket), name="desk in")
    except* WebSocketDisconnect:
        pass
    except* SignedOut:
        await socket.close(1008, "sign in again")
    except* NotFound:
        await socket.close(4404, "the show has ended")
    except* TimeoutError:
        await socket.close(1013, "read too slowly")


async def snapshot(web: Web, show_id: str) -> dict[str, Any]:
    """What the desk shows now.

    Raises:
        NotFound: the show has ended.
    """
    lines = web.house.get(show_id).operator.coming().as_data()
    shown: dict[str, Any] = jsonable_encoder({"desk": await show_desk(show_id, web), "lines": lines})
    return shown


async def _tell(socket: WebSocket, show_id: str) -> None:
    web, sent = web_of(socket), ""
    for look in itertools.count():
        if look % CHECK_LOOKS == 0 and (await maybe_principal(socket)).role not in STAFF:
            raise SignedOut
        text = json.dumps(await snapshot(web, show_id), ensure_ascii=False)
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
