"""The ledger of footage: which clips and pictures may be animated, whose they are, and who put them in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict
from influencer.store.likeness_schema import FootageRow
from influencer.store.schema import columns


@dataclass(frozen=True, slots=True)
class NewFootage:
    """A clip, a picture or a folder of frames. `size` in bytes; `consent_id` None for footage of nobody who exists."""

    sha256: str
    name: str
    size: int
    consent_id: str | None
    licence: str
    """Of the recording itself: who may use it, and from whom it is."""
    added_by: str


@dataclass(frozen=True, slots=True)
class StoredFootage(NewFootage):
    """An entry as it is kept; never changed."""

    added_at: datetime


class FootageRepository:
    """Add and look up."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, footage: NewFootage) -> StoredFootage:
        """Keep an entry; exactly the same one again returns the first.

        Raises:
            Conflict: the same file is in the ledger for somebody else: whose it is never changes.
        """
        async with self._sessions.begin() as session:
            row = await session.get(FootageRow, footage.sha256)
            if row is None:
                row = FootageRow(**asdict(footage), added_at=self._now())
                session.add(row)
            elif row.consent_id != footage.consent_id:
                whose = f"under {row.consent_id}" if row.consent_id else "as footage of nobody"
                raise Conflict(
                    f"footage {footage.sha256[:12]}… is in the ledger {whose}, and an entry is never changed"
                )
        return StoredFootage(**columns(row))

    async def all(self) -> list[StoredFootage]:
        """Every entry, oldest first."""
        async with self._sessions() as session:
            rows = await session.scalars(select(FootageRow).order_by(FootageRow.added_at, FootageRow.sha256))
            return [StoredFootage(**columns(row)) for row in rows]
