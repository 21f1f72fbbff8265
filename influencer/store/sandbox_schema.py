"""The tables of the test payment provider: its side of the counter, which the shop reads only through its API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row
from influencer.store.types import UtcDateTime


class SandboxIntentRow(Row):
    """A payment that is wanted. Of a card only the last four digits are kept."""

    __tablename__ = "sandbox_intents"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("refunded >= 0 AND refunded <= amount", name="refunded_bounded"),
        Index("uq_sandbox_intents_idempotency_key", "idempotency_key", unique=True),
        Index("ix_sandbox_intents_settles_at", "settles_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(80))
    fingerprint: Mapped[str] = mapped_column(String(64))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(Text)
    return_url: Mapped[str] = mapped_column(Text)
    market: Mapped[str] = mapped_column(String(16))
    client_secret: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(24))
    failure: Mapped[str | None] = mapped_column(String(40))
    declines: Mapped[int] = mapped_column(Integer)
    last4: Mapped[str | None] = mapped_column(String(4))
    webhooks: Mapped[str] = mapped_column(String(16))
    settles_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settles_to: Mapped[str | None] = mapped_column(String(24))
    refunded: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SandboxRefundRow(Row):
    """Money given back on an intent."""

    __tablename__ = "sandbox_refunds"
    __table_args__ = (Index("uq_sandbox_refunds_idempotency_key", "idempotency_key", unique=True),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    intent_id: Mapped[str] = mapped_column(ForeignKey("sandbox_intents.id"))
    idempotency_key: Mapped[str] = mapped_column(String(80))
    amount: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SandboxEventRow(Row):
    """A webhook to send. `due_at` is None when it was delivered, given up, or is one that gets lost on purpose."""

    __tablename__ = "sandbox_events"
    __table_args__ = (Index("ix_sandbox_events_due_at", "due_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    intent_id: Mapped[str] = mapped_column(ForeignKey("sandbox_intents.id"))
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    copies: Mapped[int] = mapped_column(Integer)
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
