"""Carts, orders, payments and refunds over HTTP: the whole way of a purchase, and who may not."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from blockbuster import blockbuster_ctx
from fastapi import FastAPI

from influencer.payments.delivery import WebhookDelivery
from influencer.payments.sandbox import SIGNATURE_HEADER, SandboxProvider
from influencer.payments.signatures import sign
from influencer.store import NewUtterance, Store
from streaming.clock import ManualClock
from tests.web_house import AT, BRIEF, RoomHouse

pytestmark = pytest.mark.integration
OPERATOR = {"Authorization": "Bearer operator-token-for-tests"}
KEY = {"Idempotency-Key": "key-00000001"}
GOOD, DECLINED = "4242 4242 4242 4242", "4000000000000002"
LINE = "/api/shows/demo/cart/lines/dew-serum"
Deliver = Callable[[], Awaitable[int]]


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(client: httpx.AsyncClient) -> Iterator[None]:
    with blockbuster_ctx():
        yield


@pytest.fixture
async def viewer(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await client.get("/shows/demo")
    return client


@pytest.fixture
def provider(app: FastAPI) -> SandboxProvider:
    found = app.state.web.till.provider
    assert isinstance(found, SandboxProvider)
    return found


@pytest.fixture
def deliver(provider: SandboxProvider, store: Store, client: httpx.AsyncClient) -> Deliver:
    path = "/api/payments/sandbox/webhook"
    return WebhookDelivery(provider, store, client, path, now=lambda: AT).deliver_due


def body(quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"lines": [{"product_id": BRIEF.id, "quantity": quantity}], **more}


async def order(viewer: httpx.AsyncClient, sent: dict[str, Any] | None = None, key: str = "key-00000001") -> Any:
    answer = await viewer.post(
        "/api/shows/demo/orders", json=body() if sent is None else sent, headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def pay(viewer: httpx.AsyncClient, placed: Any, card: str = GOOD) -> httpx.Response:
    return await viewer.post(placed["payment"]["url"], data={"card_number": card})


async def test_a_purchase_from_the_cart_to_the_paid_order(
    viewer: httpx.AsyncClient, house: RoomHouse, store: Store, deliver: Deliver
) -> None:
    said = await store.utterances.append(
        NewUtterance("demo", "It is $24.", ("price",), BRIEF.id, "offer", "en-US", "v1", "template", 0)
    )
    house.get("demo").utterance_id = said.id
    await viewer.put(LINE, json={"quantity": 2})
    cart = (await viewer.put("/api/shows/demo/cart/coupon", json={"code": "dew10"})).json()
    (line,) = cart["lines"]
    assert (line["name"], line["quantity"], line["left"]) == ("Dew Serum", 2, 3)
    assert (line["unit"]["text"], line["discount"]["amount"], line["total"]["text"]) == ("$24.00", 480, "$43.20")
    assert cart["coupon"] == {"code": "DEW10", "problem": None}
    assert (cart["total"], cart["ready"]) == (
        {"amount": 4320, "currency": "USD", "text": "$43.20", "iso": "USD 43.20"},
        True,
    )
    placed = await order(viewer, {})
    assert (placed["state"], placed["total"]["amount"], placed["coupon"]) == ("pending", 4320, "DEW10")
    assert (await viewer.get("/api/shows/demo/cart")).json()["lines"], "it stays until it is paid"
    page = await viewer.get(placed["payment"]["url"])
    assert page.status_code == 200 and "$43.20" in page.text and placed["id"] in page.text
    paid = await pay(viewer, placed)
    assert (paid.status_code, paid.headers["location"]) == (303, f"/orders/{placed['id']}")
    assert await deliver() == 1
    after = (await viewer.get(f"/api/orders/{placed['id']}")).json()
    assert (after["state"], after["payment"], after["refunded"]["amount"]) == ("paid", None, 0)
    assert "Paid" in (await viewer.get(paid.headers["location"])).text
    (row,) = await store.orders.latest("demo")
    assert (row.utterance_id, row.lines[0].utterance_id) == (said.id, said.id)
    assert (await viewer.get("/api/shows/demo/cart")).json()["lines"] == []
    assert house.get("demo").sales[0].units_left == await store.stock.units(BRIEF.sku) == 1
    assert [one["id"] for one in (await viewer.get("/api/orders")).json()["orders"]] == [placed["id"]]


async def test_the_same_key_is_one_order_even_when_the_cart_has_been_emptied(
    viewer: httpx.AsyncClient, deliver: Deliver
) -> None:
    await viewer.put(LINE, json={"quantity": 1})
    first = await order(viewer, {"coupon": "DEW10"})
    assert await order(viewer, {"coupon": "DEW10"}) == first
    await pay(viewer, first)
    await deliver()
    assert (await order(viewer, {}))["id"] == first["id"]
    other = await viewer.post("/api/shows/demo/orders", json=body(2), headers=KEY)
    assert (other.status_code, "different order" in other.text) == (409, True)
    empty = await viewer.post("/api/shows/demo/orders", json={}, headers={"Idempotency-Key": "key-00000002"})
    assert (empty.status_code, "the cart is empty" in empty.text) == (422, True)


async def test_a_quote_is_what_the_order_will_cost(viewer: httpx.AsyncClient) -> None:
    asked = {"product_id": BRIEF.id, "quantity": 3, "coupon": "DEW10"}
    quoted = (await viewer.get("/api/shows/demo/quote", params=asked)).json()
    ordered = await order(viewer, body(3, coupon="DEW10"))
    assert (
        quoted["total"] == ordered["total"] == {"amount": 6480, "currency": "USD", "text": "$64.80", "iso": "USD 64.80"}
    )


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (body(0), 422, "lines.0.quantity: got 0"),
        (body(21), 422, "lines.0.quantity: got 21"),
        (body(price="0.01"), 422, 'price: got "0.01"'),
        ({"lines": []}, 422, "lines: got []"),
        ({"lines": [{"product_id": BRIEF.id}] * 2}, 422, "a product twice"),
        ({"lines": [{"product_id": "other"}]}, 404, "it sells dew-serum"),
        (body(coupon="FREE100"), 409, "does not belong"),
        (body(4), 409, "only 3 left"),
    ],
)
async def test_a_wrong_order_is_refused_in_one_line(
    viewer: httpx.AsyncClient, store: Store, sent: dict[str, Any], status: int, words: str
) -> None:
    answer = await viewer.post("/api/shows/demo/orders", json=sent, headers=KEY)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]
    assert await store.orders.latest("demo") == []


async def test_carts_and_orders_need_the_page_and_a_key(client: httpx.AsyncClient) -> None:
    for send in (
        client.post("/api/shows/demo/orders", json=body(), headers=KEY),
        client.put(LINE, json={"quantity": 1}),
        client.get("/api/orders"),
        client.get("/orders/K7QM-2VXA-9TCE"),
    ):
        assert (await send).status_code == 403
    assert (await client.get("/api/shows/demo/cart")).json()["lines"] == []
    await client.get("/shows/demo")
    without_key = await client.post("/api/shows/demo/orders", json=body())
    assert (without_key.status_code, "idempotency-key" in without_key.text.lower()) == (422, True)
    evil = {"Origin": "https://evil.test"}
    assert (await client.post("/api/shows/demo/orders", json=body(), headers=KEY | evil)).status_code == 403
    assert (await client.put(LINE, json={"quantity": 1}, headers=evil)).status_code == 403
    assert (await client.get("/api/shows/nobody/cart")).status_code == 404
    assert (await client.put("/api/shows/demo/cart/lines/other", json={"quantity": 1})).status_code == 404


async def test_a_cart_says_what_stands_in_the_way(viewer: httpx.AsyncClient, store: Store) -> None:
    await viewer.put(LINE, json={"quantity": 3})
    await viewer.put("/api/shows/demo/cart/coupon", json={"code": "NOPE1"})
    await store.stock.restock(BRIEF.sku, 2)
    cart = (await viewer.get("/api/shows/demo/cart")).json()
    assert (cart["lines"][0]["left"], cart["ready"], cart["total"]["amount"]) == (2, False, 7200)
    assert cart["coupon"]["code"] == "NOPE1" and "used up" in cart["coupon"]["problem"]
    await viewer.delete("/api/shows/demo/cart/coupon")
    cart = (await viewer.put(LINE, json={"quantity": 2})).json()
    assert (cart["ready"], cart["coupon"]) == (True, None)
    assert (await viewer.delete(LINE)).json()["total"] is None
    await viewer.put(LINE, json={"quantity": 2})
    assert (await viewer.delete("/api/shows/demo/cart")).json()["lines"] == []


async def test_nobody_sees_or_touches_somebody_elses_order(viewer: httpx.AsyncClient) -> None:
    placed = await order(viewer)
    viewer.cookies.clear()
    await viewer.get("/shows/demo")
    for path in (f"/api/orders/{placed['id']}", f"/orders/{placed['id']}"):
        assert (await viewer.get(path)).status_code == 404
    assert (await viewer.post(f"/api/orders/{placed['id']}/cancel")).status_code == 404
    assert (await viewer.get("/api/orders")).json()["orders"] == []


async def test_a_viewer_gives_up_an_unpaid_order(viewer: httpx.AsyncClient, store: Store, deliver: Deliver) -> None:
    placed = await order(viewer, body(3))
    gone = (await viewer.post(f"/api/orders/{placed['id']}/cancel")).json()
    assert (gone["state"], gone["failure"], await store.stock.units(BRIEF.sku)) == ("cancelled", "by_viewer", 3)
    back = await viewer.get(placed["payment"]["url"])
    assert (back.status_code, back.headers["location"]) == (303, f"/orders/{placed['id']}")
    paid = await order(viewer, key="key-00000002")
    await pay(viewer, paid)
    await deliver()
    refused = await viewer.post(f"/api/orders/{paid['id']}/cancel")
    assert (refused.status_code, "is paid" in refused.json()["detail"]) == (409, True)


async def test_the_pay_page_is_for_whoever_has_its_secret_and_forgets_the_card(
    viewer: httpx.AsyncClient, provider: SandboxProvider, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    placed = await order(viewer)
    url = placed["payment"]["url"]
    assert (await viewer.get(url.split("?")[0])).status_code == 404
    assert (await viewer.post(url[:-2], data={"card_number": GOOD})).status_code == 404
    private = "4111 1111 1111 1111"
    with caplog.at_level(logging.DEBUG):
        unknown = await pay(viewer, placed, private)
        declined = await pay(viewer, placed, DECLINED)
        long = await pay(viewer, placed, private * 50)
    assert (unknown.status_code, declined.status_code, long.status_code) == (422, 402, 422)
    assert "Only the listed test cards" in unknown.text and "This card was declined" in declined.text
    assert unknown.headers["referrer-policy"] == "no-referrer"
    everything = caplog.text + unknown.text + long.text
    for book in [await provider.book(placed["payment"]["url"].split("/")[-1].split("?")[0])]:
        everything += repr(book) + repr(await store.sandbox.events(book.id))
        assert book.last4 == "0002"
    assert "4111" not in everything and "1111 1111" not in everything
    assert DECLINED not in caplog.text


async def test_only_the_providers_own_webhooks_are_taken(
    viewer: httpx.AsyncClient, provider: SandboxProvider, store: Store
) -> None:
    placed = await order(viewer)
    await pay(viewer, placed)
    (event,) = await store.sandbox.events(placed["payment"]["url"].split("/")[-1].split("?")[0])
    payload = json.dumps(event.payload).encode()
    forged = {SIGNATURE_HEADER: sign(payload, "guessed", AT)}
    answer = await viewer.post("/api/payments/sandbox/webhook", content=payload, headers=forged)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert (await viewer.post("/api/payments/sandbox/webhook", content=payload)).status_code == 403
    assert (await viewer.post("/api/payments/stripe/webhook", content=payload)).status_code == 404
    assert (await viewer.get(f"/api/orders/{placed['id']}")).json()["state"] == "pending"
    true = {SIGNATURE_HEADER: sign(payload, provider.secret, AT)}
    for _ in range(2):
        answer = await viewer.post("/api/payments/sandbox/webhook", content=payload, headers=true)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await viewer.get(f"/api/orders/{placed['id']}")).json()["state"] == "paid"


async def test_an_operator_fulfils_and_refunds(
    viewer: httpx.AsyncClient, deliver: Deliver, provider: SandboxProvider, store: Store
) -> None:
    placed = await order(viewer, body(2))
    path = f"/api/desk/orders/{placed['id']}"
    for send in (viewer.get(path), viewer.get("/api/desk/orders"), viewer.post(path + "/fulfil")):
        assert (await send).status_code == 401
    assert (await viewer.post(path + "/refunds", json={"reason": "broken"}, headers=KEY)).status_code == 401
    viewer.headers.update(OPERATOR)
    assert (await viewer.post(path + "/fulfil")).status_code == 409
    await pay(viewer, placed)
    await deliver()
    assert (await viewer.post(path + "/fulfil")).json()["state"] == "fulfilled"
    part = {"amount": 1000, "reason": "one bottle leaked"}
    first = await viewer.post(path + "/refunds", json=part, headers=KEY)
    assert (first.status_code, first.json()["amount"]["text"], first.json()["state"]) == (201, "$10.00", "succeeded")
    assert (await viewer.post(path + "/refunds", json=part, headers=KEY)).json() == first.json()
    rest = {"reason": "came back", "restock": True}
    assert (await viewer.post(path + "/refunds", json=rest, headers={"Idempotency-Key": "key-00000002"})).is_success
    seen = (await viewer.get(path)).json()
    assert (seen["state"], seen["refunded"]["amount"]) == ("refunded", 4800)
    assert sorted(one["amount"]["amount"] for one in seen["refunds"]) == [1000, 3800]
    assert seen["payment"] is None
    assert (await provider.book(seen["provider_reference"])).refunded == 4800
    assert await store.stock.units(BRIEF.sku) == 3
    more = await viewer.post(path + "/refunds", json={"reason": "again"}, headers={"Idempotency-Key": "key-00000003"})
    assert more.status_code == 409
    for wrong in ({"reason": "x"}, {"amount": 0, "reason": "broken"}, {"amount": 10.5, "reason": "broken"}):
        assert (await viewer.post(path + "/refunds", json=wrong, headers=KEY)).status_code == 422
    listed = (await viewer.get("/api/desk/orders", params={"show_id": "demo", "state": "refunded"})).json()
    assert [one["id"] for one in listed["orders"]] == [placed["id"]]
    assert (await viewer.get("/api/desk/orders", params={"state": "lost"})).status_code == 422
    assert (await viewer.get("/api/desk/orders/none")).status_code == 404


async def test_too_many_orders_and_refunds_are_slowed_down(viewer: httpx.AsyncClient, clock: ManualClock) -> None:
    async def try_one(n: int) -> httpx.Response:
        key = {"Idempotency-Key": f"key-0000-{n}"}
        return await viewer.post("/api/shows/demo/orders", json=body(20), headers=key)

    answers = [await try_one(n) for n in range(6)]
    assert [answer.status_code for answer in answers] == [409] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    clock.advance(5_000_000_000)
    assert (await try_one(7)).status_code == 409
    viewer.headers.update(OPERATOR)
    path = "/api/desk/orders/none/refunds"
    refused = [(await viewer.post(path, json={"reason": "test"}, headers=KEY)).status_code for _ in range(11)]
    assert refused == [404] * 10 + [429]


async def test_lists_of_orders_come_in_pages_without_gaps(viewer: httpx.AsyncClient) -> None:
    placed = {(await order(viewer, key=f"key-0000000{n}"))["id"] for n in range(3)}  # all in the same second
    seen: list[str] = []
    after: dict[str, Any] = {}
    while True:
        page = (await viewer.get("/api/orders", params={"limit": 2, **after})).json()
        seen += [one["id"] for one in page["orders"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == 3 and set(seen) == placed
    assert (await viewer.get("/api/orders", params={"after": "none"})).status_code == 422


async def test_the_staff_sets_up_coupons_with_rules(viewer: httpx.AsyncClient) -> None:
    window = {"starts": "2026-01-01T00:00:00Z", "ends": "2027-01-01T00:00:00Z"}
    rules = {"code": "HELLO5", "amount_off": 500, "currency": "USD", "minimum": 4000, "once_per_viewer": True, **window}
    assert (await viewer.post("/api/desk/coupons", json=rules)).status_code == 401
    added = await viewer.post("/api/desk/coupons", json=rules, headers=OPERATOR)
    assert (added.status_code, added.json()["uses"]) == (201, 0)
    assert (await viewer.post("/api/desk/coupons", json=rules, headers=OPERATOR)).status_code == 409
    for wrong, words in (
        ({"percent_off": 10}, "exactly one of percent_off and amount_off"),
        ({"currency": None}, "need a currency"),
        ({"ends": "2025-01-01T00:00:00Z"}, "ends must be after starts"),
        ({"starts": "2026-01-01T00:00:00"}, "starts"),
        ({"code": "a b"}, "code"),
    ):
        refused = await viewer.post("/api/desk/coupons", json=rules | {"code": "OTHER"} | wrong, headers=OPERATOR)
        assert (refused.status_code, words in refused.json()["detail"]) == (422, True), refused.text
    await viewer.put(LINE, json={"quantity": 1})
    cart = (await viewer.put("/api/shows/demo/cart/coupon", json={"code": "hello5"})).json()
    assert (cart["coupon"]["problem"], cart["ready"]) == ("this coupon needs a purchase of $40.00 or more", False)
    cart = (await viewer.put(LINE, json={"quantity": 2})).json()
    assert (cart["coupon"]["problem"], cart["discount"]["amount"], cart["total"]["amount"]) == (None, 500, 4300)
    assert (await order(viewer, {}))["total"]["amount"] == 4300
    listed = (await viewer.get("/api/desk/coupons", headers=OPERATOR)).json()["coupons"]
    assert [(one["code"], one["uses"]) for one in listed] == [("HELLO5", 1)]
    assert (await viewer.delete("/api/desk/coupons/HELLO5", headers=OPERATOR)).status_code == 204
    assert (await viewer.delete("/api/desk/coupons/NONE", headers=OPERATOR)).status_code == 404
