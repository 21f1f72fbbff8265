"""Signing in and out, and the page where a password is changed."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from influencer.accounts.roles import Role
from influencer.accounts.service import normal
from influencer.accounts.tokens import digest
from influencer.errors import Forbidden, InvalidInput
from influencer.web.auth import (
    EVERYBODY,
    MaybePrincipal,
    PrincipalDep,
    access,
    clear_session,
    session_of,
    set_session,
)
from influencer.web.context import Web, WebDep, client_of
from influencer.web.navigation import HOMES
from influencer.web.origins import is_own_page

router = APIRouter(include_in_schema=False)
ANY_PERSON = access(*Role, person=True, audit=False, while_password_is_one_time=True)
NO_STORE = {"Cache-Control": "no-store"}
WRONG = "The name or the password is wrong."

Next = Annotated[str, Query(alias="next", max_length=300)]
Secret = Annotated[str, Form(max_length=200)]


@router.get("/sign-in", dependencies=[EVERYBODY])
async def sign_in_page(request: Request, web: WebDep, principal: MaybePrincipal, target: Next = "") -> Response:
    """The form; whoever is signed in goes on, and a demo signs in by itself."""
    if principal.role is not None and principal.via == "session":
        return RedirectResponse(own_path(target) or HOMES[principal.role], 303)
    if web.settings.demo:
        opened = await web.accounts.demo_session(client_of(request), browser_of(request))
        response = RedirectResponse(own_path(target) or HOMES[opened.user.role], 303)
        set_session(web, response, opened)
        return response
    return sign_in_form(request, web, own_path(target))


@router.post("/sign-in", dependencies=[EVERYBODY])
async def sign_in(
    request: Request,
    web: WebDep,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Secret = "",
    target: Annotated[str, Form(alias="next", max_length=300)] = "",
) -> Response:
    """Check the password; a session of before ends, so that nobody can plant one (session fixation)."""
    web.limiters.logins.admit(client_of(request))
    if not is_own_page(request):
        raise Forbidden("sign in on the sign-in page itself")
    web.limiters.accounts.admit(digest(normal(login)))
    opened = await web.accounts.sign_in(login, password, client_of(request), browser_of(request))
    if opened is None:
        return sign_in_form(request, web, own_path(target), WRONG, 422)
    await end_old_session(request, web)
    go_to = "/account/password" if opened.user.one_time_until else own_path(target) or HOMES[opened.user.role]
    response = RedirectResponse(go_to, 303)
    set_session(web, response, opened)
    return response


@router.post("/sign-out", dependencies=[ANY_PERSON])
async def sign_out(request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """End this session."""
    await web.accounts.sign_out(principal, client_of(request))
    response = RedirectResponse("/sign-in" if not web.settings.demo else "/", 303)
    clear_session(web, response)
    return response


@router.get("/account/password", dependencies=[ANY_PERSON])
async def password_page(request: Request, web: WebDep) -> Response:
    """Old and new password."""
    return web.templates.TemplateResponse(request, "password.html", {"error": ""}, headers=NO_STORE)


@router.post("/account/password", dependencies=[ANY_PERSON])
async def change_password(
    request: Request, web: WebDep, principal: PrincipalDep, old: Secret = "", new: Secret = "", again: Secret = ""
) -> Response:
    """Change it; all other sessions end and this one gets a new secret."""
    web.limiters.accounts.admit(principal.user_id or "")
    try:
        if new != again:
            raise InvalidInput("account", [])
        opened = await web.accounts.change_password(principal, old, new, client_of(request), browser_of(request))
    except InvalidInput as wrong:
        told = "; ".join(map(str, wrong.mistakes)) or "The two new passwords differ."
        return web.templates.TemplateResponse(request, "password.html", {"error": told}, 422, NO_STORE)
    response = RedirectResponse(HOMES[opened.user.role], 303)
    set_session(web, response, opened)
    return response


def own_path(given: str) -> str:
    """A path of this site to go on to; empty when it could lead elsewhere."""
    parts = urlsplit(given)
    plain = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable() and "\\" not in given
    return given if plain and not parts.netloc and not parts.scheme else ""


async def end_old_session(request: Request, web: Web) -> None:
    """End the session a browser had before it signed in anew."""
    old = session_of(request, web)
    principal = await web.accounts.of_session(old) if old is not None else None
    if principal is not None:
        await web.accounts.sign_out(principal, client_of(request))


def browser_of(request: Request) -> str:
    """What the browser calls itself, for the list of sessions."""
    return request.headers.get("user-agent", "")


def sign_in_form(request: Request, web: Web, target: str, error: str = "", status: int = 200) -> Response:
    """The sign-in page, with what went wrong."""
    provider = web.provider.settings.name if web.provider is not None else ""
    page = {"error": error, "next": target, "provider": provider}
    return web.templates.TemplateResponse(request, "sign_in.html", page, status, NO_STORE)
