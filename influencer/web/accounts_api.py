"""The JSON API of accounts: who am I, the advertisers, the users, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.roles import STAFF, Role
from influencer.web.account import actor_of
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import WebDep
from influencer.web.paging import After, cursor, place, split

router = APIRouter(prefix="/api", tags=["accounts"])
_Limit = Annotated[int, Query(ge=1, le=200)]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Me(_Out):
    """Who the session, the key or the token belongs to."""

    name: str
    role: Role
    user_id: str | None
    advertiser_id: str | None
    via: str


class AdvertiserOut(_Out):
    """A tenant."""

    id: str
    name: str
    created_at: datetime


class AdvertiserBody(BaseModel):
    """A tenant to make; the id never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: Annotated[str, Field(min_length=2, max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=120)]


class Advertisers(_Out):
    """A page of tenants by name; `next` is the `after` of the next page."""

    advertisers: list[AdvertiserOut]
    next: str | None


class UserOut(_Out):
    """A person with an account."""

    id: str
    login: str
    name: str
    role: Role
    advertiser_id: str | None
    created_at: datetime
    one_time_until: datetime | None
    disabled_at: datetime | None
    last_sign_in_at: datetime | None


class Users(_Out):
    """A page of users by login; `next` is the `after` of the next page."""

    users: list[UserOut]
    next: str | None


class AuditOut(_Out):
    """Something that was done."""

    id: int
    at: datetime
    action: str
    actor: str
    actor_id: str | None
    subject: str
    advertiser_id: str | None
    address: str
    detail: dict[str, Any]


class Audit(_Out):
    """A page of the audit log, newest first; `next` is the `after` of the next page."""

    entries: list[AuditOut]
    next: str | None


@router.get("/me", dependencies=[access(*Role, while_password_is_one_time=True)])
async def me(principal: PrincipalDep) -> Me:
    """Who is asking."""
    return Me.model_validate(principal)


@router.get("/advertisers", dependencies=[access(*STAFF)])
async def list_advertisers(web: WebDep, after: After = None, limit: _Limit = 100) -> Advertisers:
    """Advertisers by name, a page at a time."""
    found = await web.store.advertisers.all(limit + 1, after=place(after, str, str) or "")
    advertisers, following = split(found, limit, lambda one: cursor(one.name))
    return Advertisers.model_validate({"advertisers": advertisers, "next": following})


@router.post("/advertisers", status_code=201, dependencies=[access(Role.ADMIN, audit=False)])
async def add_advertiser(body: AdvertiserBody, request: Request, web: WebDep, principal: PrincipalDep) -> AdvertiserOut:
    """Make an advertiser."""
    made = await web.accounts.add_advertiser(body.id, body.name, actor_of(request, principal))
    return AdvertiserOut.model_validate(made)


@router.get("/users", dependencies=[access(Role.ADMIN)])
async def list_users(web: WebDep, after: After = None, limit: _Limit = 100) -> Users:
    """Users by login, a page at a time."""
    found = await web.store.users.all(after=place(after, str, str) or "", limit=limit + 1)
    users, following = split(found, limit, lambda user: cursor(user.login))
    return Users.model_validate({"users": users, "next": following})


@router.get("/audit", dependencies=[access(Role.ADMIN)])
async def audit_log(
    web: WebDep,
    after: After = None,
    advertiser_id: Annotated[str | None, Query(max_length=40)] = None,
    limit: _Limit = 100,
) -> Audit:
    """The audit log, newest first, a page at a time."""
    before = place(after, int, int)
    found = await web.store.audit.latest(before=before, advertiser_id=advertiser_id, limit=limit + 1)
    entries, following = split(found, limit, lambda entry: cursor(entry.id))
    return Audit.model_validate({"entries": entries, "next": following})
