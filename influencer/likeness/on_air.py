"""A real person's likeness on air: only under a consent record that allows it now, and off at once when none does.

House personas are nobody and need no record. A persona that is not synthetic names its person; a record of that person
must allow the purpose `live-show` for this persona, in this market, today.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from influencer.brief import MarketId
from influencer.errors import LikenessRefused, Mistake
from influencer.likeness.consent import Use, refusal
from influencer.persona import Persona
from influencer.store.consents import ConsentRepository
from streaming.clock import Clock

log = structlog.get_logger(__name__)

LOOK_S = 15
"""How often a running show's right to its host is looked at: a revoked record ends the show within this."""
_NEEDS = "a host who is nobody, or `portrait consent add` for the person, with live-show among the purposes"


async def require_likeness(consents: ConsentRepository, persona: Persona, market: MarketId, at: datetime) -> None:
    """Let a persona on air.

    Raises:
        LikenessRefused: it is a real person's, and no record allows it now; every record's reason is told.
    """
    if persona.synthetic:
        return
    assert persona.consent is not None  # the persona's own rule
    use = Use("live-show", persona.id, market, at)
    mistakes = []
    for consent in await consents.of_person(persona.consent.person):
        forbidden = refusal(consent, use)
        if forbidden is None:
            return
        mistakes.append(forbidden)
    raise LikenessRefused(mistakes or [Mistake("persona", f"{persona.id}, who is a real person", _NEEDS)])


class LikenessWatch:
    """Of one show: ends it when nothing allows its host any more. Run it supervised, beside the show."""

    def __init__(
        self,
        show_id: str,
        consents: ConsentRepository,
        host: Callable[[], tuple[Persona, MarketId]],
        end: Callable[[], Awaitable[None]],
        clock: Clock,
        now: Callable[[], datetime],
    ) -> None:
        self._show_id, self._consents, self._host, self._end = show_id, consents, host, end
        self._clock, self._now = clock, now

    async def run(self) -> None:
        """Look until cancelled, or until the show had to be ended."""
        while True:
            await self._clock.wait_until(self._clock.now_ns() + int(LOOK_S * 1e9))
            persona, market = self._host()
            try:
                await require_likeness(self._consents, persona, market, self._now())
            except LikenessRefused as lapsed:
                log.warning("the right to a likeness lapsed", show=self._show_id, persona=persona.id, why=str(lapsed))
                await self._end()
                return
