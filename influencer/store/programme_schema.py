"""The tables of the programme: its entries, and each time one was on air."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row
from influencer.store.types import UtcDateTime


class EntryRow(Row):
    """A show that is on air at certain local times. Ended, never deleted: what was on air stays explained."""

    __tablename__ = "programme_entries"
    __table_args__ = (CheckConstraint("minutes > 0 AND minutes <= 1440", name="minutes_within_a_day"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    brief_ids: Mapped[list[str]] = mapped_column(JSON)
    market: Mapped[str] = mapped_column(String(16))
    persona: Mapped[str | None] = mapped_column(String(64))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    weekdays: Mapped[list[int]] = mapped_column(JSON)
    starts: Mapped[str] = mapped_column(String(5))
    minutes: Mapped[int] = mapped_column(Integer)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AiringRow(Row):
    """One time an entry was due: the show it became, or why it became none. One row an airing, whoever is first."""

    __tablename__ = "programme_airings"

    entry_id: Mapped[str] = mapped_column(ForeignKey("programme_entries.id"), primary_key=True)
    start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    end: Mapped[datetime] = mapped_column(UtcDateTime)
    show_id: Mapped[str | None] = mapped_column(String(40))
    failed: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
