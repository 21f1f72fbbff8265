"""Questions that a person answers: anger, complaints, orders, law and health. Waiting, taken, answered, closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, NotFound
from influencer.store.handoffs_schema import HandOffRow
from influencer.store.schema import columns

HandOffState = Literal["waiting", "taken", "answered", "closed"]
STATES: tuple[HandOffState, ...] = get_args(HandOffState)
UNDONE: tuple[HandOffState, ...] = ("waiting", "taken")
MOST_UNDONE = 200
"""Questions of one show that may be undone at a time; the list is for people."""
_PER_VIEWER = 3


@dataclass(frozen=True, slots=True)
class NewHandOff:
    """What a viewer asked. `seq` is the message's number in the room, `kind` why a person should answer it."""

    show_id: str
    viewer_id: str | None
    author: str
    text: str
    language: str
    kind: str
    product_id: str | None
    seq: int


@dataclass(frozen=True, slots=True)
class StoredHandOff(NewHandOff):
    """A stored one, and what has become of it."""

    id: int
    state: HandOffState
    asked_at: datetime
    taken_by: str | None
    taken_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    closed_at: datetime | None


class HandOffRepository:
    """Add, list, take, answer, close."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, new: NewHandOff) -> StoredHandOff | None:
        """Put a question in the list; None when the list, or the viewer's share of it, is full."""
        undone = select(func.count()).where(HandOffRow.show_id == new.show_id, HandOffRow.state.in_(UNDONE))
        async with self._sessions.begin() as session:
            mine = undone.where(HandOffRow.viewer_id == new.viewer_id)
            if (await session.scalar(undone) or 0) >= MOST_UNDONE:
                return None
            if new.viewer_id is not None and (await session.scalar(mine) or 0) >= _PER_VIEWER:
                return None
            row = HandOffRow(
                show_id=new.show_id, viewer_id=new.viewer_id, author=new.author, text=new.text,
                language=new.language, kind=new.kind, product_id=new.product_id, seq=new.seq, state="waiting",
                asked_at=self._now(),
            )  # fmt: skip
            session.add(row)
        return _value(row)

    async def of_show(
        self, show_id: str, states: Sequence[HandOffState] = UNDONE, limit: int = 100
    ) -> list[StoredHandOff]:
        """The oldest `limit` of a show in some states, oldest first."""
        query = (
            select(HandOffRow)
            .where(HandOffRow.show_id == show_id, HandOffRow.state.in_(states))
            .order_by(HandOffRow.id)
            .limit(limit)
        )
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def oldest_waiting(self) -> dict[str, datetime]:
        """Since when the oldest question of each show that nobody has taken waits."""
        row = HandOffRow
        oldest = func.min(row.asked_at, type_=row.asked_at.type)
        query = select(row.show_id, oldest).where(row.state == "waiting").group_by(row.show_id)
        async with self._sessions() as session:
            return {str(show_id): since for show_id, since in (await session.execute(query)).all()}

    async def take(self, show_id: str, id_: int, by: str) -> StoredHandOff:
        """Let somebody answer it, and nobody else at the same time.

        Raises:
            NotFound: this show has no such question.
            Conflict: somebody else has it, or it is done.
        """
        async with self._sessions.begin() as session:
            row = await _row(session, show_id, id_)
            if row.state == "taken" and row.taken_by == by:
                return _value(row)
            if row.state != "waiting":
                raise Conflict(f"question {id_} is {row.state}" + (f" by {row.taken_by}" if row.taken_by else ""))
            row.state, row.taken_by, row.taken_at = "taken", by, self._now()
        return _value(row)

    async def answer(self, show_id: str, id_: int, by: str, text: str) -> StoredHandOff:
        """Keep a person's answer; whoever answers takes it.

        Raises:
            NotFound: this show has no such question.
            Conflict: somebody else has it, or it is done.
        """
        async with self._sessions.begin() as session:
            row = await _row(session, show_id, id_)
            if row.state not in UNDONE or row.taken_by not in {None, by}:
                raise Conflict(f"question {id_} is {row.state}" + (f" by {row.taken_by}" if row.taken_by else ""))
            row.taken_by, row.taken_at = by, row.taken_at or self._now()
            row.state, row.answer, row.answered_at = "answered", text, self._now()
        return _value(row)

    async def close(self, show_id: str, id_: int) -> StoredHandOff:
        """Take it off the list, answered or not; twice is once.

        Raises:
            NotFound: this show has no such question.
        """
        async with self._sessions.begin() as session:
            row = await _row(session, show_id, id_)
            if row.state != "closed":
                row.state, row.closed_at = "closed", self._now()
        return _value(row)


async def _row(session: AsyncSession, show_id: str, id_: int) -> HandOffRow:
    row = await session.get(HandOffRow, id_, with_for_update=True)
    if row is None or row.show_id != show_id:
        raise NotFound(f"hand-off: got {id_}; allowed: an id of this show's list")
    return row


def _value(row: HandOffRow) -> StoredHandOff:
    return StoredHandOff(**columns(row))
