"""WHIP over HTTP (RFC 9725): an operator's microphone goes on air; the sessions are streaming's.

| request | answer |
| --- | --- |
| POST an offer | 201 with Location, ETag and the SDP answer |
| POST while somebody speaks / the show cannot be taken over | 409 |
| POST, not application/sdp / not SDP / no Opus / not one section that sends sound | 415 / 400 / 406 / 422 |
| PATCH a candidate | 204; 428 without If-Match, 412 with an old one, 422 for an ICE restart |
| DELETE | 200 |
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from influencer.accounts.roles import STAFF
from influencer.errors import Conflict
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import WebDep, within_rate
from influencer.web.whep import FRAGMENT, SDP, body_of
from streaming.errors import WhepError

router = APIRouter(
    prefix="/api/shows/{show_id}/microphone",
    include_in_schema=False,
    dependencies=[access(*STAFF, person=True), Depends(within_rate)],
)


@router.post("")
async def speak(show_id: str, request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """Connect a microphone; with its first sound the show is taken over. Only a person who is signed in can speak."""
    text = await body_of(request, SDP)
    show = web.house.get(show_id)
    if show.info().state != "live" or show.operator.coming().mode not in {"script", "taken-over"}:
        raise Conflict("only a live show that is not in a break can be taken over")
    session = await show.microphone.offer(text, principal.name)
    headers = {
        "Location": f"/api/shows/{show_id}/microphone/{session.id}",
        "ETag": f'"{session.etag}"',
        "Cache-Control": "no-store",
    }
    return Response(session.answer, 201, headers, SDP)


@router.patch("/{session_id}")
async def trickle(show_id: str, session_id: str, request: Request, web: WebDep) -> Response:
    """Add ICE candidates."""
    fragment = await body_of(request, FRAGMENT)
    given = request.headers.get("if-match")
    if given is None:
        raise WhepError(428, "If-Match with the session's ETag is required")
    await web.house.get(show_id).microphone.patch(session_id, fragment, given)
    return Response(status_code=204)


@router.delete("/{session_id}")
async def fall_silent(show_id: str, session_id: str, web: WebDep) -> Response:
    """Close the microphone; the show stays taken over, silent, until somebody hands back."""
    await web.house.get(show_id).microphone.delete(session_id)
    return Response(status_code=200)
