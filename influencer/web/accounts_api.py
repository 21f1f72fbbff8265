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
    """Tenants by name."""

    advertisers: list[AdvertiserOut]


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
    """A page of the audit log, newest first; `next` is the `before` of the next page."""

    entries: list[AuditOut]
    next: int | None


@router.get("/me", dependencies=[access(*Role, while_password_is_one_time=True)])
async def me(principal: PrincipalDep) -> Me:
    """Who is asking."""
    return Me.model_validate(principal)


@router.get("/advertisers", dependencies=[access(*STAFF)])
async def list_advertisers(web: WebDep) -> Advertisers:
    """Every advertiser, by name."""
    return Advertisers.model_validate({"advertisers": await web.store.advertisers.all()})


@router.post("/advertisers", status_code=201, dependencies=[access(Role.ADMIN, audit=False)])
async def add_advertiser(body: AdvertiserBody, request: Request, web: WebDep, principal: PrincipalDep) -> AdvertiserOut:
    """Make an advertiser."""
    made = await web.accounts.add_advertiser(body.id, body.name, actor_of(request, principal))
    return AdvertiserOut.model_validate(made)


@router.get("/users", dependencies=[access(Role.ADMIN)])
async def list_users(web: WebDep, after: Annotated[str, Query(max_length=120)] = "", limit: _Limit = 100) -> Users:
    """Users, a page at a time."""
    users = await web.store.users.all(after=after, limit=limit + 1)
    return Users.model_validate({"users": users[:limit], "next": users[limit - 1].login if users[limit:] else None})


@router.get("/audit", dependencies=[access(Role.ADMIN)])
async def audit_log(
    web: WebDep,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    advertiser_id: Annotated[str | None, Query(max_length=40)] = None,
    limit: _Limit = 100,
) -> Audit:
    """The audit log, newest first, a page at a time."""
    entries = await web.store.audit.latest(before=before, advertiser_id=advertiser_id, limit=limit + 1)
    page = entries[:limit]
    return Audit.model_validate({"entries": page, "next": page[-1].id if entries[limit:] else None})
