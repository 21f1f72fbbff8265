"""The admin's pages: users, advertisers, everybody's API keys, and the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from influencer.accounts.principal import Principal
from influencer.accounts.roles import Role
from influencer.accounts.service import Issued
from influencer.errors import Conflict, InvalidInput, NotFound
from influencer.web.account import actor_of
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep
from influencer.web.sign_in import NO_STORE

router = APIRouter(
    prefix="/admin", include_in_schema=False, dependencies=[access(Role.ADMIN, person=True, audit=False)]
)
_PAGE = 100
_Text = Annotated[str, Form(max_length=120)]
_Login = Annotated[str, Form(max_length=120)]


@router.get("/users")
async def users_page(request: Request, web: WebDep, after: Annotated[str, Query(max_length=120)] = "") -> Response:
    """Users, a page at a time, and a form for another one."""
    return await _users(request, web, after)


@router.post("/users")
async def add_user(
    request: Request,
    web: WebDep,
    principal: PrincipalDep,
    role: Annotated[Role, Form()],
    login: _Login = "",
    name: _Text = "",
    advertiser: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Make a user and show the one-time password, once."""
    try:
        issued = await web.accounts.add_user(
            login, role, actor=actor_of(request, principal), name=name, advertiser_id=advertiser or None
        )
    except (InvalidInput, Conflict, NotFound) as wrong:
        return await _users(request, web, "", str(wrong), wrong.http_status)
    return _password(request, web, issued, 201)


@router.post("/users/reset")
async def reset_user(request: Request, web: WebDep, principal: PrincipalDep, login: _Login = "") -> Response:
    """Give a user a new one-time password, shown once."""
    issued = await web.accounts.reset_password(login, actor_of(request, principal))
    return _password(request, web, issued, 200)


@router.post("/users/disable")
async def disable_user(request: Request, web: WebDep, principal: PrincipalDep, login: _Login = "") -> Response:
    """Shut a user out at once."""
    return await _set_disabled(request, web, principal, login, True)


@router.post("/users/enable")
async def enable_user(request: Request, web: WebDep, principal: PrincipalDep, login: _Login = "") -> Response:
    """Let a user in again."""
    return await _set_disabled(request, web, principal, login, False)


@router.get("/advertisers")
async def advertisers_page(request: Request, web: WebDep) -> Response:
    """Advertisers, and a form for another one."""
    return await _advertisers(request, web)


@router.post("/advertisers")
async def add_advertiser(
    request: Request,
    web: WebDep,
    principal: PrincipalDep,
    advertiser: Annotated[str, Form(max_length=40)] = "",
    name: _Text = "",
) -> Response:
    """Make an advertiser."""
    try:
        await web.accounts.add_advertiser(advertiser, name, actor_of(request, principal))
    except (InvalidInput, Conflict) as wrong:
        return await _advertisers(request, web, str(wrong), wrong.http_status)
    return RedirectResponse("/admin/advertisers", 303)


@router.get("/keys")
async def keys_page(request: Request, web: WebDep) -> Response:
    """Everybody's keys."""
    owners = {user.id: user.login for user in await web.store.users.all(limit=1_000)}
    page = {"keys": await web.store.api_keys.all(), "owners": owners}
    return web.templates.TemplateResponse(request, "admin_keys.html", page, headers=NO_STORE)


@router.post("/keys/{key_id}/revoke")
async def revoke_key(key_id: str, request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """End anybody's key."""
    await web.keys.revoke(key_id, actor_of(request, principal))
    return RedirectResponse("/admin/keys", 303)


@router.get("/audit")
async def audit_page(
    request: Request,
    web: WebDep,
    before: Annotated[int | None, Query(ge=1)] = None,
    advertiser: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The audit log, newest first, a page at a time."""
    entries = await web.store.audit.latest(before=before, advertiser_id=advertiser or None, limit=_PAGE)
    page = {
        "entries": entries,
        "more": entries[-1].id if len(entries) == _PAGE else None,
        "advertiser": advertiser,
        "advertisers": await web.store.advertisers.all(),
    }
    return web.templates.TemplateResponse(request, "admin_audit.html", page, headers=NO_STORE)


async def _users(request: Request, web: Web, after: str, error: str = "", status: int = 200) -> Response:
    users = await web.store.users.all(after=after, limit=_PAGE)
    page: dict[str, Any] = {
        "users": users,
        "more": users[-1].login if len(users) == _PAGE else None,
        "roles": (Role.ADVERTISER, Role.OPERATOR, Role.ADMIN, Role.VIEWER),
        "advertisers": await web.store.advertisers.all(),
        "error": error,
    }
    return web.templates.TemplateResponse(request, "admin_users.html", page, status, NO_STORE)


async def _set_disabled(request: Request, web: Web, principal: Principal, login: str, disabled: bool) -> Response:
    try:
        await web.accounts.set_disabled(login, disabled, actor_of(request, principal))
    except Conflict as wrong:
        return await _users(request, web, "", str(wrong), wrong.http_status)
    return RedirectResponse("/admin/users", 303)


async def _advertisers(request: Request, web: Web, error: str = "", status: int = 200) -> Response:
    page = {"advertisers": await web.store.advertisers.all(), "error": error}
    return web.templates.TemplateResponse(request, "admin_advertisers.html", page, status, NO_STORE)


def _password(request: Request, web: Web, issued: Issued, status: int) -> Response:
    page = {
        "side": "admin",
        "heading": f"One-time password of {issued.user.login}",
        "lede": "Hand it over in person or over the phone. It works for 72 hours, must be changed at the first "
        "sign-in, and is not shown again.",
        "secret": issued.password,
        "back": "/admin/users",
    }
    return web.templates.TemplateResponse(request, "issued.html", page, status, NO_STORE)
