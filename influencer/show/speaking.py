"""A person at a show's microphone: from the first sound to the last, and what is written down about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import structlog

from influencer.accounts.values import NewAudit
from influencer.brief import MARKET_IDS, MarketId
from influencer.loading import markets
from influencer.market import Market
from influencer.show.books import Circumstances, LineBooks
from influencer.show.control import MicrophoneView
from influencer.show.operating import OperatorDesk
from influencer.show.recasting import Air
from influencer.show.relay import OpenMicrophone
from influencer.show.rig import Rig
from influencer.show.room import caption_event
from influencer.show.utterance import PersonSilent, PersonSpoke
from influencer.store import Store
from streaming.chat_hub import ChatHub
from streaming.clock import Clock
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME, Caption
from streaming.whip import MicrophoneService, MicrophoneSession

log = structlog.get_logger(__name__)
LONGEST_CAPTION = 600 * SAMPLE_RATE
"""A page shows "a person is speaking" until it is told otherwise, at the most for ten minutes."""


@dataclass(frozen=True, slots=True)
class OnStage:
    """Where a person speaks."""

    product_id: str
    persona: str
    market: Market


class SpeakersDesk:
    """The microphone of one show. Every method belongs to the event loop's thread.

    The first sound of a speaker takes the show over; when they are gone it stays taken over, silent, until an operator
    hands back. Leaving the take-over in any way ends the speaker's session.
    """

    def __init__(
        self, show_id: str, rig: Rig, operator: OperatorDesk, store: Store, lines: LineBooks, chat: ChatHub, air: Air,
        *, stage: Callable[[], OnStage], changed: Callable[[], None], clock: Clock,
    ) -> None:  # fmt: skip
        self._show_id, self._rig, self._operator, self._store = show_id, rig, operator, store
        self._lines, self._chat, self._air, self._stage, self._changed = lines, chat, air, stage, changed
        self._ended: str | None = None
        self.heard = False
        """A person is heard by the viewers now."""
        self.service = MicrophoneService(on_open=self._opened, on_end=self._gone, clock=clock)
        operator.left = self._left

    def view(self) -> MicrophoneView:
        """What the desk shows."""
        session, microphone = self.service.session, self._rig.performer.relay.microphone
        return MicrophoneView(
            speaker=None if session is None else session.speaker,
            on_air=microphone is not None and microphone.on_air,
            heard=self.heard,
            ended=self._ended,
        )

    async def on_voice(self, cue: PersonSpoke | PersonSilent, pts: int) -> None:
        """A person is heard from now on, or no more: into the ledger, and to every page."""
        if isinstance(cue, PersonSpoke):
            stage = self._stage()
            around = Circumstances((), stage.persona, pts)
            began = await self._lines.person_began(cue.speaker, stage.product_id, stage.market.id, around)
            self._air.now = replace(began, text=stage.market.person)  # what the desk shows as on air
            self.heard = True
            await self._tell(stage.market, pts, stage.market.person)
        else:
            await self._silent(pts)
        self._changed()

    async def aclose(self) -> None:
        """End the speaker's session, and what is written about it. Idempotent; when the show has ended."""
        await self.service.aclose()
        await self._silent(self._rig.station_stats.ticks * SAMPLES_PER_FRAME)

    # --- inside ---

    async def _opened(self, session: MicrophoneSession) -> None:
        """The first sound has come.

        Raises:
            Conflict: the show is not live, or in a break.
        """
        self._ended = None
        if self._operator.mode != "taken-over":
            await self._operator.take_over()
        if self.service.session is not session:  # they have left meanwhile
            return
        language = self._stage().market.language
        self._rig.performer.relay.open(OpenMicrophone(session.speaker, session.sound, language))
        await self._note("microphone opened", session.speaker)

    async def _gone(self, session: MicrophoneSession, reason: str) -> None:
        self._rig.performer.relay.close()
        self._ended = reason
        await self._note("microphone closed", session.speaker, reason)

    async def _left(self) -> None:
        self._rig.performer.relay.close()
        await self.service.end("the show is not taken over any more")

    async def _silent(self, pts: int) -> None:
        if not self.heard:
            return
        self.heard, self._air.now = False, None
        await self._lines.person_ended(pts)
        await self._tell(self._stage().market, pts, "")

    async def _note(self, action: str, speaker: str, reason: str = "") -> None:
        log.info(action, show=self._show_id, speaker=speaker, reason=reason)
        pts = self._rig.station_stats.ticks * SAMPLES_PER_FRAME
        detail = {"seconds": round(pts / SAMPLE_RATE, 2)} | ({"reason": reason} if reason else {})
        await self._store.audit.add(NewAudit(action=action, actor=speaker, subject=self._show_id, detail=detail))

    async def _tell(self, market: Market, pts: int, words: str) -> None:
        """The caption of every page, in its own language; no words clear it."""
        caption = Caption(words, market.id, pts, pts + (LONGEST_CAPTION if words else 0))
        packs = await asyncio.to_thread(markets)
        own: dict[MarketId, str | None] = {
            id: packs[id].person if words else "" for id in cast("tuple[MarketId, ...]", MARKET_IDS)
        }
        self._chat.publish(caption_event(caption, self._lines.airing(), (), own))


class Spoken:
    """The part of a show that its speaker's desk does."""

    _speakers: SpeakersDesk

    @property
    def microphone(self) -> MicrophoneService:
        """The WebRTC way in, for one person's voice."""
        return self._speakers.service

    def speaker(self) -> MicrophoneView:
        """Who is at the microphone."""
        return self._speakers.view()

    async def on_voice(self, cue: PersonSpoke | PersonSilent, pts: int) -> None:
        """A person is heard, or no more."""
        await self._speakers.on_voice(cue, pts)
