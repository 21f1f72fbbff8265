"""Database sessions; on SQLite the writers of this process wait in line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


class Sessions(async_sessionmaker[AsyncSession]):
    """A session factory whose `begin()` is fair.

    SQLite has one writer at a time, and lets the others poll for it: under a rush of writers some never get their turn
    before the busy timeout and fail with "database is locked". Here they queue; the timeout is for other processes.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine, expire_on_commit=False)
        self._writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:  # type: ignore[override]
        """A session in one transaction: committed at the end, rolled back on an exception. Not to be nested."""
        if self._writer is None:
            async with super().begin() as session:
                yield session
            return
        async with self._writer, super().begin() as session:
            yield session
