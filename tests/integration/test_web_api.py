"""The JSON API of shows: what viewers read, what operators command, and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from blockbuster import blockbuster_ctx
from fastapi import FastAPI

from influencer.store import NewUtterance, SpokenFact, Store
from tests.web_house import BRIEF, RoomHouse

pytestmark = pytest.mark.integration
OPERATOR = {"Authorization": "Bearer operator-token-for-tests"}


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(client: httpx.AsyncClient) -> Iterator[None]:
    with blockbuster_ctx():
        yield


@pytest.fixture
async def viewer(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await client.get("/shows/demo")
    return client


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
    assert len(closed) > 20
    for method, path in closed:
        url = path.replace("{show_id}", "demo")
        assert (await viewer.request(method, url, json={})).status_code == 401
        wrong = {"Authorization": "Bearer operator-token-for-test5"}
        assert (await viewer.request(method, url, json={}, headers=wrong)).status_code == 401
