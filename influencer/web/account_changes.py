"""The JSON API of roles and sessions: what somebody may do, and where they are signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.changes import change_role, end_sessions
from influencer.accounts.roles import Role
from influencer.errors import NotFound
from influencer.store.sign_ins import MOST
from influencer.web.account import actor_of
from influencer.web.accounts_api import UserOut
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import WebDep, client_of, within_rate

router = APIRouter(prefix="/api", tags=["accounts"])
_Login = Annotated[str, Path(min_length=1, max_length=120)]
_ADMIN = [access(Role.ADMIN, audit=False), Depends(within_rate)]
_PERSON = [access(*Role, person=True, audit=False), Depends(within_rate)]


class RoleBody(BaseModel):
    """What somebody may do from now on; an advertiser for the role advertiser, none for others."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    role: Role
    advertiser_id: Annotated[str, Field(min_length=2, max_length=40)] | None = None


class ChangedOut(BaseModel):
    """The user as they are now, and what ended with the change."""

    user: UserOut
    sessions_ended: int
    keys_ended: int


class SessionOut(BaseModel):
    """One signed-in browser. `last_used_at` is right to five minutes; `ends_at` is the latest it can last."""

    id: str
    browser: str
    address: str
    signed_in_at: datetime
    last_used_at: datetime
    ends_at: datetime
    this_one: bool


class SessionsOut(BaseModel):
    """Where somebody is signed in, newest first."""

    sessions: Annotated[list[SessionOut], Field(max_length=MOST)]
    idle_minutes: int
    """A session that is not used for so long ends."""


class EndedOut(BaseModel):
    """How many sessions ended."""

    sessions_ended: int


@router.patch("/users/{login}", dependencies=_ADMIN)
async def change_user(
    login: _Login, body: RoleBody, request: Request, web: WebDep, principal: PrincipalDep
) -> ChangedOut:
    """Change somebody's role and advertiser. Their sessions and API keys end at once; never the last admin's role."""
    changed = await change_role(
        web.accounts, web.store, login, body.role, body.advertiser_id, actor_of(request, principal)
    )
    return ChangedOut(
        user=UserOut.model_validate(changed.user), sessions_ended=changed.sessions, keys_ended=changed.keys
    )


@router.get("/users/{login}/sessions", dependencies=_ADMIN)
async def sessions_of_user(login: _Login, web: WebDep, principal: PrincipalDep) -> SessionsOut:
    """Where somebody is signed in, with the last use of each session."""
    user = await web.accounts.user(login)
    return await _sessions(web, user.id, principal.credential_id)


@router.delete("/users/{login}/sessions", dependencies=_ADMIN)
async def end_sessions_of_user(login: _Login, request: Request, web: WebDep, principal: PrincipalDep) -> EndedOut:
    """Sign somebody out everywhere."""
    ended = await end_sessions(web.accounts, web.store, login, actor_of(request, principal))
    return EndedOut(sessions_ended=ended)


@router.get("/me/sessions", dependencies=_PERSON)
async def own_sessions(web: WebDep, principal: PrincipalDep) -> SessionsOut:
    """Where I am signed in, with the last use of each session."""
    if principal.user_id is None:
        raise NotFound("this needs an account of a person")
    return await _sessions(web, principal.user_id, principal.credential_id)


@router.delete("/me/sessions/{sign_in_id}", status_code=204, dependencies=_PERSON)
async def end_own_session(sign_in_id: str, request: Request, web: WebDep, principal: PrincipalDep) -> None:
    """End one of my sessions."""
    await web.accounts.end_session(principal, sign_in_id[:24], client_of(request))


async def _sessions(web: WebDep, user_id: str, this_one: str | None) -> SessionsOut:
    found = await web.store.sign_ins.of_user(user_id, web.accounts.idle)
    return SessionsOut(
        sessions=[
            SessionOut(
                id=one.id, browser=one.browser, address=one.address, signed_in_at=one.created_at,
                last_used_at=one.last_seen_at, ends_at=one.expires_at, this_one=one.id == this_one,
            )
            for one in found
        ],
        idle_minutes=round(web.accounts.idle.total_seconds() / 60),
    )  # fmt: skip
