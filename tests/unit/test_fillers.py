"""A filler bridges a late answer: between lines, all in turn, once a minute, and never instead of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pytest

from influencer.brief import MARKET_IDS
from influencer.loading import briefs, load_brief, load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.values import Line
from influencer.show.desk import MarketDesk
from influencer.show.fillers import Fillers
from influencer.show.performer import Performer
from influencer.show.preparer import Preparer, Voice
from influencer.show.tickets import BridgeTask, SayTask, Ticket
from influencer.show.utterance import Utterance
from influencer.show.waiting import Waiting
from models.avatar.performance import Mood
from models.base import Speech
from streaming.clock import ManualClock

pytestmark = pytest.mark.unit
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
VOICE = Voice("af_heart", 1.0)
SERUM = load_brief(briefs()["dew-serum"])
SECOND = 1_000_000_000


class _Clock(ManualClock):
    """Whoever waits really waits until the test moves it."""

    async def wait_until(self, deadline_ns: int) -> None:
        while self.now_ns() < deadline_ns:  # noqa: ASYNC110 - the test moves the clock
            await asyncio.sleep(0)


class _Voices:
    """Speaks at once, and counts."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def spoken(self, text: str, language: str, voice: Voice) -> tuple[Speech, ...]:
        self.texts.append(text)
        return (_speech(text),)


class _Stage:
    """The queues of a performer without its thread."""

    live = True

    def __init__(self) -> None:
        self.waiting = Waiting()

    def submit(self, utterance: Utterance) -> None:
        self.waiting.add(utterance)


def _speech(text: str) -> Speech:
    return Speech(text=text, language="en", pcm=np.zeros(4800, np.int16), visemes=())


def _desk(market: str = "en-US") -> MarketDesk:
    return MarketDesk([SERUM], load_market(market), now=lambda: NOW, units=lambda _: 9)


def _line(source: Any = "answer") -> Line:
    return Line("It is {price}.", "questions", SERUM.id, "en-US", ("price",), source, "answer.en.price-1")


class _Show:
    def __init__(self) -> None:
        self.clock, self.stage, self.voices, self.desk = _Clock(), _Stage(), _Voices(), _desk()
        self.fillers = Fillers(cast(Preparer, self.voices), cast(Performer, self.stage), self.clock)
        self.number = 0

    async def answer(self, seconds: float, source: str = "answer") -> Utterance | None:
        """Prepare an answer that takes so long; what is next to be said while it is still awaited."""
        await self.fillers.restock(self.desk, VOICE)
        self.number += 1
        ticket = Ticket(self.number, SayTask(_line(source)))
        async with self.fillers.cover(ticket, self.desk, VOICE):
            await asyncio.sleep(0)
            self.clock.advance(int(seconds * SECOND))
            for _ in range(20):
                await asyncio.sleep(0)
            return self.stage.waiting.first()

    def said(self, utterance: Utterance) -> None:
        """To its end."""
        self.stage.waiting.begin(utterance)
        self.stage.waiting.remove(utterance, finished=True)


@pytest.mark.parametrize("market", MARKET_IDS)
def test_every_filler_of_every_market_may_be_said_and_counts_nothing(market: str) -> None:
    pack = load_market(market)
    assert len(set(pack.fillers)) >= 4
    guard = ClaimGuard(pack, (FactSheet.build(SERUM, pack, now=NOW),))
    for number, text in enumerate(pack.fillers):
        slot = f"filler.{number}"
        line = Line(f"{{{slot}}}", "questions", SERUM.id, pack.id, (), "template", slot)
        assert guard.explain(line).approved and guard.explain(line).bound == text
        assert not any(char.isdigit() for char in text) and len(text) < 60


async def test_a_late_answer_is_bridged_and_a_quick_one_is_not() -> None:
    show = _Show()
    assert await show.answer(0.9) is None
    filler = await show.answer(1.1)
    assert filler is not None and filler.text == show.desk.market.fillers[0]


async def test_only_answers_are_bridged() -> None:
    assert await _Show().answer(5, "operator") is None


async def test_they_come_in_turn_and_once_a_minute() -> None:
    show, texts = _Show(), []
    for _ in range(5):
        filler = await show.answer(1.5)
        assert filler is not None
        texts.append(filler.text)
        show.said(filler)
        assert await show.answer(50) is None, "twice in a minute"
        show.clock.advance(10 * SECOND)
    market = show.desk.market.fillers
    assert texts == [*market, market[0]]


async def test_it_gives_way_to_the_answer_until_its_first_word() -> None:
    show = _Show()
    filler = await show.answer(2)
    assert filler is not None
    show.stage.submit(_utterance(Ticket(99, SayTask(_line()))))
    first = show.stage.waiting.first()
    assert first is not None and first.ticket.number == 99
    show.stage.waiting.remove(first)
    assert show.stage.waiting.first() is None, "what it waited for has come"


async def test_a_filler_that_has_begun_is_said_to_its_end_and_then_the_answer() -> None:
    show = _Show()
    filler = await show.answer(2)
    assert filler is not None and show.stage.waiting.begin(filler)
    show.stage.submit(_utterance(Ticket(99, BridgeTask())))
    assert show.stage.waiting.first() is filler
    show.stage.waiting.remove(filler, finished=True)
    first = show.stage.waiting.first()
    assert first is not None and first.ticket.number == 99


async def test_it_does_not_break_into_a_line_of_the_script() -> None:
    show = _Show()
    script = _utterance(_script_ticket())
    show.stage.submit(script)
    show.stage.waiting.begin(script)
    assert await show.answer(2) is script
    show.stage.waiting.remove(script, finished=True)
    filler = show.stage.waiting.first()
    assert filler is not None and filler.text in show.desk.market.fillers


async def test_a_filler_of_another_market_or_voice_is_not_said() -> None:
    show = _Show()
    await show.fillers.restock(show.desk, VOICE)
    show.desk = _desk("ko-KR")
    filler = await show.answer(2)
    assert filler is not None and filler.text in load_market("ko-KR").fillers
    assert len(show.voices.texts) == 2


def _utterance(ticket: Ticket, sentences: Sequence[Speech] = ()) -> Utterance:
    desk = _desk()
    approved = desk.approve(_line())
    return Utterance(ticket, approved, "x", Mood.ANSWERING, SERUM.id, lambda: True)


def _script_ticket() -> Ticket:
    from influencer.script.values import Position
    from influencer.show.coming import Item
    from influencer.show.tickets import ScriptTask

    return Ticket(7, ScriptTask(cast(Item, Position())))
