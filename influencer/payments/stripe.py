"""Stripe, over its HTTP API: a Checkout Session an order, paid on Stripe's own page.

A session is our intent: no script of a stranger runs on our pages, and no card passes through this process. Requests
are form-encoded, with an `Idempotency-Key`; webhooks carry `Stripe-Signature`. See docs.stripe.com/api (2024-06-20).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import httpx

from influencer.payments.base import (
    BadSignature,
    Intent,
    IntentState,
    NewIntent,
    PaymentHint,
    PaymentRefused,
    PaymentUnavailable,
    RefundResult,
)
from influencer.payments.signatures import check_signature
from influencer.store import utc_now

API_VERSION = "2024-06-20"
SIGNATURE_HEADER = "stripe-signature"
_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)


class StripeProvider:
    """Implements `influencer.payments.base.PaymentProvider`. Owns its HTTP client: close it."""

    name = "stripe"

    def __init__(
        self,
        secret_key: str,
        webhook_secret: str,
        *,
        api_base: str = "https://api.stripe.com",
        now: Callable[[], datetime] = utc_now,
        timeout_s: float = 20.0,
    ) -> None:
        self._webhook_secret, self._now = webhook_secret, now
        headers = {"Authorization": f"Bearer {secret_key}", "Stripe-Version": API_VERSION}
        self._client = httpx.AsyncClient(base_url=api_base, headers=headers, timeout=timeout_s)

    async def create(self, new: NewIntent, *, key: str) -> Intent:
        """Open a session. All its parameters come from the order, so that the same key sends the same request."""
        fields = {
            "mode": "payment",
            "client_reference_id": new.reference,
            "success_url": new.return_url,
            "cancel_url": new.return_url,
            "locale": _locale(new.market),
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": new.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(new.amount),
            "line_items[0][price_data][product_data][name]": new.description,
            "metadata[order]": new.reference,
            "payment_intent_data[metadata][order]": new.reference,
        }
        return _intent(await self._call("POST", "/v1/checkout/sessions", fields, key=key))

    async def retrieve(self, intent_id: str) -> Intent:
        """The session, with how its last attempt went."""
        return _intent(await self._session(intent_id))

    async def cancel(self, intent_id: str) -> Intent:
        """Expire the session; one that is complete stays as it is."""
        try:
            return _intent(await self._call("POST", f"/v1/checkout/sessions/{intent_id}/expire", {}))
        except PaymentRefused:  # only an open session can be expired: see what it is instead
            return await self.retrieve(intent_id)

    async def refund(self, intent_id: str, amount: int, *, key: str) -> RefundResult:
        """Give money back on the session's payment.

        Stripe forgets idempotency keys after a day, so a refund that was made is looked for first, by the key in its
        metadata; it also tells how a slow one has ended.
        """
        paid = (await self._session(intent_id)).get("payment_intent")
        if not paid:
            raise PaymentRefused("nothing was paid that could be refunded")
        fields = {"payment_intent": paid["id"], "amount": str(amount), "metadata[refund]": key}
        made = await self._call("GET", "/v1/refunds", {"payment_intent": paid["id"], "limit": "100"})
        before = (refund for refund in made["data"] if refund["metadata"].get("refund") == key)
        answer = next(before, None) or await self._call("POST", "/v1/refunds", fields, key=key)
        return RefundResult(answer["id"], answer["amount"], _refund_state(answer["status"]))

    def verify(self, payload: bytes, headers: Mapping[str, str]) -> PaymentHint | None:
        """Check the signature; events that are not about a session's payment are None."""
        check_signature(payload, headers.get(SIGNATURE_HEADER, ""), self._webhook_secret, self._now())
        try:
            event = json.loads(payload)
            hint = PaymentHint(event["id"], event["type"], event["data"]["object"]["id"])
        except (ValueError, KeyError, TypeError):
            raise BadSignature("the webhook is not an event") from None
        return hint if hint.kind in _EVENTS else None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _session(self, session_id: str) -> dict[str, Any]:
        return await self._call("GET", f"/v1/checkout/sessions/{session_id}", {"expand[]": "payment_intent"})

    async def _call(self, method: str, path: str, fields: dict[str, str], *, key: str | None = None) -> dict[str, Any]:
        headers = {} if key is None else {"Idempotency-Key": key}
        sent = {"params": fields} if method == "GET" else {"data": fields}
        try:
            answer = await self._client.request(method, path, headers=headers, **sent)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise PaymentUnavailable(f"Stripe cannot be reached: {type(error).__name__}") from None
        if answer.is_success:
            return dict(answer.json())
        # 409: another request with this key is under way; 429: too many; 5xx: theirs. All may be repeated.
        if answer.status_code in {409, 429} or answer.status_code >= 500:
            raise PaymentUnavailable(f"Stripe answers {answer.status_code}")
        if answer.status_code in {401, 403}:
            raise PaymentUnavailable("Stripe does not accept our key; see INFLUENCER_PAYMENTS__SECRET_KEY")
        raise PaymentRefused(_reason(answer))


def _intent(session: dict[str, Any]) -> Intent:
    paid = session.get("payment_intent")
    error = (paid.get("last_payment_error") or {}) if isinstance(paid, dict) else {}
    state = _state(session, paid)
    return Intent(
        id=session["id"],
        state=state,
        amount=session["amount_total"],
        currency=session["currency"].upper(),
        reference=session["client_reference_id"] or "",
        pay_url=session.get("url") if state == "requires_payment_method" else None,
        failure=error.get("decline_code") or error.get("code"),
    )


def _state(session: dict[str, Any], paid: Any) -> IntentState:
    if session["payment_status"] in {"paid", "no_payment_required"}:
        return "succeeded"
    if session["status"] == "expired":
        return "canceled"
    if session["status"] == "open":
        return "requires_payment_method"
    # Complete and unpaid: a slow method, whose end only the payment itself tells.
    status = paid.get("status") if isinstance(paid, dict) else None
    if status == "succeeded":
        return "succeeded"
    return "failed" if status in {"requires_payment_method", "canceled"} else "processing"


def _refund_state(status: str) -> Literal["pending", "succeeded", "failed"]:
    if status == "succeeded":
        return "succeeded"
    return "failed" if status in {"failed", "canceled"} else "pending"


def _locale(market: str) -> str:
    """Stripe's own name for a market's language; its page is in the browser's language otherwise."""
    language = market.split("-", maxsplit=1)[0]
    return {"es-MX": "es-419", "pt-BR": "pt-BR", "hi-IN": "auto"}.get(market, language)


def _reason(answer: httpx.Response) -> str:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return f"Stripe answers {answer.status_code}"
    return str(error.get("code") or error.get("type") or answer.status_code)
