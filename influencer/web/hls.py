"""HLS over HTTP: the fallback for browsers whose WebRTC fails."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.errors import Busy, NotFound
from influencer.web.auth import WATCHING
from influencer.web.context import Web, WebDep
from influencer.web.origins import cors_headers
from streaming.hls import HlsPackager

router = APIRouter(prefix="/hls/{show_id}", include_in_schema=False, dependencies=[WATCHING])


@router.get("/index.m3u8")
async def playlist(show_id: str, request: Request, web: WebDep) -> Response:
    """The media playlist of the last segments."""
    text = _packager(web, show_id).playlist()
    if text is None:
        raise Busy("the first segment is not ready yet")
    return _media(request, web, text.encode(), "application/vnd.apple.mpegurl", "no-cache")


@router.get("/init.mp4")
async def init_segment(show_id: str, request: Request, web: WebDep) -> Response:
    """The fMP4 header."""
    data = _packager(web, show_id).init_segment()
    if data is None:
        raise Busy("the first segment is not ready yet")
    return _media(request, web, data, "video/mp4", "no-cache")


@router.get("/{name}")
async def segment(show_id: str, name: str, request: Request, web: WebDep) -> Response:
    """One segment, as long as the playlist names it and a little longer."""
    data = _packager(web, show_id).segment(name)
    if data is None:
        raise NotFound(f"segment {name[:40]!r} is gone or never was")
    return _media(request, web, data, "video/mp4", "public, max-age=60, immutable")


def _packager(web: Web, show_id: str) -> HlsPackager:
    packager = web.house.get(show_id).hls
    if packager is None:
        raise NotFound("this show has no HLS")
    return packager


def _media(request: Request, web: Web, data: bytes, media_type: str, cache: str) -> Response:
    headers = {"Cache-Control": cache, **cors_headers(request, web.settings)}
    return Response(data, media_type=media_type, headers=headers)
