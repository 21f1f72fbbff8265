"""The tables. Repositories return frozen values; these rows never leave the package."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from influencer.store.types import Amount, UtcDateTime

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only for a column that is exactly INTEGER."""


class Row(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can refer to them."""

    metadata = MetaData(naming_convention=_NAMES)


class ShowRow(Row):
    """A show: what it was started with, and whether it should be on air."""

    __tablename__ = "shows"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    brief_ids: Mapped[list[str]] = mapped_column(JSON)
    market: Mapped[str] = mapped_column(String(16))
    persona: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PositionRow(Row):
    """Where a show is in its rundown."""

    __tablename__ = "positions"

    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"), primary_key=True)
    lap: Mapped[int] = mapped_column(Integer)
    segment: Mapped[int] = mapped_column(Integer)
    line: Mapped[int] = mapped_column(Integer)
    recent_variants: Mapped[list[str]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UtteranceRow(Row):
    """One sentence that went on air and the facts it rests on. Rows are only ever added."""

    __tablename__ = "utterances"
    __table_args__ = (
        Index("ix_utterances_show_id_id", "show_id", "id"),
        # Two lines can never follow the same one: a chain does not fork, whoever writes.
        Index("uq_utterances_show_id_previous", "show_id", "previous", unique=True),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    text: Mapped[str] = mapped_column(Text)
    fact_ids: Mapped[list[str]] = mapped_column(JSON)
    product_id: Mapped[str] = mapped_column(String(64))
    segment: Mapped[str] = mapped_column(String(32))
    market: Mapped[str] = mapped_column(String(16))
    variant: Mapped[str] = mapped_column(String(128))
    source: Mapped[str] = mapped_column(String(16))
    pts: Mapped[int] = mapped_column(BigInteger)
    spoken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    persona: Mapped[str] = mapped_column(String(64), server_default="")
    facts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, server_default="[]")
    previous: Mapped[str | None] = mapped_column(String(64))
    chain: Mapped[str | None] = mapped_column(String(64))


class ChatRow(Row):
    """One message of a show's chat."""

    __tablename__ = "chat_messages"
    __table_args__ = (Index("ix_chat_messages_show_id_id", "show_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    viewer_id: Mapped[str | None] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StockRow(Row):
    """Units left of one SKU; never below zero."""

    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("units >= 0", name="units_not_negative"),)

    sku: Mapped[str] = mapped_column(String(40), primary_key=True)
    units: Mapped[int] = mapped_column(Integer)


class ConsentRow(Row):
    """A person's agreement to the use of their likeness. Never changed but for its revocation."""

    __tablename__ = "consents"
    __table_args__ = (CheckConstraint("valid_until >= signed_on", name="term_not_empty"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    person: Mapped[str] = mapped_column(String(120))
    purposes: Mapped[list[str]] = mapped_column(JSON)
    markets: Mapped[list[str]] = mapped_column(JSON)
    personas: Mapped[list[str]] = mapped_column(JSON)
    signed_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    price: Mapped[Decimal] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3))
    no_copy: Mapped[bool] = mapped_column(Boolean)
    no_training: Mapped[bool] = mapped_column(Boolean)
    evidence_name: Mapped[str] = mapped_column(String(200))
    evidence_sha256: Mapped[str] = mapped_column(String(64))
    references: Mapped[list[str]] = mapped_column(JSON)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_because: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date | None] = mapped_column(Date)
    price_per_minute: Mapped[int] = mapped_column(BigInteger, server_default="0")
    minimum_fee: Mapped[int] = mapped_column(BigInteger, server_default="0")
    notice_days: Mapped[int] = mapped_column(Integer, server_default="0")
    exclusive: Mapped[list[dict[str, str]]] = mapped_column(JSON, server_default="[]")
    replaces: Mapped[str | None] = mapped_column(String(24))


class PortraitRow(Row):
    """A portrait this house painted: the proof that a picture is synthetic. Rows are only ever added."""

    __tablename__ = "portraits"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    persona: Mapped[str] = mapped_column(String(64), index=True)
    market: Mapped[str | None] = mapped_column(String(16))
    pipeline: Mapped[str] = mapped_column(String(200))
    licence: Mapped[str] = mapped_column(String(120))
    seed: Mapped[int] = mapped_column(BigInteger)
    prompt: Mapped[str] = mapped_column(Text)
    consent_id: Mapped[str | None] = mapped_column(ForeignKey("consents.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


def columns(row: Row) -> dict[str, Any]:
    """The row as keyword arguments of its value class."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
