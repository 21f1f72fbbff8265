"""The table of likes."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row


class LikesRow(Row):
    """How often a show was liked. One row a show: who liked is nobody's business."""

    __tablename__ = "likes"
    __table_args__ = (CheckConstraint("count >= 0", name="count_not_negative"),)

    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
