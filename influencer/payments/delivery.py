"""How the test provider sends its webhooks: signed, retried with backoff, given up after a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import httpx
import structlog

from influencer.outbound.schedule import retry_after
from influencer.payments.sandbox import SIGNATURE_HEADER, SandboxProvider
from influencer.payments.signatures import sign
from influencer.store import Store, utc_now
from influencer.store.sandbox import SandboxEvent

log = structlog.get_logger(__name__)


class WebhookDelivery:
    """Sends what is due. The client's base URL is the shop's; it stays the caller's."""

    def __init__(
        self, provider: SandboxProvider, store: Store, client: httpx.AsyncClient, path: str,
        *, now: Callable[[], datetime] = utc_now,
    ) -> None:  # fmt: skip
        self._provider, self._books = provider, store.sandbox
        self._client, self._path, self._now = client, path, now

    async def deliver_due(self) -> int:
        """Finish delayed payments, then send every webhook that is due; how many were sent."""
        await self._provider.settle_due()
        due = await self._books.due()
        for event in due:
            await self._send(event)
        return len(due)

    async def _send(self, event: SandboxEvent) -> None:
        payload = json.dumps(event.payload, separators=(",", ":")).encode()
        headers = {SIGNATURE_HEADER: sign(payload, self._provider.secret, self._now())}
        headers["content-type"] = "application/json"
        try:
            answer = await self._client.post(self._path, content=payload, headers=headers, timeout=10)
            error = None if answer.is_success else f"HTTP {answer.status_code}"
        except httpx.HTTPError as failure:
            error = type(failure).__name__
        attempts = event.attempts + 1
        if error is None:
            copies = event.copies - 1
            due = self._now() if copies else None
            await self._books.sent(
                event.id, copies=copies, attempts=attempts, due_at=due, delivered_at=self._now(), last_error=None
            )
            return
        wait = retry_after(attempts)
        due = None if wait is None else self._now() + wait
        log.warning("webhook not delivered", event_id=event.id, kind=event.kind, error=error, given_up=wait is None)
        await self._books.sent(event.id, attempts=attempts, due_at=due, last_error=error)
