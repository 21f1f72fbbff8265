"""What reports read: sales, the sentences before them, and when buyers watched. Bounded, read-only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.commerce.money import allocate
from influencer.commerce.states import SOLD
from influencer.sales.attribution import Presence, Sale, Touch
from influencer.sales.events import pseudonym
from influencer.store.commerce_schema import OrderLineRow, OrderRow
from influencer.store.events import Window, bucket_of, within
from influencer.store.events_schema import EventRow
from influencer.store.schema import UtteranceRow

MAX_SALES = 20_000
MAX_TOUCHES = 100_000
_IN_ONE_QUERY = 500


PERSON = "A person spoke through the microphone; nobody checked their words."
"""In place of the words that the ledger does not have."""

NOT_SAID = ("cut", "voice-end")
"""Lines of the ledger that tell how another ended."""


def said_by(row: UtteranceRow) -> str:
    """The words of a line, or who spoke."""
    return PERSON if row.source == "voice" else row.text


@dataclass(frozen=True, slots=True)
class Takings:
    """Paid orders, and what of their money was kept, in minor units by currency."""

    orders: int
    revenue: dict[str, int]


class SalesRepository:
    """Reads across orders, the ledger and events."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def sales(self, window: Window, limit: int = MAX_SALES) -> list[Sale]:
        """What was bought and paid for in a window, oldest first: a sale a line, of at most `limit` orders."""
        query = select(OrderRow).where(OrderRow.state.in_(SOLD)).order_by(OrderRow.placed_at, OrderRow.id).limit(limit)
        query = within(query, window, OrderRow.placed_at, OrderRow.show_id)
        if window.product_ids is not None:
            line = select(OrderLineRow.order_id).where(OrderLineRow.product_id.in_(window.product_ids))
            query = query.where(OrderRow.id.in_(line))
        sales = await self._of_lines(query)
        return [sale for sale in sales if window.product_ids is None or sale.product_id in window.product_ids]

    async def takings(self, show_ids: Collection[str]) -> dict[str, Takings]:
        """What each of these shows has sold and been paid for; nothing for those that sold nothing."""
        columns = OrderRow.show_id, OrderRow.currency, func.count(), func.sum(OrderRow.total - OrderRow.refunded)
        query = select(*columns).where(OrderRow.show_id.in_(show_ids), OrderRow.state.in_(SOLD))
        query = query.group_by(OrderRow.show_id, OrderRow.currency).order_by(OrderRow.show_id, OrderRow.currency)
        found: dict[str, Takings] = {}
        async with self._sessions() as session:
            for show_id, currency, orders, minor in await session.execute(query):
                before = found.get(show_id, Takings(0, {}))
                found[show_id] = Takings(before.orders + orders, {**before.revenue, currency: int(minor)})
        return found

    async def sale(self, order_id: str) -> list[Sale]:
        """What one order holds; nothing when there is none or it was not paid."""
        return await self._of_lines(select(OrderRow).where(OrderRow.id == order_id, OrderRow.state.in_(SOLD)))

    async def _of_lines(self, query: Select[OrderRow]) -> list[Sale]:
        sales: list[Sale] = []
        async with self._sessions() as session:
            orders = list(await session.scalars(query))
            for first in range(0, len(orders), _IN_ONE_QUERY):
                some = orders[first : first + _IN_ONE_QUERY]
                lines: dict[str, list[OrderLineRow]] = {}
                of_some = select(OrderLineRow).where(OrderLineRow.order_id.in_([row.id for row in some]))
                for line in await session.scalars(of_some.order_by(OrderLineRow.position)):
                    lines.setdefault(line.order_id, []).append(line)
                for row in some:
                    sales += _sales(row, lines.get(row.id, []))
        return sales

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
                UtteranceRow.source.not_in(NOT_SAID),
            )
            .order_by(UtteranceRow.id.desc())
            .limit(limit)
        )
        if product_ids is not None:
            query = query.where(UtteranceRow.product_id.in_(product_ids))
        async with self._sessions() as session:
            rows = list(await session.scalars(query))
        return [_touch(row) for row in reversed(rows)]

    async def aired(self, window: Window) -> tuple[datetime, datetime] | None:
        """When the first and the last sentence of a window was said on air; None when there is none."""
        ends: tuple[Any, ...] = (func.min(UtteranceRow.spoken_at), func.max(UtteranceRow.spoken_at))
        query = _said_in(select(*ends), window)
        async with self._sessions() as session:
            first, last = (await session.execute(query)).one()
        return None if first is None else (first, last)

    async def aired_over_time(self, window: Window, step_s: int) -> list[tuple[int, str]]:
        """Which kinds of segments something was said of, by bucket (its start, seconds since 1970) of `step_s`."""
        start = bucket_of(UtteranceRow.spoken_at, step_s).label("bucket")
        query = _said_in(select(start, UtteranceRow.segment), window).group_by(start, UtteranceRow.segment)
        async with self._sessions() as session:
            rows = (await session.execute(query.order_by(start, UtteranceRow.segment))).all()
        return [(int(one), segment) for one, segment in rows]

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


def _said_in(query: Select[Any], window: Window) -> Select[Any]:
    """The query for what was said in a window about its products."""
    query = query.where(UtteranceRow.source.not_in(NOT_SAID))
    return within(query, window, UtteranceRow.spoken_at, UtteranceRow.show_id, UtteranceRow.product_id)


def _sales(row: OrderRow, lines: Sequence[OrderLineRow]) -> list[Sale]:
    """A sale a line; what was refunded of the order is taken off the lines in proportion."""
    paid = [line.unit_amount * line.quantity - line.discount for line in lines]
    back = allocate(row.refunded, paid) if row.refunded else [0] * len(lines)
    return [
        Sale(
            row.id, row.show_id, line.product_id, row.market, pseudonym(row.viewer_id), row.placed_at, line.quantity,
            amount - less, row.currency, line.utterance_id or row.utterance_id,
        )
        for line, amount, less in zip(lines, paid, back, strict=True)
    ]  # fmt: skip


def _touch(row: UtteranceRow) -> Touch:
    return Touch(
        row.id,
        row.show_id,
        row.spoken_at,
        row.product_id,
        row.segment,
        row.persona,
        row.market,
        row.variant,
        said_by(row),
    )
