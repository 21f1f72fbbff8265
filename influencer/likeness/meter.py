"""Counts how long a real person's likeness is on air, from the show's own clock, so that it can be paid for.

Every 40 ms slot that the station sent counts, while the host is in the picture: not behind a slate, not before the show
is live. Sums are kept as whole numbers of one run of the show, so that writing twice counts once, and a killed process
loses what was not yet written: at most `WRITE_S` seconds and the second being counted.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from influencer.brief import MarketId
from influencer.errors import LikenessRefused
from influencer.likeness.consent import StoredConsent
from influencer.likeness.on_air import require_likeness
from influencer.persona import Persona
from influencer.store import Store
from influencer.store.airtime import Airtime
from streaming.clock import Clock
from streaming.media import FPS

log = structlog.get_logger(__name__)

COUNT_S = 0.5
"""How often the station's slots are read: a host who changes in between is credited until the next reading."""
WRITE_S = 5.0
"""How often sums are written."""
MS_PER_SLOT = 1000 // FPS


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is counted apart: a record, where it is on air, by which host, on which UTC day."""

    consent_id: str
    market: str
    persona: str
    day: date


class Tally:
    """Sums of one run, in milliseconds. Pure: time is passed in.

    A reading credits the slots since the last one to the likeness that was on air from then on, and never more than the
    time that has passed since: a station that catches up sends more slots than there was time to see.
    """

    def __init__(self) -> None:
        self.sums: dict[Likeness, int] = {}
        self._since: tuple[int, int, Likeness | None] | None = None

    def read(self, slots: int, now_ns: int, on_air: Likeness | None) -> None:
        """Take a reading: slots sent since the show's start, the monotonic clock, and what is on air from now on."""
        if self._since is not None:
            before, then_ns, likeness = self._since
            sent_ms = max(0, slots - before) * MS_PER_SLOT
            credit = min(sent_ms, max(0, now_ns - then_ns) // 1_000_000)
            if likeness is not None and credit:
                self.sums[likeness] = self.sums.get(likeness, 0) + credit
        self._since = (slots, now_ns, on_air)


class LikenessMeter:
    """Of one run of a show. Run it supervised, beside the show; it writes once more when it is cancelled."""

    def __init__(
        self,
        show_id: str,
        store: Store,
        host: Callable[[], tuple[Persona, MarketId] | None],
        slots: Callable[[], int],
        clock: Clock,
        now: Callable[[], datetime],
    ) -> None:
        """`host` tells who is in the picture and where, None for nobody; `slots` how many the station has sent."""
        self._show_id, self._store, self._host, self._slots = show_id, store, host, slots
        self._clock, self._now = clock, now
        self._run = secrets.token_hex(16)
        self._tally = Tally()
        self._written: dict[Likeness, int] = {}
        self._known: dict[tuple[str, MarketId, date], StoredConsent | None] = {}

    async def run(self) -> None:
        """Count until cancelled."""
        try:
            while True:
                due_ns = self._clock.now_ns() + int(WRITE_S * 1e9)
                self._known.clear()
                while self._clock.now_ns() < due_ns:
                    await self._count()
                    await self._clock.wait_until(self._clock.now_ns() + int(COUNT_S * 1e9))
                await self._write()
        finally:
            self._tally.read(self._slots(), self._clock.now_ns(), None)
            await self._write()

    async def _count(self) -> None:
        on_air = self._host()
        likeness = None
        if on_air is not None and not on_air[0].synthetic:
            likeness = await self._likeness(*on_air)
        self._tally.read(self._slots(), self._clock.now_ns(), likeness)

    async def _likeness(self, persona: Persona, market: MarketId) -> Likeness | None:
        day = self._now().date()
        key = (persona.id, market, day)
        if key not in self._known:
            self._known[key] = await self._consent(persona, market)
        consent = self._known[key]
        return None if consent is None else Likeness(consent.id, market, persona.id, day)

    async def _consent(self, persona: Persona, market: MarketId) -> StoredConsent | None:
        """The record that time is owed under: what allows it, or, until a show is off, the latest one."""
        try:
            return await require_likeness(self._store.consents, persona, market, self._now())
        except LikenessRefused:
            assert persona.consent is not None
            records = await self._store.consents.of_person(persona.consent.person)
            named = [one for one in records if persona.id in one.record.personas]
            return next(iter([*named[::-1], *records[::-1]]), None)

    async def _write(self) -> None:
        changed = {one: ms for one, ms in self._tally.sums.items() if self._written.get(one) != ms}
        if changed:
            await self._store.airtime.keep(
                Airtime(self._run, self._show_id, one.consent_id, one.market, one.persona, one.day, ms)
                for one, ms in changed.items()
            )
            self._written |= changed
