"""Users, and the hash of their password, which leaves the database only to be compared."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from influencer.accounts.principal import DEMO_USER
from influencer.accounts.roles import Role
from influencer.accounts.values import User
from influencer.errors import Conflict, NotFound
from influencer.store.accounts_schema import ApiKeyRow, SignInRow, UserRow
from influencer.store.schema import columns

PAGE = 200


class UserRepository:
    """Users by id and by login. None is ever deleted: disabled ones stay, for the audit log."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(
        self,
        *,
        login: str,
        name: str,
        role: Role,
        advertiser_id: str | None = None,
        password_hash: str | None = None,
        one_time_until: datetime | None = None,
        oidc_subject: str | None = None,
        user_id: str | None = None,
    ) -> User:
        """Keep a new user.

        Raises:
            Conflict: the login is taken, or there is no such advertiser.
        """
        row = UserRow(
            id=user_id or f"U-{secrets.token_hex(5).upper()}",
            login=login,
            name=name,
            role=role.value,
            advertiser_id=advertiser_id,
            password_hash=password_hash,
            one_time_until=one_time_until,
            oidc_subject=oidc_subject,
            created_at=self._now(),
        )
        try:
            async with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            raise Conflict(f"there is a user {login!r} already, or no advertiser {advertiser_id!r}") from None
        return user_value(row)

    async def count(self) -> int:
        """How many users there are, disabled ones too."""
        async with self._sessions() as session:
            return await session.scalar(select(func.count()).select_from(UserRow)) or 0

    async def find(self, user_id: str) -> User | None:
        """One user, None when there is none."""
        async with self._sessions() as session:
            row = await session.get(UserRow, user_id)
        return None if row is None else user_value(row)

    async def by_login(self, login: str) -> tuple[User, str | None] | None:
        """The user of a login with the hash of the password (None: has none); None when there is no such user."""
        async with self._sessions() as session:
            row = await session.scalar(select(UserRow).where(UserRow.login == login))
        return None if row is None else (user_value(row), row.password_hash)

    async def by_oidc(self, subject: str) -> User | None:
        """The user whom an identity provider knows as `subject`."""
        async with self._sessions() as session:
            row = await session.scalar(select(UserRow).where(UserRow.oidc_subject == subject))
        return None if row is None else user_value(row)

    async def all(self, *, after: str = "", limit: int = PAGE) -> list[User]:
        """Users by login, from the one after `after`."""
        query = select(UserRow).where(UserRow.login > after).order_by(UserRow.login).limit(limit)
        async with self._sessions() as session:
            return [user_value(row) for row in await session.scalars(query)]

    async def working_admins(self) -> int:
        """How many admins are not disabled, without the demo's."""
        query = select(func.count()).select_from(UserRow)
        async with self._sessions() as session:
            found = await session.scalar(
                query.where(UserRow.role == Role.ADMIN.value, UserRow.disabled_at.is_(None), UserRow.id != DEMO_USER)
            )
        return found or 0

    async def set_password(self, user_id: str, password_hash: str, one_time_until: datetime | None) -> User:
        """Replace the password; `one_time_until` makes it a one-time password."""
        return await self._change(user_id, password_hash=password_hash, one_time_until=one_time_until)

    async def rehash(self, user_id: str, old: str, new: str) -> None:
        """Put a stronger hash of the same password in, unless the password has changed meanwhile."""
        async with self._sessions.begin() as session:
            await session.execute(
                update(UserRow).where(UserRow.id == user_id, UserRow.password_hash == old).values(password_hash=new)
            )

    async def set_disabled(self, user_id: str, disabled: bool) -> User:
        """Shut somebody out, or let them in again."""
        return await self._change(user_id, disabled_at=self._now() if disabled else None)

    async def set_role(self, user_id: str, role: Role, advertiser_id: str | None) -> tuple[User, int, int] | None:
        """Change what somebody may do, end their sessions and revoke their keys: all at once, or nothing.

        Returns:
            The user, how many sessions and how many keys ended; None when they are the last admin who can sign in.

        Raises:
            NotFound: there is no such user.
            Conflict: there is no such advertiser.
        """
        other = aliased(UserRow)
        working = (other.role == Role.ADMIN.value, other.disabled_at.is_(None), other.id.not_in([user_id, DEMO_USER]))
        keeps_one = (UserRow.role != Role.ADMIN.value) | UserRow.disabled_at.is_not(None)
        change = update(UserRow).where(UserRow.id == user_id)
        if role is not Role.ADMIN:
            change = change.where(keeps_one | exists().where(*working))
        try:
            async with self._sessions.begin() as session:
                if session.get_bind().dialect.name == "postgresql":  # two admins may take each other's role at once
                    await session.execute(
                        select(UserRow.id)
                        .where(UserRow.role == Role.ADMIN.value)
                        .order_by(UserRow.id)
                        .with_for_update()
                    )
                values = {"role": role.value, "advertiser_id": advertiser_id}
                row = (await session.scalars(change.values(values).returning(UserRow))).first()
                if row is None:
                    if await session.get(UserRow, user_id) is None:
                        raise NotFound(f"there is no user {user_id[:40]!r}")
                    return None
                sessions = await session.scalars(
                    delete(SignInRow).where(SignInRow.user_id == user_id).returning(SignInRow.id)
                )
                keys = await session.scalars(
                    update(ApiKeyRow)
                    .where(ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None))
                    .values(revoked_at=self._now())
                    .returning(ApiKeyRow.id)
                )
                ended = len(list(sessions)), len(list(keys))
        except IntegrityError:
            raise Conflict(f"there is no advertiser {advertiser_id!r}") from None
        return user_value(row), *ended

    async def connect_oidc(self, user_id: str, subject: str) -> User:
        """Connect somebody with an identity provider's account; an unused one-time password ends.

        Raises:
            Conflict: they are connected with another identity already.
        """
        async with self._sessions.begin() as session:
            row = await session.get(UserRow, user_id, with_for_update=True)
            if row is None or row.oidc_subject not in (None, subject):
                raise Conflict("this account belongs to another identity; ask an admin")
            row.oidc_subject = subject
            if row.one_time_until is not None:
                row.password_hash = row.one_time_until = None
        return user_value(row)

    async def signed_in(self, user_id: str) -> None:
        """Stamp the time."""
        await self._change(user_id, last_sign_in_at=self._now())

    async def _change(self, user_id: str, **values: Any) -> User:
        async with self._sessions.begin() as session:
            row = await session.get(UserRow, user_id, with_for_update=True)
            if row is None:
                raise NotFound(f"there is no user {user_id[:40]!r}")
            for name, value in values.items():
                setattr(row, name, value)
        return user_value(row)


def user_value(row: UserRow) -> User:
    """The row as a value, without its secrets."""
    values = columns(row)
    del values["oidc_subject"]
    has_password = values.pop("password_hash") is not None
    return User(**{**values, "role": Role(row.role)}, has_password=has_password)
