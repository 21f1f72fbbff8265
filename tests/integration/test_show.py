"""A whole show in this process: real station, encoder, store, director and guard; speech and avatar without weights."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from prometheus_client import CollectorRegistry

from influencer.assistant.assistant import handed_on
from influencer.assistant.values import Answer, Question
from influencer.errors import ClaimRejected, Conflict, NotFound
from influencer.ledger import first_break
from influencer.loading import load_brief
from influencer.paths import configs_dir
from influencer.settings import BackendChoice, Delivery, LanguageChoice, Picture, Settings
from influencer.show.backends import Backends
from influencer.show.control import Sale, StartRequest
from influencer.show.house import HouseOfShows
from influencer.show.live import LiveShow
from influencer.store import Store, open_store
from models.base import AvatarIdentity, FrameControls, Speech
from models.fakes import ScriptedLanguageModel, SolidAvatar, SolidSession, ToneSpeechModel
from streaming.chat_hub import ChatMessage
from streaming.clock import MonotonicClock
from streaming.media import Rgba
from streaming.metrics import ShowMetrics
from tests.databases import database_url

pytestmark = pytest.mark.integration
T = TypeVar("T")
SMALL = Picture(width=180, height=320, bitrate=200_000)


class Fragile(SolidAvatar):
    """An avatar whose sessions crash once on command."""

    def __init__(self) -> None:
        super().__init__()
        self.crash = False

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> FragileSession:  # type: ignore[override]
        return FragileSession(self, super().open(AvatarIdentity(identity.persona_id), size))


class FragileSession:
    def __init__(self, owner: Fragile, inner: SolidSession) -> None:
        self.owner, self.inner, self.size = owner, inner, inner.size

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        if self.owner.crash:
            self.owner.crash = False
            raise RuntimeError("the renderer crashed")
        return self.inner.render(controls)

    def close(self) -> None:
        self.inner.close()


class Paced(ToneSpeechModel):
    """Speaks four times as fast, since a test that waits for the next line waits for real time; or as slowly as it is
    told, for a test that must act in the middle of a sentence on a busy machine."""

    def __init__(self, pace: float = 4.0) -> None:
        super().__init__()
        self.pace = pace

    def speak(self, text: str, *, language: str, voice: str, speed: float = 1.0) -> Iterator[Speech]:
        return super().speak(text, language=language, voice=voice, speed=self.pace * speed)


class Studio:
    """A house over one database; `house` is replaced by `restart`."""

    def __init__(self, store: Store, language: ScriptedLanguageModel | None = None) -> None:
        self.store = store
        self.avatar = Fragile()
        self.speech = Paced()
        self.backends = Backends(language, self.speech, self.avatar)
        self.registry = CollectorRegistry()
        self.settings = Settings(
            language=LanguageChoice(backend="none", share=1.0),
            speech=BackendChoice(backend="kokoro"),
            avatar=BackendChoice(backend="puppet"),
            picture=SMALL,
            delivery=Delivery(host_addresses=("127.0.0.1",)),
            demo=True,
        )

    def house(self) -> HouseOfShows:
        return HouseOfShows(
            self.settings, self.store, self.backends, ShowMetrics(CollectorRegistry()), clock=MonotonicClock()
        )


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with await open_store(database_url(tmp_path)) as store:
        yield Studio(store)


async def until(value: Callable[[], T], seconds: float = 20.0) -> T:
    """Wait until `value()` is truthy and return it."""
    async with asyncio.timeout(seconds):
        while not (found := value()):  # noqa: ASYNC110 - what is waited for has no event to await
            await asyncio.sleep(0.05)
        return found


async def start(house: HouseOfShows, market: str = "en-US", *briefs: str) -> LiveShow:
    info = await house.start(StartRequest(briefs or ("dew-serum",), market))  # type: ignore[arg-type]
    show = house.get(info.id)
    await until(lambda: show.info().state == "live")
    return show


async def said(studio: Studio, show: LiveShow, source: str, count: int = 1) -> list[str]:
    """Wait for utterances of a source to be on air."""
    async with asyncio.timeout(30):
        while True:
            texts = [u.text for u in await studio.store.utterances.latest(show.id) if u.source == source]
            if len(texts) >= count:
                return texts
            await asyncio.sleep(0.1)


async def test_a_show_opens_with_the_disclosure_and_every_sentence_has_its_facts(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        await said(studio, show, "template", 2)
        spoken = await studio.store.utterances.latest(show.id)
        assert spoken[0].segment == "opening"
        assert "AI" in spoken[0].text
        assert all(utterance.fact_ids for utterance in spoken)
        assert show.card() is not None
        assert (await show.poster()).data.startswith(b"\xff\xd8")


@pytest.mark.timeout(240)
async def test_captions_carry_the_languages_that_are_read_and_every_product_has_a_card(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house, "en-US", "dew-serum", "travel-tote")
        await show.read_along("ko-KR")
        translated: list[str] = []
        with show.chat.subscribe() as room:
            async with asyncio.timeout(180):
                async for batch in room:
                    captions = [event["payload"] for event in json.loads(batch) if event["kind"] == "caption"]
                    translated += [text for caption in captions if (text := caption["translated"].get("ko-KR"))]
                    if translated:
                        break
        assert re.search(r"[가-힣]", translated[0])
        cards = show.cards()
        assert sorted(card.product_id for card in cards) == ["dew-serum", "travel-tote"]
        assert cards[0] == show.card()
        assert all(card.offer_ends and card.offer_ends.endswith("+00:00") for card in cards)


async def test_a_question_is_answered_in_the_chat_at_once_then_on_air_and_the_script_goes_on(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        before = show.info()
        await show.ask(ChatMessage("Mina", "how much is it?"))
        kept = await studio.store.chat.latest(show.id)
        assert [message.role for message in kept] == ["viewer", "host"]
        assert "$24.00" in kept[1].text
        assert "$24.00" in (await said(studio, show, "answer"))[0]
        position = await studio.store.positions.load(show.id)
        lines = len(await said(studio, show, "template"))
        await said(studio, show, "template", lines + 2)  # the bridge, and the script again
        assert await studio.store.positions.load(show.id) != position
        assert show.info().product_on_air == before.product_on_air


async def test_askers_are_counted_aloud_and_the_room_hears_whose_turn_it_is(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        turns: list[dict[str, list[int]]] = []

        async def listen() -> None:
            with show.chat.subscribe() as room:
                async for batch in room:
                    turns.extend(event["payload"] for event in json.loads(batch) if event["kind"] == "turn")

        listening = asyncio.create_task(listen())  # noqa: TID251 - ends with the room
        show._answers._queue.offer(  # somebody is before them, so that they can all ask in time
            replace(_answer_of(show, "what is it?"), product_id="dew-serum"), "Ann", show._clock.now_ns(), viewer="0"
        )
        for viewer in ("1", "2", "2", "3"):
            await show.ask(ChatMessage("guest", "when will it arrive?"), viewer)
        answers = await said(studio, show, "answer", 2)
        assert any("3 of you are asking about shipping." in text for text in answers)
        seqs = await until(lambda: next((turn["now"] for turn in turns if len(turn["now"]) == 3), None), 30)
        assert any(turn["next"] == seqs for turn in turns) and len(set(seqs)) == 3
        await until(lambda: turns[-1] == {"now": [], "next": []}, 30)
    await listening


def _answer_of(show: LiveShow, question: str) -> Answer:
    return show._answers.assistant.answer(Question("Ann", question))


async def test_an_angry_viewer_is_handed_to_a_person_and_told_so(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        await show.ask(ChatMessage("Mina", "my order never arrived, this is unacceptable"), "v1")
        (waiting,) = await studio.store.hand_offs.of_show(show.id)
        assert (waiting.kind, waiting.viewer_id, waiting.state) == ("anger", "v1", "waiting")
        asked, told = await studio.store.chat.latest(show.id)
        assert waiting.text == asked.text and told.text.endswith(handed_on("en"))
        for text in ("I am furious", "I want to complain", "my parcel is broken, my order too"):
            await show.ask(ChatMessage("Mina", text), "v1")
        assert not (await studio.store.chat.latest(show.id))[-1].text.endswith(handed_on("en")), "the list is full"


async def test_an_operator_cannot_say_what_no_fact_supports(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        with pytest.raises(ClaimRejected):
            await show.say("It cures acne and costs only $5!")
        await show.say("Thank you all for being here today.")
        assert await said(studio, show, "operator") == ["Thank you all for being here today."]


async def test_pause_resume_and_stop_keep_to_the_state(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        with pytest.raises(Conflict):
            await show.resume()
        await show.pause()
        with pytest.raises(Conflict):
            await show.say("Hello.")
        await show.resume()
        await house.stop(show.id)
        with pytest.raises(NotFound):
            house.get(show.id)
        assert await studio.store.shows.unfinished() == []


async def test_every_line_on_air_is_in_the_ledger_with_its_facts_and_its_host(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        async with asyncio.timeout(30):
            while len(lines := await studio.store.utterances.chained(show.id)) < 3:  # noqa: ASYNC110 - as in `until`
                await asyncio.sleep(0.05)
    assert first_break([line.record() for line in lines]) is None
    assert {line.persona for line in lines} == {show.info().persona_id}
    grounded = [line for line in lines if line.fact_ids]
    assert grounded
    for line in grounded:
        assert {fact.id for fact in line.facts} == set(line.fact_ids)
        assert all(fact.text for fact in line.facts)


async def test_a_cut_is_in_the_ledger_as_it_was_heard_and_the_sentence_is_said_again(studio: Studio) -> None:
    studio.speech.pace = 0.2  # a cut between two sentences breaks nothing off, and is no line of the ledger
    async with studio.house() as house:
        show = await start(house)
        began = (await said(studio, show, "template"))[0]
        await until(lambda: show.transcript())
        await show.cut()
        assert show.info().state == "paused"
        (heard,) = await said(studio, show, "cut")
        await show.resume()
        again = (await said(studio, show, "template", 2))[1]
        lines = await studio.store.utterances.chained(show.id)
    assert [line.source for line in lines].count("cut") == 1
    assert began.startswith(heard)
    assert began.endswith(again)
    assert first_break([line.record() for line in lines]) is None
    assert [(line.source, line.variant) for line in lines[:2]] == [
        ("template", lines[0].variant),
        ("cut", lines[0].chain),
    ]
    assert lines[1].pts > lines[0].pts


async def test_an_operators_words_cut_a_sentence_at_a_word_and_it_is_said_again(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        await said(studio, show, "template")
        await show.say("Thank you all for being here today.", "word")
        await said(studio, show, "operator")
        kept = [line.source for line in await studio.store.utterances.chained(show.id)]
        await said(studio, show, "template", kept.count("template") + 1)
    assert kept[-1] == "operator"
    assert set(kept) <= {"template", "cut", "operator"}


async def test_what_became_untrue_while_it_was_said_is_cut_and_taken_back(studio: Studio) -> None:
    offer = load_brief(configs_dir() / "briefs" / "dew-serum.yaml").offer
    assert offer is not None
    at = [offer.ends - timedelta(minutes=10)]
    house = HouseOfShows(
        studio.settings, studio.store, studio.backends, ShowMetrics(CollectorRegistry()), clock=MonotonicClock(),
        now=lambda: at[0],
    )  # fmt: skip
    async with house:
        show = await start(house)
        await said(studio, show, "template")
        studio.speech.pace = 0.25  # so that the offer ends within the line, however busy the machine is
        lines = show.operator.coming()
        text = "{name} is {coupon_price} with {coupon}. Thank you all so much for being here with us today, everybody."
        await show.operator.insert(lines.version, text, before=lines.lines[0].id)
        await until(lambda: any("Thank you all so much" in caption.text for caption in show.transcript()), 60)
        at[0] = offer.ends + timedelta(seconds=1)
        studio.speech.pace = 4.0
        await until(lambda: any("ended" in c.text or "no longer on" in c.text for c in show.transcript()), 60)
        spoken = await studio.store.utterances.chained(show.id)
    sources = [line.source for line in spoken]
    cut = spoken[sources.index("cut")]
    taken_back = next(line for line in spoken if line.variant.startswith("correction."))
    assert cut.variant == spoken[sources.index("operator")].chain
    assert cut.id < taken_back.id
    assert "price" in taken_back.fact_ids
    assert "$" in taken_back.text


async def test_market_and_persona_are_switched_while_live(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        await show.switch_persona("sora")
        assert show.info().persona_id == "sora"
        await show.switch_market("ko-KR")
        await until(lambda: show.info().market == "ko-KR")
        opening = await until(lambda: [c.text for c in show.transcript() if c.language == "ko-KR"])
        assert any("가" <= letter <= "힣" for letter in opening[0])
        card = show.card()
        assert card is not None
        assert card.price.endswith("원")
        stored = await studio.store.shows.get(show.id)
        assert (stored.market, stored.persona) == ("ko-KR", "sora")


async def test_a_crashed_renderer_is_restarted_and_the_show_goes_on(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        studio.avatar.crash = True
        await until(lambda: not studio.avatar.crash)
        ticks = int(show.stats()[0].value)
        spoken = len(await said(studio, show, "template"))
        await said(studio, show, "template", spoken + 1)
        assert int(show.stats()[0].value) > ticks
        assert show.info().state == "live"


async def test_a_restarted_house_resumes_at_the_line(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        await said(studio, show, "template", 3)
        show_id = show.id
    saved = await studio.store.positions.load(show_id)
    assert saved is not None
    assert saved.segment > 0
    before = await studio.store.utterances.count(show_id)
    async with studio.house() as house:
        (info,) = await house.restore()
        assert info.id == show_id
        await said(studio, house.get(show_id), "template", before + 1)
        resumed = (await studio.store.utterances.latest(show_id))[before:]
        assert resumed[0].segment != "opening", "the opening is said once"


async def test_sold_out_products_are_not_presented(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house, "en-US", "dew-serum", "stone-mug")
        await studio.store.stock.restock(show.product("dew-serum").sku, 0)
        await until(lambda: (card := show.card()) is not None and card.product_id == "stone-mug", 40)
        count = await studio.store.utterances.count(show.id)
        await said(studio, show, "template", 6)
        later = (await studio.store.utterances.latest(show.id))[count:]
        assert {utterance.product_id for utterance in later} == {"stone-mug"}


async def test_an_order_changes_the_stock_on_the_page_and_on_the_picture(studio: Studio) -> None:
    async with studio.house() as house:
        show = await start(house)
        product = show.product("dew-serum")
        await studio.store.stock.restock(product.sku, 7)
        await show.sold(Sale("order", product.id, 1, 7))
        drawn = show._rig.performer.stage.card(product.id)
        card = show.card()
        assert drawn is not None
        assert card is not None
        assert drawn.stock == card.stock
        assert "7" in str(drawn.stock)


async def test_a_failing_language_model_becomes_template_lines_not_silence(tmp_path: Path) -> None:
    language = ScriptedLanguageModel(["It cures everything for $1."])
    async with await open_store(database_url(tmp_path)) as store:
        studio = Studio(store, language)
        async with studio.house() as house:
            show = await start(house)
            await said(studio, show, "template", 3)
            assert language.prompts, "the model was never asked"
            spoken = await store.utterances.latest(show.id)
            assert {utterance.source for utterance in spoken} == {"template"}
