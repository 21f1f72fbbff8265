"""What the API's description (OpenAPI) says of every operation: refusals as problems, rates, how lists are read."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from influencer.web.auth import declared_routes

PROBLEM = "Problem"
ABOUT = """
Every refusal is a problem (RFC 9457, `application/problem+json`): `detail` says what is wrong in one sentence, `fields`
names each field that is, what was given and what is allowed, and `retryable` says whether the same request can succeed
later.

Lists that come in pages take `limit`, how many at most, and `after`, the `next` of the answer before; `next` is null at
the end. A cursor is opaque: send it back as it is.

Requests that change something are counted by address, by viewer or by account, as a bucket that fills again; one too
many is 429 with `Retry-After` in seconds.
"""
_SCHEMA: dict[str, Any] = {
    "title": PROBLEM,
    "description": "Why a request was refused (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "title": "Type"},
        "title": {"type": "string", "title": "Title"},
        "status": {"type": "integer", "title": "Status"},
        "detail": {"type": "string", "title": "Detail", "description": "One sentence for people."},
        "retryable": {"type": "boolean", "title": "Retryable"},
        "fields": {
            "type": "array",
            "title": "Fields",
            "items": {
                "type": "object",
                "title": "ProblemField",
                "required": ["field", "given", "allowed"],
                "properties": {
                    name: {"type": "string", "title": name.title()} for name in ("field", "given", "allowed")
                },
            },
        },
    },
}
_MEANS = {
    401: "Nobody is signed in, or the bearer token is wrong.",
    403: "The role, the origin or the missing cookie does not allow it.",
    404: "There is no such thing, or it is somebody else's.",
    409: "It contradicts what is there now.",
    422: "Something in the request is wrong; `fields` names it.",
    429: "Too many requests; `Retry-After` says when to try again.",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}


def describe(app: FastAPI) -> None:
    """Complete the application's description, made once when it is first asked for."""
    made = app.openapi

    def complete() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        described = made()
        if fresh:
            _complete(app, described)
        return described

    app.description = ABOUT.strip()
    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way


def _complete(app: FastAPI, described: dict[str, Any]) -> None:
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas[PROBLEM] = _SCHEMA
    closed = {
        (route.method.lower(), route.path)
        for route in declared_routes(app)
        if any(access.roles is not None or access.viewer_token for access in route.accesses)
    }
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status in _statuses(method, path, operation, closed=(method, path) in closed):
                operation["responses"][str(status)] = _refusal(status)
    for operations in described.get("webhooks", {}).values():  # those are answered by others
        for operation in operations.values():
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _statuses(method: str, path: str, operation: dict[str, Any], *, closed: bool) -> list[int]:
    """Which refusals an operation may answer with."""
    changes = method not in {"get", "head", "options"}
    parameters = {parameter["in"] for parameter in operation.get("parameters", [])}
    found = [401, 403] if closed else [403] if changes or path.startswith("/api/orders") else []
    found += [404] if "{" in path else []
    found += [409, 429] if changes else []
    found += [422] if changes or parameters else []
    return found


def _refusal(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}}
    made: dict[str, Any] = {"description": _MEANS[status], "content": content}
    return made | ({"headers": _RETRY_AFTER} if status == 429 else {})
