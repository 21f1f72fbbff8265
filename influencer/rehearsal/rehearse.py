"""A rehearsal: the show's own desk, guard, moderation, assistant and answer queue against a crowd, in accelerated time.

No speech and no pictures are made: a line takes the seconds it is predicted to. As on air, an answer is followed by a
bridge and by script; here it waits for the end of a line, on air for the end of a sentence. Half-way, units sell until
few are left, so that what is said of the stock has to change. What viewers get is checked from outside.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from influencer.assistant.assistant import Assistant
from influencer.assistant.meaning import Encoder
from influencer.assistant.queue import AnswerQueue, QueuedAnswer, answers_in_a_row, is_hurried
from influencer.assistant.values import Answer, Question
from influencer.brief import Brief
from influencer.errors import ClaimRejected
from influencer.evaluate.answers import NUMBER, true_numbers
from influencer.market import Market
from influencer.moderation.gate import Gate
from influencer.rehearsal.crowd import Message
from influencer.script.lengths import GAP_S
from influencer.script.novelty import NoveltyMeter
from influencer.script.pacing import seconds_of
from influencer.script.values import Position
from influencer.show.desk import MarketDesk
from streaming.chat_policy import ChatMessage, ChatPolicy, RateLimiter
from streaming.clock import ManualClock

_SCARCE = 3
_GIVE_UP = 50


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of a message."""

    message: Message
    reply: str
    """What the chat said; empty for nothing."""
    kind: str
    """answer, refusal, silent; limited when the room did not take it, held or dropped when moderation kept it out."""
    wrong_numbers: tuple[str, ...] = ()
    speakable: bool = False
    """It has an answer that could be said aloud."""
    broke: bool = False
    """An attack got its words out."""
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line on air. `waited_s` and `waits_s` are of answers."""

    at_s: float
    text: str
    source: str
    wrong_numbers: tuple[str, ...]
    repeated: bool
    waited_s: float | None = None
    """From the first asker's question."""
    waits_s: tuple[float, ...] = ()
    """From each asker's question."""


@dataclass(slots=True)
class Rehearsal:
    """Everything that happened."""

    market: str
    seconds: float
    handled: list[Handled] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    refused_answers: list[str] = field(default_factory=list)
    """Spoken answers that the claim guard refused."""
    just_said: int = 0
    """Answers that were not said again because they had been a moment before."""
    moderated: Counter[str] = field(default_factory=Counter)
    """Messages by what moderation did with them."""
    dead_air_s: float = 0.0


class _Stage:
    """The simulated show; one caller, no tasks."""

    def __init__(
        self, products: Sequence[Brief], market: Market, minutes: float, start: datetime, seed: int,
        encoder: Encoder | None,
    ) -> None:  # fmt: skip
        self.at_s = self.ends_s = 0.0
        self._start, self._half = start, minutes * 30
        self._clock = ManualClock()
        self._units = {brief.id: brief.stock for brief in products}
        self.desk = MarketDesk(products, market, now=self.now, units=self.units, seed=seed)
        self.assistant = Assistant(products, market, clock_now=self.now, stock=self.units, seed=seed, encoder=encoder)
        self.gate = Gate(market.language)
        self.queue = AnswerQueue()
        self.limits = RateLimiter(ChatPolicy(), self._clock)
        self.meter = NoveltyMeter(market.language, window_s=minutes * 60)
        self.market = market
        self.true = {brief.id: true_numbers(brief, market) for brief in products}

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.at_s)

    def units(self, product: str) -> int:
        """All units in the first half, then few: what is said of the stock must follow."""
        return self._units[product] if self.at_s < self._half else min(_SCARCE, self._units[product])

    def numbers(self, product: str | None) -> set[str]:
        """The numbers that are true of a product now, or of any when the text is about none."""
        known = self.desk.products if product is None else (product,)
        stock = {found for one in known for found in NUMBER.findall(str(self.units(one)))}
        return stock | {number for one in known for number in self.true[one]} | self._own_words()

    def _own_words(self) -> set[str]:
        return set(NUMBER.findall(" ".join(self.market.own_texts)))

    def reach(self, at_s: float) -> None:
        """Let the time pass."""
        self._clock.advance(max(0, int((at_s - self.at_s) * 1e9)))
        self.at_s = max(self.at_s, at_s)

    @property
    def now_ns(self) -> int:
        return self._clock.now_ns()


def rehearse(
    products: Sequence[Brief],
    market: Market,
    messages: Sequence[Message],
    minutes: float,
    *,
    start: datetime,
    seed: int = 0,
    encoder: Encoder | None = None,
) -> Rehearsal:
    """Play the show from `start` (aware) with the messages of a crowd, in their order. Blocks: seconds for minutes.

    Without an encoder the assistant compares words only.

    Raises:
        InvalidInput: no product is sold in the market.
    """
    stage = _Stage(products, market, minutes, start, seed, encoder)
    done = Rehearsal(market.id, minutes * 60)
    waiting, position, empty = list(reversed(messages)), Position(), 0
    on_air = products[0].id
    while stage.at_s < done.seconds and empty < _GIVE_UP:
        said = 0
        for _ in range(answers_in_a_row(len(stage.queue))):
            if _speak_an_answer(stage, done):
                said += 1
                _hear(stage, done, waiting, on_air)
        if said and (bridge := stage.desk.bridge()) is not None:
            _say(stage, done, stage.desk.bind(bridge), bridge.source, bridge.product_id, None)
            _hear(stage, done, waiting, on_air)
        line = asyncio.run(stage.desk.write(position))
        position = stage.desk.advance(position)
        if line is None:
            empty += 1
            continue
        empty, on_air = 0, line.product_id
        _say(stage, done, stage.desk.bind(line), line.source, line.product_id, None)
        _hear(stage, done, waiting, on_air)
    if empty >= _GIVE_UP:
        done.dead_air_s = done.seconds - stage.at_s
    return done


def _speak_an_answer(stage: _Stage, done: Rehearsal) -> bool:
    hurried = is_hurried(len(stage.queue))
    queued = stage.queue.next(stage.now_ns)
    if queued is None or (spoken := stage.assistant.aloud(queued, hurried=hurried)) is None:
        return False
    try:
        lines = [stage.desk.approve(line) for line in (spoken, *queued.answer.then)]
    except ClaimRejected as refusal:
        done.refused_answers.append(refusal.text)
        return False
    for line in lines:
        _say(stage, done, stage.desk.bind(line), "answer", line.product_id, queued if line is lines[0] else None)
    return True


def _say(stage: _Stage, done: Rehearsal, text: str, source: str, product: str, queued: QueuedAnswer | None) -> None:
    true = stage.numbers(product) | ({str(queued.askers)} if queued else set())
    wrong = tuple(number for number in NUMBER.findall(text) if number not in true)
    repeated = stage.meter.add(text, stage.at_s).repeated
    waits = tuple((stage.now_ns - asker.asked_ns) / 1e9 for asker in queued.asked) if queued else ()
    done.spoken.append(Spoken(round(stage.at_s, 1), text, source, wrong, repeated, waits[0] if waits else None, waits))
    stage.ends_s = stage.at_s + seconds_of(text, stage.market.language) + GAP_S


def _hear(stage: _Stage, done: Rehearsal, waiting: list[Message], on_air: str) -> None:
    """Answer in the chat, each at its moment, what is written while the line is spoken."""
    while waiting and waiting[-1].at_s <= stage.ends_s:
        message = waiting.pop()
        stage.reach(message.at_s)
        if stage.limits.admit(message.viewer) is not None:
            done.handled.append(Handled(message, "", "limited"))
            continue
        began = time.perf_counter()
        judged = stage.gate.judge(ChatMessage(message.viewer, message.text), message.viewer, stage.now_ns)
        done.moderated[judged.verdict.action] += 1
        if not judged.shown:
            done.handled.append(Handled(message, "", "held" if judged.verdict.action == "hold" else "dropped"))
            continue
        answer = stage.assistant.answer(Question(judged.message.author, judged.message.text, on_air))
        spent = 1000 * (time.perf_counter() - began)
        done.handled.append(_judged(stage, message, answer, spent))
        if answer.kind != "silent" and answer.text:
            offered = stage.queue.offer(answer, judged.message.author, stage.now_ns, viewer=message.viewer)
            done.just_said += offered == "repeated"
    stage.reach(stage.ends_s)


def _judged(stage: _Stage, message: Message, answer: Answer, ms: float) -> Handled:
    numbers = stage.numbers(None)
    wrong = tuple(number for number in NUMBER.findall(answer.text) if number not in numbers)
    said = f"{answer.text} {answer.highlight or ''}"
    broke = message.says is not None and message.says in said
    return Handled(message, answer.text, answer.kind, wrong, answer.spoken is not None, broke, round(ms, 2))
