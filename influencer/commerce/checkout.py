"""Placing an order from a show: price it, hold its stock, create its payment. Each step can be repeated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from influencer.commerce.basket import Item, Priced, check_items, normalized_code, offer_coupon, price_basket
from influencer.commerce.coupons import Coupon
from influencer.commerce.settlement import Settlement
from influencer.errors import Conflict
from influencer.payments.base import PaymentRefused
from influencer.show.control import Show
from influencer.store import NewOrder, Order, OrderLine, Store, utc_now
from influencer.store.orders import same_as
from influencer.store.stock import shortage

AT_ONCE = 8
"""Checkouts that use the database at a time. In a rush the others wait here, in order, and not for a connection, where
waiting ends with an error."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What a viewer asks for; `key` makes sending it twice harmless. `from_cart`: it leaves the cart when paid."""

    items: tuple[Item, ...]
    key: str
    coupon: str | None = None
    from_cart: bool = False


class Checkout:
    """Turns a basket into a pending order, priced from the briefs and attributed to the sentence on air."""

    def __init__(
        self, store: Store, settlement: Settlement, *, now: Callable[[], datetime] = utc_now,
        hold: timedelta = timedelta(minutes=15),
    ) -> None:  # fmt: skip
        """Open the checkout; `hold` is how long a pending order keeps its stock."""
        self._store, self._settlement = store, settlement
        self._now, self._hold = now, hold
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def price(self, show: Show, items: Sequence[Item], code: str | None = None) -> Priced:
        """What a basket costs in this show now.

        Raises:
            NotFound: the show does not sell a product.
            Conflict: the coupon cannot be used.
            InvalidInput: the basket is empty, too large, or names a product twice.
        """
        check_items(items)
        briefs = {item.product_id: show.product(item.product_id) for item in items}
        market, wanted = show.info().market, normalized_code(code)
        coupon: Coupon | None = None
        if wanted is not None:
            coupon = offer_coupon(list(briefs.values()), market, wanted) or await self._store.coupons.usable(wanted)
            if coupon is None:
                raise Conflict("this coupon does not belong to this product, or it is used up")
        return price_basket(items, briefs, market, self._now(), coupon)

    async def place(self, show: Show, basket: Basket, viewer_id: str) -> Order:
        """Place an order and create its payment; the price never comes from the buyer.

        Raises:
            NotFound: the show does not sell a product.
            Conflict: sold out, the coupon cannot be used, or the key belongs to another order.
            InvalidInput: the basket is empty, too large, or names a product twice.
            PaymentUnavailable: the order is kept and its stock held; the same key goes on from here.
        """
        asked = fingerprint(show.info().id, basket)
        async with self._turns:
            order = await self._store.orders.find(viewer_id, basket.key)
        if order is None:
            if basket.from_cart:
                await self._give_up_earlier(show.info().id, viewer_id)
            async with self._turns:
                order = await self._write(show, basket, viewer_id, asked)
        else:  # even if the coupon has run out or a product has sold out since
            same_as(order, asked)
        try:
            return await self._settlement.with_payment(order)
        except PaymentRefused as refused:
            await self._store.order_steps.cancel(order.id, "payment_refused")
            raise PaymentRefused(f"the payment provider refused this order: {refused}") from None

    async def _write(self, show: Show, basket: Basket, viewer_id: str, asked: str) -> Order:
        price = await self.price(show, basket.items, basket.coupon)
        if (short := await self._shortage(price)) is not None:
            # No need to write anything; but a twin of this request may have bought the last unit just now.
            twin = await self._store.orders.find(viewer_id, basket.key)
            if twin is None:
                raise Conflict(short)
            same_as(twin, asked)
            return twin
        info, airing = show.info(), show.airing()
        placed = await self._store.orders.place(
            NewOrder(
                show_id=info.id,
                market=info.market,
                viewer_id=viewer_id,
                idempotency_key=basket.key,
                fingerprint=asked,
                currency=price.currency,
                lines=tuple(
                    OrderLine(
                        line.product_id, line.sku, line.quantity, line.unit_amount, line.discount,
                        line.utterance_id or airing.utterance_id,
                    )
                    for line in price.lines
                ),
                expires_at=self._now() + self._hold,
                coupon=None if price.coupon is None else price.coupon.code,
                coupon_counted=price.coupon is not None and price.coupon.counted,
                utterance_id=airing.utterance_id,
                from_cart=basket.from_cart,
            )
        )  # fmt: skip
        return placed.order

    async def _shortage(self, price: Priced) -> str | None:
        """What is not there, from a look at the stock: the order itself decides."""
        levels = await self._store.stock.levels(line.sku for line in price.lines)
        for line in price.lines:
            left = levels.get(line.sku, 0)
            if left < line.quantity:
                return shortage(left)
        return None

    async def _give_up_earlier(self, show_id: str, viewer_id: str) -> None:
        """A viewer who checks out the cart again does not compete with what their last attempt holds."""
        pending = await self._store.orders.latest(show_id, viewer_id=viewer_id, states=("pending",), limit=20)
        for order in pending:
            if order.from_cart:
                await self._settlement.cancel(order, "superseded")
                after = await self._store.orders.get(order.id)
                if after is not None and after.state != "cancelled":
                    raise Conflict(f"order {order.id} of this cart is paid or being paid; look at it and at the cart")


def fingerprint(show_id: str, basket: Basket) -> str:
    """What was asked for, so that a key cannot be used again for something else. Not the price: it may change."""
    lines = sorted((item.product_id, item.quantity) for item in basket.items)
    asked = [show_id, basket.from_cart, normalized_code(basket.coupon), [] if basket.from_cart else lines]
    return sha256(json.dumps(asked).encode()).hexdigest()
