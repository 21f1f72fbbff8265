"""Both providers: Stripe's adapter against a server that checks every request, the test provider's own ways."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from influencer.commerce.till import Till
from influencer.errors import InfluencerError, InvalidInput, NotFound
from influencer.outbound.schedule import MAX_ATTEMPTS
from influencer.payments.base import BadSignature, NewIntent, PaymentRefused, PaymentUnavailable
from influencer.payments.delivery import WebhookDelivery
from influencer.payments.registry import create_provider
from influencer.payments.sandbox import SandboxProvider
from influencer.payments.sandbox_cards import CARDS, card_of
from influencer.payments.signatures import sign
from influencer.payments.stripe import SIGNATURE_HEADER, StripeProvider
from influencer.settings import Payments, load_settings
from influencer.store import open_store
from influencer.store.refunds import NewRefund
from tests.checkout_parts import Shop, Wall, open_shop
from tests.web_house import AT

pytestmark = pytest.mark.integration
NUMBER = "K7QM-2VXA-9TCE"
NEW = NewIntent(4320, "USD", NUMBER, f"Order {NUMBER}", f"https://shop.test/orders/{NUMBER}", "ko-KR")


class FakeStripe:
    """Stripe's API as its documentation has it: it refuses what the real one would refuse."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, tuple[list[tuple[str, str]], dict[str, Any]]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.fail_with: int | None = None
        self.calls: list[str] = []
        self.server: asyncio.Server | None = None

    async def start(self) -> str:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            received = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = received.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
            method, target, _ = first.split(" ")
            status, answer = self._answer(method, *target.partition("?")[::2], headers, body)
            data = json.dumps(answer).encode()
            head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n"
            writer.write(head.encode() + data)
            await writer.drain()
        finally:
            writer.close()

    def _answer(self, method: str, path: str, query: str, headers: dict[str, str], body: str) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        if self.fail_with is not None:
            return self.fail_with, {"error": {"type": "api_error"}}
        if headers.get("authorization") != "Bearer sk_test_123":
            return 401, {"error": {"type": "invalid_request_error"}}
        assert headers["stripe-version"] == "2024-06-20"
        if method == "POST":
            assert not body or headers["content-type"] == "application/x-www-form-urlencoded"
            fields = parse_qsl(body, strict_parsing=bool(body))
            key = headers.get("idempotency-key")
            if key in self.keys:
                sent, answer = self.keys[key]
                return (200, answer) if sent == fields else (400, {"error": {"type": "idempotency_error"}})
            status, answer = self._post(path, dict(fields))
            if key is not None and status == 200:
                self.keys[key] = (fields, json.loads(json.dumps(answer)))
            return status, answer
        if path == "/v1/refunds":
            wanted = dict(parse_qsl(query))["payment_intent"]
            return 200, {"data": [one for one in self.refunds if one["payment_intent"] == wanted]}
        assert query == "expand%5B%5D=payment_intent"
        session = self.sessions.get(path.rsplit("/", 1)[1])
        return (200, session) if session else (404, {"error": {"code": "resource_missing"}})

    def _post(self, path: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/v1/checkout/sessions":
            assert fields["mode"] == "payment" and fields["success_url"].startswith("https://")
            amount = int(fields["line_items[0][price_data][unit_amount]"])
            assert fields["line_items[0][quantity]"] == "1" and fields["line_items[0][price_data][product_data][name]"]
            session = {
                "id": f"cs_test_{len(self.sessions)}", "object": "checkout.session", "status": "open",
                "payment_status": "unpaid", "amount_total": amount, "payment_intent": None,
                "currency": fields["line_items[0][price_data][currency]"], "url": "https://checkout.stripe.test/c/1",
                "client_reference_id": fields["client_reference_id"], "locale": fields["locale"],
            }  # fmt: skip
            assert session["currency"].islower()
            self.sessions[session["id"]] = session
            return 200, session
        if path == "/v1/refunds":
            amount = int(fields["amount"])
            if amount > 4320 - sum(one["amount"] for one in self.refunds):
                return 400, {"error": {"code": "charge_already_refunded"}}
            refund = {"id": f"re_{len(self.refunds)}", "amount": amount, "status": "succeeded"}
            refund |= {"payment_intent": fields["payment_intent"], "metadata": {"refund": fields["metadata[refund]"]}}
            self.refunds.append(refund)
            return 200, refund
        session = self.sessions[path.split("/")[-2]]
        if session["status"] != "open":
            return 400, {"error": {"type": "invalid_request_error"}}
        session["status"] = "expired"
        return 200, session

    def complete(self, session_id: str, payment_status: str = "paid", intent_status: str = "succeeded") -> None:
        paid = {"id": "pi_1", "status": intent_status, "last_payment_error": None}
        if intent_status == "requires_payment_method":
            paid["last_payment_error"] = {"code": "card_declined", "decline_code": "insufficient_funds"}
        self.sessions[session_id] |= {"status": "complete", "payment_status": payment_status, "payment_intent": paid}


@pytest.fixture
async def server() -> AsyncIterator[FakeStripe]:  # type: ignore[misc]
    fake = FakeStripe()
    fake.base = await fake.start()  # type: ignore[attr-defined]
    yield fake
    await fake.stop()


@pytest.fixture
async def stripe(server: FakeStripe) -> AsyncIterator[StripeProvider]:
    provider = StripeProvider("sk_test_123", "whsec_1", api_base=server.base, now=lambda: AT)  # type: ignore[attr-defined]
    yield provider
    await provider.aclose()


async def test_stripe_opens_one_session_a_key(stripe: StripeProvider, server: FakeStripe) -> None:
    intent = await stripe.create(NEW, key="order-1")
    assert (intent.state, intent.amount, intent.currency) == ("requires_payment_method", 4320, "USD")
    assert (intent.reference, intent.pay_url) == (NEW.reference, "https://checkout.stripe.test/c/1")
    assert await stripe.create(NEW, key="order-1") == intent
    assert len(server.sessions) == 1
    assert server.sessions[intent.id]["locale"] == "ko"
    with pytest.raises(PaymentRefused, match="idempotency_error"):
        await stripe.create(NewIntent(1, "USD", "x", "x", "https://shop.test/x"), key="order-1")


@pytest.mark.parametrize(
    ("payment_status", "intent_status", "state", "failure"),
    [
        ("paid", "succeeded", "succeeded", None),
        ("unpaid", "processing", "processing", None),
        ("unpaid", "succeeded", "succeeded", None),
        ("unpaid", "requires_payment_method", "failed", "insufficient_funds"),
    ],
)
async def test_a_session_is_read_as_what_it_means(
    stripe: StripeProvider, server: FakeStripe, payment_status: str, intent_status: str, state: str, failure: str | None
) -> None:
    intent = await stripe.create(NEW, key="order-1")
    server.complete(intent.id, payment_status, intent_status)
    now = await stripe.retrieve(intent.id)
    assert (now.state, now.failure, now.pay_url) == (state, failure, None)
    assert (await stripe.cancel(intent.id)).state == state, "what is complete cannot be cancelled"


async def test_stripe_cancels_and_gives_back(stripe: StripeProvider, server: FakeStripe) -> None:
    gone = await stripe.create(NEW, key="order-1")
    assert (await stripe.cancel(gone.id)).state == (await stripe.cancel(gone.id)).state == "canceled"
    with pytest.raises(PaymentRefused, match="nothing was paid"):
        await stripe.refund(gone.id, 100, key="rf_0")
    paid = await stripe.create(NEW, key="order-2")
    server.complete(paid.id)
    first = await stripe.refund(paid.id, 1000, key="rf_1")
    server.keys.clear()  # Stripe forgets keys after a day
    assert await stripe.refund(paid.id, 1000, key="rf_1") == first
    assert len(server.refunds) == 1
    with pytest.raises(PaymentRefused, match="charge_already_refunded"):
        await stripe.refund(paid.id, 4000, key="rf_2")


@pytest.mark.parametrize("status", [409, 429, 500, 503])
async def test_what_may_work_later_is_told_apart(stripe: StripeProvider, server: FakeStripe, status: int) -> None:
    server.fail_with = status
    with pytest.raises(PaymentUnavailable) as away:
        await stripe.create(NEW, key="order-1")
    assert away.value.retryable


async def test_an_unreachable_or_unwilling_stripe_is_told_without_the_key(server: FakeStripe) -> None:
    wrong = StripeProvider("sk_wrong", "whsec_1", api_base=server.base)  # type: ignore[attr-defined]
    gone = StripeProvider("sk_test_123", "whsec_1", api_base="http://127.0.0.1:1")
    for provider in (wrong, gone):
        with pytest.raises(PaymentUnavailable) as told:
            await provider.retrieve("cs_1")
        assert "sk_" not in str(told.value)
        await provider.aclose()


async def test_stripes_webhooks_are_checked(stripe: StripeProvider) -> None:
    def event(kind: str) -> bytes:
        return json.dumps({"id": "evt_1", "type": kind, "data": {"object": {"id": "cs_1"}}}).encode()

    payload = event("checkout.session.completed")
    hint = stripe.verify(payload, {SIGNATURE_HEADER: sign(payload, "whsec_1", AT)})
    assert hint is not None and (hint.id, hint.intent_id) == ("evt_1", "cs_1")
    other = event("customer.created")
    assert stripe.verify(other, {SIGNATURE_HEADER: sign(other, "whsec_1", AT)}) is None
    for body, header in ((payload, "t=1,v1=0"), (b"[]", sign(b"[]", "whsec_1", AT)), (b"x", sign(b"x", "whsec_1", AT))):
        with pytest.raises(BadSignature):
            stripe.verify(body, {SIGNATURE_HEADER: header})


async def test_a_purchase_through_stripe(tmp_path: Path, stripe: StripeProvider, server: FakeStripe) -> None:
    wall = Wall()
    async with await open_store(f"sqlite:///{tmp_path}/show.db", now=wall) as store:
        shop = await open_shop(store, wall)
        till = Till(shop.house, store, stripe, now=wall, public_url="https://shop.test/")
        shop = Shop(shop.house, store, shop.provider, till, wall)
        order = await shop.order(quantity=2, coupon="DEW10")
        assert order.pay_url == "https://checkout.stripe.test/c/1"
        assert order.intent_id is not None
        server.complete(order.intent_id)
        about = {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {"id": order.intent_id}}}
        payload = json.dumps(about).encode()
        for _ in range(2):
            await till.settlement.hear(payload, {SIGNATURE_HEADER: sign(payload, "whsec_1", AT)})
        assert (await shop.now(order)).state == "paid"
        assert server.calls.count("GET /v1/checkout/sessions/cs_test_0") == 1, "the second time nothing is asked"
        await till.refunding.refund(NewRefund(order.id, None, "came back", "operator", "refund-1"))
        assert (await shop.now(order)).state == "refunded"
        late = await shop.order("ben", "key-00000002")
        wall.forward(minutes=16)
        await till.settlement.sweep()
        assert (await shop.now(late)).state == "cancelled"
        assert server.sessions[str(late.intent_id)]["status"] == "expired"
        await shop.house.aclose()


# --- the test provider ---


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    wall = Wall()
    async with await open_store(f"sqlite:///{tmp_path}/show.db", now=wall) as store:
        shop = await open_shop(store, wall)
        yield shop
        await shop.house.aclose()


async def test_webhooks_are_tried_again_ever_more_slowly_and_given_up(shop: Shop) -> None:
    answers: list[int] = []

    async def refuse(request: httpx.Request) -> httpx.Response:
        answers.append(int(shop.wall().timestamp()))
        return httpx.Response(500)

    order = await shop.order()
    await shop.pay(order)
    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse), base_url="http://shop.test") as client:
        delivery = WebhookDelivery(shop.provider, shop.store, client, "/hook", now=shop.wall)
        await delivery.deliver_due()
        assert await delivery.deliver_due() == 0, "it waits"
        for _ in range(40):
            shop.wall.forward(hours=12)
            await delivery.deliver_due()
    assert len(answers) == MAX_ATTEMPTS
    assert order.intent_id is not None
    (event,) = await shop.store.sandbox.events(order.intent_id)
    assert (event.delivered_at, event.due_at, event.last_error) == (None, None, "HTTP 500")


async def test_a_webhook_that_failed_twice_arrives_the_third_time(shop: Shop) -> None:
    tries = 0

    async def third_time(request: httpx.Request) -> httpx.Response:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise httpx.ConnectError("refused")
        if tries == 2:
            return httpx.Response(503)
        await shop.till.settlement.hear(request.content, request.headers)
        return httpx.Response(204)

    order = await shop.order()
    await shop.pay(order)
    async with httpx.AsyncClient(transport=httpx.MockTransport(third_time), base_url="http://shop.test") as client:
        delivery = WebhookDelivery(shop.provider, shop.store, client, "/hook", now=shop.wall)
        for wait in (0, 4, 1, 9, 1):
            shop.wall.forward(seconds=wait)
            await delivery.deliver_due()
    assert tries == 3, "at 0, 5 and 15 seconds"
    assert (await shop.now(order)).state == "paid"


async def test_an_intent_is_paid_once_by_a_known_card_and_its_secret(shop: Shop) -> None:
    order = await shop.order()
    assert order.intent_id is not None
    book = await shop.provider.book(order.intent_id)
    with pytest.raises(NotFound):
        await shop.provider.confirm(book.id, "guessed", CARDS[0].number)
    with pytest.raises(InvalidInput) as unknown:
        await shop.provider.confirm(book.id, book.client_secret, "4111111111111111")
    assert "4111" not in str(unknown.value)
    results = await asyncio.gather(
        *(shop.provider.confirm(book.id, book.client_secret, CARDS[0].number) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, PaymentRefused) for result in results) == 4
    assert len(await shop.store.sandbox.events(book.id)) == 1
    with pytest.raises(PaymentRefused):
        await shop.provider.create(NewIntent(0, "USD", "x", "x", "/x"), key="zero")
    with pytest.raises(PaymentRefused, match="another payment"):
        await shop.provider.create(NewIntent(1, "USD", "x", "x", "/x"), key=order.id)
    assert card_of("4242-4242 4242 4242") is CARDS[0] and card_of("4242") is None


def test_every_test_card_passes_the_check_that_card_fields_make() -> None:
    for card in CARDS:
        digits = [int(digit) for digit in reversed(card.number)]
        assert (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0, card.about
    assert len({card.number for card in CARDS}) == len(CARDS)


async def test_the_settings_choose_the_provider(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(create_provider(Payments(), shop.store), SandboxProvider)
    monkeypatch.setenv("INFLUENCER_PAYMENTS__PROVIDER", "stripe")
    with pytest.raises(InfluencerError, match="stripe also needs secret_key, webhook_secret, public_url"):
        load_settings()
    for name, value in (("SECRET_KEY", "sk_1"), ("WEBHOOK_SECRET", "whsec_1"), ("PUBLIC_URL", "https://shop.test")):
        monkeypatch.setenv(f"INFLUENCER_PAYMENTS__{name}", value)
    settings = load_settings()
    assert "sk_1" not in repr(settings)
    provider = create_provider(settings.payments, shop.store)
    assert isinstance(provider, StripeProvider)
    await provider.aclose()
