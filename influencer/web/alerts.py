"""Alerts for operators: the JSON API, the page of their history, and the socket of the operator's wall.

The socket sends {"alerts": [...]}, the open ones, whenever they differ from the last. Close codes as on the desk's.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, WebSocket
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.store.alerts import Alert
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep, web_of, within_rate
from influencer.web.live_socket import tell_changes

router = APIRouter(prefix="/api/alerts", tags=["operator"], dependencies=[access(*STAFF), Depends(within_rate)])
pages = APIRouter(include_in_schema=False, dependencies=[access(*STAFF)])
PAGE = 50
KINDS = {"critical": "bad", "warning": "warn", "info": "info"}
Before = Annotated[int | None, Query(ge=1, le=1 << 53)]


@router.get("")
async def alerts(
    web: WebDep, state: Literal["open", "all"] = "open", before: Before = None,
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> dict[str, Any]:  # fmt: skip
    """The open alerts, the worst first; or all of them, newest first, a page at a time."""
    if state == "open":
        return {"alerts": [alert.as_data() for alert in await web.store.alerts.open_now()], "next": None}
    found = await web.store.alerts.page(before=before, limit=limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    return {"alerts": [alert.as_data() for alert in found[:limit]], "next": more}


@router.post("/{alert_id}/acknowledge")
async def acknowledge(
    alert_id: Annotated[int, Path(ge=1, le=1 << 53)], web: WebDep, principal: PrincipalDep
) -> dict[str, Any]:
    """Say that you have seen it; everybody sees who has. It stays open until it is well again."""
    done: Alert = await web.store.alerts.acknowledge(alert_id, principal.name)
    return done.as_data()


@pages.get("/operator/alerts")
async def alerts_page(request: Request, web: WebDep, before: Before = None) -> Response:
    """What was wrong, and until when."""
    found = await web.store.alerts.page(before=before, limit=PAGE + 1)
    page = {
        "alerts": found[:PAGE],
        "more": found[PAGE - 1].id if len(found) > PAGE else None,
        "kinds": KINDS,
        **await open_alerts(web),
    }
    return web.templates.TemplateResponse(request, "alerts.html", page, headers={"Cache-Control": "no-store"})


@pages.websocket("/operator/live")
async def live(socket: WebSocket) -> None:
    """Tell which alerts are open, until the page goes."""
    web = web_of(socket)

    async def now() -> dict[str, Any]:
        return {"alerts": (await open_alerts(web))["open_alerts"]}

    await tell_changes(socket, now)


async def open_alerts(web: Web) -> dict[str, Any]:
    """What a page that shows alerts begins with."""
    return {"open_alerts": [alert.as_data() for alert in await web.store.alerts.open_now()]}
