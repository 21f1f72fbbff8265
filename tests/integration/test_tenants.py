"""Advertisers never see each other: another's id in a query or a body is answered like an id that does not exist."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from influencer.accounts.principal import NOBODY, OPERATOR_TOKEN, Principal, advertiser_filter, owned_by, owns
from influencer.accounts.roles import Role
from influencer.errors import NotFound
from influencer.store import Store
from influencer.web.auth import declared_routes
from tests.integration.test_access_matrix import OWNED
from tests.people import person, sign_in_as

pytestmark = pytest.mark.integration
NAMES = ("advertiser_id", "product_id", "brief_id", "experiment_id")
MINE = Principal(Role.ADVERTISER, "me", "U-1", "mine", "session")


def _picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (600, 600), "#7a3350").save(buffer, "PNG")
    return buffer.getvalue()


BODIES: dict[str, dict[str, Any]] = {
    "POST /api/briefs": {"json": {"document": {"id": "cup"}}},
    "POST /api/briefs/check": {"json": {"document": {"id": "cup"}}},
    "PUT /api/briefs/{brief_id}": {"json": {"document": {"id": "cup"}, "version": 1, "revision": 1}},
    "POST /api/budgets": {
        "json": {"amount": 100, "currency": "USD", "first_day": "2026-06-01", "last_day": "2026-06-30"}
    },
    "POST /api/proposals": {
        "json": {"market": "en-US", "first_day": "2026-06-01", "earliest": "10:00", "latest": "12:00", "minutes": 30}
    },
    "POST /api/imports/feed": {"json": {"url": "https://shop.example/feed.json", "market": "en-US", "currency": "USD"}},
    "POST /api/images": {"files": {"image": ("cup.png", _picture(), "image/png")}, "data": {}},
    "POST /api/imports": {"files": {"file": ("cup.yaml", b"id: cup", "text/yaml")}, "data": {"kind": "brief"}},
}
"""What a route that takes an advertiser in its body would accept, but for the advertiser."""


def _fields(app: FastAPI) -> Iterator[tuple[str, str, str, bool]]:
    """(method, path, field, in the body) of every field that names somebody's thing, on routes advertisers may call."""
    described = app.openapi()
    open_to_advertisers = {
        (route.method, route.path)
        for route in declared_routes(app)
        if any(access.roles for access in route.accesses)
        and all(access.roles is None or Role.ADVERTISER in access.roles for access in route.accesses)
    }
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if (method.upper(), path) not in open_to_advertisers:
                continue
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query" and parameter["name"] in NAMES:
                    yield method.upper(), path, parameter["name"], False
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = content["schema"]
                schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
                yield from ((method.upper(), path, name, True) for name in NAMES if name in schema["properties"])


async def test_anothers_id_in_a_query_or_a_body_is_like_one_that_does_not_exist(
    app: FastAPI, client: httpx.AsyncClient, store: Store
) -> None:
    await store.advertisers.ensure("theirs", "theirs")
    brief = await OWNED["brief_id"](store)
    theirs = {"advertiser_id": "theirs", "product_id": brief, "brief_id": brief}
    csrf = await sign_in_as(client, store, await person(store, Role.ADVERTISER, "mine", login="me"))
    fields = list(_fields(app))
    assert {name for _, _, name, _ in fields} >= {"advertiser_id", "product_id"}
    for method, path, name, in_body in fields:
        told = []
        for value in (theirs[name], "no-such-thing"):
            url = path.replace("{brief_id}", "no-brief")
            sent: dict[str, Any] = {"params": {name: value}}
            if in_body:
                sent = _with(BODIES[f"{method} {path}"], name, value)
            answer = await client.request(method, url, headers={"X-CSRF-Token": csrf}, **sent)
            told.append((answer.status_code, answer.text.replace(value, "")))
        assert told[0] == told[1], (method, path, name)
        assert told[0][0] == 404 or not in_body, (method, path, told)
    kept = await store.briefs.page(advertiser_id=None)
    assert [one.brief_id for one in kept] == [brief]  # nothing came into being meanwhile


def _with(body: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    """The body with one more field."""
    kind = "json" if "json" in body else "data"
    return {**body, kind: {**body[kind], name: value}}


def test_a_thing_is_reached_by_its_owner_and_by_the_house_and_by_nobody_else() -> None:
    viewer = Principal(Role.VIEWER, "v", "U-2")
    keyless = Principal(Role.ADVERTISER, "lost", "U-3", None)
    for principal, theirs, mine, houses in (
        (MINE, False, True, False),
        (OPERATOR_TOKEN, True, True, True),
        (Principal(Role.ADMIN, "ann", "U-4"), True, True, True),
        (viewer, False, False, False),
        (NOBODY, False, False, False),
        (keyless, False, False, False),
    ):
        assert [owns(principal, owner) for owner in ("theirs", "mine", None)] == [theirs, mine, houses]
    with pytest.raises(NotFound, match="^there is no brief 'x'$"):
        owned_by(MINE, "theirs", "there is no brief 'x'")
    owned_by(MINE, "mine")


def test_a_list_holds_ones_own_or_everybodys() -> None:
    assert advertiser_filter(MINE) == "mine"
    assert advertiser_filter(OPERATOR_TOKEN) is None
    for principal in (NOBODY, Principal(Role.VIEWER, "v", "U-2"), Principal(Role.ADVERTISER, "lost", "U-3")):
        with pytest.raises(NotFound):
            advertiser_filter(principal)
