"""Clips over HTTP: a sentence of the ledger as it was on air, for viewers and for the advertiser of its product."""

from __future__ import annotations

import asyncio
import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from influencer.accounts.roles import STAFF, Role
from influencer.errors import NotFound
from influencer.likeness.on_air import cleared
from influencer.show.casting import cast
from influencer.show.recording import clip
from influencer.store.utterances import Utterance
from influencer.web.auth import WATCHING, access
from influencer.web.context import Web, WebDep, client_of
from influencer.web.lines import LineId
from influencer.web.reports import OwnProducts

public = APIRouter(prefix="/api/shows", tags=["shows"], dependencies=[WATCHING])
advertisers = APIRouter(prefix="/api/ledgers", tags=["reports"], dependencies=[access(Role.ADVERTISER, *STAFF)])
_SPOKEN = ("template", "model", "operator", "answer")
"""Lines the host says. A person at a microphone agreed to be heard live, not to be kept."""
_LONGEST = 120 * 48_000
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@public.get("/{show_id}/said/{utterance_id}/clip.mp4", response_class=Response)
async def said_clip(show_id: str, utterance_id: LineId, request: Request, web: WebDep) -> Response:
    """A sentence about a product, as it was heard: whole seconds, so a little before and after may be in it."""
    web.house.get(show_id)
    web.limiters.clips.admit(client_of(request))
    line = await _line(web, show_id, utterance_id)
    return _answer(request, await _clip(web, line))


@advertisers.get("/{show_id}/lines/{utterance_id}/clip.mp4", response_class=Response)
async def ledger_clip(
    show_id: str, utterance_id: LineId, request: Request, web: WebDep, products: OwnProducts
) -> Response:
    """A sentence about one's own product, as it was heard: whole seconds, so a little before and after may be in it."""
    web.limiters.clips.admit(client_of(request))
    line = await _line(web, show_id, utterance_id)
    if products is not None and line.product_id not in products:
        raise NotFound(f"line {utterance_id}: nothing of your products")
    return _answer(request, await _clip(web, line))


async def _line(web: Web, show_id: str, utterance_id: int) -> Utterance:
    found = await web.store.utterances.chained(show_id, utterance_id - 1, 1)
    if not found or found[0].id != utterance_id or not found[0].product_id or found[0].source not in _SPOKEN:
        raise NotFound(f"line {utterance_id}: no sentence of this show about a product")
    return found[0]


async def _clip(web: Web, line: Utterance) -> bytes:
    """Raises NotFound when it was not recorded, LikenessRefused when the host may not be shown again."""
    heard = await web.store.heard.of_line(line.id)
    recording = await web.store.recordings.at(line.show_id, line.spoken_at)
    folder = web.settings.recordings
    if heard and line.persona and recording is not None and folder is not None:
        await cleared(web.store, cast(line.market, line.persona), web.now(), purpose="replay")
        start, end = heard[0].pts, heard[-1].pts + heard[-1].samples
        made = await asyncio.to_thread(clip, folder, recording, start, min(end, start + _LONGEST))
        if made is not None:
            return made
    raise NotFound(f"line {line.id}: there is no recording of it")


def _answer(request: Request, data: bytes) -> Response:
    """The clip, or the range asked for (RFC 9110, 14.2). Caches keep none: a right to a face may end."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-store"}
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or not (asked[1] or asked[2]):
        return Response(data, media_type="video/mp4", headers=headers)
    if asked[1]:
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
    else:
        first, last = max(0, len(data) - int(asked[2])), len(data) - 1
    if first > last:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], status_code=206, media_type="video/mp4", headers=headers)
