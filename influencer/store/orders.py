"""Orders: one row a sale, exact money, stock taken in the same transaction, safe to send twice."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.errors import Conflict
from influencer.store.schema import OrderRow, columns
from influencer.store.stock import take

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U: an order number is read aloud and typed."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a viewer buys, at what it costs now. `utterance_id` is the sentence on air at that moment."""

    show_id: str
    product_id: str
    sku: str
    market: MarketId
    quantity: int
    unit_amount: Decimal
    currency: str
    coupon: str | None
    viewer_id: str
    idempotency_key: str
    utterance_id: int | None


@dataclass(frozen=True, slots=True)
class Order(NewOrder):
    """A stored order."""

    id: str
    placed_at: datetime

    @property
    def total(self) -> Decimal:
        """What the viewer pays, before shipping."""
        return self.unit_amount * self.quantity


@dataclass(frozen=True, slots=True)
class Placed:
    """What `place` did: `fresh` is false when the same request had already been stored."""

    order: Order
    fresh: bool


def order_number() -> str:
    """An unguessable number of twelve letters and digits, 59 bits: K7QM-2VXA-9TCE."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


class OrderRepository:
    """Place and read orders."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def place(self, new: NewOrder) -> Placed:
        """Write the order and take the stock, both or neither; the same key again returns the first order.

        Raises:
            Conflict: sold out, or the key was used for something else.
        """
        row = OrderRow(id=order_number(), placed_at=self._now(), **_fields(new))
        try:
            async with self._sessions.begin() as session:
                session.add(row)
                await session.flush()
                await take(session, new.sku, new.quantity)
        except IntegrityError:
            return Placed(await self._placed_before(new), fresh=False)
        return Placed(_value(row), fresh=True)

    async def get(self, order_id: str, viewer_id: str) -> Order | None:
        """An order of this viewer; somebody else's is None too, so ids tell nothing."""
        query = select(OrderRow).where(OrderRow.id == order_id, OrderRow.viewer_id == viewer_id)
        async with self._sessions() as session:
            row = (await session.scalars(query)).first()
        return None if row is None else _value(row)

    async def find(self, viewer_id: str, idempotency_key: str) -> Order | None:
        """The order this viewer placed with this key, if any."""
        query = select(OrderRow).where(OrderRow.viewer_id == viewer_id, OrderRow.idempotency_key == idempotency_key)
        async with self._sessions() as session:
            row = (await session.scalars(query)).first()
        return None if row is None else _value(row)

    async def latest(self, show_id: str, limit: int = 50) -> list[Order]:
        """The newest orders of a show, newest first."""
        query = (
            select(OrderRow)
            .where(OrderRow.show_id == show_id)
            .order_by(OrderRow.placed_at.desc(), OrderRow.id)
            .limit(limit)
        )
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def _placed_before(self, new: NewOrder) -> Order:
        order = await self.find(new.viewer_id, new.idempotency_key)
        if order is None:
            raise Conflict(f"show {new.show_id!r} takes no orders")
        same_as(order, new.show_id, new.product_id, new.quantity)
        return order


def same_as(order: Order, show_id: str, product_id: str, quantity: int) -> None:
    """Check that a repeated key asks for what it asked for the first time.

    Raises:
        Conflict: it asks for something else.
    """
    if (order.show_id, order.product_id, order.quantity) != (show_id, product_id, quantity):
        raise Conflict("the idempotency key was used for a different order")


def _fields(new: NewOrder) -> dict[str, object]:
    return {name: getattr(new, name) for name in NewOrder.__dataclass_fields__}


def _value(row: OrderRow) -> Order:
    values = columns(row)
    values["market"] = cast("MarketId", row.market)
    return Order(**values)
