"""Ticket -> utterance: written, approved, bound, and spoken sentence by sentence into the performer's queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import structlog

from influencer.errors import ClaimRejected
from influencer.script.claims import ApprovedLine
from influencer.show.desk import MarketDesk
from influencer.show.performer import Performer
from influencer.show.tickets import BridgeTask, FillerTask, SayTask, ScriptTask, Ticket
from influencer.show.utterance import Utterance
from models.avatar.performance import Mood
from models.base import Speech, SpeechModel

log = structlog.get_logger(__name__)

Observe = Callable[[str, float], None]
"""Stage name and seconds."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of the speech model, and its pace."""

    id: str
    speed: float


class Preparer:
    """Prepares one ticket at a time for its caller; urgent and script tickets have a caller each.

    All speech runs on one thread, a sentence a job, so an urgent sentence waits for at most one script sentence.
    """

    def __init__(self, speech: SpeechModel, pool: ThreadPoolExecutor, performer: Performer, observe: Observe) -> None:
        self._speech = speech
        self._pool = pool
        self._performer = performer
        self._observe = observe

    async def prepare(self, ticket: Ticket, desk: MarketDesk, voice: Voice, wanted: Callable[[], bool]) -> bool:
        """Make the ticket's utterance and hand it over as soon as its first sentence is ready.

        `wanted` is asked again before it is handed over: the ticket may have become void meanwhile.
        False when the ticket has nothing to say (its claim was refused, its product is sold out).

        Raises:
            ModelError: speech failed before the first sentence.
        """
        began = time.monotonic_ns()
        line = await self._line(ticket, desk)
        self._observe("write", (time.monotonic_ns() - began) / 1e9)
        if line is None or not wanted() or self._performer.satisfied:
            return False
        text = desk.bind(line)
        utterance = Utterance(
            ticket=ticket,
            line=line,
            text=text,
            mood=_mood(line),
            product_id=line.product_id,
            still_true=lambda: wanted() and desk.still_true(line, text),
            highlight=ticket.task.highlight if isinstance(ticket.task, SayTask) else None,
            said=desk.said(line),
        )
        paced = replace(voice, speed=voice.speed * desk.pace)
        return await self._speak(utterance, desk.market.id, paced, wanted)

    async def spoken(self, text: str, language: str, voice: Voice) -> tuple[Speech, ...]:
        """A text as speech, sentence by sentence on the speech thread.

        Raises:
            ModelError: the speech model failed.
        """
        loop, sentences = asyncio.get_running_loop(), list[Speech]()
        speaking = self._speech.speak(text, language=language, voice=voice.id, speed=voice.speed)
        while (speech := (await loop.run_in_executor(self._pool, _next, speaking))[0]) is not None:
            sentences.append(speech)
        return tuple(sentences)

    async def _line(self, ticket: Ticket, desk: MarketDesk) -> ApprovedLine | None:
        match ticket.task:
            case ScriptTask(item):
                return await desk.due(item.position, item.line)
            case BridgeTask():
                return desk.bridge()
            case FillerTask():  # spoken beforehand
                return None
            case SayTask(line):
                try:
                    return desk.approve(line)
                except ClaimRejected as refusal:
                    log.warning("line refused", source=line.source, text=line.text, reasons=refusal.reasons)
                    return None

    async def _speak(self, utterance: Utterance, language: str, voice: Voice, wanted: Callable[[], bool]) -> bool:
        loop = asyncio.get_running_loop()
        sentences = self._speech.speak(utterance.text, language=language, voice=voice.id, speed=voice.speed)
        handed_over = False
        try:
            while True:
                speech, seconds = await loop.run_in_executor(self._pool, _next, sentences)
                self._observe("speech", seconds)
                if speech is None or not wanted() or self._performer.satisfied:
                    return handed_over
                utterance.sentences.add(speech)
                if not handed_over:
                    self._performer.submit(utterance)
                    handed_over = True
        finally:
            utterance.sentences.finish()


def _next(sentences: Iterator[Speech]) -> tuple[Speech | None, float]:
    """The next sentence, and how long it took."""
    began = time.monotonic_ns()
    speech = next(sentences, None)
    return speech, (time.monotonic_ns() - began) / 1e9


def _mood(line: ApprovedLine) -> Mood:
    if line.source == "answer":
        return Mood.ANSWERING
    return Mood.SELLING if line.segment in {"hook", "offer", "call-to-action", "opening"} else Mood.NEUTRAL
