"""The tables of market packs and personas: every version that was saved, and what each show went on air with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class PackVersionRow(Row):
    """A pack as somebody saved it. A row is added and approved, and never changed otherwise."""

    __tablename__ = "pack_versions"
    __table_args__ = (
        Index("uq_pack_versions_kind_pack_id_version", "kind", "pack_id", "version", unique=True),
        CheckConstraint("kind IN ('market', 'persona')", name="kind_known"),
        CheckConstraint("state IN ('draft', 'approved')", name="state_known"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(10))
    pack_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(Integer)
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[str] = mapped_column(String(10))
    author: Mapped[str] = mapped_column(String(120))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text)
    approved_by: Mapped[str | None] = mapped_column(String(120))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ShowCastRow(Row):
    """The packs a show is on air with, whole: a later version is not its own before an operator swaps."""

    __tablename__ = "show_casts"

    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"), primary_key=True)
    market: Mapped[dict[str, Any]] = mapped_column(JSON)
    market_version: Mapped[int] = mapped_column(Integer)
    persona: Mapped[dict[str, Any]] = mapped_column(JSON)
    persona_version: Mapped[int] = mapped_column(Integer)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
