"""Sign-ins: who is signed in where. They survive a restart; of the cookie only a hash is kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.accounts.values import SignIn, User
from influencer.store.accounts_schema import SignInRow, UserRow
from influencer.store.schema import columns
from influencer.store.users import user_value

MOST = 20
"""Browsers somebody may be signed in with; the oldest sign-in goes."""
_SEEN_EVERY = timedelta(minutes=5)


class SignInRepository:
    """Sign-ins by the hash of their cookie, and by user."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, user_id: str, token_hash: str, lifetime: timedelta, address: str, browser: str) -> SignIn:
        """Keep a new sign-in; ended ones, and this user's oldest when there are too many, are cleared away."""
        now = self._now()
        row = SignInRow(
            id=f"S-{secrets.token_hex(5).upper()}",
            user_id=user_id,
            token_hash=token_hash,
            created_at=now,
            expires_at=now + lifetime,
            last_seen_at=now,
            address=address[:64],
            browser=browser[:160],
        )
        newest = (
            select(SignInRow.id)
            .where(SignInRow.user_id == user_id)
            .order_by(SignInRow.created_at.desc(), SignInRow.id)
            .limit(MOST - 1)
        )
        async with self._sessions.begin() as session:
            kept = list(await session.scalars(newest))
            await session.execute(
                delete(SignInRow).where(
                    (SignInRow.expires_at <= now) | ((SignInRow.user_id == user_id) & SignInRow.id.not_in(kept))
                )
            )
            session.add(row)
        return _value(row)

    async def find(self, token_hash: str, idle: timedelta | None = None) -> tuple[SignIn, User] | None:
        """The sign-in of a cookie with its user, None when it is unknown or has ended. Stamps when it was seen.

        With `idle` it has also ended when it was not used for so long: never earlier, and at most a tenth later.
        """
        query = select(SignInRow, UserRow).join(UserRow, UserRow.id == SignInRow.user_id)
        now = self._now()
        async with self._sessions() as session:
            found = (
                await session.execute(query.where(SignInRow.token_hash == token_hash, SignInRow.expires_at > now))
            ).one_or_none()
        if found is None:
            return None
        row, user = found
        if idle is not None and _unused_since(now, idle) >= row.last_seen_at:
            return None
        if now - row.last_seen_at >= _stamped_every(idle):
            async with self._sessions.begin() as session:
                await session.execute(update(SignInRow).where(SignInRow.id == row.id).values(last_seen_at=now))
        return _value(row), user_value(user)

    async def of_user(self, user_id: str, idle: timedelta | None = None) -> list[SignIn]:
        """Where somebody is signed in, newest first; with `idle` without those that were not used for so long."""
        query = select(SignInRow).where(SignInRow.user_id == user_id, SignInRow.expires_at > self._now())
        if idle is not None:
            query = query.where(SignInRow.last_seen_at > _unused_since(self._now(), idle))
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(SignInRow.created_at.desc(), SignInRow.id).limit(MOST))
            return [_value(row) for row in rows]

    async def end(self, sign_in_id: str, user_id: str) -> bool:
        """End one sign-in of a user; False when they have no such one."""
        async with self._sessions.begin() as session:
            gone = await session.scalar(
                delete(SignInRow)
                .where(SignInRow.id == sign_in_id, SignInRow.user_id == user_id)
                .returning(SignInRow.id)
            )
        return gone is not None

    async def end_all(self, user_id: str, keep: str | None = None) -> int:
        """Sign a user out everywhere, but for the sign-in to `keep`; how many were ended."""
        query = delete(SignInRow).where(SignInRow.user_id == user_id)
        if keep is not None:
            query = query.where(SignInRow.id != keep)
        async with self._sessions.begin() as session:
            return len(list(await session.scalars(query.returning(SignInRow.id))))


def _stamped_every(idle: timedelta | None) -> timedelta:
    """Not at every request: a stamp is a write."""
    return _SEEN_EVERY if idle is None else min(_SEEN_EVERY, idle / 10)


def _unused_since(now: datetime, idle: timedelta) -> datetime:
    """What was last stamped then or before has not been used for `idle`: uses soon after a stamp leave none."""
    return now - idle - _stamped_every(idle)


def _value(row: SignInRow) -> SignIn:
    values = columns(row)
    del values["token_hash"]
    return SignIn(**values)
