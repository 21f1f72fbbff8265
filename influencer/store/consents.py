"""Consent records: added once, never edited, only revoked."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, NotFound
from influencer.likeness.consent import ConsentRecord, StoredConsent
from influencer.likeness.people import same_person
from influencer.store.schema import ConsentRow, columns
from influencer.store.tellings import likeness_lapsed


class ConsentRepository:
    """Records by id, by person and by picture. Whether one allows a use is decided by `influencer.likeness`."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, record: ConsentRecord) -> StoredConsent:
        """Keep a new record under a new id."""
        lists = {name: list(getattr(record, name)) for name in ("purposes", "markets", "personas", "references")}
        row = ConsentRow(
            **{**dict(record), **lists},
            id=f"C-{secrets.token_hex(5).upper()}",
            added_at=self._now(),
            revoked_at=None,
            revoked_because=None,
        )
        async with self._sessions.begin() as session:
            session.add(row)
        return _value(row)

    async def get(self, consent_id: str) -> StoredConsent:
        """One record.

        Raises:
            NotFound: there is none.
        """
        async with self._sessions() as session:
            row = await session.get(ConsentRow, consent_id)
        if row is None:
            raise NotFound(f"consent: got {consent_id!r}; allowed: an id that `portrait consent list` shows")
        return _value(row)

    async def all(self) -> list[StoredConsent]:
        """Every record, revoked and ended ones too, oldest first."""
        async with self._sessions() as session:
            rows = await session.scalars(select(ConsentRow).order_by(ConsentRow.added_at, ConsentRow.id))
            return [_value(row) for row in rows]

    async def of_person(self, person: str) -> list[StoredConsent]:
        """The records of somebody, compared without case, accents and spaces."""
        return [consent for consent in await self.all() if same_person(consent.record.person, person)]

    async def of_picture(self, sha256: str) -> list[StoredConsent]:
        """The records that name a picture among their references."""
        return [consent for consent in await self.all() if sha256 in consent.record.references]

    async def revoke(self, consent_id: str, because: str) -> StoredConsent:
        """End a record now, for good.

        Raises:
            NotFound: there is none.
            Conflict: it is revoked already.
        """
        async with self._sessions.begin() as session:
            row = await session.get(ConsentRow, consent_id, with_for_update=True)
            if row is None:
                raise NotFound(f"consent: got {consent_id!r}; allowed: an id that `portrait consent list` shows")
            if row.revoked_at is not None:
                raise Conflict(f"consent {consent_id} was revoked on {row.revoked_at:%Y-%m-%d}")
            row.revoked_at = self._now()
            row.revoked_because = because
            await likeness_lapsed(session, row, "revoked", row.revoked_at, row.revoked_at)
        return _value(row)

    async def tell_ended(self, look_back: timedelta) -> None:
        """Tell others of the records whose term ended in that time; each is told once."""
        now = self._now()
        today = now.date()
        query = select(ConsentRow).where(ConsentRow.revoked_at.is_(None), ConsentRow.valid_until < today)
        query = query.where(ConsentRow.valid_until >= today - look_back)
        async with self._sessions.begin() as session:
            for row in list(await session.scalars(query)):
                ended = datetime.combine(row.valid_until + timedelta(days=1), time(), UTC)
                await likeness_lapsed(session, row, "ended", ended, now)


def _value(row: ConsentRow) -> StoredConsent:
    values = columns(row)
    kept = {name: values.pop(name) for name in ("id", "added_at", "revoked_at", "revoked_because")}
    return StoredConsent(record=ConsentRecord.model_validate(values), **kept)
