"""WHEP over HTTP (draft-ietf-wish-whep): status codes, headers and CORS; the sessions are streaming's.

| request | answer |
| --- | --- |
| POST an offer | 201 with Location, ETag and the SDP answer |
| POST, no such show / show not on air yet | 404 / 409 with Retry-After |
| POST, not application/sdp / not SDP / no common codec / more than one audio and video | 415 / 400 / 406 / 422 |
| POST, too many joins / no room | 429 / 503, each with Retry-After |
| PATCH a candidate | 204; 428 without If-Match, 412 with an old one, 422 for an ICE restart |
| DELETE | 200 |
| GET / HEAD / OPTIONS on the endpoint | 204 / 200 application/sdp / 204 with Accept-Post |
| anything else | 405 with Allow |
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.web.auth import EVERYBODY, WATCHING
from influencer.web.context import WebDep, client_of
from influencer.web.origins import cors_headers, preflight_headers
from streaming.errors import WhepError

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
_RETRY_S = "2"

router = APIRouter(prefix="/whep", include_in_schema=False)


@router.post("/{show_id}", dependencies=[WATCHING])
async def offer(show_id: str, request: Request, web: WebDep) -> Response:
    """Join a show."""
    text = await body_of(request, SDP)
    web.limiters.joins.admit(client_of(request))
    show = web.house.get(show_id)
    if show.info().state == "starting":
        raise WhepError(409, "the show is not on air yet", {"Retry-After": _RETRY_S})
    session = await show.whep.offer(text, client_of(request))
    headers = {
        "Location": f"/whep/{show_id}/{session.id}",
        "ETag": f'"{session.etag}"',
        "Cache-Control": "no-store",
        **cors_headers(request, web.settings),
    }
    return Response(session.answer, 201, headers, SDP)


@router.patch("/{show_id}/{session_id}", dependencies=[WATCHING])
async def trickle(show_id: str, session_id: str, request: Request, web: WebDep) -> Response:
    """Add ICE candidates. There is one ICE generation a session: whoever needs a restart joins again."""
    fragment = await body_of(request, FRAGMENT)
    given = request.headers.get("if-match")
    if given is None:
        raise WhepError(428, "If-Match with the session's ETag is required")
    await web.house.get(show_id).whep.patch(session_id, fragment, given)
    return Response(status_code=204, headers=cors_headers(request, web.settings))


@router.delete("/{show_id}/{session_id}", dependencies=[WATCHING])
async def leave(show_id: str, session_id: str, request: Request, web: WebDep) -> Response:
    """Leave a show."""
    await web.house.get(show_id).whep.delete(session_id)
    return Response(status_code=200, headers=cors_headers(request, web.settings))


@router.get("/{show_id}", dependencies=[EVERYBODY])
async def endpoint(show_id: str, request: Request, web: WebDep) -> Response:
    """Nothing to read here; 204 says that the endpoint exists."""
    web.house.get(show_id)
    return Response(status_code=204, headers=cors_headers(request, web.settings))


@router.head("/{show_id}", dependencies=[EVERYBODY])
async def discover(show_id: str, request: Request, web: WebDep) -> Response:
    """Tell a player that this URL speaks WHEP."""
    web.house.get(show_id)
    return Response(headers=cors_headers(request, web.settings), media_type=SDP)


@router.options("/{show_id}", dependencies=[EVERYBODY])
async def endpoint_options(request: Request, web: WebDep) -> Response:
    """CORS preflight, and which body a POST takes."""
    headers = preflight_headers(request, web.settings, "GET, HEAD, POST, OPTIONS")
    return Response(status_code=204, headers={"Accept-Post": SDP, **headers})


@router.options("/{show_id}/{session_id}", dependencies=[EVERYBODY])
async def session_options(request: Request, web: WebDep) -> Response:
    """CORS preflight of a session."""
    headers = preflight_headers(request, web.settings, "PATCH, DELETE, OPTIONS")
    return Response(status_code=204, headers={"Accept-Patch": FRAGMENT, **headers})


async def body_of(request: Request, media_type: str) -> str:
    """The text of a body of this media type.

    Raises:
        WhepError: 415 another media type, 400 not UTF-8.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise WhepError(415, f"the body must be {media_type}", {"Accept-Post": SDP, "Accept-Patch": FRAGMENT})
    try:
        return (await request.body()).decode("utf-8")
    except UnicodeDecodeError:
        raise WhepError(400, "the body is not UTF-8") from None
