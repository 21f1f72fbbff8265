"""Giving money back: claimed in our books, carried out by the provider, settled in our books. Crash-safe by its key."""

from __future__ import annotations

import structlog

from influencer.errors import Conflict, NotFound
from influencer.payments.base import PaymentProvider, PaymentRefused, PaymentUnavailable
from influencer.store import Store
from influencer.store.refunds import NewRefund, Refund

LATE_PAYMENT = "late-payment"
"""The idempotency key of the refund of an order that was paid after it was cancelled."""

log = structlog.get_logger(__name__)


class Refunding:
    """Refunds orders of one provider."""

    def __init__(self, store: Store, provider: PaymentProvider) -> None:
        self._store, self._provider = store, provider

    async def refund(self, new: NewRefund) -> Refund:
        """Give money back; the same key again goes on where the first attempt stopped.

        Returns:
            The refund: still pending when the provider is away; a sweep finishes it.

        Raises:
            NotFound: there is no such order.
            Conflict: the order was not paid through this provider, or less is left, or the provider refuses.
            InvalidInput: the amount is not positive.
        """
        order = await self._store.orders.get(new.order_id)
        if order is None:
            raise NotFound(f"there is no order {new.order_id!r}")
        if order.provider != self._provider.name:
            raise Conflict(f"this order was paid through {order.provider or 'no provider'}, not {self._provider.name}")
        refund = await self._store.refunds.claim(new)
        try:
            refund = await self.carry_out(refund)
        except PaymentUnavailable as error:
            log.warning("refund waits for the provider", refund=refund.id, error=str(error))
            return refund
        if refund.state == "failed":
            raise Conflict(f"the payment provider refused this refund: {refund.failure}")
        return refund

    async def carry_out(self, refund: Refund) -> Refund:
        """Ask the provider and write down how it ended; a refund that has ended is returned as it is.

        Raises:
            PaymentUnavailable: the refund stays pending.
        """
        if refund.state != "pending":
            return refund
        order = await self._store.orders.get(refund.order_id)
        assert order is not None and order.intent_id is not None
        try:
            result = await self._provider.refund(order.intent_id, refund.amount, key=refund.id)
        except PaymentRefused as refused:
            await self._store.refunds.settle(refund.id, "failed", provider_id=None, failure=str(refused)[:64])
            return await self._store.refunds.get(refund.id)
        if result.state == "pending":
            await self._store.refunds.checked(refund.id)
        else:
            failure = None if result.state == "succeeded" else "failed"
            await self._store.refunds.settle(refund.id, result.state, provider_id=result.id, failure=failure)
        return await self._store.refunds.get(refund.id)
