"""The programme's entries and airings."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.errors import NotFound
from influencer.store.programme_schema import AiringRow, EntryRow
from influencer.store.schema import columns

MAX_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is on air, where, by whom, and at which local times; see `influencer.programme.times.Times`."""

    brief_ids: tuple[str, ...]
    market: MarketId
    persona: str | None
    first_day: date
    last_day: date | None
    weekdays: tuple[int, ...]
    starts: time
    minutes: int


@dataclass(frozen=True, slots=True)
class Entry(NewEntry):
    """A stored entry; `ended_at` is set when it was taken out of the programme."""

    id: str
    made_by: str
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredAiring:
    """One time an entry was due. `failed` says why there was no show; `done_at` that it is over."""

    entry_id: str
    start: datetime
    end: datetime
    show_id: str | None
    failed: str | None
    done_at: datetime | None


class ProgrammeRepository:
    """Entries by id, airings by entry and start. Every method is one transaction."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, new: NewEntry, made_by: str) -> Entry:
        """Put an entry into the programme."""
        row = new_row(new, made_by, self._now())
        async with self._sessions.begin() as session:
            session.add(row)
        return stored(row)

    async def current(self) -> list[Entry]:
        """Entries that were not taken out, by market and hour."""
        query = select(EntryRow).where(EntryRow.ended_at.is_(None))
        query = query.order_by(EntryRow.market, EntryRow.starts, EntryRow.id).limit(MAX_ENTRIES)
        async with self._sessions() as session:
            return [stored(row) for row in await session.scalars(query)]

    async def entries(self, entry_ids: Iterable[str]) -> dict[str, Entry]:
        """Entries by id, those that were taken out too."""
        query = select(EntryRow).where(EntryRow.id.in_(sorted(set(entry_ids))))
        async with self._sessions() as session:
            return {row.id: stored(row) for row in await session.scalars(query)}

    async def airings_of(self, entry_ids: Iterable[str], limit: int = 50) -> list[StoredAiring]:
        """The newest airings of some entries, newest first."""
        query = select(AiringRow).where(AiringRow.entry_id.in_(sorted(set(entry_ids))))
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(AiringRow.start.desc(), AiringRow.entry_id).limit(limit))
            return [StoredAiring(**columns(row)) for row in rows]

    async def end(self, entry_id: str) -> None:
        """Take an entry out; an airing that runs is stopped at the programme's next look.

        Raises:
            NotFound: there is none, or it was taken out before.
        """
        change = update(EntryRow).where(EntryRow.id == entry_id, EntryRow.ended_at.is_(None))
        async with self._sessions.begin() as session:
            changed = await session.execute(change.values(ended_at=self._now()).returning(EntryRow.id))
            if changed.first() is None:
                raise NotFound(f"programme: there is no entry {entry_id!r}")

    async def claim(self, entry_id: str, start: datetime, end: datetime) -> bool:
        """Take an airing on, before its show is started; False when it was taken on already, by whomever."""
        row = AiringRow(entry_id=entry_id, start=start, end=end, show_id=None, failed=None, done_at=None)
        try:
            async with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            return False
        return True

    async def became(
        self, entry_id: str, start: datetime, *, show_id: str | None = None, failed: str | None = None,
        done: bool = False,
    ) -> None:  # fmt: skip
        """Write down what became of an airing."""
        values: dict[str, object] = {}
        if show_id is not None:
            values["show_id"] = show_id
        if failed is not None:
            values["failed"] = failed[:400]
        if done or failed is not None:
            values["done_at"] = self._now()
        change = update(AiringRow).where(AiringRow.entry_id == entry_id, AiringRow.start == start).values(**values)
        async with self._sessions.begin() as session:
            await session.execute(change)

    async def running(self) -> list[StoredAiring]:
        """Airings that were taken on and are not over."""
        query = select(AiringRow).where(AiringRow.done_at.is_(None)).order_by(AiringRow.start).limit(MAX_ENTRIES)
        async with self._sessions() as session:
            return [StoredAiring(**columns(row)) for row in await session.scalars(query)]

    async def latest(self, limit: int = 50) -> list[StoredAiring]:
        """The newest airings, newest first."""
        query = select(AiringRow).order_by(AiringRow.start.desc(), AiringRow.entry_id).limit(limit)
        async with self._sessions() as session:
            return [StoredAiring(**columns(row)) for row in await session.scalars(query)]


def new_row(new: NewEntry, made_by: str, made_at: datetime) -> EntryRow:
    """An entry to be stored, with an id of its own."""
    return EntryRow(
        id=f"P-{secrets.token_hex(4).upper()}", brief_ids=list(new.brief_ids), market=new.market,
        persona=new.persona, first_day=new.first_day, last_day=new.last_day, weekdays=list(new.weekdays),
        starts=new.starts.strftime("%H:%M"), minutes=new.minutes, made_by=made_by, made_at=made_at,
        ended_at=None,
    )  # fmt: skip


def stored(row: EntryRow) -> Entry:
    """A row as a value."""
    values = columns(row)
    values["brief_ids"], values["weekdays"] = tuple(row.brief_ids), tuple(row.weekdays)
    values["starts"] = time.fromisoformat(row.starts)
    values["market"] = cast("MarketId", row.market)
    return Entry(**values)
