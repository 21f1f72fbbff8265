"""Signing in with an identity provider: away to it, and back."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from influencer.accounts.oidc import Attempt, IdentityProvider
from influencer.errors import Busy, Conflict, Forbidden, NotFound
from influencer.web.auth import EVERYBODY, set_session
from influencer.web.context import Web, WebDep, client_of
from influencer.web.navigation import HOMES
from influencer.web.sign_in import Next, browser_of, end_old_session, own_path, sign_in_form

router = APIRouter(prefix="/sign-in/oidc", include_in_schema=False, dependencies=[EVERYBODY])
COOKIE = "oidc"
_TEN_MINUTES_S = 600
_Answer = Annotated[str, Query(max_length=4_000)]


@router.get("")
async def leave(request: Request, web: WebDep, target: Next = "") -> Response:
    """Go to the provider. A short-lived cookie binds the way back to this browser."""
    provider = _provider(web)
    web.limiters.logins.admit(client_of(request))
    attempt = Attempt.new()
    try:
        where = await provider.start(attempt, _redirect_uri(request, web))
    except Busy as problem:
        return sign_in_form(request, web, own_path(target), str(problem), problem.http_status)
    response = RedirectResponse(where, 303)
    kept = urlencode({"attempt": attempt.text, "next": own_path(target)})
    response.set_cookie(
        COOKIE, kept, _TEN_MINUTES_S, path=router.prefix, secure=web.settings.https, httponly=True, samesite="lax"
    )
    return response


@router.get("/callback")
async def come_back(
    request: Request, web: WebDep, code: _Answer = "", state: _Answer = "", error: _Answer = ""
) -> Response:
    """Check what the provider says, and open a session for the account it belongs to."""
    provider = _provider(web)
    web.limiters.logins.admit(client_of(request))
    kept = dict(parse_qsl(request.cookies.get(COOKIE, "")))
    attempt, target = Attempt.parse(kept.get("attempt", "")), own_path(kept.get("next", ""))
    try:
        if attempt is None or error:
            raise Forbidden("the identity provider did not sign you in, or it took too long; try again")
        identity = await provider.finish(attempt, _redirect_uri(request, web), code, state)
        opened = await web.accounts.sign_in_as(identity, client_of(request), browser_of(request))
        await end_old_session(request, web)
        response: Response = RedirectResponse(target or HOMES[opened.user.role], 303)
        set_session(web, response, opened)
    except (Busy, Conflict, Forbidden) as problem:
        response = sign_in_form(request, web, target, str(problem), 503 if isinstance(problem, Busy) else 422)
    response.delete_cookie(COOKIE, path=router.prefix)
    return response


def _provider(web: Web) -> IdentityProvider:
    if web.provider is None:
        raise NotFound("no identity provider is set up here")
    return web.provider


def _redirect_uri(request: Request, web: Web) -> str:
    """Our address as the browser sees it; the provider compares it with the ones it was told."""
    scheme = "https" if web.settings.https else request.url.scheme
    return f"{scheme}://{request.headers.get('host', '')}{router.prefix}/callback"
