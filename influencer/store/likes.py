"""Likes of shows: a number that only grows."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.likes_schema import LikesRow


class LikeRepository:
    """Counts likes by show."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def add(self, show_id: str, count: int) -> int:
        """Count `count` more (at least 1) and return the sum; stored before this returns.

        Raises:
            IntegrityError: there never was such a show.
        """
        total = await self._added(show_id, count)
        if total is None:
            try:
                async with self._sessions.begin() as session:
                    session.add(LikesRow(show_id=show_id, count=count))
                return count
            except IntegrityError:  # another viewer was first, between the look and the insert; or there is no show
                total = await self._added(show_id, count)
                if total is None:
                    raise
        return total

    async def of(self, show_id: str) -> int:
        """The sum, 0 before the first."""
        async with self._sessions() as session:
            return (await session.scalars(select(LikesRow.count).where(LikesRow.show_id == show_id))).first() or 0

    async def _added(self, show_id: str, count: int) -> int | None:
        async with self._sessions.begin() as session:
            changed = await session.execute(
                update(LikesRow)
                .where(LikesRow.show_id == show_id)
                .values(count=LikesRow.count + count)
                .returning(LikesRow.count)
            )
            return changed.scalar()
