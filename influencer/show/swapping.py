"""Swapping the host, the outfit and the market of a live show: looked at first, then put on air with a cross-fade."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from PIL import Image

from influencer.brief import Brief, MarketId
from influencer.errors import Conflict, InvalidInput, Mistake
from influencer.likeness.on_air import cleared, goods_of
from influencer.persona import Persona
from influencer.script.slots import SlotUnavailable
from influencer.script.values import Position
from influencer.show import casts
from influencer.show.casting import Casting, moved, recast
from influencer.show.control import Picture, ShowState
from influencer.show.desk import MarketDesk
from influencer.show.recasting import Air, change_host
from influencer.show.rig import Rig
from influencer.show.room import jpeg_bytes
from influencer.store import Store
from models.avatar.attributes import parse_attributes
from models.errors import BadIdentity


@dataclass(frozen=True, slots=True)
class Swap:
    """What should be another; None: as it is on air. `changes` are attributes that differ from the persona's own."""

    persona: str | None = None
    market: MarketId | None = None
    changes: Mapping[str, str | float] = field(default_factory=dict)
    persona_version: int | None = None
    """The version that was looked at; None takes whichever counts."""
    market_version: int | None = None


@dataclass(frozen=True, slots=True)
class SwapPreview:
    """A swap as it would be on air: versions to send along with it, the host's name, the first line, a still."""

    persona: str
    persona_version: int
    market: MarketId
    market_version: int
    name: str
    voice: str
    label: str
    line: str
    """As it would be said now; empty while it is being written."""
    picture: Picture


class Swapped:
    """The part of a live show that changes who hosts it and where. Every method belongs to the event loop's thread."""

    id: str
    _casting: Casting
    _entering: Casting | None = None
    """What the market that is being entered is entered with."""
    _rig: Rig
    _air: Air
    _store: Store
    _briefs: dict[str, Brief]
    _product_id: str
    _switching: asyncio.Lock
    _now: Callable[[], datetime]
    _state: ShowState

    def _publish_state(self) -> None:
        raise NotImplementedError

    def host(self) -> tuple[Persona, MarketId]:
        """Whose likeness is on air, and where."""
        return self._casting.persona, self._casting.market.id

    def host_seen(self) -> tuple[Persona, MarketId] | None:
        """Whose likeness viewers see, and where; None while a still lies over the picture or the show is not live."""
        covered = self._rig.performer.covered or self._state not in {"live", "paused"}
        return None if covered else self.host()

    async def switch_market(self, market: MarketId) -> None:
        """Go on in another market, with its own host's style, language and prices."""
        await self.swap(Swap(market=market))

    async def switch_persona(self, persona: str) -> None:
        """Cross-fade to another host when the sentence is over; the next is said in the new voice."""
        await self.swap(Swap(persona=persona))

    async def swap(self, wanted: Swap) -> None:
        """Put another host, outfit or market on air: the sentence ends, the picture cross-fades, the streams go on."""
        casting = await self._asked(wanted)
        if wanted.market is not None:
            self._entering = casting
            self._rig.session.switch_market(casting.market.id)
            return
        await change_host(self._rig, casting, self._air)
        async with self._switching:
            if casting.market == self._casting.market:
                self._casting = casting
                await casts.keep(self._store, self.id, casting)
                self._publish_state()
                return
        await self.swap(wanted)  # the market was switched meanwhile

    async def preview_swap(self, wanted: Swap) -> SwapPreview:
        """What a swap would look and sound like; nothing on air changes."""
        casting = await self._asked(wanted)
        desk, line = self._rig.session.desk, self._next_words()
        if wanted.market is not None:
            desk = await asyncio.to_thread(self._moved, casting)
            opening = await desk.write(Position())
            line = "" if opening is None else desk.bind(opening)
        product = self._product_id if self._product_id in desk.products else desk.products[0]
        drawn = await self._rig.still(casting, desk, product, line)
        jpeg = await asyncio.to_thread(lambda: jpeg_bytes(Image.fromarray(drawn)))
        return SwapPreview(
            persona=casting.persona.id, persona_version=casting.persona_version, market=casting.market.id,
            market_version=casting.market_version, name=casting.name, voice=casting.voice.id,
            label=casting.market.label, line=line, picture=Picture(jpeg, "image/jpeg"),
        )  # fmt: skip

    def entered(self, market: MarketId) -> Casting:
        """The cast of a market that is entered now."""
        entering, self._entering = self._entering, None
        if entering is not None and entering.market.id == market:
            return entering
        return moved(self._casting, market)

    async def _asked(self, wanted: Swap) -> Casting:
        """The cast that is asked for, if it may be on air here and now."""
        casting = self._casting
        if wanted.market is not None:
            casting = moved(casting, wanted.market)
            _must_be(f"market {wanted.market}", wanted.market_version, casting.market_version)
        if wanted.persona is not None:
            casting = recast(casting, wanted.persona, wanted.changes)
            _must_be(casting.persona.id, wanted.persona_version, casting.persona_version)
        elif wanted.changes:
            casting = replace(casting, changes=dict(wanted.changes))
        casting = await cleared(self._store, casting, self._now(), goods_of([*self._briefs.values()]))
        for brief in self._briefs.values():
            if casting.market.id not in brief.markets:
                raise Conflict(f"{brief.id} is not sold in {casting.market.id}; it is in {', '.join(brief.markets)}")
        try:
            parse_attributes(casting.persona.id, casting.identity.attributes)
        except BadIdentity as wrong:
            raise InvalidInput("swap", [Mistake("changes", "an outfit that cannot be drawn", str(wrong))]) from None
        return casting

    def _moved(self, casting: Casting) -> MarketDesk:
        desk = self._rig.session.desk.moved_to(casting.market)
        desk.chooser = None  # a look is no turn of an experiment
        desk.warm_up()
        return desk

    def _next_words(self) -> str:
        """The line that the next host would begin with."""
        session = self._rig.session
        for item, _ in session.coming():
            if item.line is not None:
                try:
                    return session.desk.bind(item.line)
                except SlotUnavailable:  # an offer has just ended: it is written anew in a moment
                    continue
        return ""


def _must_be(what: str, seen: int | None, counts: int) -> None:
    if seen is not None and seen != counts:
        raise Conflict(f"{what} is at version {counts} by now, and version {seen} was looked at; look again")
