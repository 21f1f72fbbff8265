"""Which origins may talk to us: our own, and those the operator allows. CORS is not authentication."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from influencer.web.config import WebSettings

_EXPOSED = "Location, Link, ETag, Retry-After"


def host_name(authority: str) -> str:
    """The name in a Host header or an origin, without port or brackets: [::1]:8080 -> ::1."""
    return (urlsplit(f"//{authority}").hostname or "").lower()


def is_same_origin(connection: HTTPConnection, origin: str) -> bool:
    """Whether `origin` names the host this request was sent to."""
    return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower() != ""


def may_use(connection: HTTPConnection, settings: WebSettings) -> bool:
    """Whether the page that sends this request is ours or allowed; programs without an Origin header are."""
    origin = connection.headers.get("origin")
    return origin is None or origin in settings.allowed_origins or is_same_origin(connection, origin)


def is_own_page(connection: HTTPConnection) -> bool:
    """Whether our own page sends this request; programs, which name no page, pass."""
    origin = connection.headers.get("origin")
    if origin is not None:
        return is_same_origin(connection, origin)
    return connection.headers.get("sec-fetch-site", "none") in {"same-origin", "none"}


def cors_headers(connection: HTTPConnection, settings: WebSettings) -> dict[str, str]:
    """Headers that let an allowed page of another origin read the answer; never `*`, never credentials."""
    origin = connection.headers.get("origin")
    if origin is None or origin not in settings.allowed_origins:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _EXPOSED,
    }


def preflight_headers(connection: HTTPConnection, settings: WebSettings, methods: str) -> dict[str, str]:
    """The answer to a CORS preflight."""
    headers = cors_headers(connection, settings)
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = methods
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
        headers["Access-Control-Max-Age"] = "600"
    return headers
