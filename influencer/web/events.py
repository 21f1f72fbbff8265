"""What the viewer's page reports: small batches, checked, bounded, written before they are acknowledged.

Nothing here is believed where money is concerned: prices, stock and orders are never read from an event. A page can at
most miscount itself, and only within its own rate.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from influencer.brief import Slug
from influencer.errors import Forbidden
from influencer.sales.events import MAX_WATCH_MS, NewEvent, PageEvent, pseudonym
from influencer.show.control import Show
from influencer.web.auth import EVERYBODY
from influencer.web.context import WebDep, client_of, required_viewer
from influencer.web.origins import may_use
from streaming.clock import Clock

router = APIRouter(prefix="/api", tags=["shows"], dependencies=[EVERYBODY])
BATCH = 20
_FIRST_MS = 20_000
"""What a first heartbeat may claim: the page sends one every 15 s."""


class PageEventBody(BaseModel):
    """One event. `key` is drawn by the page: the same key again is the same event."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,40}$")]
    kind: PageEvent
    product_id: Slug | None = None
    utterance_id: Annotated[int, Field(ge=1, le=2**53)] | None = None
    """From the caption the viewer reacted to; believed when it was on air lately."""
    milliseconds: Annotated[int, Field(ge=0, le=MAX_WATCH_MS)] = 0
    """With "watch": how long the video really played."""
    ago_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    """How long it waited in the page."""


class EventsBody(BaseModel):
    """A batch, as the page sends it every few seconds and when it is left."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: Annotated[list[PageEventBody], Field(min_length=1, max_length=BATCH)]


class WatchMeter:
    """Nobody watches for longer than time passes: what a viewer claims beyond that is cut off. Bounded memory."""

    _MAX_VIEWERS = 10_000

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: OrderedDict[tuple[str, str], int] = OrderedDict()

    def allow(self, show_id: str, viewer: str, milliseconds: int) -> int:
        """The milliseconds that count."""
        now = self._clock.now_ns() // 1_000_000
        place = (show_id, viewer)
        since = max(self._until.get(place, now - _FIRST_MS), now - MAX_WATCH_MS)
        counted = min(milliseconds, max(0, now - since))
        self._until[place] = since + counted
        self._until.move_to_end(place)
        if len(self._until) > self._MAX_VIEWERS:
            self._until.popitem(last=False)
        return counted


@router.post("/shows/{show_id}/events", status_code=204)
async def report_events(show_id: str, body: EventsBody, request: Request, web: WebDep) -> None:
    """Count what a viewer did; returns when it is written. Sending a batch twice counts it once."""
    if not may_use(request, web.settings):
        raise Forbidden("events are told by the show's own page")
    viewer = required_viewer(request)
    web.limiters.events.admit(viewer)
    web.limiters.event_sources.admit(client_of(request))
    show = web.house.get(show_id)
    meter: WatchMeter = request.app.state.watch_meter
    await web.store.journal.record([_event(one, show, viewer, web, meter) for one in body.events])


def _event(told: PageEventBody, show: Show, viewer: str, web: WebDep, meter: WatchMeter) -> NewEvent:
    show_id = show.info().id
    counted = meter.allow(show_id, viewer, told.milliseconds) if told.kind == "watch" else 0
    return NewEvent(
        told.kind,
        show_id,
        pseudonym(viewer),
        told.key,
        web.now() - timedelta(milliseconds=told.ago_ms),
        show.airing(told.utterance_id),
        "" if told.product_id is None else show.product(told.product_id).id,
        counted,
    )
