"""Writes down what signed-in people and programs change: one line of the audit log a request, before it is answered."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from influencer.accounts.principal import Principal
from influencer.accounts.values import NewAudit
from influencer.web.context import client_of, web_of

log = structlog.get_logger(__name__)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Audited:
    """Pure ASGI. A change that was made, and one that the role forbids, is written; other failures changed nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and write before the answer begins: what is acknowledged is in the log."""
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_after_writing(message: Message) -> None:
            principal = state.get("principal")
            named = principal is not None and not state.get("audited")
            if named and message["type"] == "http.response.start" and _matters(message["status"]):
                await _write(scope, principal, message["status"])
            await send(message)

        await self._app(scope, receive, send_after_writing)


def _matters(status: int) -> bool:
    return status < 400 or status == 403


async def _write(scope: Scope, principal: Principal, status: int) -> None:
    connection = HTTPConnection(scope)
    route = getattr(scope.get("route"), "path_format", "")
    entry = NewAudit(
        action=f"{scope['method']} {route}",
        actor=principal.name,
        subject=scope["path"],
        actor_id=principal.user_id,
        advertiser_id=principal.advertiser_id,
        address=client_of(connection),
        detail={"status": status, "via": principal.via},
    )
    try:
        await web_of(connection).store.audit.add(entry)
    except SQLAlchemyError:
        # It is done already; the line goes where it is not lost.
        log.exception("audit log not written", action=entry.action, subject=entry.subject, actor=entry.actor)
