"""Tables of the sales loop: what viewers did, and the questions nobody could answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class EventRow(Row):
    """One thing a viewer did, and what was on air. Rows are added, and deleted when a viewer or their age demands."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("milliseconds >= 0", name="milliseconds_not_negative"),
        Index("uq_events_viewer_key", "viewer", "key", unique=True),
        Index("ix_events_show_id_at", "show_id", "at"),
        Index("ix_events_at", "at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    viewer: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    product_id: Mapped[str] = mapped_column(String(64))
    milliseconds: Mapped[int] = mapped_column(Integer)
    utterance_id: Mapped[int | None] = mapped_column(ForeignKey("utterances.id"))
    on_air: Mapped[str] = mapped_column(String(64))
    segment: Mapped[str] = mapped_column(String(32))
    persona: Mapped[str] = mapped_column(String(64))
    market: Mapped[str] = mapped_column(String(16))
    variant: Mapped[str] = mapped_column(String(128))
    arms: Mapped[dict[str, str]] = mapped_column(JSON)
    detail: Mapped[str] = mapped_column(String(32), server_default="")


class OpenQuestionRow(Row):
    """A viewer's question that no fact of the brief answers, as it was admitted to the chat (personal data masked)."""

    __tablename__ = "open_questions"
    __table_args__ = (Index("ix_open_questions_show_id_asked_at", "show_id", "asked_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    product_id: Mapped[str] = mapped_column(String(64))
    market: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
