"""What viewers did: appended in batches, counted in windows of time; deleted when a viewer or their age demands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    case,
    delete,
    distinct,
    extract,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict
from influencer.sales.events import Airing, Event, EventKind, NewEvent
from influencer.store.events_schema import EventRow

MAX_READ = 50_000
"""Events one call reads at most; longer stretches are read in pages."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which events are meant: `start` included, `end` not; None means any."""

    start: datetime | None = None
    end: datetime | None = None
    show_id: str | None = None
    product_ids: tuple[str, ...] | None = None
    """Events about one of these products, or, where an event is about none, while one of them was on air."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a kind was seen under one key, by how many viewers, and for how long together."""

    kind: EventKind
    key: str
    events: int
    viewers: int
    milliseconds: int


_KEYS: Mapping[str, SQLColumnExpression[Any]] = {
    "total": EventRow.kind,
    "product": case((EventRow.product_id != "", EventRow.product_id), else_=EventRow.on_air),
    "market": EventRow.market,
    "persona": EventRow.persona,
    "segment": EventRow.segment,
    "sentence": EventRow.utterance_id,
    "show": EventRow.show_id,
}


class EventRepository:
    """Append and count."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def append(self, events: Sequence[NewEvent]) -> int:
        """Write events, all or none, in one transaction; those whose viewer and key are known are passed over.

        Returns how many were new.

        Raises:
            Conflict: an event is of a show or a sentence that was never stored.
        """
        if not events:
            return 0
        try:
            async with self._sessions.begin() as session:
                insert = _insert(session.get_bind().dialect.name).returning(EventRow.id)
                return len((await session.scalars(insert, [_row(event) for event in events])).all())
        except IntegrityError:
            raise Conflict("an event is of a show or a sentence that is not stored") from None

    async def read(
        self, window: Window, kinds: Sequence[EventKind], *, after: int = 0, limit: int = 500
    ) -> list[Event]:
        """The first `limit` (at most `MAX_READ`) events with an id above `after`, oldest first."""
        query = (
            inside(select(EventRow), window)
            .where(EventRow.kind.in_(kinds), EventRow.id > after)
            .order_by(EventRow.id)
            .limit(min(limit, MAX_READ))
        )
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def count(self, window: Window, by: str = "total", *, limit: int = 20_000) -> list[Counted]:
        """Events of each kind under each key. `by`: total, product, market, persona, segment, sentence or show."""
        key = _KEYS[by]
        counted = select(
            EventRow.kind,
            key,
            func.count(),
            func.count(distinct(EventRow.viewer)),
            func.coalesce(func.sum(EventRow.milliseconds), 0),
        )
        query = inside(counted, window).group_by(EventRow.kind, key).order_by(EventRow.kind, key).limit(limit)
        async with self._sessions() as session:
            rows = (await session.execute(query)).all()
        return [
            Counted(cast("EventKind", kind), "" if one is None else str(one), int(events), int(viewers), int(watched))
            for kind, one, events, viewers, watched in rows
        ]

    async def viewers(self, window: Window) -> int:
        """How many different viewers did anything."""
        query = inside(select(func.count(distinct(EventRow.viewer))), window)
        async with self._sessions() as session:
            return int((await session.scalars(query)).one())

    async def span(self, window: Window) -> tuple[datetime, datetime] | None:
        """When the first and the last event of a window happened; None when there is none."""
        ends: tuple[Any, ...] = (func.min(EventRow.at), func.max(EventRow.at))
        query = inside(select(*ends), window)
        async with self._sessions() as session:
            first, last = (await session.execute(query)).one()
        return None if first is None else (first, last)

    async def over_time(self, window: Window, step_s: int) -> tuple[list[Counted], dict[int, int]]:
        """Events of each kind in each bucket of `step_s` seconds, and how many different viewers did anything in it.

        A bucket is named by its start in seconds since 1970; `Counted.key` is that number.
        """
        start = bucket_of(EventRow.at, step_s).label("bucket")
        different = func.count(distinct(EventRow.viewer))
        watched = func.coalesce(func.sum(EventRow.milliseconds), 0)
        counted = inside(select(start, EventRow.kind, func.count(), different, watched), window)
        counted = counted.group_by(start, EventRow.kind).order_by(start, EventRow.kind)
        viewers = inside(select(start, different), window).group_by(start)
        async with self._sessions() as session:
            rows = (await session.execute(counted)).all()
            seen = {int(one): int(many) for one, many in (await session.execute(viewers)).all()}
        return [
            Counted(cast("EventKind", kind), str(int(one)), int(events), int(many), int(milliseconds))
            for one, kind, events, many, milliseconds in rows
        ], seen

    async def forget(self, viewer: str) -> int:
        """Delete what is known under a pseudonym; how many events that were."""
        return await self._delete(EventRow.viewer == viewer)

    async def drop_before(self, at: datetime) -> int:
        """Delete what is older than its retention; how many events that were."""
        return await self._delete(EventRow.at < at)

    async def _delete(self, which: ColumnElement[bool]) -> int:
        async with self._sessions.begin() as session:
            return len((await session.scalars(delete(EventRow).where(which).returning(EventRow.id))).all())


def _insert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(EventRow).on_conflict_do_nothing(index_elements=["viewer", "key"])


def bucket_of(at: SQLColumnExpression[datetime], step_s: int) -> ColumnElement[Any]:
    """The start of a time's bucket in seconds since 1970, the same on SQLite and PostgreSQL.

    The step is written into the query: as a parameter it would be another one in GROUP BY, which PostgreSQL refuses.
    What is taken off is the remainder, because SQLite's `/` cuts and PostgreSQL's does not.
    """
    seconds = extract("epoch", at)
    return seconds - seconds % literal_column(str(int(step_s)))


def inside(query: Select[Any], window: Window) -> Select[Any]:
    """The query for events that lie in a window."""
    return within(query, window, EventRow.at, EventRow.show_id, _KEYS["product"])


def within(query: Select[Any], window: Window, at: Any, show_id: Any, product_id: Any = None) -> Select[Any]:
    """The query for what lies in a window, by these columns; without `product_id` products do not count."""
    if window.start is not None:
        query = query.where(at >= window.start)
    if window.end is not None:
        query = query.where(at < window.end)
    if window.show_id is not None:
        query = query.where(show_id == window.show_id)
    if window.product_ids is not None and product_id is not None:
        query = query.where(product_id.in_(window.product_ids))
    return query


def _row(event: NewEvent) -> dict[str, Any]:
    airing = event.airing
    return {
        "kind": event.kind, "show_id": event.show_id, "viewer": event.viewer, "key": event.key, "at": event.at,
        "product_id": event.product_id, "milliseconds": event.milliseconds, "utterance_id": airing.utterance_id,
        "on_air": airing.product_id, "segment": airing.segment, "persona": airing.persona, "market": airing.market,
        "variant": airing.variant, "arms": dict(airing.arms), "detail": event.detail,
    }  # fmt: skip


def _value(row: EventRow) -> Event:
    airing = Airing(
        row.utterance_id, row.on_air, row.segment, row.persona, row.market, row.variant, dict(row.arms)
    )  # fmt: skip
    return Event(
        cast("EventKind", row.kind), row.show_id, row.viewer, row.key, row.at, airing, row.product_id,
        row.milliseconds, row.detail, row.id,
    )  # fmt: skip
