"""Which stretches of shows were recorded. The pictures and the sound lie in files; see `influencer.show.recording`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.air_schema import RecordingRow


class RecordingRepository:
    """Add, find, drop."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def begin(self, show_id: str) -> str:
        """Note that a recording begins; its id."""
        row = RecordingRow(id=f"R{secrets.token_hex(6)}", show_id=show_id, began_at=self._now())
        async with self._sessions.begin() as session:
            session.add(row)
        return row.id

    async def at(self, show_id: str, moment: datetime) -> str | None:
        """The recording of a show that a line said at `moment` is in; None when it began before any."""
        query = (
            select(RecordingRow.id)
            .where(RecordingRow.show_id == show_id, RecordingRow.began_at <= moment)
            .order_by(RecordingRow.began_at.desc(), RecordingRow.id)
            .limit(1)
        )
        async with self._sessions() as session:
            return (await session.scalars(query)).first()

    async def drop(self, recording_ids: list[str]) -> int:
        """Forget recordings whose files are gone; how many were known."""
        gone = delete(RecordingRow).where(RecordingRow.id.in_(recording_ids)).returning(RecordingRow.id)
        async with self._sessions.begin() as session:
            return len((await session.scalars(gone)).all())
