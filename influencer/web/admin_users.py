"""The admin's page of one user: what they may do, where they are signed in, and their keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from influencer.accounts.changes import change_role, end_sessions
from influencer.accounts.roles import Role
from influencer.errors import Conflict, InvalidInput, NotFound
from influencer.web.account import actor_of, browser_name
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep
from influencer.web.sign_in import NO_STORE

router = APIRouter(
    prefix="/admin/users", include_in_schema=False, dependencies=[access(Role.ADMIN, person=True, audit=False)]
)
_Login = Annotated[str, Form(max_length=120)]


@router.get("/one")
async def user_page(request: Request, web: WebDep, login: Annotated[str, Query(max_length=120)] = "") -> Response:
    """One user."""
    return await _page(request, web, login)


@router.post("/role")
async def set_role(
    request: Request,
    web: WebDep,
    principal: PrincipalDep,
    role: Annotated[Role, Form()],
    login: _Login = "",
    advertiser: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Change what somebody may do; their sessions and keys end."""
    actor = actor_of(request, principal)
    try:
        changed = await change_role(web.accounts, web.store, login, role, advertiser or None, actor)
    except (InvalidInput, Conflict) as wrong:
        return await _page(request, web, login, error=str(wrong), status=wrong.http_status)
    if changed.user.id == principal.user_id and changed.user.role is not Role.ADMIN:
        return RedirectResponse("/sign-in", 303)
    done = (
        f"{changed.user.login} is {changed.user.role} now; {changed.sessions} sessions and {changed.keys} keys ended."
    )
    return await _page(request, web, login, done=done)


@router.post("/sessions/end")
async def sign_out(request: Request, web: WebDep, principal: PrincipalDep, login: _Login = "") -> Response:
    """Sign somebody out everywhere."""
    ended = await end_sessions(web.accounts, web.store, login, actor_of(request, principal))
    return await _page(request, web, login, done=f"{ended} sessions ended.")


async def _page(
    request: Request, web: Web, login: str, *, error: str = "", done: str = "", status: int = 200
) -> Response:
    try:
        user = await web.accounts.user(login)
    except NotFound:
        raise NotFound("there is no such user") from None
    page = {
        "user": user,
        "roles": (Role.ADVERTISER, Role.OPERATOR, Role.ADMIN, Role.VIEWER),
        "advertisers": await web.store.advertisers.all(),
        "sign_ins": await web.store.sign_ins.of_user(user.id, web.accounts.idle),
        "keys": await web.store.api_keys.of_user(user.id),
        "browser_name": browser_name,
        "error": error,
        "done": done,
    }
    return web.templates.TemplateResponse(request, "admin_user.html", page, status, NO_STORE)
