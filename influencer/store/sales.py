"""What reports read: sales, the sentences before them, and when buyers watched. Bounded, read-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from babel.numbers import get_currency_precision
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.sales.attribution import Presence, Sale, Touch
from influencer.sales.events import pseudonym
from influencer.store.events import Window
from influencer.store.events_schema import EventRow
from influencer.store.schema import OrderRow, UtteranceRow

MAX_SALES = 20_000
MAX_TOUCHES = 100_000
_IN_ONE_QUERY = 500


class SalesRepository:
    """Reads across orders, the ledger and events."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def sales(self, window: Window, limit: int = MAX_SALES) -> list[Sale]:
        """What was bought in a window, oldest first."""
        query = select(OrderRow).order_by(OrderRow.placed_at, OrderRow.id).limit(limit)
        if window.start is not None:
            query = query.where(OrderRow.placed_at >= window.start)
        if window.end is not None:
            query = query.where(OrderRow.placed_at < window.end)
        if window.show_id is not None:
            query = query.where(OrderRow.show_id == window.show_id)
        if window.product_ids is not None:
            query = query.where(OrderRow.product_id.in_(window.product_ids))
        async with self._sessions() as session:
            return [_sale(row) for row in await session.scalars(query)]

    async def sale(self, order_id: str) -> list[Sale]:
        """What one order holds; nothing when there is none."""
        async with self._sessions() as session:
            row = await session.get(OrderRow, order_id)
        return [] if row is None else [_sale(row)]

    async def touches(
        self,
        show_ids: Iterable[str],
        start: datetime,
        end: datetime,
        product_ids: Sequence[str] | None = None,
        limit: int = MAX_TOUCHES,
    ) -> list[Touch]:
        """The sentences of some shows said from `start` to `end`, the newest `limit` of them, oldest first."""
        query = (
            select(UtteranceRow)
            .where(
                UtteranceRow.show_id.in_(sorted(set(show_ids))),
                UtteranceRow.spoken_at >= start,
                UtteranceRow.spoken_at <= end,
                UtteranceRow.source != "cut",
            )
            .order_by(UtteranceRow.id.desc())
            .limit(limit)
        )
        if product_ids is not None:
            query = query.where(UtteranceRow.product_id.in_(product_ids))
        async with self._sessions() as session:
            rows = list(await session.scalars(query))
        return [_touch(row) for row in reversed(rows)]

    async def sentences(self, ids: Iterable[int]) -> dict[int, Touch]:
        """Sentences by id."""
        wanted = sorted(set(ids))
        found: dict[int, Touch] = {}
        async with self._sessions() as session:
            for first in range(0, len(wanted), _IN_ONE_QUERY):
                some = wanted[first : first + _IN_ONE_QUERY]
                rows = await session.scalars(select(UtteranceRow).where(UtteranceRow.id.in_(some)))
                found |= {row.id: _touch(row) for row in rows}
        return found

    async def presence(self, viewers: Iterable[str], start: datetime, end: datetime) -> Presence:
        """When these viewers (pseudonyms) watched, by show."""
        wanted = sorted(set(viewers))
        spans: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
        async with self._sessions() as session:
            for first in range(0, len(wanted), _IN_ONE_QUERY):
                query = select(EventRow.show_id, EventRow.viewer, EventRow.at, EventRow.milliseconds).where(
                    EventRow.viewer.in_(wanted[first : first + _IN_ONE_QUERY]),
                    EventRow.kind == "watch",
                    EventRow.at >= start,
                    EventRow.at <= end,
                )
                for show_id, viewer, at, milliseconds in (await session.execute(query)).all():
                    span = (at - timedelta(milliseconds=milliseconds), at)
                    spans.setdefault((show_id, viewer), []).append(span)
        return spans


def _sale(row: OrderRow) -> Sale:
    total = row.unit_amount * row.quantity
    return Sale(
        row.id, row.show_id, row.product_id, row.market, pseudonym(row.viewer_id), row.placed_at, row.quantity,
        int(total.scaleb(int(get_currency_precision(row.currency)))), row.currency, row.utterance_id,
    )  # fmt: skip


def _touch(row: UtteranceRow) -> Touch:
    return Touch(
        row.id, row.show_id, row.spoken_at, row.product_id, row.segment, row.persona, row.market, row.variant, row.text
    )
