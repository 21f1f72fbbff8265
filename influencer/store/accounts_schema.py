"""The tables of accounts: advertisers, users, sign-ins, API keys and the audit log. Secrets are kept as hashes only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class AdvertiserRow(Row):
    """A tenant. Rows of other tables that belong to one refer to it."""

    __tablename__ = "advertisers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UserRow(Row):
    """A person with an account; never deleted, so that the audit log goes on to name them."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("(role = 'advertiser') = (advertiser_id IS NOT NULL)", name="advertisers_user_has_one"),
        CheckConstraint("role IN ('viewer', 'advertiser', 'operator', 'admin')", name="role_known"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    login: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(16))
    advertiser_id: Mapped[str | None] = mapped_column(ForeignKey("advertisers.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    one_time_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    oidc_subject: Mapped[str | None] = mapped_column(String(400), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInRow(Row):
    """A session: the hash of its cookie, and whose it is."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(160))


class ApiKeyRow(Row):
    """A program's key: the hash of its secret, and what it may do."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("(role = 'advertiser') = (advertiser_id IS NOT NULL)", name="advertisers_key_has_one"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(16))
    advertiser_id: Mapped[str | None] = mapped_column(ForeignKey("advertisers.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Row):
    """Something that was done. The database itself refuses to change or delete rows (see the migration)."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_advertiser_id_id", "advertiser_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(80))
    actor: Mapped[str] = mapped_column(String(120))
    actor_id: Mapped[str | None] = mapped_column(String(24), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    advertiser_id: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
