"""What advertisers see of orders: the lines that are theirs, with the sentence that sold each, and nobody's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.accounts.principal import DEMO_ADVERTISER
from influencer.brief import MarketId
from influencer.commerce.money import allocate
from influencer.commerce.states import OrderState
from influencer.sales.attribution import LOOKBACK_S
from influencer.store.commerce_schema import OrderLineRow, OrderRow
from influencer.store.sales import NOT_SAID, said_by
from influencer.store.schema import UtteranceRow

Position = tuple[datetime, str, int]
"""Where a line stands in the list: when its order was placed, the order's number, the line's place in it."""


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One product of one order, without anything about its buyer. Money in minor units of `currency`.

    `total` is what is paid for all its units; `refunded` is its part of what went back of the order. The sentence is
    the one on air when the product was chosen, if it is about the product, else the last one before that was (at most
    half an hour); None: none was.
    """

    order_id: str
    position: int
    advertiser_id: str | None
    show_id: str
    market: MarketId
    product_id: str
    sku: str
    quantity: int
    unit_amount: int
    discount: int
    total: int
    refunded: int
    currency: str
    state: OrderState
    placed_at: datetime
    paid_at: datetime | None
    fulfilled_at: datetime | None
    utterance_id: int | None = None
    sentence: str | None = None
    segment: str | None = None
    persona: str | None = None
    variant: str | None = None

    @property
    def place(self) -> Position:
        """Where it stands in the list."""
        return (self.placed_at, self.order_id, self.position)


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines; None asks for all. `start` is included, `end` is not."""

    advertiser_id: str | None = None
    state: OrderState | None = None
    market: str | None = None
    show_id: str | None = None
    product_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class SoldLineRepository:
    """Reads order lines by the advertiser they belong to. Whose may be asked for is for the caller to know."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def page(self, wanted: LineFilter, *, after: Position | None = None, limit: int = 50) -> list[SoldLine]:
        """Lines, the newest order first, from the one after the place `after`."""
        query = _filtered(wanted)
        if after is not None:
            placed_at, order_id, position = after
            query = query.where(
                or_(
                    OrderRow.placed_at < placed_at,
                    and_(OrderRow.placed_at == placed_at, OrderRow.id > order_id),
                    and_(OrderRow.id == order_id, OrderLineRow.position > position),
                )
            )
        return await self._read(
            query.order_by(OrderRow.placed_at.desc(), OrderRow.id, OrderLineRow.position).limit(limit)
        )

    async def of_order(self, order_id: str, advertiser_id: str | None) -> list[SoldLine]:
        """The lines of one order that belong to an advertiser (None: all); nothing when it has none of theirs."""
        query = _filtered(LineFilter(advertiser_id)).where(OrderRow.id == order_id)
        return await self._read(query.order_by(OrderLineRow.position))

    async def _read(self, query: Select[OrderLineRow, OrderRow]) -> list[SoldLine]:
        async with self._sessions() as session:
            found = [(line, order) for line, order in await session.execute(query)]
            back = await _refunded(session, [order for _, order in found])
            said = await _sentences(session, found)
        return [
            _value(line, order, back.get((line.order_id, line.position), 0), said.get((line.order_id, line.position)))
            for line, order in found
        ]


def _filtered(wanted: LineFilter) -> Select[OrderLineRow, OrderRow]:
    query = select(OrderLineRow, OrderRow).join(OrderRow, OrderRow.id == OrderLineRow.order_id)
    if wanted.advertiser_id is not None:
        theirs = OrderLineRow.advertiser_id == wanted.advertiser_id
        if wanted.advertiser_id == DEMO_ADVERTISER:  # it stands for the house's own files, as in reports
            theirs = theirs | OrderLineRow.advertiser_id.is_(None)
        query = query.where(theirs)
    for column, value in (
        (OrderRow.state, wanted.state),
        (OrderRow.market, wanted.market),
        (OrderRow.show_id, wanted.show_id),
        (OrderLineRow.product_id, wanted.product_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.start is not None:
        query = query.where(OrderRow.placed_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(OrderRow.placed_at < wanted.end)
    return query


async def _refunded(session: AsyncSession, orders: Sequence[OrderRow]) -> Mapping[tuple[str, int], int]:
    """What went back of each line: the order's refunds, shared among all its lines by what was paid for them."""
    back = {order.id: order.refunded for order in orders if order.refunded}
    if not back:
        return {}
    lines: dict[str, list[OrderLineRow]] = {}
    query = select(OrderLineRow).where(OrderLineRow.order_id.in_(back)).order_by(OrderLineRow.position)
    for line in await session.scalars(query):
        lines.setdefault(line.order_id, []).append(line)
    return {
        (order_id, line.position): share
        for order_id, own in lines.items()
        for line, share in zip(own, allocate(back[order_id], [_paid(line) for line in own]), strict=True)
    }


async def _sentences(
    session: AsyncSession, found: Sequence[tuple[OrderLineRow, OrderRow]]
) -> Mapping[tuple[str, int], UtteranceRow]:
    """The sentence that sold each line, by the rule of `influencer.sales.attribution.last_touch`."""
    chosen = {id_ for line, order in found if (id_ := line.utterance_id or order.utterance_id) is not None}
    query = select(UtteranceRow).where(UtteranceRow.id.in_(chosen), UtteranceRow.source.not_in(NOT_SAID))
    by_id = {row.id: row for row in await session.scalars(query)} if chosen else {}
    said: dict[tuple[str, int], UtteranceRow] = {}
    for line, order in found:
        sentence = by_id.get(line.utterance_id or order.utterance_id or 0)
        if sentence is None or not _sells(sentence, line, order):
            sentence = await _last_about(session, line, order)
        if sentence is not None:
            said[line.order_id, line.position] = sentence
    return said


def _sells(sentence: UtteranceRow, line: OrderLineRow, order: OrderRow) -> bool:
    age = (order.placed_at - sentence.spoken_at).total_seconds()
    return sentence.product_id == line.product_id and sentence.show_id == order.show_id and 0 <= age <= LOOKBACK_S


async def _last_about(session: AsyncSession, line: OrderLineRow, order: OrderRow) -> UtteranceRow | None:
    """The last sentence about the product before the order."""
    newest = (
        select(func.max(UtteranceRow.id))
        .where(UtteranceRow.show_id == order.show_id, UtteranceRow.product_id == line.product_id)
        .where(UtteranceRow.spoken_at <= order.placed_at, UtteranceRow.source.not_in(NOT_SAID))
        .where(UtteranceRow.spoken_at >= order.placed_at - timedelta(seconds=LOOKBACK_S))
    )
    return (await session.scalars(select(UtteranceRow).where(UtteranceRow.id == newest.scalar_subquery()))).first()


def _paid(line: OrderLineRow) -> int:
    return line.unit_amount * line.quantity - line.discount


def _value(line: OrderLineRow, order: OrderRow, refunded: int, said: UtteranceRow | None) -> SoldLine:
    return SoldLine(
        order_id=order.id, position=line.position, advertiser_id=line.advertiser_id, show_id=order.show_id,
        market=cast("MarketId", order.market), product_id=line.product_id, sku=line.sku, quantity=line.quantity,
        unit_amount=line.unit_amount, discount=line.discount, total=_paid(line), refunded=refunded,
        currency=order.currency, state=cast("OrderState", order.state), placed_at=order.placed_at,
        paid_at=order.paid_at, fulfilled_at=order.fulfilled_at,
        utterance_id=None if said is None else said.id, sentence=None if said is None else said_by(said),
        segment=None if said is None else said.segment, persona=None if said is None else said.persona,
        variant=None if said is None else said.variant,
    )  # fmt: skip
