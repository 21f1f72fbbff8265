"""The table of alerts: one row from the moment something is wrong until it is well again, and after."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class AlertRow(Row):
    """An alert. `open_key` is rule and subject while it is open, so that it cannot be opened twice; then NULL."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("uq_alerts_open_key", "open_key", unique=True),
        Index("ix_alerts_resolved_at", "resolved_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    rule: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(160))
    severity: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(Text)
    number: Mapped[float] = mapped_column(Float)
    open_key: Mapped[str | None] = mapped_column(String(220))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str | None] = mapped_column(String(120))
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
