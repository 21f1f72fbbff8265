"""The JSON API: orders of viewers, commands of operators, and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from blockbuster import blockbuster_ctx
from fastapi import FastAPI

from influencer.store import NewUtterance, SpokenFact, Store
from streaming.clock import ManualClock
from tests.web_house import BRIEF, RoomHouse

pytestmark = pytest.mark.integration
OPERATOR = {"Authorization": "Bearer operator-token-for-tests"}
KEY = {"Idempotency-Key": "key-00000001"}


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(client: httpx.AsyncClient) -> Iterator[None]:
    with blockbuster_ctx():
        yield


@pytest.fixture
async def viewer(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await client.get("/shows/demo")
    return client


def _basket(**more: Any) -> dict[str, Any]:
    return {"product_id": BRIEF.id, "quantity": 1, **more}


async def test_an_order_is_a_row_with_the_price_of_the_brief_and_the_sentence_on_air(
    viewer: httpx.AsyncClient, house: RoomHouse, store: Store
) -> None:
    said = await store.utterances.append(
        NewUtterance("demo", "It is $24.", ("price",), BRIEF.id, "offer", "en-US", "v1", "template", 0)
    )
    house.get("demo").utterance_id = said.id
    answer = await viewer.post("/api/shows/demo/orders", json=_basket(quantity=2, coupon="dew10"), headers=KEY)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["unit_amount"], body["total"], body["total_text"]) == ("21.60", "43.20", "$43.20")
    (row,) = await store.orders.latest("demo")
    assert (row.id, row.quantity, row.coupon, row.utterance_id) == (body["id"], 2, "DEW10", said.id)
    assert await store.stock.units(BRIEF.sku) == 1
    assert house.get("demo").sales[0].units_left == 1
    assert (await viewer.get(f"/api/orders/{body['id']}")).json() == body


async def test_the_same_key_buys_once_and_the_show_hears_of_it_once(
    viewer: httpx.AsyncClient, house: RoomHouse, store: Store
) -> None:
    first = await viewer.post("/api/shows/demo/orders", json=_basket(), headers=KEY)
    again = await viewer.post("/api/shows/demo/orders", json=_basket(), headers=KEY)
    assert first.json() == again.json()
    assert len(house.get("demo").sales) == 1
    assert await store.stock.units(BRIEF.sku) == 2
    other = await viewer.post("/api/shows/demo/orders", json=_basket(quantity=2), headers=KEY)
    assert other.status_code == 409


async def test_a_viewer_reads_what_was_said_about_a_product_and_why(viewer: httpx.AsyncClient, store: Store) -> None:
    fact = SpokenFact("key_point.scent", "no fragrance", "INCI list 2026-03")
    line = NewUtterance(
        "demo", "It has no fragrance.", (fact.id,), BRIEF.id, "proof", "en-US", "v1", "template", 96_000
    )
    said = await store.utterances.append(replace(line, facts=(fact,)))
    await store.utterances.append(replace(line, text="Hello.", product_id="other"))
    body = (await viewer.get("/api/shows/demo/said", params={"product_id": BRIEF.id})).json()
    assert [one["text"] for one in body["said"]] == ["It has no fragrance."]
    (one,) = body["said"]
    assert one["because"] == [{"id": fact.id, "text": "no fragrance", "evidence": "INCI list 2026-03"}]
    assert (one["seconds"], one["link"]) == (2.0, said.chain)
    for asked, status in (({"product_id": BRIEF.id, "limit": 0}, 422), ({}, 422), ({"product_id": "x" * 99}, 422)):
        assert (await viewer.get("/api/shows/demo/said", params=asked)).status_code == status
    assert (await viewer.get("/api/shows/nobody/said", params={"product_id": BRIEF.id})).status_code == 404


async def test_a_quote_is_what_the_order_will_cost(viewer: httpx.AsyncClient) -> None:
    asked = {"product_id": BRIEF.id, "quantity": 3, "coupon": "DEW10"}
    quoted = (await viewer.get("/api/shows/demo/quote", params=asked)).json()
    ordered = (await viewer.post("/api/shows/demo/orders", json=asked, headers=KEY)).json()
    assert quoted["total_text"] == ordered["total_text"] == "$64.80"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (_basket(quantity=0), 422, "quantity: got 0"),
        (_basket(quantity=21), 422, "quantity: got 21"),
        (_basket(price="0.01"), 422, 'price: got "0.01"'),
        (_basket(product_id="other"), 404, "it sells dew-serum"),
        (_basket(coupon="FREE100"), 409, "does not belong"),
        (_basket(quantity=4), 409, "only 3 left"),
        ({}, 422, "product_id"),
    ],
)
async def test_a_wrong_order_is_refused_in_one_line(
    viewer: httpx.AsyncClient, store: Store, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await viewer.post("/api/shows/demo/orders", json=body, headers=KEY)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]
    assert await store.orders.latest("demo") == []


async def test_orders_need_the_page_and_a_key(client: httpx.AsyncClient) -> None:
    without_cookie = await client.post("/api/shows/demo/orders", json=_basket(), headers=KEY)
    assert without_cookie.status_code == 403
    await client.get("/shows/demo")
    without_key = await client.post("/api/shows/demo/orders", json=_basket())
    assert (without_key.status_code, "idempotency-key" in without_key.text) == (422, True)
    foreign = await client.post("/api/shows/demo/orders", json=_basket(), headers=KEY | {"Origin": "https://evil.test"})
    assert foreign.status_code == 403


async def test_nobody_reads_somebody_elses_order(viewer: httpx.AsyncClient) -> None:
    order = (await viewer.post("/api/shows/demo/orders", json=_basket(), headers=KEY)).json()
    viewer.cookies.clear()
    await viewer.get("/shows/demo")
    assert (await viewer.get(f"/api/orders/{order['id']}")).status_code == 404


async def test_too_many_orders_are_slowed_down(viewer: httpx.AsyncClient, clock: ManualClock) -> None:
    async def order(n: int) -> httpx.Response:
        key = {"Idempotency-Key": f"key-0000-{n}"}
        return await viewer.post("/api/shows/demo/orders", json=_basket(quantity=20), headers=key)

    answers = [await order(n) for n in range(6)]
    assert [answer.status_code for answer in answers] == [409] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    clock.advance(5_000_000_000)
    assert (await order(7)).status_code == 409


async def test_an_operator_starts_commands_and_stops_a_show(client: httpx.AsyncClient, house: RoomHouse) -> None:
    client.headers.update(OPERATOR)
    started = await client.post("/api/shows", json={"brief_ids": ["dew-serum"], "market": "ko-KR"})
    assert started.status_code == 201
    show_id = started.json()["id"]
    show = house.get(show_id)
    assert (await client.post(f"/api/shows/{show_id}/pause")).status_code == 204
    assert show.state == "paused"
    assert (await client.post(f"/api/shows/{show_id}/pause")).status_code == 409
    assert (await client.post(f"/api/shows/{show_id}/resume")).status_code == 204
    assert (await client.post(f"/api/shows/{show_id}/say", json={"text": "Hello!"})).status_code == 202
    assert show.said == ["Hello!"]
    urgent = {"text": "Stop!", "at": "word"}
    assert (await client.post(f"/api/shows/{show_id}/say", json=urgent)).status_code == 202
    assert show.said[-1] == "word: Stop!"
    assert (await client.post(f"/api/shows/{show_id}/cut")).status_code == 204
    assert show.state == "paused"
    assert (await client.post(f"/api/shows/{show_id}/resume")).status_code == 204
    assert (await client.post(f"/api/shows/{show_id}/market", json={"market": "en-US"})).status_code == 204
    assert (await client.post(f"/api/shows/{show_id}/persona", json={"persona": "theo"})).status_code == 204
    desk = (await client.get(f"/api/shows/{show_id}/desk")).json()
    assert (desk["show"]["market"], desk["show"]["persona_name"]) == ("en-US", "Theo")
    assert desk["stats"][0] == {"name": "picture", "value": "25.0", "unit": "fps"}
    assert (await client.delete(f"/api/shows/{show_id}")).status_code == 204
    assert (await client.get(f"/api/shows/{show_id}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/api/shows/demo/say", {"text": "a miracle"}, 422, "'miracle' is never said here"),
        ("/api/shows/demo/say", {"text": ""}, 422, "text"),
        ("/api/shows/demo/say", {"text": "hi", "at": "syllable"}, 422, "sentence"),
        ("/api/shows/demo/market", {"market": "xx-XX"}, 422, "market"),
        ("/api/shows/demo/market", {"market": "ja-JP"}, 409, "not sold in ja-JP"),
        ("/api/shows/demo/persona", {"persona": "nobody"}, 404, "mina, theo"),
        ("/api/shows", {"brief_ids": ["nope"], "market": "en-US"}, 404, "there is dew-serum"),
        ("/api/shows", {"brief_ids": ["dew-serum"], "market": "ja-JP"}, 422, "allowed: en-US, ko-KR"),
        ("/api/shows", {"brief_ids": [], "market": "en-US"}, 422, "brief_ids"),
        ("/api/shows/nope/say", {"text": "hi"}, 404, "on air: demo"),
    ],
)
async def test_what_cannot_be_done_is_told_in_one_line(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = await client.post(path, json=body, headers=OPERATOR)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


async def test_a_rejected_sentence_comes_with_its_reasons(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/shows/demo/say", json={"text": "a miracle"}, headers=OPERATOR)
    assert answer.json()["reasons"] == ["'miracle' is never said here"]


async def test_every_operator_route_is_closed_to_viewers(viewer: httpx.AsyncClient, app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    closed = [
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if "operator" in operation.get("tags", [])
    ]
    assert len(closed) == 22
    for method, path in closed:
        url = path.replace("{show_id}", "demo")
        assert (await viewer.request(method, url, json={})).status_code == 401
        wrong = {"Authorization": "Bearer operator-token-for-test5"}
        assert (await viewer.request(method, url, json={}, headers=wrong)).status_code == 401
