"""Advertisers: the tenants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.accounts.values import Advertiser
from influencer.errors import Conflict
from influencer.store.accounts_schema import AdvertiserRow
from influencer.store.schema import columns

MOST = 1_000


class AdvertiserRepository:
    """Tenants by id. None is ever deleted: their orders and ledgers stay."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, advertiser_id: str, name: str) -> Advertiser:
        """Keep a new advertiser.

        Raises:
            Conflict: the id or the name is taken.
        """
        row = AdvertiserRow(id=advertiser_id, name=name, created_at=self._now())
        try:
            async with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            raise Conflict(f"there is an advertiser with the id {advertiser_id!r} or the name {name!r}") from None
        return Advertiser(**columns(row))

    async def ensure(self, advertiser_id: str, name: str) -> Advertiser:
        """The advertiser of this id, made when there is none."""
        found = await self.find(advertiser_id)
        if found is not None:
            return found
        try:
            return await self.add(advertiser_id, name)
        except Conflict:
            found = await self.find(advertiser_id)
            if found is None:
                raise
            return found

    async def find(self, advertiser_id: str) -> Advertiser | None:
        """One advertiser, None when there is none."""
        async with self._sessions() as session:
            row = await session.get(AdvertiserRow, advertiser_id)
        return None if row is None else Advertiser(**columns(row))

    async def all(self, limit: int = MOST, *, after: str = "") -> list[Advertiser]:
        """Advertisers by name, from the one after the name `after`."""
        query = select(AdvertiserRow).where(AdvertiserRow.name > after).order_by(AdvertiserRow.name).limit(limit)
        async with self._sessions() as session:
            rows = await session.scalars(query)
            return [Advertiser(**columns(row)) for row in rows]
