"""The values of accounts: users, advertisers, sign-ins, API keys, audit entries. None carries a secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from influencer.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Advertiser:
    """A tenant: whoever pays for shows and owns briefs, orders and reports."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account. An advertiser's user belongs to exactly one advertiser, nobody else to any."""

    id: str
    login: str
    name: str
    role: Role
    advertiser_id: str | None
    created_at: datetime
    one_time_until: datetime | None = None
    """Set: the password is a one-time password, to be changed at the first sign-in, and void after this."""
    disabled_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    has_password: bool = True


@dataclass(frozen=True, slots=True)
class SignIn:
    """A session: one signed-in browser. The cookie's secret is kept as a hash only."""

    id: str
    user_id: str
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key. Its secret is shown once, when it is made, and kept as a hash only."""

    id: str
    user_id: str
    name: str
    role: Role
    advertiser_id: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewAudit:
    """Something that was done: by whom, on what, from where. Never holds a secret."""

    action: str
    actor: str
    """A login, the name of a key, or "command line"."""
    subject: str = ""
    actor_id: str | None = None
    advertiser_id: str | None = None
    address: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(NewAudit):
    """An entry as it is kept. `at` is the wall clock of the server."""

    id: int
    at: datetime
