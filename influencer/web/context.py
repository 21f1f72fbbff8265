"""What every route can reach, and who is asking."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.templating import Jinja2Templates
from prometheus_client import CollectorRegistry
from starlette.requests import HTTPConnection
from starlette.responses import Response

from influencer.accounts.keys import Keys
from influencer.accounts.oidc import IdentityProvider
from influencer.accounts.service import Accounts
from influencer.commerce.till import Till
from influencer.errors import Forbidden
from influencer.intake.intake import Intake
from influencer.packs.desk import PackDesk
from influencer.show.control import House
from influencer.store import Store
from influencer.web.config import WebSettings
from influencer.web.limits import Limiter
from influencer.web.words import Words
from influencer.webhooks.registering import Webhooks
from streaming.clock import Clock

VIEWER_COOKIE = "viewer"
_VIEWER_ID = re.compile(r"[A-Za-z0-9_-]{24}")


@dataclass(frozen=True, slots=True)
class Limiters:
    """One limiter for each kind of request that costs something."""

    joins: Limiter
    orders: Limiter
    carts: Limiter
    payments: Limiter
    refunds: Limiter
    logins: Limiter
    """Sign-ins by address."""
    accounts: Limiter
    """Sign-ins by account, whatever the address."""
    commands: Limiter
    clips: Limiter
    uploads: Limiter
    events: Limiter
    event_sources: Limiter
    likeness_links: Limiter
    likes: Limiter
    like_sources: Limiter


@dataclass(frozen=True, slots=True)
class Web:
    """The application's parts."""

    house: House
    store: Store
    settings: WebSettings
    till: Till
    intake: Intake
    packs: PackDesk
    webhooks: Webhooks
    accounts: Accounts
    keys: Keys
    provider: IdentityProvider | None
    limiters: Limiters
    templates: Jinja2Templates
    words: Words
    registry: CollectorRegistry
    clock: Clock
    now: Callable[[], datetime]
    """The wall clock, aware UTC."""


def web_of(connection: HTTPConnection) -> Web:
    """The application's parts, for HTTP and WebSocket routes alike."""
    return cast("Web", connection.app.state.web)


WebDep = Annotated[Web, Depends(web_of)]


def client_of(connection: HTTPConnection) -> str:
    """The peer's address. Behind a proxy uvicorn's `forwarded_allow_ips` decides whether to believe its header."""
    return connection.client.host if connection.client else "unknown"


def within_rate(request: Request, web: WebDep) -> None:
    """Count a request that changes something; a dependency that stands after the declaration of access.

    Raises:
        TooMany: the client sends too many.
    """
    if request.method != "GET":
        web.limiters.commands.admit(client_of(request))


def viewer_of(connection: HTTPConnection) -> str | None:
    """The viewer's id from the cookie, None when there is none or it is not one of ours."""
    given = connection.cookies.get(VIEWER_COOKIE, "")
    return given if _VIEWER_ID.fullmatch(given) else None


def required_viewer(connection: HTTPConnection) -> str:
    """The viewer's id.

    Raises:
        Forbidden: the cookie is missing; the show's page sets it.
    """
    viewer = viewer_of(connection)
    if viewer is None:
        raise Forbidden("open the show's page first: it sets the cookie an order belongs to")
    return viewer


def remember_viewer(web: Web, connection: HTTPConnection, response: Response) -> None:
    """Give a new viewer an id: 144 random bits, readable by the server only."""
    if viewer_of(connection) is None:
        response.set_cookie(
            VIEWER_COOKIE,
            secrets.token_urlsafe(18),
            max_age=180 * 24 * 3600,
            httponly=True,
            samesite="lax",
            secure=web.settings.https,
        )
