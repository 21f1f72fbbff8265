"""A show on air: what the pages see of it, and the books it keeps while it runs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from influencer.assistant.assistant import Assistant
from influencer.brief import Brief, MarketId
from influencer.commerce.stock_view import StockView
from influencer.errors import NotFound
from influencer.sales.cues import cues_of
from influencer.sales.design import Experiment
from influencer.sales.events import Airing
from influencer.sales.runner import ShowExperiments
from influencer.script.moments import RoomMeter
from influencer.script.values import Position
from influencer.settings import Freshness
from influencer.show import casts
from influencer.show.answering import Answering, Asked, Knowledge
from influencer.show.books import Circumstances, LineBooks
from influencer.show.cards import card_of
from influencer.show.casting import Casting
from influencer.show.coming import Order
from influencer.show.control import CardView, OnAir, Picture, Sale, ShowInfo, ShowState, Stat
from influencer.show.director import Control
from influencer.show.doorkeeper import Doorkeeper, Notice
from influencer.show.freshness import FreshnessMeter
from influencer.show.hand_over import hand_over
from influencer.show.listener import Listener
from influencer.show.operating import Operated, OperatorDesk
from influencer.show.recasting import Air
from influencer.show.reporting import report
from influencer.show.rig import Rig
from influencer.show.room import caption_event, card_event, state_event, viewers_event
from influencer.show.speaking import OnStage, SpeakersDesk, Spoken
from influencer.show.stills import poster_of, product_picture
from influencer.show.subtitles import Subtitles
from influencer.show.supervise import each_second
from influencer.show.surge import Surge
from influencer.show.swapping import Swapped
from influencer.show.talk import Talk
from influencer.show.utterance import (
    SentenceStarted,
    Utterance,
    UtteranceCut,
    UtteranceFinished,
    UtteranceResumed,
    UtteranceStarted,
)
from influencer.store import Store
from streaming.broadcast import Broadcast
from streaming.chat_hub import ChatHub, ChatMessage
from streaming.clock import Clock
from streaming.hls import HlsPackager
from streaming.media import SAMPLE_RATE, Caption
from streaming.metrics import OneShow
from streaming.webrtc import WhepService

log = structlog.get_logger(__name__)

TRANSCRIPT = 40


class LiveShow(Operated, Swapped, Spoken, Listener):
    """One show on air (implements `influencer.show.control.Show`). Built by `influencer.show.house`."""

    def __init__(
        self,
        show_id: str,
        *,
        casting: Casting,
        briefs: Sequence[Brief],
        images: dict[str, Path],
        stock: StockView,
        store: Store,
        rig: Rig,
        assistant: Assistant,
        knowledge: Knowledge,
        broadcast: Broadcast,
        whep: WhepService,
        hls: HlsPackager | None,
        chat: ChatHub,
        metrics: OneShow,
        experiments: Sequence[Experiment] = (),
        freshness: Freshness = Freshness(),
        clock: Clock,
        now: Callable[[], datetime],
    ) -> None:
        self.id = show_id
        self._casting = casting
        self._briefs = {brief.id: brief for brief in briefs}
        self._images = images
        self._stock = stock
        self._store, self._rig = store, rig
        self._broadcast, self._whep, self._hls, self._chat = broadcast, whep, hls, chat
        self._metrics, self._told_viewers = metrics, 0
        self._clock, self._now = clock, now
        self._room = RoomMeter(clock.now_ns() / 1e9)
        self._door = Doorkeeper(store.moderation, show_id, casting.market.language, metrics, clock)
        self._answers = Answering(assistant, knowledge, casting.market, rig.session, chat, clock)
        self._state: ShowState = "starting"
        self._started_at: datetime | None = None
        self.books = LineBooks(store, show_id, now)
        self._talk = Talk(store, show_id, chat, now, briefs)
        self._subtitles = Subtitles(self._briefs, now=now, units=stock.units, spoken=lambda: self._casting.market)
        self._product_id = briefs[0].id
        self._transcript: deque[Caption] = deque(maxlen=TRANSCRIPT)
        self._freshness = FreshnessMeter(show_id, casting.market.language, freshness)
        self._surge = Surge(clock.now_ns())
        self._switching, self._air = asyncio.Lock(), Air()
        self._operator = OperatorDesk(
            show_id, rig, clock=clock, now=now, state=lambda: self._state, on_air=self.on_air,
            product=lambda: self._product_id, enter=self._enter, save=lambda desk: store.desks.save_desk(show_id, desk),
        )  # fmt: skip
        self._speakers = SpeakersDesk(
            show_id, rig, self._operator, store, self.books, chat, self._air, clock=clock, changed=self._publish_state,
            stage=lambda: OnStage(self._product_id, self._casting.persona.id, self._casting.market),
        )  # fmt: skip
        self._experiments = rig.session.desk.chooser = ShowExperiments(
            show_id, experiments, store, now, switch_persona=self.switch_persona,
            may_switch=lambda: self._state == "live",
        )  # fmt: skip
        rig.session.listen(self)

    # --- what the pages read ---

    @property
    def chat(self) -> ChatHub:
        """The room."""
        return self._chat

    @property
    def whep(self) -> WhepService:
        """The WebRTC way out."""
        return self._whep

    @property
    def hls(self) -> HlsPackager | None:
        """The fallback way out."""
        return self._hls

    def info(self) -> ShowInfo:
        """The show now."""
        market = self._casting.market
        return ShowInfo(
            id=self.id,
            title=", ".join(self._rig.session.desk.sheet(product).slots["name"] for product in self._briefs),
            market=market.id,
            language=market.language,
            persona_id=self._casting.persona.id,
            persona_name=self._casting.name,
            brief_ids=tuple(self._briefs),
            product_on_air=self._product_id,
            state=self._state,
            started_at=self._started_at,
            viewers=self.viewers,
            label=market.label,
            person=market.person if self._speakers.heard else None,
        )

    @property
    def viewers(self) -> int:
        """People with the page open; somebody who only watches the video counts too."""
        return max(self._chat.viewers, self._whep.stats.connected)

    def card(self) -> CardView | None:
        """The product on air, as true as now."""
        return self._card(self._product_id)

    def cards(self) -> Sequence[CardView]:
        """Every product, the one on air first."""
        return [self._card(id) for id in sorted(self._rig.session.desk.open, key=lambda id: id != self._product_id)]

    def _card(self, product_id: str) -> CardView:
        return card_of(self._rig.session.desk.sheet(product_id), has_image=product_id in self._images)

    async def read_along(self, market: MarketId) -> str | None:
        """What is being said, in another language."""
        return await self._subtitles.read(market)

    def transcript(self) -> Sequence[Caption]:
        """The latest captions, oldest first."""
        return tuple(self._transcript)

    def on_air(self) -> OnAir | None:
        """What is being said."""
        return self._air.now

    def airing(self, utterance_id: int | None = None) -> Airing:
        """What a viewer reacted to."""
        return self.books.airing(utterance_id)

    def stats(self) -> Sequence[Stat]:
        """Live numbers for the operator."""
        return [
            *self._rig.stats(),
            *self._freshness.stats(),
            self._surge.stat(),
            Stat("host and market", self._casting.versions),
        ]

    def product(self, product_id: str) -> Brief:
        """One of the show's products."""
        if product_id not in self._briefs:
            raise NotFound(f"product: got {product_id!r}; this show sells {', '.join(self._briefs)}")
        return self._briefs[product_id]

    async def poster(self) -> Picture:
        """The latest composed frame as a JPEG."""
        return await poster_of(self._rig.performer.latest)

    async def product_image(self, product_id: str) -> Picture:
        """The product's picture, decoded and encoded again by us."""
        return await product_picture(product_id, self._images.get(self.product(product_id).id))

    # --- what viewers and operators do ---

    @property
    def door(self) -> Doorkeeper:
        """Who and what comes into the room."""
        return self._door

    async def ask(self, message: ChatMessage, viewer: str | None = None) -> Notice:
        """Publish a viewer's message, if it may be; what the sender is to be told."""
        notice, admitted = await self._door.admit(message, viewer)
        if admitted is not None:
            await self.post(admitted, viewer)
        return notice

    async def post(self, message: ChatMessage, viewer: str | None = None) -> None:
        """Publish what may be shown; the answer appears in the chat at once and is spoken at its turn."""
        event = await self._talk.keep(message.author, message.text, role="viewer")
        self._door.shown(event.seq, message.author, viewer)
        self._room.message(self._clock.now_ns() / 1e9)
        asked = Asked(message.author, message.text, viewer, event.seq)
        answer = await self._answers.reply(asked, self._product_id)
        if answer.kind == "silent" or not answer.text:
            return
        text = await hand_over(self._store, self.id, answer, asked)
        if not await self._talk.reply(self._casting.name, text, asked.seq):
            return
        self._answers.offer(answer, asked)
        await self._talk.asked(answer, message.text, viewer, self.airing())

    async def sold(self, sale: Sale) -> None:
        """An order was stored: the stock on the card changes."""
        log.info("sold", show=self.id, product=sale.product_id, quantity=sale.quantity, left=sale.units_left)
        if await self._stock.refresh():
            await self.on_facts_changed()

    async def stop(self) -> None:
        """End the show; `run` returns."""
        await self._enter("stopped")
        self._rig.session.control(Control("stop"))

    # --- life ---

    async def run(self, position: Position, *, paused: bool = False, desk: dict[str, Any] | None = None) -> None:
        """Be on air until stopped, then let go of viewers and room. `desk` is the operator's, as it was stored."""
        await self._talk.replay()
        try:
            async with asyncio.TaskGroup() as group:
                experiments = each_second("experiments", self._experiments.tick, self._clock, self._metrics.restarted)
                answers = (self._answers.run(self._answers_aloud), self._answers.learn())
                coros = (*answers, self._freshness.run(), experiments)
                tasks = [group.create_task(each) for each in coros]
                if paused:
                    self._rig.session.control(Control("pause"))
                self._started_at = self._now()
                await self._enter("paused" if paused else "live")
                order = None if desk is None else await self._operator.come_back(desk, position)
                await self._rig.session.run(position, order)
                for task in tasks:
                    task.cancel()
        finally:
            await self._speakers.aclose()
            await self._whep.aclose()
            await self._chat.aclose()
            await self._experiments.stop()

    def _answers_aloud(self) -> bool:
        return self._state == "live" and self._operator.mode == "script"

    # --- what happens on air ---

    async def on_started(self, cue: UtteranceStarted, pts: int) -> None:
        """Log the utterance, and show its product."""
        utterance = cue.utterance
        self.books.arms = self._experiments.arms_with(utterance.line.variant)
        self._air.now = await self.books.began(utterance, self._around(utterance, pts), utterance.text)
        self._answers.began(utterance)
        await self._subtitles.began(utterance.line)
        await self._experiments.aired(utterance.line.variant, utterance.line.segment, utterance.product_id)
        self._freshness.add(utterance.text, pts / SAMPLE_RATE)
        if utterance.product_id != self._product_id:
            self._product_id = utterance.product_id
            self._publish_card()

    async def on_cut(self, cue: UtteranceCut, text: str, pts: int) -> None:
        """Log what was really heard."""
        self._air.now = None
        await self.books.cut(cue.utterance, self._around(cue.utterance, pts), text)

    async def on_resumed(self, cue: UtteranceResumed, pts: int) -> None:
        """Log what is said of the line now."""
        self._air.now = await self.books.began(cue.utterance, self._around(cue.utterance, pts), cue.text)

    def _around(self, utterance: Utterance, pts: int) -> Circumstances:
        facts = self._rig.session.desk.facts_of(utterance.product_id, utterance.line.fact_ids)
        return Circumstances(facts, self._casting.persona.id, pts)

    async def on_sentence(self, cue: SentenceStarted, pts: int) -> None:
        """Publish the caption."""
        await self.books.sentence(cue, pts)
        caption = Caption(cue.text, cue.utterance.line.market, pts, pts + cue.samples)
        self._transcript.append(caption)
        line = cue.utterance.line
        cues = cues_of(cue.text, line.segment, self._rig.session.desk.slots_of(line.product_id))
        self._chat.publish(caption_event(caption, self.airing(), cues, self._subtitles.texts))

    async def on_finished(self, cue: UtteranceFinished, pts: int) -> None:
        """Nothing is being said for a moment."""
        self._air.now = None
        await self.books.finished(cue.utterance)
        self._answers.ended()

    async def on_position(self, position: Position, order: Order) -> None:
        """Remember the line a restart resumes at, and what an operator changed."""
        await self._store.positions.save(self.id, position)
        await self._operator.keep(order)

    async def on_market(self, market: MarketId) -> None:
        """Change language, prices, manners and the host's style."""
        async with self._switching:
            self._casting = self.entered(market)
            await self._rig.enter_market(self._casting)
            self._door.moved_to(self._casting.market.language)
            self._freshness.speak(self._casting.market.language)
            await self._answers.moved_to(self._casting.market)
            await casts.keep(self._store, self.id, self._casting)
            self._publish_state()
            self._publish_card()

    async def on_facts_changed(self) -> None:
        """Refresh what the card shows, on the picture and on the page."""
        self._rig.forget_cards()
        self._answers.facts_changed()
        self._publish_card()

    async def on_tick(self) -> None:
        """Once a second: stock sold elsewhere, and the viewer count."""
        if await self._stock.refresh():
            await self.on_facts_changed()
        await self._operator.tick()
        waiting = len(self._answers) if self._answers_aloud() else 0
        if (turn := self._surge.tick(waiting, self._clock.now_ns())) is not None:
            log.info("surge of questions", show=self.id, turn=turn, waiting=waiting)
            self._rig.session.surge(turn, self._product_id)
        report(self._metrics, self._rig, self._whep, self._broadcast, self.viewers, len(self._answers))
        self._rig.session.desk.room = self._room.moments(self.viewers, self._clock.now_ns() / 1e9)
        if self.viewers != self._told_viewers:
            self._told_viewers = self.viewers
            self._chat.publish(viewers_event(self.viewers))

    async def _enter(self, state: ShowState) -> None:
        self._state = state
        await self._store.shows.set_state(self.id, state)
        self._publish_state()

    def _publish_state(self) -> None:
        self._chat.publish(state_event(self.info()))

    def _publish_card(self) -> None:
        self._chat.publish(card_event(self.card(), self.cards()))
