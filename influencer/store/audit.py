"""The audit log: added to, read, and never changed. The database itself refuses anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.accounts.values import AuditEntry, NewAudit
from influencer.store.accounts_schema import AuditRow
from influencer.store.schema import columns

PAGE = 100
_LENGTHS = {"action": 80, "actor": 120, "subject": 200, "address": 64}


class AuditLog:
    """Who did what, on what, when, from where."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, entry: NewAudit) -> AuditEntry:
        """Write an entry; overlong texts are cut, since what happened must be kept anyhow."""
        values = asdict(entry)
        values.update({name: str(values[name])[:length] for name, length in _LENGTHS.items()})
        row = AuditRow(**values, at=self._now())
        async with self._sessions.begin() as session:
            session.add(row)
        return AuditEntry(**columns(row))

    async def latest(
        self, *, before: int | None = None, advertiser_id: str | None = None, limit: int = PAGE
    ) -> list[AuditEntry]:
        """Entries, newest first: those older than the entry `before`, of one advertiser when one is given."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditRow.id < before)
        if advertiser_id is not None:
            query = query.where(AuditRow.advertiser_id == advertiser_id)
        async with self._sessions() as session:
            return [AuditEntry(**columns(row)) for row in await session.scalars(query)]
