"""Consent records: added once, never edited, only revoked, or replaced by a newer one from a day on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, InvalidInput, Mistake, NotFound
from influencer.likeness.consent import ConsentRecord, StoredConsent, clashes, forbidden_purposes
from influencer.likeness.people import person_key, same_person
from influencer.store.likeness_schema import WithdrawalRow
from influencer.store.schema import ConsentRow, columns
from influencer.store.tellings import likeness_lapsed

WITHDRAWN = "withdrawn by the person"


class ConsentRepository:
    """Records by id, by person and by picture. Whether one allows a use is decided by `influencer.likeness`."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, record: ConsentRecord) -> StoredConsent:
        """Keep a new record under a new id.

        Raises:
            InvalidInput: a clause of it forbids one of its purposes, what it replaces is no record in force of the same
                person, it promises a category that another brand has, or it was signed before the person withdrew.
        """
        lists = {name: list(getattr(record, name)) for name in ("purposes", "markets", "personas", "references")}
        row = ConsentRow(
            **{**dict(record), **lists, "exclusive": [only.model_dump() for only in record.exclusive]},
            id=f"C-{secrets.token_hex(5).upper()}",
            added_at=self._now(),
            revoked_at=None,
            revoked_because=None,
        )
        async with self._sessions.begin() as session:
            others = [one for one in await _all(session) if same_person(one.record.person, record.person)]
            gone = await _withdrawn_at(session, record.person)
            mistakes = forbidden_purposes(record) + _replacing(record, others) + clashes(record, others)
            if gone is not None and record.signed_on < gone.date():
                mistakes.append(Mistake("signed_on", str(record.signed_on), f"{gone.date()}, the withdrawal, or later"))
            if mistakes:
                raise InvalidInput("consent", mistakes)
            session.add(row)
        return _value(row)

    async def get(self, consent_id: str) -> StoredConsent:
        """One record.

        Raises:
            NotFound: there is none.
        """
        found = next((consent for consent in await self.all() if consent.id == consent_id), None)
        if found is None:
            raise NotFound(f"consent: got {consent_id!r}; allowed: an id that `portrait consent list` shows")
        return found

    async def all(self) -> list[StoredConsent]:
        """Every record, revoked and ended ones too, oldest first."""
        async with self._sessions() as session:
            return await _all(session)

    async def of_person(self, person: str) -> list[StoredConsent]:
        """The records of somebody, compared without case, accents and spaces."""
        return [consent for consent in await self.all() if same_person(consent.record.person, person)]

    async def of_key(self, key: str) -> list[StoredConsent]:
        """The records of the person with this key (`influencer.likeness.people.person_key`).

        Raises:
            NotFound: there are none.
        """
        found = [consent for consent in await self.all() if person_key(consent.record.person) == key]
        if not found:
            raise NotFound(f"likeness: got {key!r}; allowed: a person that the list of likenesses shows")
        return found

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

    async def withdraw(self, person: str, via: str) -> list[str]:
        """Revoke all records of a person in one step, and remember that they withdrew; the ids that were revoked.

        A second time does nothing and returns nothing.
        """
        async with self._sessions.begin() as session:
            open_ = [
                consent.id
                for consent in await _all(session)
                if same_person(consent.record.person, person) and consent.revoked_at is None
            ]
            if not open_:
                return []
            now = self._now()
            query = select(ConsentRow).where(ConsentRow.id.in_(open_), ConsentRow.revoked_at.is_(None))
            for row in list(await session.scalars(query.with_for_update())):
                row.revoked_at, row.revoked_because = now, WITHDRAWN
                await likeness_lapsed(session, row, "revoked", now, now)
            session.add(WithdrawalRow(person=person, person_key=person_key(person), withdrawn_at=now, via=via[:40]))
        return open_

    async def withdrawn_at(self, person: str) -> datetime | None:
        """When somebody withdrew last, None for never."""
        async with self._sessions() as session:
            return await _withdrawn_at(session, person)


async def _all(session: AsyncSession) -> list[StoredConsent]:
    rows = await session.scalars(select(ConsentRow).order_by(ConsentRow.added_at, ConsentRow.id))
    return _with_replacements([_value(row) for row in rows])


def _with_replacements(consents: Iterable[StoredConsent]) -> list[StoredConsent]:
    found = {consent.id: consent for consent in consents}
    for newer in list(found.values()):
        old = found.get(newer.record.replaces or "")
        if old is not None:
            found[old.id] = replace(found[old.id], replaced_by=newer.id, replaced_on=newer.record.begins)
    return list(found.values())


def _replacing(record: ConsentRecord, others: list[StoredConsent]) -> list[Mistake]:
    if record.replaces is None:
        return []
    old = next((one for one in others if one.id == record.replaces), None)
    if old is None:
        return [Mistake("replaces", record.replaces, "a record of the same person")]
    if old.revoked_at is not None or old.replaced_by is not None:
        return [Mistake("replaces", record.replaces, "a record that is neither revoked nor replaced")]
    if record.begins <= old.record.begins:
        return [Mistake("valid_from", str(record.begins), f"after {old.record.begins}, when {old.id} begins")]
    return []


async def _withdrawn_at(session: AsyncSession, person: str) -> datetime | None:
    query = select(WithdrawalRow.withdrawn_at).where(WithdrawalRow.person_key == person_key(person))
    return (await session.scalars(query.order_by(WithdrawalRow.id.desc()).limit(1))).first()


def _value(row: ConsentRow) -> StoredConsent:
    values = columns(row)
    kept = {name: values.pop(name) for name in ("id", "added_at", "revoked_at", "revoked_because")}
    return StoredConsent(record=ConsentRecord.model_validate(values), **kept)
