"""Answering a show's viewers: in the chat at once, aloud at their turn, and each told when that is near.

The assistant is made here, where the encoder of meanings is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from influencer.assistant.assistant import Assistant
from influencer.assistant.meaning import Encoder
from influencer.assistant.names import shown_name
from influencer.assistant.queue import AnswerQueue, QueuedAnswer, answers_in_a_row, is_hurried
from influencer.assistant.values import Answer, Question
from influencer.brief import Brief
from influencer.commerce.stock_view import StockView
from influencer.market import Market
from influencer.script.values import Line
from influencer.show.room import turn_event
from influencer.show.session import ShowSession
from influencer.show.tickets import SayTask
from influencer.show.utterance import Utterance
from models.language.e5 import ready_encoder
from streaming.chat_hub import ChatEvent, ChatHub
from streaming.clock import Clock
from streaming.media import ChatHighlight

SCRIPT_NS = 6_000_000_000
"""How long the script goes on between two rounds of answers while a crowd asks: about a sentence or two."""
POLL_NS = 100_000_000
TELL_NS = 1_000_000_000
"""The room hears of turns once a second at most."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the assistants of a show answer from, whatever the market. `others` are the shop's products beside it."""

    products: Sequence[Brief]
    now: Callable[[], datetime]
    stock: StockView
    others: Sequence[Brief] = ()

    async def by_words(self, market: Market) -> Assistant:
        """An assistant that finds facts by their words: 0.2 to 0.6 s, in which nobody needs to wait longer."""
        return await asyncio.to_thread(self._made, market, None)

    async def by_meaning(self, market: Market) -> Assistant | None:
        """One that finds them by their meaning too, about a second a product; None where no encoder was fetched."""
        encoder = await asyncio.to_thread(ready_encoder)
        return None if encoder is None else await asyncio.to_thread(self._made, market, encoder)

    def _made(self, market: Market, encoder: Encoder | None) -> Assistant:
        beside = [brief for brief in self.others if market.id in brief.markets]
        return Assistant(
            self.products, market, clock_now=self.now, stock=self.stock.units, encoder=encoder, others=beside
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A viewer's message that the room has: `viewer` is an id, `seq` the message's number in the room."""

    author: str
    text: str
    viewer: str | None
    seq: int


class Answering:
    """The answers of one show. Every method belongs to the event loop's thread."""

    def __init__(
        self, assistant: Assistant, knowledge: Knowledge, market: Market, session: ShowSession, room: ChatHub,
        clock: Clock,
    ) -> None:  # fmt: skip
        self.assistant = assistant
        self._knowledge, self._market = knowledge, market
        self._learn = asyncio.Event()
        self._learn.set()
        self._session, self._room, self._clock = session, room, clock
        self._queue = AnswerQueue()
        self._one = asyncio.Lock()
        self._in_flight: list[tuple[Line, QueuedAnswer]] = []
        self._on_air: QueuedAnswer | None = None
        self._told: ChatEvent = turn_event((), ())
        self._told_ns = 0
        self._script_until = 0

    def __len__(self) -> int:
        """Answers that wait to be spoken."""
        return len(self._queue)

    async def reply(self, asked: Asked, product_id: str) -> Answer:
        """What is to be written to the viewer now."""
        question = Question(asked.author, asked.text, product_id, asked.viewer)
        async with self._one:  # one at a time, in the order asked; comparing meanings takes 30 ms
            return await asyncio.to_thread(self.assistant.answer, question)

    def offer(self, answer: Answer, asked: Asked) -> None:
        """Put an answer in line to be spoken."""
        self._queue.offer(answer, asked.author, self._clock.now_ns(), viewer=asked.viewer, seq=asked.seq)

    def facts_changed(self) -> None:
        """Price, stock or offer changed: what was said of them is no reason not to say it again."""
        self._queue.forget_spoken()

    async def moved_to(self, market: Market) -> None:
        """Go on in another market; what waits was written for the old one. Meanings are learnt meanwhile."""
        self._queue.clear()
        self.assistant = await self._knowledge.by_words(market)
        self._market = market
        self._learn.set()

    async def learn(self) -> None:
        """Replace the assistant by one that knows meanings, for each market the show moves to, until cancelled."""
        while True:
            await self._learn.wait()
            self._learn.clear()
            market = self._market
            learnt = await self._knowledge.by_meaning(market)
            if learnt is not None and market is self._market:
                learnt.remember(self.assistant)
                self.assistant = learnt

    async def run(self, live: Callable[[], bool]) -> None:
        """Speak the answers, each at its turn, while the show is live, until cancelled."""
        while True:
            await self._clock.wait_until(self._clock.now_ns() + POLL_NS)
            if not self._session.urgent_waiting:
                self._in_flight.clear()  # what could not be said is waited for by nobody
            if live() and not self._session.urgent_waiting and self._clock.now_ns() >= self._script_until:
                for _ in range(answers_in_a_row(len(self._queue))):
                    self._speak_next()
            self._tell()

    def _speak_next(self) -> None:
        hurried = is_hurried(len(self._queue))
        queued = self._queue.next(self._clock.now_ns())
        if queued is not None and (first := self.assistant.aloud(queued, hurried=hurried)) is not None:
            shown = queued.answer.highlight
            asked = None if shown is None else ChatHighlight(shown_name(queued.author) or "", shown)
            for line in (first, *queued.answer.then):
                self._in_flight.append((line, queued))
                self._session.say(line, asked)

    def began(self, utterance: Utterance) -> None:
        """An utterance is on air: is it one of the answers?"""
        task = utterance.ticket.task
        said = task.line if isinstance(task, SayTask) else None
        self._on_air = next((queued for line, queued in self._in_flight if line is said), None)
        self._in_flight = [(line, queued) for line, queued in self._in_flight if line is not said]

    def ended(self) -> None:
        """Nothing is being said for a moment; after an answer the script has its turn."""
        if self._on_air is not None:
            self._script_until = self._clock.now_ns() + SCRIPT_NS
        self._on_air = None

    def _tell(self) -> None:
        """Tell the room whose turn it is, when that has changed."""
        now = self._clock.now_ns()
        if now - self._told_ns < TELL_NS:
            return
        following = self._in_flight[0][1] if self._in_flight else self._queue.first(now)
        event = turn_event(self._on_air.seqs if self._on_air else (), following.seqs if following else ())
        if event != self._told:
            self._told, self._told_ns = event, now
            self._room.publish(event)
