"""The shape of the API: what each JSON route answers is described, lists end, refusals are problems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

pytestmark = pytest.mark.integration
NOT_JSON = {"/api/openapi.json"}
"""The microphone's routes speak SDP (WHIP), and the description is no operation of its own."""
UNDESCRIBED: set[str] = {
    "DELETE /api/likenesses/links/{link_id}",
    "DELETE /api/shows/{show_id}/lines/{line_id}",
    "DELETE /api/shows/{show_id}/mutes/{mute_id}",
    "GET /api/alerts",
    "GET /api/briefs/{brief_id}/preview",
    "GET /api/budgets",
    "GET /api/experiments",
    "GET /api/experiments/{experiment_id}",
    "GET /api/insight/audience",
    "GET /api/insight/logos",
    "GET /api/insight/mentions",
    "GET /api/likenesses/{person_key}",
    "GET /api/likenesses/{person_key}/statements/{month}",
    "GET /api/likenesses/{person_key}/statements/{month}.csv",
    "GET /api/packs/{kind}",
    "GET /api/packs/{kind}/{pack_id}/compare",
    "GET /api/programme",
    "GET /api/proposals",
    "GET /api/reports/orders/{order_id}/said",
    "GET /api/shows/{show_id}/desk",
    "GET /api/shows/{show_id}/hand-offs",
    "GET /api/shows/{show_id}/held",
    "GET /api/shows/{show_id}/lines",
    "GET /api/shows/{show_id}/mutes",
    "GET /api/shows/{show_id}/products",
    "GET /api/shows/{show_id}/said",
    "PATCH /api/budgets/{budget_id}",
    "PATCH /api/shows/{show_id}/lines/{line_id}",
    "POST /api/alerts/{alert_id}/acknowledge",
    "POST /api/budgets",
    "POST /api/likenesses/consents",
    "POST /api/likenesses/consents/{consent_id}/evidence",
    "POST /api/likenesses/consents/{consent_id}/revoke",
    "POST /api/likenesses/footage",
    "POST /api/likenesses/{person_key}/corrections",
    "POST /api/likenesses/{person_key}/links",
    "POST /api/likenesses/{person_key}/withdraw",
    "POST /api/packs/market/{pack_id}/sample",
    "POST /api/packs/{kind}/{pack_id}/check",
    "POST /api/packs/{kind}/{pack_id}/listen",
    "POST /api/programme",
    "POST /api/proposals",
    "POST /api/proposals/{proposal_id}/accept",
    "POST /api/proposals/{proposal_id}/refuse",
    "POST /api/proposals/{proposal_id}/withdraw",
    "POST /api/shows",
    "POST /api/shows/{show_id}/hand-offs/{id_}/answer",
    "POST /api/shows/{show_id}/hand-offs/{id_}/close",
    "POST /api/shows/{show_id}/hand-offs/{id_}/take",
    "POST /api/shows/{show_id}/held/{held_id}/drop",
    "POST /api/shows/{show_id}/held/{held_id}/release",
    "POST /api/shows/{show_id}/lines",
    "POST /api/shows/{show_id}/lines/jump",
    "POST /api/shows/{show_id}/lines/skip",
    "POST /api/shows/{show_id}/lines/{line_id}/say",
    "POST /api/shows/{show_id}/mutes",
    "POST /api/shows/{show_id}/swap/preview",
    "PUT /api/shows/{show_id}/lines/order",
}
"""Routes that are older than this rule and still answer with a plain object: the list may only become shorter."""
UNBOUNDED: set[str] = {
    "GET /api/catalogue",
    "GET /api/desk/coupons",
    "GET /api/desk/orders/{order_id}",
    "GET /api/ledgers",
    "GET /api/likenesses",
    "GET /api/likenesses/footage",
    "GET /api/packs/{kind}/{pack_id}",
    "GET /api/reports",
    "GET /api/webhooks",
    "GET /api/webhooks/{webhook_id}",
    "GET /api/webhooks/{webhook_id}/deliveries",
}
"""The same for lists without pages and without a written most."""


def _operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(name, operation, the schema of its JSON answer) of every operation that answers with JSON."""
    described = app.openapi()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {}).get("application/json")
                if status.startswith("2") and content is not None:
                    yield f"{method.upper()} {path}", operation, content["schema"]


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _is_described(described: dict[str, Any], schema: dict[str, Any]) -> bool:
    resolved = _resolved(described, schema)
    return bool(resolved.get("properties") or resolved.get("anyOf") or resolved.get("type") == "array")


def _is_bounded(described: dict[str, Any], operation: dict[str, Any], schema: dict[str, Any]) -> bool:
    """Every list at the top of the answer has a most, or comes in pages: `limit` with bounds, `after`, and `next`."""
    resolved = _resolved(described, schema)
    properties = resolved.get("properties", {"": resolved})
    lists = [one for one in properties.values() if one.get("type") == "array" and "maxItems" not in one]
    asked = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", [])}
    limit = asked.get("limit", {})
    pages = "minimum" in limit and "maximum" in limit and "after" in asked and "next" in properties
    return not lists or pages


def test_every_json_route_says_what_it_answers(app: FastAPI) -> None:
    described = app.openapi()
    found = {name for name, _, schema in _operations(app) if not _is_described(described, schema)}
    assert found - UNDESCRIBED == set(), "declare a response model"
    assert UNDESCRIBED - found == set(), "these are described now: take them out of the list"


def test_every_list_ends(app: FastAPI) -> None:
    described = app.openapi()
    read = [one for one in _operations(app) if one[0].startswith("GET")]
    found = {name for name, operation, schema in read if not _is_bounded(described, operation, schema)}
    assert found - UNBOUNDED == set(), "page the list (influencer.web.paging), or say how long it can be (max_length)"
    assert UNBOUNDED - found == set(), "these end now: take them out of the list"


def test_every_json_route_is_in_the_description(app: FastAPI) -> None:
    described = {(m.upper(), path) for path, ops in app.openapi()["paths"].items() for m in ops}
    for route in iter_route_contexts(app.routes):
        path = re.sub(r":\w+}", "}", route.path or "")
        if path.startswith("/api/") and path not in NOT_JSON and not path.startswith("/api/shows/{show_id}/microphone"):
            assert {(method, path) for method in route.methods or ()} <= described, path


def test_every_refusal_is_described_as_a_problem(app: FastAPI) -> None:
    described = app.openapi()
    schemas = described["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert {"type", "title", "status", "detail"} <= set(schemas["Problem"]["required"])
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            refusals = {status: one for status, one in operation["responses"].items() if status[0] == "4"}
            for status, one in refusals.items():
                assert set(one["content"]) == {"application/problem+json"}, (method, path, status)
            if operation.get("security"):
                assert {"401", "403"} <= refusals.keys(), (method, path)
            if "{" in path:
                assert "404" in refusals, (method, path)
            if method in {"post", "put", "patch", "delete"}:
                assert {"403", "409", "422", "429"} <= refusals.keys(), (method, path)
                assert "Retry-After" in refusals["429"]["headers"]


async def test_what_is_refused_is_as_described(client: httpx.AsyncClient, app: FastAPI) -> None:
    required = app.openapi()["components"]["schemas"]["Problem"]["required"]
    asked = [
        await client.get("/api/users"),
        await client.get("/api/shows/none"),
        await client.get("/api/shows/demo/said"),
        await client.get("/api/orders"),
    ]
    assert [answer.status_code for answer in asked] == [401, 404, 422, 403]
    for answer in asked:
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(required) <= answer.json().keys()
        path = str(answer.request.url.path).replace("/none", "/{show_id}").replace("/demo", "/{show_id}")
        assert str(answer.status_code) in app.openapi()["paths"][path]["get"]["responses"]
