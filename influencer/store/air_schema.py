"""The tables of airtime: what was said for how long, what advertisers will spend on it, and where it was recorded."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class HeardRow(Row):
    """A sentence that was heard, to its end or to where it was cut. Rows are only added, once for each start."""

    __tablename__ = "heard"
    __table_args__ = (
        Index("uq_heard_utterance_id_pts", "utterance_id", "pts", unique=True),
        Index("ix_heard_product_id_at", "product_id", "at"),
        CheckConstraint("samples > 0", name="samples_positive"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    utterance_id: Mapped[int] = mapped_column(ForeignKey("utterances.id"))
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    product_id: Mapped[str] = mapped_column(String(64))
    pts: Mapped[int] = mapped_column(BigInteger)
    samples: Mapped[int] = mapped_column(Integer)
    charged: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class BudgetRow(Row):
    """What may be spent on a brief's airtime in a period. Ended, never deleted: what was spent stays explained."""

    __tablename__ = "budgets"
    __table_args__ = (
        Index("ix_budgets_brief_id_starts", "brief_id", "starts"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("airtime_minute >= 0", name="airtime_minute_not_negative"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    brief_id: Mapped[str] = mapped_column(ForeignKey("briefs.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    airtime_minute: Mapped[int] = mapped_column(Integer)
    starts: Mapped[datetime] = mapped_column(UtcDateTime)
    ends: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecordingRow(Row):
    """One stretch of a show that is recorded: from a start of the process to its end, with one show clock."""

    __tablename__ = "recordings"
    __table_args__ = (Index("ix_recordings_show_id_began_at", "show_id", "began_at"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
