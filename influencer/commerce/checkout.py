"""Placing an order from a show: price it, store it, tell the show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from influencer.commerce.pricing import Quote, quote
from influencer.sales.events import NewEvent, pseudonym
from influencer.show.control import Sale, Show
from influencer.store import NewOrder, Order, Store, utc_now
from influencer.store.orders import same_as


@dataclass(frozen=True, slots=True)
class Basket:
    """What a viewer asks for; `key` makes sending it twice harmless."""

    product_id: str
    quantity: int
    key: str
    coupon: str | None = None


class Checkout:
    """Turns a basket into a stored order, priced from the brief and attributed to the sentence on air."""

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._now = now

    def quote(self, show: Show, product_id: str, coupon: str | None = None) -> Quote:
        """What one unit costs in this show now.

        Raises:
            NotFound: the show does not sell the product.
            Conflict: the coupon cannot be used.
        """
        return quote(show.product(product_id), show.info().market, self._now(), coupon)

    async def place(self, show: Show, basket: Basket, viewer_id: str) -> Order:
        """Place an order; the price never comes from the buyer.

        Raises:
            NotFound: the show does not sell the product.
            Conflict: sold out, the coupon cannot be used, or the key belongs to another order.
        """
        info, brief, airing = show.info(), show.product(basket.product_id), show.airing()
        before = await self._store.orders.find(viewer_id, basket.key)
        if before is not None:  # even if the coupon has run out or the product has sold out since
            same_as(before, info.id, brief.id, basket.quantity)
            return before
        price = self.quote(show, brief.id, basket.coupon)
        placed = await self._store.orders.place(
            NewOrder(
                show_id=info.id,
                product_id=brief.id,
                sku=brief.sku,
                market=info.market,
                quantity=basket.quantity,
                unit_amount=price.amount,
                currency=price.currency,
                coupon=price.coupon,
                viewer_id=viewer_id,
                idempotency_key=basket.key,
                utterance_id=airing.utterance_id,
            )
        )
        if placed.fresh:
            order = placed.order
            await self._store.journal.record(
                [NewEvent("order", info.id, pseudonym(viewer_id), order.id, order.placed_at, airing, brief.id)]
            )
            left = await self._store.stock.units(brief.sku)
            await show.sold(Sale(placed.order.id, brief.id, basket.quantity, left))
        return placed.order
