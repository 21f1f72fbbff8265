"""What operators planned and changed of a show: read again after kill -9."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.desks_schema import DeskRow


class DeskRepository:
    """One desk a show. What is stored is JSON; its meaning is that of `influencer.show.keeping`."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions, self._now = sessions, now

    async def save_run(self, show_id: str, run_of_show: dict[str, Any]) -> None:
        """Keep the run-of-show of a show; durable when this returns."""
        await self._save(show_id, run_of_show=run_of_show)

    async def save_desk(self, show_id: str, desk: dict[str, Any] | None) -> None:
        """Keep the desk of a show, or that there is nothing to keep (None); durable when this returns."""
        await self._save(show_id, desk=desk)

    async def load(self, show_id: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """(run-of-show, desk), None each when there is none."""
        async with self._sessions() as session:
            row = await session.get(DeskRow, show_id)
        return (None, None) if row is None else (row.run_of_show, row.desk)

    async def _save(self, show_id: str, **values: dict[str, Any] | None) -> None:
        async with self._sessions.begin() as session:
            await session.merge(DeskRow(show_id=show_id, updated_at=self._now(), **values))
