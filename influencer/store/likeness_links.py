"""Secret links for people whose likeness is used: made by staff, kept as digests, ended by time or by hand."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.accounts.tokens import digest, is_session, new_session
from influencer.errors import NotFound
from influencer.likeness.people import person_key
from influencer.store.likeness_schema import LikenessLinkRow
from influencer.store.schema import columns


@dataclass(frozen=True, slots=True)
class LikenessLink:
    """A link without its secret."""

    id: str
    person: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class LikenessLinkRepository:
    """Makes links and finds them by their secret."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def make(self, person: str, lifetime: timedelta, made_by: str) -> tuple[LikenessLink, str]:
        """A new link, and its secret (256 random bits), which nobody can read again."""
        secret, now = new_session(), self._now()
        row = LikenessLinkRow(
            id=f"L-{secrets.token_hex(5).upper()}", person=person, person_key=person_key(person),
            digest=digest(secret), made_by=made_by[:120], made_at=now, expires_at=now + lifetime, ended_at=None,
        )  # fmt: skip
        async with self._sessions.begin() as session:
            session.add(row)
        return _value(row), secret

    async def of_secret(self, secret: str) -> LikenessLink:
        """The link that is in force.

        Raises:
            NotFound: none is; whether it never was, ran out or was ended is not told.
        """
        found = None
        if is_session(secret):
            query = select(LikenessLinkRow).where(LikenessLinkRow.digest == digest(secret))
            async with self._sessions() as session:
                found = (await session.scalars(query)).first()
        if found is None or found.ended_at is not None or found.expires_at <= self._now():
            raise NotFound("this link does not lead anywhere, or not any more; ask for a new one")
        return _value(found)

    async def of_key(self, key: str) -> list[LikenessLink]:
        """All links of a person, newest first."""
        query = select(LikenessLinkRow).where(LikenessLinkRow.person_key == key)
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(LikenessLinkRow.made_at.desc(), LikenessLinkRow.id))
            return [_value(row) for row in rows]

    async def end(self, link_id: str) -> LikenessLink:
        """End a link now; one that has ended stays as it is.

        Raises:
            NotFound: there is none.
        """
        async with self._sessions.begin() as session:
            row = await session.get(LikenessLinkRow, link_id, with_for_update=True)
            if row is None:
                raise NotFound(f"link: got {link_id!r}; allowed: an id that the person's page shows")
            row.ended_at = row.ended_at or self._now()
        return _value(row)


def _value(row: LikenessLinkRow) -> LikenessLink:
    values = columns(row)
    del values["digest"], values["person_key"]
    return LikenessLink(**values)
