"""What happens to an order after it was placed: each step is one transaction, conditional on the state it leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.commerce.states import OrderState, check_step, sources
from influencer.errors import NotFound
from influencer.store.commerce_schema import (
    CartLineRow,
    CouponRow,
    CouponUseRow,
    OrderLineRow,
    OrderRow,
    PaymentEventRow,
    ReservationRow,
)
from influencer.store.stock import give_back, take
from influencer.store.tellings import order_paid, sold_out


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """A webhook of a provider; the id is the provider's own, with its name before it."""

    id: str
    kind: str
    intent_id: str


class OrderStepRepository:
    """Pays, cancels and fulfils orders. Every method says whether it was the one that took the step."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def pay(self, order_id: str) -> bool:
        """Record that an order is paid: its held units are sold, and its lines leave the viewer's cart.

        An order that was cancelled meanwhile takes its units again.

        Raises:
            Conflict: it was cancelled and its units are gone; nothing is changed.
        """
        now = self._now()
        async with self._sessions.begin() as session:
            row = await self._step(session, order_id, "paid", ("pending",), paid_at=now)
            if row is None:
                row = await self._step(session, order_id, "paid", ("cancelled",), paid_at=now, failure=None)
                if row is None:
                    return False
                held = await _held(session, order_id)
                gone = [sku for sku, quantity in held if await take(session, sku, quantity) == 0]
                await sold_out(session, order_id, gone, now)
            await _reservations(session, order_id, "taken")
            if row.from_cart:
                await _leave_cart(session, row)
            await order_paid(session, row, now)
        return True

    async def cancel(self, order_id: str, failure: str) -> bool:
        """Give up a pending order: its units can be sold to others, its coupon can be used again."""
        async with self._sessions.begin() as session:
            if await self._step(session, order_id, "cancelled", ("pending",), failure=failure) is None:
                return False
            for sku, quantity in await _held(session, order_id):
                await give_back(session, sku, quantity)
            await _reservations(session, order_id, "released")
            used = delete(CouponUseRow).where(CouponUseRow.order_id == order_id).returning(CouponUseRow.code)
            for code in list(await session.scalars(used)):
                await session.execute(update(CouponRow).where(CouponRow.code == code).values(uses=CouponRow.uses - 1))
        return True

    async def extend(self, order_id: str, until: datetime) -> None:
        """Hold a pending order's units longer: its payment is being processed, and cannot be made again."""
        change = (
            update(OrderRow)
            .where(OrderRow.id == order_id, OrderRow.state == "pending")
            .values(expires_at=until, pay_url=None, updated_at=self._now())
        )
        async with self._sessions.begin() as session:
            await session.execute(change)

    async def fulfil(self, order_id: str) -> bool:
        """Record that a paid order was sent; false when it was already.

        Raises:
            NotFound: there is no such order.
            Conflict: it is not in a state that allows it.
        """
        async with self._sessions.begin() as session:
            if (
                await self._step(session, order_id, "fulfilled", sources("fulfilled"), fulfilled_at=self._now())
                is not None
            ):
                return True
            state = (await session.scalars(select(OrderRow.state).where(OrderRow.id == order_id))).first()
        if state is None:
            raise NotFound(f"there is no order {order_id!r}")
        if state != "fulfilled":
            check_step(state, "fulfilled")  # type: ignore[arg-type]
        return False

    async def event_is_new(self, event: PaymentEvent) -> bool:
        """Whether a webhook has not been acted on yet."""
        async with self._sessions() as session:
            return await session.get(PaymentEventRow, event.id) is None

    async def remember_event(self, event: PaymentEvent) -> None:
        """Record that a webhook was acted on; twice does no harm."""
        row = PaymentEventRow(id=event.id, kind=event.kind, intent_id=event.intent_id, received_at=self._now())
        async with self._sessions.begin() as session:
            await session.merge(row)

    async def _step(
        self, session: AsyncSession, order_id: str, to: OrderState, states: Sequence[OrderState], **more: Any
    ) -> OrderRow | None:
        """One conditional write: the row after it, None when the order is in another state."""
        change = (
            update(OrderRow)
            .where(OrderRow.id == order_id, OrderRow.state.in_(states))
            .values(state=to, updated_at=self._now(), **more)
            .returning(OrderRow)
        )
        return (await session.scalars(change)).first()


async def _held(session: AsyncSession, order_id: str) -> list[tuple[str, int]]:
    query = select(ReservationRow).where(ReservationRow.order_id == order_id).order_by(ReservationRow.sku)
    return [(row.sku, row.quantity) for row in await session.scalars(query)]


async def _reservations(session: AsyncSession, order_id: str, state: str) -> None:
    await session.execute(update(ReservationRow).where(ReservationRow.order_id == order_id).values(state=state))


async def _leave_cart(session: AsyncSession, order: OrderRow) -> None:
    """Take what was bought out of the cart; what the viewer added since stays."""
    bought = select(OrderLineRow.product_id, OrderLineRow.quantity).where(OrderLineRow.order_id == order.id)
    for product_id, quantity in (await session.execute(bought)).all():
        line = (
            CartLineRow.show_id == order.show_id,
            CartLineRow.viewer_id == order.viewer_id,
            CartLineRow.product_id == product_id,
        )
        await session.execute(delete(CartLineRow).where(*line, CartLineRow.quantity <= quantity))
        await session.execute(update(CartLineRow).where(*line).values(quantity=CartLineRow.quantity - quantity))
