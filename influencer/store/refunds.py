"""Refunds: claimed against the order before the provider is asked, so that more can never go back than was paid."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.commerce.states import OrderState, check_step, sources
from influencer.errors import Conflict, InvalidInput, Mistake, NotFound
from influencer.store.commerce_schema import OrderRow, RefundRow, ReservationRow
from influencer.store.schema import columns
from influencer.store.stock import give_back
from influencer.store.tellings import order_refunded

RefundState = Literal["pending", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that goes back; `amount` in minor units, `actor` who ordered it."""

    id: str
    order_id: str
    amount: int
    reason: str
    actor: str
    restock: bool
    idempotency_key: str
    state: RefundState
    provider_id: str | None
    failure: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewRefund:
    """What is to go back: `amount` in minor units, None for all that is left. `restock` puts the units back too."""

    order_id: str
    amount: int | None
    reason: str
    actor: str
    idempotency_key: str
    restock: bool = False


class RefundRepository:
    """Claim, settle and read refunds."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def claim(self, new: NewRefund) -> Refund:
        """Write a pending refund if the order still has that much to give back; the same key returns the first.

        Raises:
            NotFound: there is no such order.
            Conflict: the order was not paid, or less is left; or the key was used for another amount.
            InvalidInput: the amount is not positive.
        """
        if new.amount is not None and new.amount <= 0:
            raise InvalidInput("refund", [Mistake("amount", str(new.amount), "1 or more minor units")])
        before = await self._find(new)
        if before is not None:
            return before
        amount, states = await self._claimable(new)
        now = self._now()
        row = RefundRow(
            id=f"rf_{secrets.token_hex(12)}", order_id=new.order_id, amount=amount, reason=new.reason, actor=new.actor,
            restock=new.restock, idempotency_key=new.idempotency_key, state="pending", provider_id=None, failure=None,
            created_at=now, updated_at=now,
        )  # fmt: skip
        claimed = (
            update(OrderRow)
            .where(OrderRow.id == new.order_id, OrderRow.state.in_(states))
            .where(OrderRow.refunded + amount <= OrderRow.total)
            .values(refunded=OrderRow.refunded + amount, updated_at=now)
            .returning(OrderRow.id)
        )
        try:
            async with self._sessions.begin() as session:
                session.add(row)
                await session.flush()
                if (await session.execute(claimed)).first() is None:
                    raise Conflict("another refund of this order came first; look again at what is left")
        except IntegrityError:
            found = await self._find(new)
            assert found is not None
            return found
        return _value(row)

    async def settle(self, refund_id: str, state: RefundState, *, provider_id: str | None, failure: str | None) -> bool:
        """Record how a pending refund ended; whether this call did it."""
        now = self._now()
        change = (
            update(RefundRow)
            .where(RefundRow.id == refund_id, RefundRow.state == "pending")
            .values(state=state, provider_id=provider_id, failure=failure, updated_at=now)
            .returning(RefundRow)
        )
        async with self._sessions.begin() as session:
            refund = (await session.scalars(change)).first()
            if refund is None:
                return False
            # Locks the order before the sum is read: of two refunds that end together the later one sees both.
            touched = update(OrderRow).where(OrderRow.id == refund.order_id).values(updated_at=now)
            total = (await session.scalars(touched.returning(OrderRow.total))).one()
            if state == "failed":
                await session.execute(
                    update(OrderRow)
                    .where(OrderRow.id == refund.order_id)
                    .values(refunded=OrderRow.refunded - refund.amount, updated_at=now)
                )
                return True
            back = select(func.coalesce(func.sum(RefundRow.amount), 0)).where(
                RefundRow.order_id == refund.order_id, RefundRow.state == "succeeded"
            )
            whole = (await session.scalars(back)).one() >= total
            to: OrderState = "refunded" if whole else "partly_refunded"
            await session.execute(
                update(OrderRow)
                .where(OrderRow.id == refund.order_id, OrderRow.state.in_(sources(to)))
                .values(state=to, updated_at=now)
            )
            if refund.restock and whole:
                await _restock(session, refund.order_id)
            await order_refunded(session, refund, whole=whole, at=now)
        return True

    async def checked(self, refund_id: str) -> None:
        """Remember that the provider was asked about it now, and is not done."""
        change = update(RefundRow).where(RefundRow.id == refund_id).values(updated_at=self._now())
        async with self._sessions.begin() as session:
            await session.execute(change)

    async def get(self, refund_id: str) -> Refund:
        """One refund.

        Raises:
            NotFound: there is none.
        """
        async with self._sessions() as session:
            row = await session.get(RefundRow, refund_id)
        if row is None:
            raise NotFound(f"there is no refund {refund_id!r}")
        return _value(row)

    async def of_order(self, order_id: str) -> list[Refund]:
        """An order's refunds, oldest first."""
        query = select(RefundRow).where(RefundRow.order_id == order_id).order_by(RefundRow.created_at, RefundRow.id)
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query.limit(100))]

    async def unfinished(self, before: datetime, limit: int = 50) -> list[Refund]:
        """Refunds that have waited for the provider's answer since before a time."""
        query = (
            select(RefundRow)
            .where(RefundRow.state == "pending", RefundRow.updated_at <= before)
            .order_by(RefundRow.created_at)
            .limit(limit)
        )
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def _find(self, new: NewRefund) -> Refund | None:
        query = select(RefundRow).where(
            RefundRow.order_id == new.order_id, RefundRow.idempotency_key == new.idempotency_key
        )
        async with self._sessions() as session:
            row = (await session.scalars(query)).first()
        if row is None:
            return None
        if new.amount is not None and row.amount != new.amount:
            raise Conflict("the idempotency key was used for another refund")
        return _value(row)

    async def _claimable(self, new: NewRefund) -> tuple[int, tuple[OrderState, ...]]:
        """The amount, and the states an order may be in to give it back."""
        async with self._sessions() as session:
            order = await session.get(OrderRow, new.order_id)
        if order is None:
            raise NotFound(f"there is no order {new.order_id!r}")
        left = order.total - order.refunded
        amount = left if new.amount is None else new.amount
        to: OrderState = "refunded" if amount == left and order.refunded == 0 else "partly_refunded"
        state = cast("OrderState", order.state)
        if state != "partly_refunded":
            check_step(state, to)
        if amount > left or left == 0:
            raise Conflict(f"at most {left} minor units of this order can still be refunded")
        return amount, sources(to) if to == "refunded" else (*sources(to), "partly_refunded")


async def _restock(session: AsyncSession, order_id: str) -> None:
    taken = (
        update(ReservationRow)
        .where(ReservationRow.order_id == order_id, ReservationRow.state == "taken")
        .values(state="released")
        .returning(ReservationRow.sku, ReservationRow.quantity)
    )
    for sku, quantity in sorted((await session.execute(taken)).all()):
        await give_back(session, sku, quantity)


def _value(row: RefundRow) -> Refund:
    values = columns(row)
    values["state"] = cast("RefundState", row.state)
    return Refund(**values)
