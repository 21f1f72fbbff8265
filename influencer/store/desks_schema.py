"""The table of what operators planned and changed, one row a show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row
from influencer.store.types import UtcDateTime


class DeskRow(Row):
    """A show's run-of-show as it was started with, and its operator's desk as it was left."""

    __tablename__ = "show_desks"

    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"), primary_key=True)
    run_of_show: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    desk: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
