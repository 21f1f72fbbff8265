"""What the host says when an answer takes longer than a second to be ready: one short sentence of the market's own.

A filler is spoken only between lines, gives way to the answer until its first word, and comes at most once a minute.
It is synthesised beforehand: what must bridge a slow voice cannot wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from influencer.errors import ClaimRejected
from influencer.script.claims import ApprovedLine
from influencer.script.values import Line
from influencer.show.desk import MarketDesk
from influencer.show.performer import Performer
from influencer.show.preparer import Preparer, Voice
from influencer.show.tickets import FillerTask, SayTask, Ticket
from influencer.show.utterance import Utterance
from models.avatar.performance import Mood
from models.base import Speech
from models.errors import ModelError
from streaming.clock import Clock

log = structlog.get_logger(__name__)

LATE_NS = 1_000_000_000
APART_NS = 60_000_000_000


@dataclass(frozen=True, slots=True)
class _Ready:
    """A filler that can be spoken now."""

    line: ApprovedLine
    text: str
    voice: Voice
    sentences: tuple[Speech, ...]


class Fillers:
    """The fillers of one show, all in turn. Every method belongs to the event loop's thread."""

    def __init__(self, preparer: Preparer, performer: Performer, clock: Clock) -> None:
        self._preparer, self._performer, self._clock = preparer, performer, clock
        self._turn = 0
        self._number = 0
        self._last_ns = clock.now_ns() - APART_NS
        self._ready: _Ready | None = None
        self._restocking = False

    async def restock(self, desk: MarketDesk, voice: Voice) -> None:
        """Have the next filler spoken beforehand, in the show's market and voice: if it is not yet."""
        fillers = desk.market.fillers
        ready = self._ready
        if self._restocking or not fillers or not self._performer.live:
            return
        if ready is not None and ready.line.market == desk.market.id and ready.voice == voice:
            return
        self._restocking = True
        try:
            number = self._turn % len(fillers)
            slot = f"filler.{number}"
            line = Line(f"{{{slot}}}", "questions", desk.products[0], desk.market.id, (), "template", slot)
            approved = desk.approve(line)
            text = fillers[number]
            self._ready = _Ready(approved, text, voice, await self._preparer.spoken(text, desk.market.id, voice))
            self._turn += 1
        except (ClaimRejected, ModelError) as error:  # the show goes on without
            log.warning("no filler", number=self._turn, error=str(error))
            self._turn += 1
        finally:
            self._restocking = False

    @asynccontextmanager
    async def cover(self, ticket: Ticket, desk: MarketDesk, voice: Voice) -> AsyncIterator[None]:
        """While an answer is prepared inside: say a filler if it is not ready after a second."""
        if not isinstance(ticket.task, SayTask) or ticket.task.line.source != "answer":
            yield
            return
        async with asyncio.TaskGroup() as group:
            late = group.create_task(self._when_late(ticket.task.line.product_id, desk, voice), name="filler")
            try:
                yield
            finally:
                late.cancel()

    async def _when_late(self, product_id: str, desk: MarketDesk, voice: Voice) -> None:
        await self._clock.wait_until(self._clock.now_ns() + LATE_NS)
        now, ready = self._clock.now_ns(), self._ready
        if ready is None or now - self._last_ns < APART_NS or self._performer.waiting.counts()[0]:
            return
        if ready.line.market != desk.market.id or ready.voice != voice:
            return
        self._ready, self._last_ns = None, now
        self._number += 1
        utterance = Utterance(
            ticket=Ticket(-self._number, FillerTask()),
            line=ready.line,
            text=ready.text,
            mood=Mood.ANSWERING,
            product_id=product_id,
            still_true=lambda: True,
        )
        for sentence in ready.sentences:
            utterance.sentences.add(sentence)
        utterance.sentences.finish()
        self._performer.submit(utterance)
