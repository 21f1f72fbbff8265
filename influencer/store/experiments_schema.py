"""Tables of experiments: what was tried and how it ended, and each stretch of a show with the arm that was on air."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class ExperimentRow(Row):
    """An experiment: its design as it began, and its ending. An ending is written once."""

    __tablename__ = "experiments"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    design: Mapped[dict[str, Any]] = mapped_column(JSON)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ending: Mapped[str | None] = mapped_column(String(16))
    winner: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AssignmentRow(Row):
    """A stretch of a show with one arm on air; counted once it is over and late events are in."""

    __tablename__ = "assignments"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= began_at", name="ends_after_it_begins"),
        CheckConstraint("(outcomes IS NULL) = (exposure_ms IS NULL)", name="counted_whole"),
        Index("ix_assignments_experiment_id_id", "experiment_id", "id"),
        Index("ix_assignments_show_id_ended_at", "show_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    experiment_id: Mapped[str] = mapped_column(ForeignKey("experiments.id"))
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    arm: Mapped[str] = mapped_column(String(64))
    holdout: Mapped[bool] = mapped_column(Boolean)
    block: Mapped[int] = mapped_column(Integer)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcomes: Mapped[int | None] = mapped_column(Integer)
    exposure_ms: Mapped[int | None] = mapped_column(BigInteger)
