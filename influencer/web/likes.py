"""Likes: counted by us, limited by viewer, told to the room at most once a second.

A page counts taps and sends them together, so that a hundred taps are a few requests. What it may send at once is
bounded as is how often, and the number on every page is the server's.
"""

from __future__ import annotations

import asyncio
from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from influencer.errors import Forbidden
from influencer.web.auth import EVERYBODY
from influencer.web.context import WebDep, client_of, required_viewer
from influencer.web.origins import may_use
from streaming.chat_hub import ChatEvent, ChatHub

MOST_AT_ONCE = 20
"""Taps one request may bring: what a quick finger does in the second a page gathers them."""
_TOLD_EVERY_S = 1.0

router = APIRouter(prefix="/api", tags=["shows"], dependencies=[EVERYBODY])


class LikesBody(BaseModel):
    """How often the heart was tapped since the last request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 1


class Likes(BaseModel):
    """How often a show was liked, by everybody."""

    likes: int


class LikeTeller:
    """Tells rooms the newest number: the first at once, then the latest of each second."""

    def __init__(self) -> None:
        self._waiting: WeakKeyDictionary[ChatHub, int | None] = WeakKeyDictionary()

    def tell(self, room: ChatHub, likes: int) -> None:
        """Tell the room now, or, when it was told within the last second, at that second's end."""
        if room in self._waiting:
            self._waiting[room] = max(likes, self._waiting[room] or 0)
            return
        self._publish(room, likes)

    def _publish(self, room: ChatHub, likes: int) -> None:
        room.publish(ChatEvent("likes", {"likes": likes}))
        self._waiting[room] = None
        asyncio.get_running_loop().call_later(_TOLD_EVERY_S, self._second_passed, room)

    def _second_passed(self, room: ChatHub) -> None:
        latest = self._waiting.pop(room, None)
        if latest is not None:
            self._publish(room, latest)


@router.get("/shows/{show_id}/likes")
async def read_likes(show_id: str, web: WebDep) -> Likes:
    """How often the show was liked."""
    web.house.get(show_id)
    return Likes(likes=await web.store.likes.of(show_id))


@router.post("/shows/{show_id}/likes")
async def like(show_id: str, body: LikesBody, request: Request, web: WebDep) -> Likes:
    """Like the show; the number is stored before the answer."""
    if not may_use(request, web.settings):
        raise Forbidden("likes are given on the show's own page")
    show = web.house.get(show_id)
    web.limiters.likes.admit(required_viewer(request))
    web.limiters.like_sources.admit(client_of(request))
    likes = await web.store.likes.add(show_id, body.count)
    teller: LikeTeller = request.app.state.like_teller
    teller.tell(show.chat, likes)
    return Likes(likes=likes)
