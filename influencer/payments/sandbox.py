"""The test payment provider: no money moves, everything else is as with a real one.

It has its own books, its own page where a viewer pays with a test card, idempotency keys, delayed and failing payments,
partial refunds, and signed webhooks that get lost, doubled or mixed up on demand (`influencer.payments.sandbox_cards`).
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from influencer.errors import InvalidInput, Mistake, NotFound
from influencer.payments.base import Intent, IntentState, NewIntent, PaymentHint, PaymentRefused, RefundResult
from influencer.payments.sandbox_cards import SandboxCard, card_of
from influencer.payments.signatures import check_signature
from influencer.store import Store, utc_now
from influencer.store.sandbox import SandboxEvent, SandboxIntent

SIGNATURE_HEADER = "sandbox-signature"
MAX_DECLINES = 5
"""After so many declined cards the intent fails for good."""
_OPEN = ("requires_payment_method",)
_LATE = timedelta(seconds=5)


class SandboxProvider:
    """Implements `influencer.payments.base.PaymentProvider` over the sandbox's own tables."""

    name = "sandbox"

    def __init__(
        self,
        store: Store,
        *,
        secret: str | None = None,
        now: Callable[[], datetime] = utc_now,
        delay: timedelta = timedelta(seconds=4),
        pay_page: str = "/pay/sandbox",
    ) -> None:
        """Open the provider.

        Args:
            store: where its books are.
            secret: signs webhooks; a random one when None, which is enough inside one process.
            now: aware wall clock.
            delay: how long a delayed card takes.
            pay_page: the path of its page; the intent's id follows.
        """
        self._books = store.sandbox
        self.secret = secret or secrets.token_urlsafe(32)
        self._now, self._delay, self._pay_page = now, delay, pay_page

    # --- what the shop calls ---

    async def create(self, new: NewIntent, *, key: str) -> Intent:
        """Create an intent."""
        if new.amount <= 0:
            raise PaymentRefused(f"an amount of {new.amount} cannot be paid")
        now = self._now()
        wanted = SandboxIntent(
            id=f"pi_{secrets.token_hex(12)}", idempotency_key=key, fingerprint=_fingerprint(new), amount=new.amount,
            currency=new.currency, reference=new.reference, description=new.description, return_url=new.return_url,
            market=new.market, client_secret=secrets.token_urlsafe(32), created_at=now, updated_at=now,
        )  # fmt: skip
        kept = await self._books.add(wanted)
        if kept.fingerprint != wanted.fingerprint:
            raise PaymentRefused("the idempotency key was used for another payment")
        return self._shown(kept)

    async def retrieve(self, intent_id: str) -> Intent:
        """The intent now."""
        return self._shown(await self._known(intent_id))

    async def cancel(self, intent_id: str) -> Intent:
        """Cancel an intent that is not paid."""
        intent = await self._known(intent_id)
        event = self._event(intent, "payment_intent.canceled", "canceled")
        await self._books.change(intent_id, _OPEN, {"state": "canceled"}, event)
        return await self.retrieve(intent_id)

    async def refund(self, intent_id: str, amount: int, *, key: str) -> RefundResult:
        """Give money back."""
        intent = await self._known(intent_id)
        refund_id = f"re_{sha256(key.encode()).hexdigest()[:24]}"
        event = self._event(intent, "charge.refunded", intent.state)
        given = await self._books.refund(refund_id, intent_id, amount, key, event)
        if given is None:
            raise PaymentRefused(f"{amount} minor units of this payment cannot be refunded")
        if given != amount:
            raise PaymentRefused("the idempotency key was used for another refund")
        return RefundResult(refund_id, amount, "succeeded")

    def verify(self, payload: bytes, headers: Mapping[str, str]) -> PaymentHint | None:
        """Check a webhook of ours."""
        check_signature(payload, headers.get(SIGNATURE_HEADER, ""), self.secret, self._now())
        event = json.loads(payload)
        return PaymentHint(event["id"], event["type"], event["data"]["object"]["id"])

    async def aclose(self) -> None:
        """Nothing to let go of."""

    # --- what its page and its clock call ---

    async def book(self, intent_id: str, client_secret: str | None = None) -> SandboxIntent:
        """What is written about an intent; with a secret, only for whoever has it.

        Raises:
            NotFound: there is no such intent, or the secret is not its own.
        """
        intent = await self._books.get(intent_id)
        if intent is None or not (
            client_secret is None or hmac.compare_digest(client_secret.encode(), intent.client_secret.encode())
        ):
            raise NotFound("there is no such payment")
        return intent

    async def confirm(self, intent_id: str, client_secret: str, number: str) -> Intent:
        """Pay with a card. A declined card leaves the intent open for another one.

        Raises:
            NotFound: there is no such intent, or the secret is not its own.
            InvalidInput: not one of the test cards. The message does not repeat the number.
            PaymentRefused: it is paid, canceled or failed already.
        """
        intent = await self.book(intent_id, client_secret)
        card = card_of(number)
        if card is None:
            raise InvalidInput("payment", [Mistake("card_number", "another number", "one of the listed test cards")])
        values, kind = self._outcome(intent, card)
        marked = replace(intent, webhooks=card.webhooks)
        event = self._event(marked, kind, values["state"], failure=values.get("failure"))
        if not await self._books.change(intent_id, _OPEN, values, event):
            state = (await self.book(intent_id)).state
            raise PaymentRefused(f"this payment is {state}; it cannot be paid again")
        return await self.retrieve(intent_id)

    async def settle_due(self) -> int:
        """Finish what has been processing long enough; how many."""
        due = await self._books.settling()
        for intent in due:
            to = intent.settles_to or "succeeded"
            values: dict[str, Any] = {"state": to, "settles_at": None}
            if to == "failed":
                values["failure"] = "processing_error"
            kind = "payment_intent.succeeded" if to == "succeeded" else "payment_intent.payment_failed"
            event = self._event(intent, kind, to, failure=values.get("failure"))
            await self._books.change(intent.id, ("processing",), values, event)
        return len(due)

    # --- inside ---

    async def _known(self, intent_id: str) -> SandboxIntent:
        try:
            return await self.book(intent_id)
        except NotFound as unknown:
            raise PaymentRefused(str(unknown)) from None

    def _outcome(self, intent: SandboxIntent, card: SandboxCard) -> tuple[dict[str, Any], str]:
        values: dict[str, Any] = {"last4": card.last4, "webhooks": card.webhooks, "failure": card.failure}
        if card.outcome == "succeeded":
            return values | {"state": "succeeded"}, "payment_intent.succeeded"
        if card.outcome == "declined":
            declines = intent.declines + 1
            state = "failed" if declines >= MAX_DECLINES else "requires_payment_method"
            return values | {"state": state, "declines": declines}, "payment_intent.payment_failed"
        to = "failed" if card.outcome == "delayed_failure" else "succeeded"
        later = {"settles_at": self._now() + self._delay, "settles_to": to, "failure": None}
        return values | {"state": "processing"} | later, "payment_intent.processing"

    def _event(self, intent: SandboxIntent, kind: str, state: str, failure: str | None = None) -> SandboxEvent:
        now = self._now()
        event_id = f"evt_{secrets.token_hex(12)}"
        due: datetime | None = now
        if intent.webhooks == "lost":
            due = None
        elif intent.webhooks == "late" and state == "processing":
            due = now + self._delay + _LATE  # after the one that says succeeded
        about = {"id": intent.id, "object": "payment_intent", "amount": intent.amount, "status": state}
        about |= {"currency": intent.currency.lower(), "metadata": {"order": intent.reference}, "failure": failure}
        body = {"id": event_id, "type": kind, "created": int(now.timestamp()), "data": {"object": about}}
        return SandboxEvent(
            event_id, intent.id, kind, body, now, due, copies=2 if intent.webhooks == "duplicated" else 1
        )

    def _shown(self, intent: SandboxIntent) -> Intent:
        page = f"{self._pay_page}/{intent.id}?secret={intent.client_secret}" if intent.state in _OPEN else None
        return Intent(
            intent.id, cast("IntentState", intent.state), intent.amount, intent.currency, intent.reference, page,
            intent.failure,
        )  # fmt: skip


def _fingerprint(new: NewIntent) -> str:
    return sha256(f"{new.amount} {new.currency} {new.reference}".encode()).hexdigest()
