"""The wall: every running show at once, with its picture, health, viewers, sales and what waits for a person.

Health is the worst open alert about the show: what is measured and where it is too much stands in configs/alerts.yaml.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.commerce.money import money_text
from influencer.store.sales import Takings
from influencer.web.alerts import KINDS, open_alerts
from influencer.web.auth import access
from influencer.web.context import Web, WebDep, web_of
from influencer.web.live_socket import tell_changes

router = APIRouter(include_in_schema=False, prefix="/operator/wall", dependencies=[access(*STAFF)])


@router.get("")
async def wall_page(request: Request, web: WebDep) -> Response:
    """A tile a show; the socket goes on from here."""
    page = {"now": await snapshot(web), **await open_alerts(web)}
    return web.templates.TemplateResponse(request, "wall.html", page, headers={"Cache-Control": "no-store"})


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Tell what has changed on any show, until the page goes."""
    web = web_of(socket)

    async def now() -> dict[str, Any]:
        return await snapshot(web)

    await tell_changes(socket, now)


async def snapshot(web: Web) -> dict[str, Any]:
    """What the wall shows now: {"shows": one tile each, "alerts": all that are open}."""
    shows = web.house.shows()
    alerts = (await open_alerts(web))["open_alerts"]
    takings = await web.store.sales.takings([show.id for show in shows])
    tiles = []
    for info in shows:
        on_air = web.house.get(info.id).on_air()
        taken = takings.get(info.id, Takings(0, {}))
        tiles.append(
            {
                "id": info.id, "title": info.title, "state": info.state, "viewers": info.viewers,
                "host": info.persona_name, "market": info.market, "language": info.language,
                "on_air": None if on_air is None else on_air.text,
                "health": _health(info.id, alerts),
                "orders": taken.orders,
                "revenue": [money_text(minor, currency, "en-US") for currency, minor in taken.revenue.items()],
                "held": await web.store.moderation.waiting(info.id),
                "hand_offs": len(await web.store.hand_offs.of_show(info.id)),
            }
        )  # fmt: skip
    return {"shows": tiles, "alerts": alerts}


def _health(show_id: str, alerts: list[dict[str, Any]]) -> dict[str, str]:
    """The worst open alert about a show, as a badge: its kind and its words."""
    worst = next((alert for alert in alerts if alert["subject"] == show_id), None)
    return (
        {"kind": "good", "text": "Well"}
        if worst is None
        else {"kind": KINDS[worst["severity"]], "text": worst["title"]}
    )
