"""Tables of moderation: messages held for a person, and senders who may not write for a while."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class HeldMessageRow(Row):
    """A message that a person decides about; `viewer` is the sender's pseudonym, "" for one without a cookie."""

    __tablename__ = "held_messages"
    __table_args__ = (Index("ix_held_messages_show_id_state_id", "show_id", "state", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    viewer: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text, server_default="")


class MuteRow(Row):
    """A sender who may not write until a time: in one show, or in all of them when `show_id` is empty."""

    __tablename__ = "mutes"
    __table_args__ = (Index("ix_mutes_viewer_until", "viewer", "until"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    show_id: Mapped[str | None] = mapped_column(ForeignKey("shows.id"))
    viewer: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(80))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text, server_default="")
