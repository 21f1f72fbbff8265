"""The ledger of portraits this house painted, by the SHA-256 of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.schema import PortraitRow, columns


@dataclass(frozen=True, slots=True)
class NewPortrait:
    """A painted file. `market` is None for a master portrait, `consent_id` for a person who does not exist."""

    sha256: str
    persona: str
    market: str | None
    pipeline: str
    licence: str
    seed: int
    prompt: str
    consent_id: str | None


@dataclass(frozen=True, slots=True)
class StoredPortrait(NewPortrait):
    """A painted file as it is kept."""

    made_at: datetime


class PortraitRepository:
    """Add and look up; nothing is ever changed."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, portrait: NewPortrait) -> StoredPortrait:
        """Keep a portrait; the same file again keeps the first entry."""
        async with self._sessions.begin() as session:
            row = await session.get(PortraitRow, portrait.sha256)
            if row is None:
                row = PortraitRow(**asdict(portrait), made_at=self._now())
                session.add(row)
        return StoredPortrait(**columns(row))

    async def find(self, sha256: str) -> StoredPortrait | None:
        """The entry of a file, None when we did not paint it."""
        async with self._sessions() as session:
            row = await session.get(PortraitRow, sha256)
        return None if row is None else StoredPortrait(**columns(row))

    async def of_persona(self, persona: str) -> list[StoredPortrait]:
        """Every entry of a persona, oldest first."""
        query = select(PortraitRow).where(PortraitRow.persona == persona).order_by(PortraitRow.made_at)
        async with self._sessions() as session:
            return [StoredPortrait(**columns(row)) for row in await session.scalars(query)]
