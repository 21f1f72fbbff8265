"""What insight reads and keeps: messages of all rooms, and logos that were seen on air."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.insight.logos import Sighting
from influencer.insight.mentions import Written
from influencer.store.insight_schema import LogoSightingRow
from influencer.store.schema import ChatRow, ShowRow

MAX_MESSAGES = 20_000


@dataclass(frozen=True, slots=True)
class Seen:
    """How long a brand's logo was on air in a show while a product was presented."""

    brand: str
    show_id: str
    product_id: str
    market: str
    sightings: int
    seconds: int
    surest: float
    last_at: datetime


class InsightRepository:
    """Reads bounded stretches; adds sightings."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def messages(
        self, start: datetime, end: datetime, show_id: str | None = None, limit: int = MAX_MESSAGES
    ) -> list[Written]:
        """What viewers wrote, the newest `limit`, as it was shown."""
        query = (
            select(ChatRow.text, ChatRow.show_id, ShowRow.market, ChatRow.sent_at)
            .join(ShowRow, ShowRow.id == ChatRow.show_id)
            .where(ChatRow.role == "viewer", ChatRow.sent_at >= start, ChatRow.sent_at < end)
            .order_by(ChatRow.id.desc())
            .limit(limit)
        )
        if show_id is not None:
            query = query.where(ChatRow.show_id == show_id)
        async with self._sessions() as session:
            rows = (await session.execute(query)).all()
        return [Written(text, show, market, sent_at.date().isoformat()) for text, show, market, sent_at in rows]

    async def saw(self, show_id: str, product_id: str, market: str, found: Sequence[Sighting], seconds: int) -> None:
        """Keep the logos of one frame; each stands for `seconds` of show."""
        if not found:
            return
        at = self._now()
        async with self._sessions.begin() as session:
            for one in found:
                left, top, right, bottom = one.box
                session.add(
                    LogoSightingRow(
                        brand=one.brand, show_id=show_id, product_id=product_id, market=market, score=one.score,
                        left=left, top=top, right=right, bottom=bottom, seconds=seconds, seen_at=at,
                    )
                )  # fmt: skip

    async def seen(
        self, start: datetime, end: datetime, brands: Sequence[str] | None = None, limit: int = 1_000
    ) -> list[Seen]:
        """Logos on air by brand, show and product, longest first."""
        row = LogoSightingRow
        long = func.sum(row.seconds)
        query = (
            select(
                row.brand, row.show_id, row.product_id, row.market, func.count(), long, func.max(row.score),
                func.max(row.seen_at, type_=row.seen_at.type),
            )
            .where(row.seen_at >= start, row.seen_at < end)
            .group_by(row.brand, row.show_id, row.product_id, row.market)
            .order_by(long.desc(), row.brand, row.show_id, row.product_id)
            .limit(limit)
        )  # fmt: skip
        if brands is not None:
            query = query.where(row.brand.in_(brands))
        async with self._sessions() as session:
            return [Seen(*values) for values in (await session.execute(query)).all()]
