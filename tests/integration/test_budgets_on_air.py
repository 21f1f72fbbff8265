"""Budgets of real shows: airtime is measured to the sample, and what is used up is no longer presented."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from influencer.errors import Conflict
from influencer.loading import load_brief
from influencer.paths import configs_dir
from influencer.settings import BackendChoice, Delivery, LanguageChoice, Picture, Settings
from influencer.show.airtime import AirtimeMeter
from influencer.show.backends import Backends
from influencer.show.control import StartRequest
from influencer.show.house import HouseOfShows
from influencer.show.tickets import BridgeTask, Ticket
from influencer.store import NewUtterance, Store, open_store, utc_now
from influencer.store.briefs import BriefVersion
from influencer.store.budgets import NewBudget
from influencer.store.heard import Heard
from models.base import AvatarIdentity
from models.fakes import SolidAvatar, SolidSession, ToneSpeechModel
from streaming.clock import MonotonicClock
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME
from streaming.metrics import ShowMetrics
from tests.databases import database_url
from tests.integration.test_show import Paced, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
MINUTE = 60 * SAMPLE_RATE


class PlainAvatar(SolidAvatar):
    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> SolidSession:
        return super().open(AvatarIdentity(identity.persona_id), size)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await open_store(database_url(tmp_path)) as opened:
        yield opened


def a_house(store: Store, speech: ToneSpeechModel) -> HouseOfShows:
    settings = Settings(
        language=LanguageChoice(backend="none"),
        speech=BackendChoice(backend="kokoro"),
        avatar=BackendChoice(backend="puppet"),
        picture=Picture(width=180, height=320, bitrate=200_000),
        delivery=Delivery(host_addresses=("127.0.0.1",)),
        demo=True,
    )
    backends = Backends(None, speech, PlainAvatar())
    return HouseOfShows(settings, store, backends, ShowMetrics(CollectorRegistry()), clock=MonotonicClock())


async def approved(store: Store, name: str) -> str:
    """A brief of the examples, as an advertiser's own that is approved; the product id it is on air under."""
    brief = load_brief(configs_dir() / "briefs" / f"{name}.yaml")
    document = brief.model_dump(mode="json", exclude_none=True) | {"images": []}
    await store.advertisers.ensure("halvenne", "Halvenne")
    version: BriefVersion = await store.briefs.create("halvenne", name, document, "me")
    await store.briefs.decide(version.brief_id, version.version, "submitted", by="me")
    await store.briefs.decide(version.brief_id, version.version, "approved", by="op")
    return version.brief_id


async def budget(store: Store, brief_id: str, minutes: int, used: int = 0) -> str:
    """A budget for so many minutes, of which some samples were used by an earlier show."""
    now = utc_now()
    new = NewBudget(brief_id, 25 * minutes, "USD", 25, now - timedelta(days=1), now + timedelta(days=1))
    made = await store.budgets.add(new, "me")
    if used:
        await store.shows.create("earlier", (brief_id,), "en-US", "mina")
        await store.shows.set_state("earlier", "stopped")
        said = await store.utterances.append(
            NewUtterance("earlier", "Before.", (), brief_id, "proof", "en-US", "v", "template", 0)
        )
        heard = Heard(said.id, "earlier", brief_id, 0, used, True, now - timedelta(hours=1))
        assert await store.heard.add(heard)
    return made.id


async def becomes(true: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - what is waited for has no event to await
            await asyncio.sleep(0.1)


async def said_of(store: Store, show_id: str) -> Sequence[tuple[str, str, int]]:
    return [(line.product_id, line.source, line.id) for line in await store.utterances.latest(show_id, 500)]


async def test_airtime_is_what_was_heard_to_the_sample(store: Store) -> None:
    speech = Paced()
    async with a_house(store, speech) as house:
        info = await house.start(StartRequest(("dew-serum",), "en-US"))
        show = house.get(info.id)
        await until(lambda: len(show.transcript()) >= 6, 60)
        captions = show.transcript()
        await house.stop(info.id)
    lines = await store.utterances.latest(info.id, 500)
    heard = [one for line in lines for one in await store.heard.of_line(line.id)]
    by_pts = {one.pts: one.samples for one in heard}
    for caption in captions[:5]:  # the sixth was broken off by the stop, or not
        assert by_pts[caption.start] == caption.end - caption.start
    spoken = {line.id: line.text for line in lines}
    assert all(one.utterance_id in spoken for one in heard)
    assert [one.charged for one in heard][:1] == [False], "the opening sells nothing"
    total = sum(one.samples for one in heard if one.charged)
    now = utc_now()
    assert await store.heard.charged("dew-serum", now - timedelta(hours=1), now) == total > 0
    ends = sorted((one.pts, one.pts + one.samples) for one in heard)
    assert all(first[1] <= second[0] for first, second in zip(ends, ends[1:], strict=False)), "nothing overlaps"


async def test_nothing_is_counted_twice_nor_past_a_cut(store: Store) -> None:
    await store.shows.create("demo", ("mug",), "en-US", "mina")
    said = await store.utterances.append(
        NewUtterance("demo", "One. Two.", (), "mug", "proof", "en-US", "v", "template", 0)
    )
    meter, ticket = AirtimeMeter(store, "demo", utc_now), Ticket(1, BridgeTask())
    meter.began(ticket, said.id, "mug", charged=True)
    await meter.sentence(ticket, 0, 48_000)
    assert meter.saying == {"mug": 48_000}
    await meter.sentence(ticket, 48_000, 96_000)
    await meter.cut(ticket, 48_000 + 10 * SAMPLES_PER_FRAME)
    await meter.finished(ticket)
    heard = await store.heard.of_line(said.id)
    assert [(one.pts, one.samples) for one in heard] == [(0, 48_000), (48_000, 11 * SAMPLES_PER_FRAME)]
    assert not await store.heard.add(heard[0]), "told again, by whomever, it is known"
    assert len(await store.heard.of_line(said.id)) == 2


async def test_a_used_up_product_leaves_the_show_between_lines_and_the_rest_goes_on(store: Store) -> None:
    lamp, mug = await approved(store, "dew-serum"), await approved(store, "stone-mug")
    made = await budget(store, lamp, minutes=1, used=MINUTE - 12 * SAMPLE_RATE)
    async with a_house(store, Paced()) as house:
        info = await house.start(StartRequest((lamp, mug), "en-US"))
        show = house.get(info.id)

        async def used_up() -> bool:
            return (await store.budgets.get(made)).used_up_at is not None

        await becomes(used_up)
        last = (await said_of(store, info.id))[-1][2]
        await until(lambda: [card.product_id for card in show.cards()] == [mug])
        await until(lambda: show.info().product_on_air == mug, 60)

        async def six_more() -> bool:
            return len([1 for _, _, id in await said_of(store, info.id) if id > last]) >= 6

        await becomes(six_more)
        lines = await said_of(store, info.id)
        assert show.info().state == "live"
        later = [product for product, source, id in lines if id > last + 1 and source != "cut"]
        assert set(later) == {mug}, "at most one more line had begun"
        assert not [line for line in lines if line[1] == "cut"], "nothing was broken off"
        (warned,) = [one for one in await store.budgets.of(None) if one.id == made]
        assert warned.warned_at is not None
        assert warned.warned_at <= warned.used_up_at  # type: ignore[operator]
        # More money: it is on offer again.
        await store.budgets.change(made, 250)
        await until(lambda: {card.product_id for card in show.cards()} == {lamp, mug})


async def test_a_show_of_one_product_ends_when_its_line_is_over(store: Store) -> None:
    serum = await approved(store, "dew-serum")
    await budget(store, serum, minutes=1, used=MINUTE - 6 * SAMPLE_RATE)
    async with a_house(store, Paced()) as house:
        info = await house.start(StartRequest((serum,), "en-US"))
        await until(lambda: not house.shows(), 90)
        lines = await store.utterances.latest(info.id, 500)
        assert not [line for line in lines if line.source == "cut"], "the last line was said to its end"
        heard = await store.heard.of_line(lines[-1].id)
        assert heard
        with pytest.raises(Conflict, match="used up"):
            await house.start(StartRequest((serum,), "en-US"))
