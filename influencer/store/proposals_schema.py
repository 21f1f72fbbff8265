"""The table of times that advertisers propose for their briefs, and what became of each."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row
from influencer.store.types import UtcDateTime


class ProposalRow(Row):
    """When an advertiser wants a brief on air. Decided once; an accepted one names its entry in the programme."""

    __tablename__ = "proposals"
    __table_args__ = (
        Index("ix_proposals_brief_id_made_at", "brief_id", "made_at"),
        Index("ix_proposals_state_made_at", "state", "made_at"),
        CheckConstraint("state IN ('proposed', 'accepted', 'refused', 'withdrawn')", name="state_known"),
        CheckConstraint("minutes > 0 AND minutes <= 1440", name="minutes_within_a_day"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    brief_id: Mapped[str] = mapped_column(ForeignKey("briefs.id"))
    market: Mapped[str] = mapped_column(String(16))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    weekdays: Mapped[list[int]] = mapped_column(JSON)
    earliest: Mapped[str] = mapped_column(String(5))
    latest: Mapped[str] = mapped_column(String(5))
    minutes: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(Text)
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("programme_entries.id"))
