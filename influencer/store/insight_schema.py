"""Table of insight: logos that were seen in the picture of a show."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class LogoSightingRow(Row):
    """A logo in one sampled frame. Times `seconds` apart: each sighting stands for that long."""

    __tablename__ = "logo_sightings"
    __table_args__ = (Index("ix_logo_sightings_brand_seen_at", "brand", "seen_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    brand: Mapped[str] = mapped_column(String(120))
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    product_id: Mapped[str] = mapped_column(String(64))
    market: Mapped[str] = mapped_column(String(16))
    score: Mapped[float] = mapped_column(Float)
    left: Mapped[float] = mapped_column(Float)
    top: Mapped[float] = mapped_column(Float)
    right: Mapped[float] = mapped_column(Float)
    bottom: Mapped[float] = mapped_column(Float)
    seconds: Mapped[int] = mapped_column(Integer)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
