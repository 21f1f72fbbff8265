"""Everything a house needs to sell, over one provider; and the work it does while nobody asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from influencer.commerce.checkout import Checkout
from influencer.commerce.refunding import Refunding
from influencer.commerce.settlement import Settlement
from influencer.errors import InfluencerError, NotFound
from influencer.payments.base import PaymentProvider
from influencer.payments.delivery import WebhookDelivery
from influencer.sales.events import Airing, NewEvent, pseudonym
from influencer.show.control import House, Sale, Show
from influencer.store import Order, Store, utc_now
from streaming.clock import Clock

log = structlog.get_logger(__name__)
HOLD = timedelta(minutes=15)
_TICK_NS = 1_000_000_000
_TICKS_A_SWEEP = 5


class Till:
    """The checkout, the settlement and the refunds of a house. Owns nothing that needs closing."""

    def __init__(
        self,
        house: House,
        store: Store,
        provider: PaymentProvider,
        *,
        now: Callable[[], datetime] = utc_now,
        hold: timedelta = HOLD,
        public_url: str = "",
    ) -> None:
        self._house, self._store = house, store
        self.provider = provider
        self.refunding = Refunding(store, provider)
        self.settlement = Settlement(
            store, provider, self.refunding, self._tell_the_show, now=now, hold=hold, public_url=public_url
        )
        self.checkout = Checkout(store, self.settlement, now=now, hold=hold)

    async def _tell_the_show(self, order: Order) -> None:
        """Count the sale; a show that is on air hears of it. The stock it shows follows from the store anyway."""
        try:
            show: Show | None = self._house.get(order.show_id)
        except NotFound:
            show = None
        airing = Airing(order.utterance_id, market=order.market) if show is None else show.airing(order.utterance_id)
        await self._count(order, airing)
        if show is None:
            return
        for line in order.lines:
            left = await self._store.stock.levels([line.sku])
            await show.sold(Sale(order.id, line.product_id, line.quantity, left.get(line.sku, 0)))

    async def _count(self, order: Order, airing: Airing) -> None:
        """Keep an event a line. The order itself is safe: a full journal must not undo a payment."""
        viewer = pseudonym(order.viewer_id)
        keys = [order.id, *(f"{order.id}.{n}" for n in range(1, len(order.lines)))]
        events = [
            NewEvent("order", order.show_id, viewer, key, order.placed_at, airing, line.product_id)
            for key, line in zip(keys, order.lines, strict=True)
        ]
        try:
            await self._store.journal.record(events)
        except InfluencerError as error:
            log.warning("sale not counted", order=order.id, error=str(error))


async def keep_till(till: Till, delivery: WebhookDelivery | None, clock: Clock) -> None:
    """Sweep, and let the test provider (if it is ours) send its webhooks, until cancelled. Run it supervised."""
    for tick in range(2**62):
        if delivery is not None:
            await delivery.deliver_due()
        if tick % _TICKS_A_SWEEP == 0:
            await till.settlement.sweep()
        await clock.wait_until(clock.now_ns() + _TICK_NS)
