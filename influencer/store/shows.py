"""Which shows exist and which of them should be on air after a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.errors import Conflict, NotFound
from influencer.show.control import ShowState
from influencer.store.schema import ShowRow
from influencer.store.tellings import show_turned


@dataclass(frozen=True, slots=True)
class StoredShow:
    """A show as it was last written."""

    id: str
    brief_ids: tuple[str, ...]
    market: MarketId
    persona: str
    state: ShowState
    created_at: datetime


class ShowRepository:
    """Shows by id. Every method is one transaction."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def create(self, show_id: str, brief_ids: tuple[str, ...], market: MarketId, persona: str) -> StoredShow:
        """Write a new show in state "starting".

        Raises:
            Conflict: the id is taken.
        """
        now = self._now()
        row = ShowRow(
            id=show_id,
            brief_ids=list(brief_ids),
            market=market,
            persona=persona,
            state="starting",
            created_at=now,
            updated_at=now,
        )
        async with self._sessions.begin() as session:
            if await session.get(ShowRow, show_id) is not None:
                raise Conflict(f"show {show_id!r} exists already")
            session.add(row)
        return _value(row)

    async def get(self, show_id: str) -> StoredShow:
        """One show.

        Raises:
            NotFound: there is none.
        """
        async with self._sessions() as session:
            row = await session.get(ShowRow, show_id)
        if row is None:
            raise NotFound(f"no show {show_id!r} was ever stored")
        return _value(row)

    async def set_state(self, show_id: str, state: ShowState) -> None:
        """Record that the show is live, paused or stopped; others are told once that it started, and that it ended."""
        now = self._now()
        async with self._sessions.begin() as session:
            row = await session.get(ShowRow, show_id)
            if row is None:
                return
            before, row.state, row.updated_at = row.state, state, now
            if before == "starting" and state in {"live", "paused"}:
                await show_turned(session, row, "show.started", now)
            elif before not in {"starting", "stopped"} and state == "stopped":
                await show_turned(session, row, "show.ended", now)

    async def set_cast(self, show_id: str, market: MarketId, persona: str) -> None:
        """Record a live switch of market or persona."""
        await self._change(show_id, market=market, persona=persona)

    async def unfinished(self) -> list[StoredShow]:
        """Shows that were not stopped: what a restarted process brings back on air, oldest first."""
        query = select(ShowRow).where(ShowRow.state != "stopped").order_by(ShowRow.created_at, ShowRow.id)
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def _change(self, show_id: str, **values: str) -> None:
        change = update(ShowRow).where(ShowRow.id == show_id).values(updated_at=self._now(), **values)
        async with self._sessions.begin() as session:
            await session.execute(change)


def _value(row: ShowRow) -> StoredShow:
    return StoredShow(
        id=row.id,
        brief_ids=tuple(row.brief_ids),
        market=cast("MarketId", row.market),
        persona=row.persona,
        state=cast("ShowState", row.state),
        created_at=row.created_at,
    )
