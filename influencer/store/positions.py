"""Where each show is in its rundown: written before a line is spoken, read after kill -9."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.script.values import Position
from influencer.store.schema import PositionRow


class PositionRepository:
    """One position a show."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def save(self, show_id: str, position: Position) -> None:
        """Replace the show's position; durable when this returns."""
        row = PositionRow(
            show_id=show_id,
            lap=position.lap,
            segment=position.segment,
            line=position.line,
            recent_variants=list(position.recent_variants),
            updated_at=self._now(),
        )
        async with self._sessions.begin() as session:
            await session.merge(row)

    async def load(self, show_id: str) -> Position | None:
        """The last saved position, None for a show that has not begun."""
        async with self._sessions() as session:
            row = await session.get(PositionRow, show_id)
        if row is None:
            return None
        return Position(row.lap, row.segment, row.line, tuple(row.recent_variants))
