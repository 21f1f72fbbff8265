"""Chat messages, kept for history on join and for moderation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.schema import ChatRow, columns

ChatRole = Literal["viewer", "host", "system"]


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it was shown. `viewer_id` is None for the house's own messages."""

    id: int
    show_id: str
    viewer_id: str | None
    author: str
    role: ChatRole
    text: str
    sent_at: datetime


class ChatRepository:
    """Messages of all shows, in the order they were stored."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def append(
        self, show_id: str, author: str, text: str, role: ChatRole = "viewer", viewer_id: str | None = None
    ) -> StoredMessage:
        """Keep one message."""
        row = ChatRow(show_id=show_id, author=author, text=text, role=role, viewer_id=viewer_id, sent_at=self._now())
        async with self._sessions.begin() as session:
            session.add(row)
        return StoredMessage(**columns(row))

    async def latest(self, show_id: str, limit: int = 50) -> list[StoredMessage]:
        """The newest `limit` messages of a show, oldest first."""
        query = select(ChatRow).where(ChatRow.show_id == show_id).order_by(ChatRow.id.desc()).limit(limit)
        async with self._sessions() as session:
            rows = list(await session.scalars(query))
        return [StoredMessage(**columns(row)) for row in reversed(rows)]
