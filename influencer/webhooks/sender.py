"""Sends what is in the outbox: signed, at least once, each endpoint in order, some endpoints at once.

A slow endpoint holds up nobody but itself. A process that dies leaves its claims, which run out; then it is sent again.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from influencer.outbound import Outbound, UrlRefused
from influencer.outbound.client import Unreachable
from influencer.outbound.schedule import retry_after
from influencer.payments.signatures import sign
from influencer.show.supervise import supervise
from influencer.store import Store, utc_now
from influencer.store.webhooks import Claimed
from influencer.webhooks.events import event_id, payload
from streaming.clock import Clock

SIGNATURE_HEADER = "Influencer-Signature"
TIMEOUT_S = 5.0
"""Of connecting and of each read; an exchange takes at most three times that, which is less than a claim holds."""
AT_ONCE = 8
"""Endpoints that are sent to at one time."""
A_TURN = 20
"""Deliveries an endpoint gets before others have their turn."""
_TICK_NS = 1_000_000_000
_TICKS_A_SWEEP = 3600
_LOOK_BACK = timedelta(days=7)
"""Terms of likenesses that ended before are not told any more."""

log = structlog.get_logger(__name__)


class WebhookSender:
    """Sends what is due, over a client that stays the caller's."""

    def __init__(
        self, store: Store, outbound: Outbound, *, now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._store, self._books, self._outbound = store, store.webhooks, outbound
        self._now, self._chance = now, chance
        self._busy: set[str] = set()

    async def run(self, clock: Clock) -> None:
        """Send and sweep until cancelled. Run it supervised."""
        self._busy.clear()
        async with asyncio.TaskGroup() as group:
            for tick in itertools.count():
                if tick % _TICKS_A_SWEEP == 0:
                    await self.sweep()
                await self._start_due(group)
                await clock.wait_until(clock.now_ns() + _TICK_NS)

    async def deliver_due(self) -> None:
        """Send everything that is due now, and wait for it."""
        async with asyncio.TaskGroup() as group:
            await self._start_due(group)

    async def sweep(self) -> None:
        """Tell of likenesses whose term is over, and forget what is old."""
        await self._store.consents.tell_ended(_LOOK_BACK)
        await self._books.forget_old()

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        free = AT_ONCE - len(self._busy)
        if free <= 0:
            return
        for endpoint_id in await self._books.due_endpoints(self._busy, free):
            self._busy.add(endpoint_id)
            group.create_task(self._serve(endpoint_id), name=f"webhook {endpoint_id}")

    async def _serve(self, endpoint_id: str) -> None:
        """One endpoint's turn: its oldest deliveries, until one fails."""
        try:
            for _ in range(A_TURN):
                claimed = await self._books.claim(endpoint_id)
                if claimed is None or not await self._send(claimed):
                    return
        finally:
            self._busy.discard(endpoint_id)

    async def _send(self, claimed: Claimed) -> bool:
        status, error = await self._post(claimed)
        if error is None and status is not None:
            await self._books.delivered(claimed, status)
            return True
        wait = retry_after(claimed.delivery.attempts, self._chance())
        disabled = await self._books.failed(claimed, status, error or "", wait)
        log.warning(
            "webhook not delivered", endpoint=claimed.endpoint.id, delivery=claimed.delivery.id, error=error,
            attempts=claimed.delivery.attempts, given_up=wait is None, disabled=disabled,
        )  # fmt: skip
        return False

    async def _post(self, claimed: Claimed) -> tuple[int | None, str | None]:
        """(HTTP status, what went wrong)."""
        delivery, endpoint, now = claimed.delivery, claimed.endpoint, self._now()
        said = payload(delivery.event_id, delivery.type, claimed.happened_at, claimed.data)
        body = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
        older = []
        if (
            endpoint.previous_secret is not None
            and endpoint.previous_until is not None
            and now < endpoint.previous_until
        ):
            older.append(endpoint.previous_secret)
        headers = {
            "content-type": "application/json",
            SIGNATURE_HEADER: sign(body, endpoint.secret, now, *older),
            "Influencer-Event": event_id(delivery.event_id),
        }
        try:
            answer = await self._outbound.post(endpoint.url, body, headers)
        except Unreachable as error:
            return None, str(error).removeprefix("url: ")
        except UrlRefused as refused:
            return None, f"not sent: {refused.mistakes[0].given}"
        if 200 <= answer.status < 300:
            return answer.status, None
        return answer.status, f"HTTP {answer.status}"


@asynccontextmanager
async def kept_webhooks(sender: WebhookSender, clock: Clock) -> AsyncIterator[None]:
    """Send in the background, restarted when it crashes, until the context is left."""

    async def keep() -> None:
        await sender.run(clock)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(supervise("webhooks", keep, clock=clock, on_restart=_restarted), name="webhooks")
        try:
            yield
        finally:
            task.cancel()


def _restarted(stage: str) -> None:
    log.warning("webhooks restarted", stage=stage)
