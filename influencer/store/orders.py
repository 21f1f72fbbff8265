"""Orders: placed whole (lines, held stock, counted coupon) or not at all, exact money, safe to send twice."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.commerce.states import OrderState
from influencer.errors import Conflict
from influencer.store.briefs_schema import BriefRow
from influencer.store.commerce_schema import CouponRow, CouponUseRow, OrderLineRow, OrderRow, ReservationRow
from influencer.store.schema import columns
from influencer.store.stock import take
from influencer.store.tellings import sold_out

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U: an order number is read aloud and typed."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One product of an order; money in minor units, `utterance_id` the sentence on air when it was chosen.

    `advertiser_id` is whose brief sold it, written when the order is placed; None: a file of the house.
    """

    product_id: str
    sku: str
    quantity: int
    unit_amount: int
    discount: int = 0
    utterance_id: int | None = None
    advertiser_id: str | None = None

    @property
    def total(self) -> int:
        """What is paid for the line."""
        return self.unit_amount * self.quantity - self.discount


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a viewer buys, at what it costs now, in minor units of `currency`.

    `utterance_id` is the sentence on air at the checkout. `coupon_counted`: its uses are counted in the store.
    `fingerprint` tells whether a repeated key asks for the same.
    """

    show_id: str
    market: MarketId
    viewer_id: str
    idempotency_key: str
    fingerprint: str
    currency: str
    lines: tuple[OrderLine, ...]
    expires_at: datetime
    coupon: str | None = None
    coupon_counted: bool = False
    utterance_id: int | None = None
    from_cart: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A stored order; money in minor units. `refunded` counts what went back or is on its way."""

    id: str
    show_id: str
    market: MarketId
    viewer_id: str
    idempotency_key: str
    fingerprint: str
    from_cart: bool
    state: OrderState
    currency: str
    subtotal: int
    discount: int
    total: int
    refunded: int
    coupon: str | None
    utterance_id: int | None
    provider: str | None
    intent_id: str | None
    pay_url: str | None
    failure: str | None
    placed_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    checked_at: datetime | None
    paid_at: datetime | None
    fulfilled_at: datetime | None
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """What `place` did: `fresh` is false when the same request had already been stored."""

    order: Order
    fresh: bool


def order_number() -> str:
    """An unguessable number of twelve letters and digits, 59 bits: K7QM-2VXA-9TCE."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def by_sku(lines: Iterable[OrderLine]) -> list[tuple[str, int]]:
    """Units of each SKU, in one order for everybody: two orders never wait for each other's rows in a circle."""
    units: dict[str, int] = {}
    for line in lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    return sorted(units.items())


class OrderRepository:
    """Place and read orders. What happens to one later is `influencer.store.order_steps`."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def place(self, new: NewOrder) -> Placed:
        """Write a pending order, hold its stock and count its coupon: all or nothing.

        The same key again returns the first order.

        Raises:
            Conflict: sold out, the coupon is used up, or the key was used for something else.
        """
        row = _new_row(new, self._now())
        try:
            async with self._sessions.begin() as session:
                session.add(row)
                await session.flush()
                lines = await _with_owners(session, new.lines)
                session.add_all(
                    OrderLineRow(order_id=row.id, position=position, **asdict(line))
                    for position, line in enumerate(lines)
                )
                gone = []
                for sku, quantity in by_sku(new.lines):
                    if await take(session, sku, quantity) == 0:
                        gone.append(sku)
                    session.add(ReservationRow(order_id=row.id, sku=sku, quantity=quantity, state="held"))
                if new.coupon is not None and new.coupon_counted:
                    await _use_coupon(session, new.coupon, row)
                await sold_out(session, row.id, gone, row.placed_at)
        except IntegrityError:
            return Placed(await self._placed_before(new), fresh=False)
        return Placed(order_value(row, lines), fresh=True)

    async def get(self, order_id: str, viewer_id: str | None = None) -> Order | None:
        """An order; with a viewer, theirs only: somebody else's is None too, so ids tell nothing."""
        query = select(OrderRow).where(OrderRow.id == order_id)
        if viewer_id is not None:
            query = query.where(OrderRow.viewer_id == viewer_id)
        async with self._sessions() as session:
            return next(iter(await self._read(session, list(await session.scalars(query)))), None)

    async def find(self, viewer_id: str, idempotency_key: str) -> Order | None:
        """The order this viewer placed with this key, if any."""
        query = select(OrderRow).where(OrderRow.viewer_id == viewer_id, OrderRow.idempotency_key == idempotency_key)
        async with self._sessions() as session:
            return next(iter(await self._read(session, list(await session.scalars(query)))), None)

    async def latest(
        self,
        show_id: str | None = None,
        *,
        viewer_id: str | None = None,
        states: Sequence[OrderState] = (),
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[Order]:
        """The newest orders, newest first: of a show, of a viewer, in some states; those after a place.

        `after` is when the last order before was placed, and its number.
        """
        query = select(OrderRow).order_by(OrderRow.placed_at.desc(), OrderRow.id).limit(limit)
        if show_id is not None:
            query = query.where(OrderRow.show_id == show_id)
        if viewer_id is not None:
            query = query.where(OrderRow.viewer_id == viewer_id)
        if states:
            query = query.where(OrderRow.state.in_(states))
        if after is not None:
            placed_at, id_ = after
            older = (OrderRow.placed_at < placed_at) | ((OrderRow.placed_at == placed_at) & (OrderRow.id > id_))
            query = query.where(older)
        async with self._sessions() as session:
            return await self._read(session, list(await session.scalars(query)))

    async def expired(self, provider: str, limit: int = 50) -> list[Order]:
        """Pending orders of a provider, or of none yet, whose time is over, the longest first."""
        query = (
            select(OrderRow)
            .where(OrderRow.state == "pending", OrderRow.expires_at <= self._now())
            .where(OrderRow.provider.is_(None) | (OrderRow.provider == provider))
            .order_by(OrderRow.expires_at)
            .limit(limit)
        )
        async with self._sessions() as session:
            return await self._read(session, list(await session.scalars(query)))

    async def unheard_of(self, provider: str, since: datetime, limit: int = 50) -> list[Order]:
        """Pending orders of a provider whose payment was not asked about since a time: a webhook may be lost."""
        query = (
            select(OrderRow)
            .where(OrderRow.state == "pending", OrderRow.provider == provider, OrderRow.checked_at <= since)
            .order_by(OrderRow.checked_at)
            .limit(limit)
        )
        async with self._sessions() as session:
            return await self._read(session, list(await session.scalars(query)))

    async def set_payment(self, order_id: str, provider: str, intent_id: str, pay_url: str | None) -> Order:
        """Write which payment an order waits for."""
        change = (
            update(OrderRow)
            .where(OrderRow.id == order_id)
            .values(provider=provider, intent_id=intent_id, pay_url=pay_url, updated_at=self._now())
        )
        async with self._sessions.begin() as session:
            await session.execute(change)
        order = await self.get(order_id)
        assert order is not None
        return order

    async def checked(self, order_id: str) -> None:
        """Remember that its payment was asked about now."""
        change = update(OrderRow).where(OrderRow.id == order_id).values(checked_at=self._now())
        async with self._sessions.begin() as session:
            await session.execute(change)

    async def _placed_before(self, new: NewOrder) -> Order:
        order = await self.find(new.viewer_id, new.idempotency_key)
        if order is None:
            if new.coupon_counted:  # two orders of one viewer took it in the same moment
                raise Conflict("you have used this coupon already")
            raise Conflict(f"show {new.show_id!r} takes no orders")
        same_as(order, new.fingerprint)
        return order

    async def _read(self, session: AsyncSession, rows: Sequence[OrderRow]) -> list[Order]:
        if not rows:
            return []
        query = (
            select(OrderLineRow)
            .where(OrderLineRow.order_id.in_([row.id for row in rows]))
            .order_by(OrderLineRow.order_id, OrderLineRow.position)
        )
        lines: dict[str, list[OrderLine]] = {}
        for line in await session.scalars(query):
            values = columns(line)
            del values["position"]
            lines.setdefault(values.pop("order_id"), []).append(OrderLine(**values))
        return [order_value(row, tuple(lines.get(row.id, ()))) for row in rows]


def same_as(order: Order, fingerprint: str) -> None:
    """Check that a repeated key asks for what it asked for the first time.

    Raises:
        Conflict: it asks for something else.
    """
    if order.fingerprint not in {fingerprint, ""}:  # older orders have none
        raise Conflict("the idempotency key was used for a different order")


def order_value(row: OrderRow, lines: tuple[OrderLine, ...]) -> Order:
    """The row and its lines as a value."""
    values = columns(row)
    values["market"] = cast("MarketId", row.market)
    values["state"] = cast("OrderState", row.state)
    return Order(**values, lines=lines)


def _new_row(new: NewOrder, now: datetime) -> OrderRow:
    subtotal = sum(line.unit_amount * line.quantity for line in new.lines)
    discount = sum(line.discount for line in new.lines)
    return OrderRow(
        id=order_number(), show_id=new.show_id, market=new.market, viewer_id=new.viewer_id,
        idempotency_key=new.idempotency_key, fingerprint=new.fingerprint, from_cart=new.from_cart, state="pending",
        currency=new.currency, subtotal=subtotal, discount=discount, total=subtotal - discount, refunded=0,
        coupon=new.coupon, utterance_id=new.utterance_id, placed_at=now, updated_at=now, checked_at=now,
        expires_at=new.expires_at, provider=None, intent_id=None, pay_url=None, failure=None, paid_at=None,
        fulfilled_at=None,
    )  # fmt: skip


async def _with_owners(session: AsyncSession, lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
    """The lines with the advertiser whose brief sells each: a product's id on air is its brief's, and never moves."""
    query = select(BriefRow.id, BriefRow.advertiser_id).where(BriefRow.id.in_([line.product_id for line in lines]))
    owners = {row.id: row.advertiser_id for row in await session.execute(query)}
    return tuple(replace(line, advertiser_id=owners.get(line.product_id)) for line in lines)


async def _use_coupon(session: AsyncSession, code: str, row: OrderRow) -> None:
    """Count a use inside the caller's transaction; one statement, so the last use cannot be had twice."""
    used = await session.execute(
        update(CouponRow)
        .where(CouponRow.code == code, CouponRow.disabled_at.is_(None))
        .where(CouponRow.max_uses.is_(None) | (CouponRow.uses < CouponRow.max_uses))
        .values(uses=CouponRow.uses + 1)
        .returning(CouponRow.once_per_viewer)
    )
    once = used.first()
    if once is None:
        raise Conflict("this coupon is used up")
    slot = f"viewer:{row.viewer_id}" if once.once_per_viewer else f"order:{row.id}"
    taken = await session.scalars(
        select(CouponUseRow.order_id).where(CouponUseRow.code == code, CouponUseRow.slot == slot)
    )
    if taken.first() is not None:
        raise Conflict("you have used this coupon already")
    session.add(CouponUseRow(order_id=row.id, code=code, slot=slot))
