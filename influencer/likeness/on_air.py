"""A real person's likeness in use: only under a consent record that allows it now, and off the air when none does.

House personas are nobody and need no record. A persona that is not synthetic names its person; a record of that person
must allow the purpose for this persona, in this market, today, beside these products.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from influencer.brief import Brief, MarketId
from influencer.errors import LikenessRefused, Mistake
from influencer.likeness.consent import Goods, Purpose, StoredConsent, Use, exclusion, refusal
from influencer.likeness.people import same_person
from influencer.persona import Persona
from influencer.settings import load_settings
from influencer.show.casting import Casting
from influencer.store import Store, open_store, utc_now
from influencer.store.consents import ConsentRepository
from streaming.clock import Clock

log = structlog.get_logger(__name__)

LOOK_S = 15
"""How often a running show's right to its host is looked at: a record that ends takes the show off within this."""
_NEEDS = "a host who is nobody, or `portrait consent add` for the person, with {} among the purposes"


def goods_of(briefs: Sequence[Brief]) -> tuple[Goods, ...]:
    """What a show of these briefs sells, for the clauses on exclusive categories."""
    return tuple((brief.category, brief.brand) for brief in briefs)


async def require_likeness(
    consents: ConsentRepository,
    persona: Persona,
    market: MarketId,
    at: datetime,
    goods: tuple[Goods, ...] = (),
    purpose: Purpose = "live-show",
) -> StoredConsent | None:
    """Let a persona be used; the record that allows it, None for a persona who is nobody.

    Raises:
        LikenessRefused: it is a real person's, and no record allows it now; every record's reason is told.
    """
    if persona.synthetic:
        return None
    assert persona.consent is not None  # the persona's own rule
    use = Use(purpose, persona.id, market, at, goods)
    records = await consents.of_person(persona.consent.person)
    excluded = exclusion(records, use)
    if excluded is not None:
        raise LikenessRefused([excluded])
    mistakes = []
    for consent in records:
        forbidden = refusal(consent, use)
        if forbidden is None:
            return consent
        mistakes.append(forbidden)
    needs = Mistake("persona", f"{persona.id}, who is a real person", _NEEDS.format(purpose))
    raise LikenessRefused(mistakes or [needs])


async def cleared(
    store: Store, casting: Casting, at: datetime, goods: tuple[Goods, ...] = (), purpose: Purpose = "live-show"
) -> Casting:
    """The casting, with the footage that may be animated for it now; an avatar that needs footage takes no other.

    Raises:
        LikenessRefused: as `require_likeness`.
    """
    await require_likeness(store.consents, casting.persona, casting.market.id, at, goods, purpose)
    use = Use(purpose, casting.persona.id, casting.market.id, at, goods)
    return replace(casting, footage=await _footage(store, casting.persona, use))


async def cleared_alone(
    casting: Casting, purpose: Purpose, goods: tuple[Goods, ...] = (), *, avatar: str | None = None
) -> Casting:
    """As `cleared`, for a command without a house: the settings' database is opened only where somebody real or a
    recording may be shown. `avatar` is the backend that draws, the settings' own when None.

    Raises:
        LikenessRefused: as `require_likeness`.
    """
    settings = load_settings()
    if casting.persona.synthetic and (avatar or settings.avatar.backend) != "lipsync":
        return casting
    async with await open_store(settings.database) as store:
        return await cleared(store, casting, utc_now(), goods, purpose)


async def _footage(store: Store, persona: Persona, use: Use) -> frozenset[str]:
    """SHA-256: for a persona who is nobody what is of nobody, for a real one what is of the person and allowed."""
    person = persona.consent.person if not persona.synthetic and persona.consent is not None else None
    allowed: set[str | None] = {None} if person is None else set()
    if person is not None:
        # A file stays with the record it came in under; what that one allowed, the records after it may allow too.
        records = {one.id: one for one in await store.consents.of_person(person)}
        if any(refusal(one, use) is None for one in records.values()):
            allowed = {one.id for one in records.values() if same_person(one.record.person, person)}
    footage = {one.sha256 for one in await store.footage.all() if one.consent_id in allowed}
    painted = {one.sha256 for one in await store.portraits.of_persona(persona.id) if one.consent_id in allowed}
    return frozenset(footage | painted)


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
        goods: tuple[Goods, ...] = (),
    ) -> None:
        self._show_id, self._consents, self._host, self._end = show_id, consents, host, end
        self._clock, self._now, self._goods = clock, now, goods
        self._looking = asyncio.Lock()
        self._ended = False

    async def run(self) -> None:
        """Look until cancelled, or until the show had to be ended."""
        while True:
            await self._clock.wait_until(self._clock.now_ns() + int(LOOK_S * 1e9))
            if not await self.look():
                return

    async def look(self) -> bool:
        """Whether the show may go on; when it may not, it has been taken off the air when this returns."""
        async with self._looking:
            if self._ended:
                return False
            persona, market = self._host()
            try:
                await require_likeness(self._consents, persona, market, self._now(), self._goods)
            except LikenessRefused as lapsed:
                log.warning("the right to a likeness lapsed", show=self._show_id, persona=persona.id, why=str(lapsed))
                await self._end()
                self._ended = True
                return False
        return True
