"""The operator's page: sign in, then command shows through the JSON API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from influencer.errors import Forbidden
from influencer.web.auth import OPERATOR_COOKIE, check_csrf, same_secret, session_of, sign_in
from influencer.web.context import Web, WebDep, client_of
from influencer.web.origins import may_use
from influencer.web.sessions import OperatorSession

router = APIRouter(include_in_schema=False)
_NO_STORE = {"Cache-Control": "no-store"}


@router.get("/operator")
async def operator_page(request: Request, web: WebDep) -> Response:
    """The desk, or the sign-in form; demo mode signs in by itself."""
    session = session_of(request, web)
    if session is None and web.settings.operator_token is None:
        session = web.sessions.create()
    if session is None:
        return _sign_in_form(request, web)
    response = _desk(request, web, session)
    sign_in(web, response, session)
    return response


@router.post("/operator/login")
async def login(request: Request, web: WebDep, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Check the token and start a session."""
    web.limiters.logins.admit(client_of(request))
    if not may_use(request, web.settings):
        raise Forbidden("sign in on the operator page itself")
    if not same_secret(token.strip(), web.settings.operator_token):
        return _sign_in_form(request, web, "This token is not right.", 403)
    response = RedirectResponse("/operator", 303)
    sign_in(web, response, web.sessions.create())
    return response


@router.post("/operator/logout")
async def logout(request: Request, web: WebDep, csrf: Annotated[str, Form(max_length=200)] = "") -> Response:
    """End the session."""
    session = session_of(request, web)
    if session is not None:
        check_csrf(request, web, session, csrf)
        web.sessions.end(session.id)
    response = RedirectResponse("/operator", 303)
    response.delete_cookie(OPERATOR_COOKIE)
    return response


def _desk(request: Request, web: Web, session: OperatorSession) -> Response:
    page = {
        "csrf": session.csrf,
        "catalogue": web.house.catalogue(),
        "shows": web.house.shows(),
        "demo": web.settings.operator_token is None,
    }
    return web.templates.TemplateResponse(request, "operator.html", page, headers=_NO_STORE)


def _sign_in_form(request: Request, web: Web, error: str = "", status: int = 200) -> Response:
    return web.templates.TemplateResponse(request, "sign_in.html", {"error": error}, status, _NO_STORE)
