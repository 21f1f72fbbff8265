"""Messages that wait for a person, what was decided about them, and who may not write for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, CursorResult, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.moderation_schema import HeldMessageRow, MuteRow
from influencer.store.schema import columns

HeldState = Literal["waiting", "released", "dropped"]
MOST_WAITING = 500
"""Messages of a show that may wait; a wave does not fill the database."""
MOST_OF_ONE = 5
"""Of them, how many may be one sender's."""


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message held for a person. `text` has no personal data in it; `viewer` is a pseudonym, "" when unknown."""

    id: int
    show_id: str
    viewer: str
    author: str
    text: str
    reasons: tuple[str, ...]
    state: HeldState
    held_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Mute:
    """A sender may not write until then; `show_id` is None when that is so in every show."""

    id: int
    show_id: str | None
    viewer: str
    author: str
    since: datetime
    until: datetime
    by: str
    note: str


class ModerationRepository:
    """The held messages and the mutes of all shows."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def hold(
        self, show_id: str, viewer: str, author: str, text: str, reasons: Sequence[str]
    ) -> HeldMessage | None:
        """Put a message in the queue; None when the queue, or this sender's share of it, is full."""
        waiting = [HeldMessageRow.show_id == show_id, HeldMessageRow.state == "waiting"]
        row = HeldMessageRow(
            show_id=show_id, viewer=viewer, author=author, text=text, reasons=list(reasons), state="waiting",
            held_at=self._now(), note="",
        )  # fmt: skip
        async with self._sessions.begin() as session:
            if await self._count(session, *waiting) >= MOST_WAITING:
                return None
            if viewer and await self._count(session, *waiting, HeldMessageRow.viewer == viewer) >= MOST_OF_ONE:
                return None
            session.add(row)
        return _held(row)

    async def waiting(self, show_id: str) -> int:
        """How many messages of a show wait."""
        async with self._sessions() as session:
            return await self._count(session, HeldMessageRow.show_id == show_id, HeldMessageRow.state == "waiting")

    async def oldest_waiting(self) -> dict[str, datetime]:
        """Since when the oldest waiting message of each show waits."""
        row = HeldMessageRow
        oldest = func.min(row.held_at, type_=row.held_at.type)
        query = select(row.show_id, oldest).where(row.state == "waiting").group_by(row.show_id)
        async with self._sessions() as session:
            return {str(show_id): since for show_id, since in (await session.execute(query)).all()}

    async def listed(
        self, show_id: str, state: HeldState = "waiting", *, limit: int = 50, before: int | None = None
    ) -> list[HeldMessage]:
        """The newest `limit` in a state, newest first; `before` is the id to go on from."""
        query = select(HeldMessageRow).where(HeldMessageRow.show_id == show_id, HeldMessageRow.state == state)
        if before is not None:
            query = query.where(HeldMessageRow.id < before)
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(HeldMessageRow.id.desc()).limit(limit))
            return [_held(row) for row in rows]

    async def find(self, show_id: str, held_id: int) -> HeldMessage | None:
        """One message of a show."""
        async with self._sessions() as session:
            row = await session.get(HeldMessageRow, held_id)
            return _held(row) if row is not None and row.show_id == show_id else None

    async def decide(
        self, show_id: str, held_id: int, state: Literal["released", "dropped"], by: str, note: str = ""
    ) -> HeldMessage | None:
        """Decide about a waiting message; None when it does not wait (any more): only one of two operators decides."""
        change = (
            update(HeldMessageRow)
            .where(HeldMessageRow.id == held_id, HeldMessageRow.show_id == show_id, HeldMessageRow.state == "waiting")
            .values(state=state, decided_at=self._now(), decided_by=by, note=note)
        )
        async with self._sessions.begin() as session:
            done = cast("CursorResult[Any]", await session.execute(change))
            if not done.rowcount:
                return None
            row = await session.get_one(HeldMessageRow, held_id)
            await session.refresh(row)
            return _held(row)

    async def mute(
        self, viewer: str, author: str, until: datetime, by: str, note: str = "", *, show_id: str | None = None
    ) -> Mute:
        """Let a sender not write until then, in one show or (without `show_id`) in all of them."""
        row = MuteRow(
            show_id=show_id, viewer=viewer, author=author, since=self._now(), until=until, by=by, note=note
        )  # fmt: skip
        async with self._sessions.begin() as session:
            session.add(row)
        return Mute(**columns(row))

    async def lift(self, mute_id: int) -> Mute | None:
        """End a mute now; None when there is none, or it is over."""
        now = self._now()
        async with self._sessions.begin() as session:
            row = await session.get(MuteRow, mute_id)
            if row is None or row.until <= now:
                return None
            row.until = now
        return Mute(**columns(row))

    async def muted_until(self, show_id: str, viewer: str) -> datetime | None:
        """Until when a sender may not write in a show; None when they may."""
        query = select(func.max(MuteRow.until)).where(
            MuteRow.viewer == viewer, MuteRow.until > self._now(), _in(show_id)
        )
        async with self._sessions() as session:
            return await session.scalar(query)

    async def mutes(self, show_id: str, limit: int = 100) -> list[Mute]:
        """The newest mutes that hold in a show now, newest first."""
        query = select(MuteRow).where(MuteRow.until > self._now(), _in(show_id))
        async with self._sessions() as session:
            return [
                Mute(**columns(row)) for row in await session.scalars(query.order_by(MuteRow.id.desc()).limit(limit))
            ]

    @staticmethod
    async def _count(session: AsyncSession, *conditions: ColumnElement[bool]) -> int:
        return await session.scalar(select(func.count()).select_from(HeldMessageRow).where(*conditions)) or 0


def _in(show_id: str) -> ColumnElement[bool]:
    return or_(MuteRow.show_id == show_id, MuteRow.show_id.is_(None))


def _held(row: HeldMessageRow) -> HeldMessage:
    values = columns(row)
    return HeldMessage(**values | {"reasons": tuple(values["reasons"])})
