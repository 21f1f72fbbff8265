"""Who may command shows: a signed-in operator (cookie and CSRF token) or a program with the bearer token."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from influencer.errors import Forbidden
from influencer.web.context import Web, WebDep
from influencer.web.origins import may_use
from influencer.web.problems import Unauthorized
from influencer.web.sessions import LIFETIME_S, OperatorSession

OPERATOR_COOKIE = "operator"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def same_secret(given: str, secret: str | None) -> bool:
    """Compare in constant time; nothing equals a secret that is not set."""
    return secret is not None and hmac.compare_digest(given.encode(), secret.encode())


def bearer_of(request: Request) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def session_of(request: Request, web: Web) -> OperatorSession | None:
    """The operator's session, None when nobody is signed in."""
    return web.sessions.find(request.cookies.get(OPERATOR_COOKIE))


def require_operator(request: Request, web: WebDep) -> None:
    """Let operators pass.

    Raises:
        Unauthorized: neither a valid session nor the right bearer token.
        Forbidden: a session, but the request did not come from our own page.
    """
    token = bearer_of(request)
    if token is not None:
        if not same_secret(token, web.settings.operator_token):
            raise Unauthorized("the bearer token is wrong")
        return
    session = session_of(request, web)
    if session is None:
        raise Unauthorized("sign in on /operator, or send the operator token as a bearer token")
    if request.method not in _SAFE:
        check_csrf(request, web, session, request.headers.get("x-csrf-token", ""))


def check_csrf(request: Request, web: Web, session: OperatorSession, token: str) -> None:
    """Check that a request that changes something comes from our own page.

    Raises:
        Forbidden: another origin, or the page's token is missing.
    """
    if not may_use(request, web.settings) or not same_secret(token, session.csrf):
        raise Forbidden("the request did not come from the operator page; reload it and try again")


def require_viewer_token(request: Request, web: WebDep) -> None:
    """Let viewers pass: everybody, unless a viewer token is set.

    Raises:
        Unauthorized: the bearer token is missing or wrong.
    """
    if web.settings.viewer_token is None:
        return
    if not same_secret(bearer_of(request) or "", web.settings.viewer_token):
        raise Unauthorized("watching needs the viewer token as a bearer token")


def sign_in(web: Web, response: Response, session: OperatorSession) -> None:
    """Set the session cookie: not readable by scripts, never sent from another site."""
    response.set_cookie(
        OPERATOR_COOKIE,
        session.id,
        max_age=LIFETIME_S,
        httponly=True,
        samesite="strict",
        secure=web.settings.https,
    )


Operator = Annotated[None, Depends(require_operator)]
ViewerToken = Annotated[None, Depends(require_viewer_token)]
