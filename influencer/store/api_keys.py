"""API keys: of the secret only a hash is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.accounts.roles import Role
from influencer.accounts.values import ApiKey, User
from influencer.errors import Conflict
from influencer.store.accounts_schema import ApiKeyRow, UserRow
from influencer.store.schema import columns
from influencer.store.users import user_value

MOST = 50
"""Keys of one user that work at the same time."""
_USED_EVERY = timedelta(minutes=1)


class ApiKeyRepository:
    """Keys by id and by owner. Revoked ones stay, for the audit log."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(
        self,
        *,
        key_id: str,
        secret_hash: str,
        user_id: str,
        name: str,
        role: Role,
        advertiser_id: str | None,
        expires_at: datetime | None,
    ) -> ApiKey:
        """Keep a new key.

        Raises:
            Conflict: the user has too many.
        """
        row = ApiKeyRow(
            id=key_id,
            user_id=user_id,
            name=name,
            role=role.value,
            advertiser_id=advertiser_id,
            secret_hash=secret_hash,
            created_at=self._now(),
            expires_at=expires_at,
        )
        if len(await self.of_user(user_id)) >= MOST:
            raise Conflict(f"there are {MOST} keys already; revoke one first")
        async with self._sessions.begin() as session:
            session.add(row)
        return _value(row)

    async def find(self, key_id: str) -> tuple[ApiKey, str, User] | None:
        """A key with the hash of its secret and its owner; None when it is unknown, revoked or has expired."""
        query = select(ApiKeyRow, UserRow).join(UserRow, UserRow.id == ApiKeyRow.user_id)
        async with self._sessions() as session:
            found = (
                await session.execute(query.where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None)))
            ).one_or_none()
        if found is None:
            return None
        row, user = found
        if row.expires_at is not None and row.expires_at <= self._now():
            return None
        return _value(row), row.secret_hash, user_value(user)

    async def used(self, key: ApiKey) -> None:
        """Stamp the time, to the minute."""
        now = self._now()
        if key.last_used_at is None or now - key.last_used_at >= _USED_EVERY:
            async with self._sessions.begin() as session:
                await session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key.id).values(last_used_at=now))

    async def of_user(self, user_id: str) -> list[ApiKey]:
        """The keys of somebody that are not revoked, newest first."""
        query = select(ApiKeyRow).where(ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None))
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id).limit(MOST))
            return [_value(row) for row in rows]

    async def all(self, limit: int = 500) -> list[ApiKey]:
        """Everybody's keys that are not revoked, newest first."""
        query = select(ApiKeyRow).where(ApiKeyRow.revoked_at.is_(None))
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id).limit(limit))
            return [_value(row) for row in rows]

    async def revoke(self, key_id: str, user_id: str | None = None) -> bool:
        """End a key for good; with `user_id` only when it is theirs. False when there is none that works."""
        query = update(ApiKeyRow).where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        if user_id is not None:
            query = query.where(ApiKeyRow.user_id == user_id)
        async with self._sessions.begin() as session:
            gone = await session.scalar(query.values(revoked_at=self._now()).returning(ApiKeyRow.id))
        return gone is not None


def _value(row: ApiKeyRow) -> ApiKey:
    values = columns(row)
    del values["secret_hash"]
    return ApiKey(**{**values, "role": Role(row.role)})
