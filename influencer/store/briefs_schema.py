"""The tables of briefs: each advertiser's briefs, every version of them, and their pictures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class BriefRow(Row):
    """A product we are briefed about. `id` is the product's id on air, `name` the advertiser's own id of it."""

    __tablename__ = "briefs"
    __table_args__ = (Index("uq_briefs_advertiser_id_name", "advertiser_id", "name", unique=True),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    advertiser_id: Mapped[str] = mapped_column(ForeignKey("advertisers.id"))
    name: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BriefVersionRow(Row):
    """A brief as it was at one time. Only the newest version may change, and only while it is a draft."""

    __tablename__ = "brief_versions"
    __table_args__ = (
        Index("uq_brief_versions_brief_id_version", "brief_id", "version", unique=True),
        Index("ix_brief_versions_state_id", "state", "id"),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'changes-requested', 'approved', 'withdrawn')", name="state_known"
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    brief_id: Mapped[str] = mapped_column(ForeignKey("briefs.id"))
    version: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20))
    author: Mapped[str] = mapped_column(String(120))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(Text)


class BriefImageRow(Row):
    """A picture of an advertiser's, decoded and encoded again by us; named by the SHA-256 of what is kept."""

    __tablename__ = "brief_images"

    advertiser_id: Mapped[str] = mapped_column(ForeignKey("advertisers.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    jpeg: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
