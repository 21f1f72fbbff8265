"""What becomes of a payment: the provider is asked, and the order follows. Every method may be repeated after a crash.

A webhook is a hint to ask, never the answer: lost, doubled, forged or out of order it changes nothing that is not so.
Stock is given back only after the provider has made sure that the payment cannot succeed any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from influencer.commerce.refunding import LATE_PAYMENT, Refunding
from influencer.errors import Conflict
from influencer.payments.base import (
    BadSignature,
    Intent,
    NewIntent,
    PaymentProvider,
    PaymentRefused,
    PaymentUnavailable,
)
from influencer.store import Order, Store, utc_now
from influencer.store.order_steps import PaymentEvent
from influencer.store.refunds import NewRefund

ASK_AFTER = timedelta(seconds=20)
"""How long a pending order waits for a webhook before the provider is asked."""
REFUND_AGAIN_AFTER = timedelta(seconds=30)
FORGET_CARTS_AFTER = timedelta(days=30)

log = structlog.get_logger(__name__)
Announce = Callable[[Order], Awaitable[None]]


class Settlement:
    """Keeps orders and their payments in step."""

    def __init__(
        self,
        store: Store,
        provider: PaymentProvider,
        refunding: Refunding,
        announce: Announce,
        *,
        now: Callable[[], datetime] = utc_now,
        hold: timedelta = timedelta(minutes=15),
        public_url: str = "",
    ) -> None:
        """Open the books.

        Args:
            store: orders and stock.
            provider: who takes the money.
            refunding: gives back what was paid too late.
            announce: hears of every order, once, when it is paid.
            now: aware wall clock.
            hold: how much longer stock is held while a payment is being processed.
            public_url: scheme and host of the pages a viewer returns to; empty for a path.
        """
        self._store, self._provider, self._refunding, self._announce = store, provider, refunding, announce
        self._now, self._hold, self._public_url = now, hold, public_url.rstrip("/")
        self.refused = 0
        """Webhooks that could not be taken since the start: wrongly signed, or the provider could not be asked."""

    async def with_payment(self, order: Order) -> Order:
        """A pending order with its payment, created if need be; the order's number is the idempotency key.

        Raises:
            PaymentUnavailable: try again.
            PaymentRefused: the provider will not take this payment.
        """
        if order.state != "pending" or order.intent_id is not None:
            return order
        wanted = NewIntent(
            order.total, order.currency, order.id, f"Order {order.id}", f"{self._public_url}/orders/{order.id}",
            order.market,
        )  # fmt: skip
        intent = await self._provider.create(wanted, key=order.id)
        return await self._store.orders.set_payment(order.id, self._provider.name, intent.id, intent.pay_url)

    async def hear(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """Take a webhook.

        Raises:
            BadSignature: the provider did not send it; nothing is done.
            PaymentUnavailable: the provider could not be asked; it will send the webhook again.
        """
        try:
            await self._hear(payload, headers)
        except (BadSignature, PaymentUnavailable):
            self.refused += 1
            raise

    async def _hear(self, payload: bytes, headers: Mapping[str, str]) -> None:
        hint = self._provider.verify(payload, headers)
        if hint is None:
            return
        event = PaymentEvent(f"{self._provider.name}:{hint.id}", hint.kind, hint.intent_id)
        if not await self._store.order_steps.event_is_new(event):
            return
        intent = await self._provider.retrieve(hint.intent_id)
        order = await self._store.orders.get(intent.reference)
        if order is None:
            log.warning("webhook of no order", kind=hint.kind, intent=hint.intent_id)
        else:
            if order.intent_id is None:  # we died between creating the payment and writing it down
                order = await self._store.orders.set_payment(order.id, self._provider.name, intent.id, intent.pay_url)
            await self.follow(order, intent)
        await self._store.order_steps.remember_event(event)

    async def follow(self, order: Order, intent: Intent, gave_up: str = "canceled") -> None:
        """Bring an order to where its payment is; `gave_up` is why a cancelled payment was cancelled."""
        if (intent.id, intent.reference) != (order.intent_id, order.id):
            log.error("payment of another order", order=order.id, intent=intent.id)
        elif intent.state == "succeeded":
            await self._paid(order, intent)
        elif intent.state == "canceled":
            await self._store.order_steps.cancel(order.id, gave_up)
        elif intent.state == "failed":
            await self._store.order_steps.cancel(order.id, intent.failure or "failed")
        elif intent.state == "processing":
            await self._store.order_steps.extend(order.id, self._now() + self._hold)

    async def refresh(self, order: Order) -> None:
        """Ask the provider about a pending order now.

        Raises:
            PaymentUnavailable: the provider does not answer.
        """
        if order.state == "pending" and order.intent_id is not None and order.provider == self._provider.name:
            await self.follow(order, await self._provider.retrieve(order.intent_id))
            await self._store.orders.checked(order.id)

    async def cancel(self, order: Order, why: str) -> None:
        """Give up a pending order: first its payment, then its stock. One that was paid meanwhile stays paid.

        Raises:
            PaymentUnavailable: the provider does not answer; nothing is changed.
        """
        order = await self.with_payment(order)  # a payment that was created but not written down must go, too
        if order.state == "pending" and order.intent_id is not None:
            await self.follow(order, await self._provider.cancel(order.intent_id), why)

    async def sweep(self) -> None:
        """Finish what crashes, silence and lost webhooks left behind. Stops early when the provider is away."""
        now, name = self._now(), self._provider.name
        try:
            for order in await self._store.orders.expired(name):
                await self._expire(order)
            for order in await self._store.orders.unheard_of(name, now - ASK_AFTER):
                await self._ask(order)
            for refund in await self._store.refunds.unfinished(now - REFUND_AGAIN_AFTER):
                await self._refunding.carry_out(refund)
        except PaymentUnavailable as error:
            log.warning("payment provider is away", provider=name, error=str(error))
        await self._store.carts.forget(now - FORGET_CARTS_AFTER)

    async def _expire(self, order: Order) -> None:
        try:
            await self.cancel(order, "expired")
        except PaymentRefused as refused:
            if order.intent_id is None:  # the provider never took it, so nobody can pay it
                await self._store.order_steps.cancel(order.id, "payment_refused")
                return
            # Not known to be unpayable: its stock stays held, and one order does not stop the others.
            log.error("payment cannot be cancelled", order=order.id, error=str(refused))  # noqa: TRY400
            await self._store.order_steps.extend(order.id, self._now() + self._hold)

    async def _ask(self, order: Order) -> None:
        try:
            await self.refresh(order)
        except PaymentRefused as refused:
            log.error("payment cannot be read", order=order.id, error=str(refused))  # noqa: TRY400
            await self._store.orders.checked(order.id)

    async def _paid(self, order: Order, intent: Intent) -> None:
        if (intent.amount, intent.currency) != (order.total, order.currency):
            log.error("paid another amount", order=order.id, intent=intent.id, amount=intent.amount)
            return
        try:
            fresh = await self._store.order_steps.pay(order.id)
        except Conflict:  # it was cancelled, and others bought the units since
            late = NewRefund(order.id, None, "paid after the order was cancelled", "system", LATE_PAYMENT)
            try:
                await self._refunding.refund(late)
            except Conflict as refused:
                log.error("late payment not refunded", order=order.id, error=str(refused))  # noqa: TRY400
            return
        if fresh:
            log.info("order paid", order=order.id, total=order.total, currency=order.currency)
            await self._announce(order)
