"""The desk of one show: its page, and a socket that tells what has changed as soon as it has.

The socket sends JSON objects {"desk", "lines", "alerts"}, each as the JSON API would answer, whenever they differ
from the last; the page sends commands through the API only. Close codes: see `influencer.web.live_socket`.
"""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from fastapi import APIRouter, Request, WebSocket
from fastapi.encoders import jsonable_encoder
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.web.alerts import open_alerts
from influencer.web.api import show_desk
from influencer.web.auth import access
from influencer.web.context import Web, WebDep, web_of
from influencer.web.live_socket import tell_changes
from models.avatar.attributes import OutfitStyle

router = APIRouter(include_in_schema=False, prefix="/operator/shows", dependencies=[access(*STAFF)])
_HEADERS = {
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=()",  # the only page that may ask for one
}


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
    web = web_of(socket)
    await tell_changes(socket, partial(snapshot, web, show_id))


async def snapshot(web: Web, show_id: str) -> dict[str, Any]:
    """What the desk shows now.

    Raises:
        NotFound: the show has ended.
    """
    lines = web.house.get(show_id).operator.coming().as_data()
    alerts = (await open_alerts(web))["open_alerts"]
    shown: dict[str, Any] = jsonable_encoder({"desk": await show_desk(show_id, web), "lines": lines, "alerts": alerts})
    return shown
