"""The account page: who I am, where I am signed in, and my API keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from influencer.accounts.principal import Principal
from influencer.accounts.roles import Role, key_roles
from influencer.accounts.service import Actor
from influencer.accounts.values import User
from influencer.errors import Conflict, InvalidInput, NotFound
from influencer.web.auth import PrincipalDep, access, clear_session
from influencer.web.context import Web, WebDep, client_of
from influencer.web.sign_in import NO_STORE

# The order matters: each browser also names the ones it descends from.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

router = APIRouter(prefix="/account", include_in_schema=False, dependencies=[access(*Role, person=True, audit=False)])


@router.get("")
async def account_page(request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """Everything on one page."""
    return await _page(request, web, principal)


@router.post("/keys")
async def make_key(
    request: Request,
    web: WebDep,
    principal: PrincipalDep,
    name: Annotated[str, Form(max_length=80)] = "",
    days: Annotated[int, Form(ge=1, le=730)] = 90,
    role: Annotated[Role | None, Form()] = None,
    advertiser: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Make a key and show it, once."""
    web.limiters.commands.admit(client_of(request))
    owner = await _user(web, principal)
    try:
        issued = await web.keys.add(
            owner, name, actor=actor_of(request, principal), role=role, advertiser_id=advertiser or None, days=days
        )
    except (InvalidInput, Conflict, NotFound) as wrong:
        return await _page(request, web, principal, str(wrong), wrong.http_status)
    page = {
        "side": "account",
        "heading": f"The key “{issued.key.name}”",
        "lede": "Programs send it as “Authorization: Bearer …”. Copy it now: it is not shown again.",
        "secret": issued.text,
        "back": "/account",
    }
    return web.templates.TemplateResponse(request, "issued.html", page, 201, NO_STORE)


@router.post("/keys/{key_id}/revoke")
async def revoke_key(key_id: str, request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """End one of my keys."""
    await web.keys.revoke(key_id, actor_of(request, principal), principal.user_id)
    return RedirectResponse("/account", 303)


@router.post("/sessions/{sign_in_id}/end")
async def end_session(sign_in_id: str, request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """Sign out one of my browsers."""
    await web.accounts.end_session(principal, sign_in_id, client_of(request))
    return RedirectResponse("/account", 303)


@router.post("/sessions/end")
async def sign_out_everywhere(request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """Sign out all of my browsers, this one too."""
    await web.accounts.sign_out_everywhere(principal, client_of(request))
    response = RedirectResponse("/sign-in", 303)
    clear_session(web, response)
    return response


def actor_of(request: Request, principal: Principal) -> Actor:
    """Who asks, for the audit log."""
    return Actor(principal.name, principal.user_id, client_of(request))


def browser_name(agent: str) -> str:
    """A browser's long name for itself in two words: "Firefox on Windows"."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), agent[:40] or "Unknown")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


async def _user(web: Web, principal: Principal) -> User:
    user = await web.store.users.find(principal.user_id or "")
    if user is None:
        raise NotFound("this needs an account of a person")
    return user


async def _page(request: Request, web: Web, principal: Principal, error: str = "", status: int = 200) -> Response:
    user = await _user(web, principal)
    page = {
        "user": user,
        "browser_name": browser_name,
        "sign_ins": await web.store.sign_ins.of_user(user.id, web.accounts.idle),
        "keys": await web.store.api_keys.of_user(user.id),
        "roles": key_roles(user.role),
        "advertisers": await web.store.advertisers.all() if user.role is Role.ADMIN else [],
        "error": error,
    }
    return web.templates.TemplateResponse(request, "account.html", page, status, NO_STORE)
