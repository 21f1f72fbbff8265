"""Keeps the programme: starts each show at its time and stops it when the time is over, also after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog

from influencer.errors import InfluencerError, NotFound
from influencer.loading import load_market
from influencer.programme.times import Airing, Times, on_air
from influencer.show.control import House, StartRequest
from influencer.show.supervise import supervise
from influencer.store import Store
from influencer.store.programme import Entry, NewEntry
from models.errors import ModelError
from streaming.clock import Clock

log = structlog.get_logger(__name__)

LOOK_NS = 2_000_000_000
"""How often the clock is compared with the programme."""


def times_of(entry: NewEntry) -> Times:
    """The entry's times in its market's zone."""
    zone = load_market(entry.market).zone
    return Times(zone, entry.first_day, entry.last_day, frozenset(entry.weekdays), entry.starts, entry.minutes)


@asynccontextmanager
async def kept_programme(programme: Programme, clock: Clock) -> AsyncIterator[None]:
    """Keep the programme in the background, restarted when it crashes, until the context is left."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(supervise("programme", programme.run, clock=clock, on_restart=_restarted))
        try:
            yield
        finally:
            task.cancel()


def _restarted(stage: str) -> None:
    log.warning("programme restarted", stage=stage)


class Programme:
    """Owns nothing but the comparison: shows are the house's, entries the store's."""

    def __init__(self, house: House, store: Store, clock: Clock, now: Callable[[], datetime]) -> None:
        self._house = house
        self._store = store
        self._clock = clock
        self._now = now

    async def run(self) -> None:
        """Look at the clock for ever; a look that fails is logged, and the next one comes."""
        while True:
            try:
                await self.look()
            except (InfluencerError, ModelError) as error:
                log.exception("the programme could not be kept", error=str(error))
            await self._clock.wait_until(self._clock.now_ns() + LOOK_NS)

    async def look(self) -> None:
        """Stop what is over, then start what is due."""
        now = self._now()
        entries = {entry.id: entry for entry in await self._store.programme.current()}
        for airing in await self._store.programme.running():
            if airing.end <= now or airing.entry_id not in entries:
                await self._stop(airing.show_id)
                await self._store.programme.became(airing.entry_id, airing.start, done=True)
        for entry in entries.values():
            due = on_air(times_of(entry), now)
            if due is not None and await self._store.programme.claim(entry.id, due.start, due.end):
                await self._start(entry, due)

    async def _start(self, entry: Entry, due: Airing) -> None:
        try:
            info = await self._house.start(StartRequest(entry.brief_ids, entry.market, entry.persona))
        except (InfluencerError, ModelError) as error:
            log.exception("a show of the programme did not start", entry=entry.id, error=str(error))
            await self._store.programme.became(entry.id, due.start, failed=str(error))
            return
        await self._store.programme.became(entry.id, due.start, show_id=info.id)
        log.info("programme", entry=entry.id, show=info.id, until=due.end.isoformat())

    async def _stop(self, show_id: str | None) -> None:
        if show_id is None:
            return
        try:
            await self._house.stop(show_id)
        except NotFound:
            log.info("a show of the programme had ended already", show=show_id)
