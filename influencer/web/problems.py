"""Every failure as one clear line: problem details (RFC 9457) for programs, a page for people, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from influencer.errors import ClaimRejected, Forbidden, InfluencerError, InvalidInput, Mistake
from influencer.packs.desk import PackChanged
from influencer.show.operator import Outdated
from influencer.web.context import web_of
from influencer.web.limits import TooMany
from influencer.web.middleware import SECURITY_HEADERS
from influencer.web.origins import cors_headers
from streaming.errors import WhepError

log = structlog.get_logger(__name__)

_FOR_PROGRAMS = ("/api/", "/whep/", "/hls/", "/healthz", "/metrics")


class Unauthorized(InfluencerError):
    """Nobody is signed in, or the bearer token is wrong."""

    http_status = 401


class PasswordChangeNeeded(Forbidden):
    """Somebody signed in with a one-time password and must choose their own first."""


def install(app: FastAPI) -> None:
    """Put the handlers in."""
    app.add_exception_handler(InfluencerError, _known)
    app.add_exception_handler(WhepError, _whep)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, InfluencerError)
    if isinstance(error, Unauthorized | PasswordChangeNeeded) and _wants_page(request):
        return _send_to_sign_in(request, error)
    status, headers, more = error.http_status, dict[str, str](), dict[str, Any]()
    if isinstance(error, ClaimRejected):
        status, more = 422, {"reasons": list(error.reasons)}
    elif isinstance(error, InvalidInput):
        more = {"fields": _fields(error.mistakes)}
    elif isinstance(error, Outdated):
        more = {"current": error.current.as_data()}
    elif isinstance(error, PackChanged):
        more = {"current": error.current}
    elif isinstance(error, TooMany):
        headers = {"Retry-After": str(max(1, round(error.retry_after)))}
    elif isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    if status == 503:
        headers = {"Retry-After": "5"}
    if status >= 500 and status != 503:
        log.error("request failed", path=request.url.path, error=str(error))
    return problem(request, status, str(error), headers, retryable=error.retryable, **more)


async def _whep(request: Request, error: Exception) -> Response:
    assert isinstance(error, WhepError)
    return problem(request, error.status, error.title, error.headers, retryable=error.retryable)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    mistakes = [_mistake(item) for item in error.errors()]
    return problem(request, 422, "; ".join(map(str, mistakes)), fields=_fields(mistakes))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(request, error.status_code, str(error.detail), error.headers)


async def _unknown(request: Request, error: Exception) -> Response:
    # The server logs the traceback (Starlette raises the error again); here is the line to search for.
    log.error("unexpected error", path=request.url.path, error=repr(error))
    # This answer is made outside the middleware, so it brings its own headers.
    return problem(request, 500, "something went wrong on our side; it has been logged", SECURITY_HEADERS)


def problem(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer to a failed request, in the form the caller reads."""
    title = HTTPStatus(status).phrase
    sent = {**cors_headers(request, web_of(request).settings), "Cache-Control": "no-store", **(headers or {})}
    if not _wants_page(request):
        body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
        return JSONResponse(body, status, sent, media_type="application/problem+json")
    web = web_of(request)
    market = web.words.best(request.headers.get("accept-language", ""))
    page = {"status": status, "title": title, "detail": detail, "market": market, "words": web.words.of(market)}
    return web.templates.TemplateResponse(request, "error.html", page, status, sent)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith(_FOR_PROGRAMS) and "text/html" in request.headers.get("accept", "")


def _send_to_sign_in(request: Request, error: Exception) -> Response:
    if isinstance(error, PasswordChangeNeeded):
        return RedirectResponse("/account/password", 303)
    came_for = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = f"?{urlencode({'next': came_for})}" if request.method == "GET" else ""
    return RedirectResponse(f"/sign-in{query}", 303, {"Cache-Control": "no-store"})


def _mistake(item: Any) -> Mistake:
    location = [str(part) for part in item["loc"] if part not in {"body", "query", "header", "path"}]
    given = json.dumps(item.get("input"), default=str, ensure_ascii=False)
    short = given if len(given) <= 60 else given[:59] + "…"
    return Mistake(".".join(location) or "body", short, str(item["msg"]))


def _fields(mistakes: Any) -> list[dict[str, str]]:
    return [{"field": item.field, "given": item.given, "allowed": item.allowed} for item in mistakes]
