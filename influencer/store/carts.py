"""Carts: what each viewer has chosen in each show, without prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, InvalidInput, Mistake
from influencer.store.commerce_schema import CartLineRow, CartRow
from influencer.store.schema import Row


@dataclass(frozen=True, slots=True)
class CartLine:
    """Units of a product, and the sentence on air when they were put into the cart."""

    product_id: str
    quantity: int
    utterance_id: int | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """A viewer's cart in a show, lines in the order they were added."""

    lines: tuple[CartLine, ...] = ()
    coupon: str | None = None


class CartRepository:
    """Read and change carts. Every method is one transaction."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def get(self, show_id: str, viewer_id: str) -> Cart:
        """The cart; an empty one when there is none."""
        query = (
            select(CartLineRow)
            .where(CartLineRow.show_id == show_id, CartLineRow.viewer_id == viewer_id)
            .order_by(CartLineRow.added_at, CartLineRow.product_id)
        )
        async with self._sessions() as session:
            cart = await session.get(CartRow, (show_id, viewer_id))
            if cart is None:
                return Cart()
            lines = tuple(
                CartLine(row.product_id, row.quantity, row.utterance_id) for row in await session.scalars(query)
            )
        return Cart(lines, cart.coupon)

    async def put(self, show_id: str, viewer_id: str, line: CartLine, *, most_lines: int) -> None:
        """Set how many units of a product are in the cart; 0 takes it out. Setting it twice changes nothing.

        A line keeps the sentence it was first added at.

        Raises:
            InvalidInput: the cart is full.
            Conflict: the show was never stored.
        """
        key = {"show_id": show_id, "viewer_id": viewer_id}
        now = self._now()
        where = (CartLineRow.show_id == show_id, CartLineRow.viewer_id == viewer_id)
        try:
            async with self._sessions.begin() as session:
                await self._touch(session, show_id, viewer_id)
                if line.quantity <= 0:
                    await session.execute(delete(CartLineRow).where(*where, CartLineRow.product_id == line.product_id))
                    return
                values = {"product_id": line.product_id, "quantity": line.quantity}
                more = {"utterance_id": line.utterance_id, "added_at": now}
                await session.execute(_upsert(session, CartLineRow, key | values | more, {"quantity": line.quantity}))
                lines = (await session.scalars(select(func.count()).select_from(CartLineRow).where(*where))).one()
                if lines > most_lines:
                    raise InvalidInput("cart", [Mistake("lines", str(lines), f"at most {most_lines} products")])
        except IntegrityError:
            raise Conflict(f"show {show_id!r} takes no orders") from None

    async def set_coupon(self, show_id: str, viewer_id: str, code: str | None) -> None:
        """Remember a code; whether it can be used is asked at every reading.

        Raises:
            Conflict: the show was never stored.
        """
        try:
            async with self._sessions.begin() as session:
                await self._touch(session, show_id, viewer_id)
                await session.execute(
                    update(CartRow)
                    .where(CartRow.show_id == show_id, CartRow.viewer_id == viewer_id)
                    .values(coupon=code)
                )
        except IntegrityError:
            raise Conflict(f"show {show_id!r} takes no orders") from None

    async def clear(self, show_id: str, viewer_id: str) -> None:
        """Empty the cart."""
        async with self._sessions.begin() as session:
            for table in (CartLineRow, CartRow):
                await session.execute(delete(table).where(table.show_id == show_id, table.viewer_id == viewer_id))

    async def forget(self, before: datetime, limit: int = 500) -> int:
        """Delete carts that nobody touched since a time; how many."""
        old = select(CartRow.show_id, CartRow.viewer_id).where(CartRow.updated_at < before).limit(limit)
        async with self._sessions() as session:
            found = (await session.execute(old)).all()
        for show_id, viewer_id in found:
            await self.clear(show_id, viewer_id)
        return len(found)

    async def _touch(self, session: AsyncSession, show_id: str, viewer_id: str) -> None:
        """The cart's own row: made when missing, and locked until the transaction ends."""
        now = self._now()
        values = {"show_id": show_id, "viewer_id": viewer_id, "coupon": None, "updated_at": now}
        await session.execute(_upsert(session, CartRow, values, {"updated_at": now}))


def _upsert(session: AsyncSession, table: type[Row], values: dict[str, Any], change: dict[str, Any]) -> Insert:
    """Insert, or change the row with the same primary key: one statement on both databases."""
    keys = [column.name for column in table.__table__.primary_key]
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table).values(values).on_conflict_do_update(index_elements=keys, set_=change)
    return sqlite.insert(table).values(values).on_conflict_do_update(index_elements=keys, set_=change)
