"""The sales loop's small parts: pseudonyms, cues, and the journal that acknowledges only what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from influencer.errors import Busy, Conflict
from influencer.sales.cues import cues_of
from influencer.sales.events import NewEvent, pseudonym
from influencer.store.journal import EventJournal
from influencer.web.events import WatchMeter
from streaming.clock import ManualClock

pytestmark = pytest.mark.unit
AT = datetime(2026, 5, 1, tzinfo=UTC)
SLOTS = {"coupon": "DEW10", "price": "29,000원", "coupon_price": "26,100원", "name": "듀 세럼"}


def event(key: str, show_id: str = "s1") -> NewEvent:
    return NewEvent("view", show_id, "v", key, AT)


class Disk:
    """An append that waits until it is let go on, and refuses events of a show it does not know."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def append(self, events: Sequence[NewEvent]) -> int:
        await self.go.wait()
        if any(one.show_id == "unknown" for one in events):
            raise Conflict("no such show")
        self.written.append([one.key for one in events])
        return len(events)


def test_a_pseudonym_is_stable_and_is_not_the_cookie() -> None:
    assert pseudonym("A" * 24) == pseudonym("A" * 24) != pseudonym("B" * 24)
    assert pseudonym("192.0.2.7") == ""
    assert "A" * 8 not in pseudonym("A" * 24)


@pytest.mark.parametrize(
    ("sentence", "segment", "expected"),
    [
        ("쿠폰 DEW10을 쓰면 26,100원이에요.", "offer", ("coupon", "price")),
        ("Use d e w 10 below.", "offer", ("coupon",)),
        ("향료를 넣지 않았어요.", "offer", ()),
        ("２９，０００원입니다.", "product", ("price",)),
        ("Tap the button.", "call-to-action", ("call-to-action",)),
        ("듀 세럼은 품절입니다.", "sold-out", ("sold-out",)),
    ],
)
def test_a_cue_belongs_to_the_sentence_that_names_it(sentence: str, segment: str, expected: tuple[str, ...]) -> None:
    assert cues_of(sentence, segment, SLOTS) == expected


def test_without_a_coupon_nothing_is_cued() -> None:
    assert cues_of("DEW10", "offer", {}) == ()


async def test_who_waits_while_another_writes_is_written_in_one_transaction() -> None:
    disk = Disk()
    journal = EventJournal(disk.append)
    disk.go.clear()
    async with asyncio.TaskGroup() as group:
        for key in "abc":
            group.create_task(journal.record([event(key)]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        disk.go.set()
    assert sorted(key for batch in disk.written for key in batch) == ["a", "b", "c"]
    assert len(disk.written) == 2
    assert journal.waiting == 0


async def test_a_refused_event_does_not_spoil_what_others_sent() -> None:
    disk = Disk()
    journal = EventJournal(disk.append)
    disk.go.clear()
    calls = [journal.record([event("a")]), journal.record([event("b", "unknown")]), journal.record([event("c")])]
    gathered = asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0)
    disk.go.set()
    first, second, third = await gathered
    assert (first, third) == (None, None) and isinstance(second, Conflict)
    assert sorted(key for batch in disk.written for key in batch) == ["a", "c"]


async def test_a_full_journal_refuses_instead_of_losing() -> None:
    disk = Disk()
    journal = EventJournal(disk.append, capacity=2)
    disk.go.clear()
    first = asyncio.gather(journal.record([event("a"), event("b")]))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await journal.record([event("c")])
    disk.go.set()
    await first
    await journal.record([event("c")])
    assert disk.written == [["a", "b"], ["c"]]


async def test_a_caller_that_goes_away_takes_nobody_with_it() -> None:
    disk = Disk()
    journal = EventJournal(disk.append)
    disk.go.clear()
    async with asyncio.TaskGroup() as group:
        leader = group.create_task(journal.record([event("a")]))
        group.create_task(journal.record([event("b")]))
        await asyncio.sleep(0)
        leader.cancel()
        disk.go.set()
    assert disk.written == [["b"]]
    assert journal.waiting == 0


def test_nobody_watches_for_longer_than_time_passes() -> None:
    clock = ManualClock()
    meter = WatchMeter(clock)
    assert meter.allow("s", "v", 15_000) == 15_000
    assert meter.allow("s", "v", 60_000) == 5_000
    assert meter.allow("s", "v", 60_000) == 0
    clock.advance(15_000_000_000)
    assert meter.allow("s", "v", 16_000) == 15_000
    assert meter.allow("other", "v", 10_000) == 10_000
