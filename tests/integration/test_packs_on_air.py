"""Edited packs and shows: a show begins with what counts, keeps it whatever becomes of it, and comes back with it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from influencer.errors import Conflict, NotFound
from influencer.loading import load_market, load_persona, markets
from influencer.packs.catalogue import CATALOGUE
from influencer.packs.desk import PackDesk, Written
from influencer.paths import configs_dir
from influencer.show.backends import Backends
from influencer.show.control import StartRequest
from influencer.show.house import HouseOfShows
from influencer.show.live import LiveShow
from influencer.show.swapping import Swap
from influencer.store import open_store, utc_now
from models.avatar.puppet import PuppetBackend
from streaming.media import Rgba
from tests.databases import database_url
from tests.integration.test_show import Studio, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
GREETING = "Hello from the edited pack, good to see you."


class Drawn(Studio):
    """A studio whose hosts are drawn from their attributes."""

    @property
    def desk(self) -> PackDesk:
        return PackDesk(self.store, utc_now)

    def drawing(self) -> Drawn:
        self.backends = Backends(None, self.speech, PuppetBackend())
        return self

    async def dressed(self, colour: str, based_on: int = 0, outfit: str = "tee") -> None:
        document = await self.desk.document("persona", "maya", 0)
        worn = {"outfit.color": colour, "outfit.style": outfit}
        document = document | {
            "attributes": document["attributes"] | worn, "styles": {**document.get("styles", {}), "en-US": worn},
        }  # fmt: skip
        await self.desk.save(
            "persona", "maya", Written(document), author="ina", note="another colour", based_on=based_on, approve=True
        )

    async def greeting(self, text: str = GREETING) -> None:
        document = await self.desk.document("market", "en-US", 0)
        await self.desk.save(
            "market", "en-US", Written({**document, "greetings": [text] * 3}), author="ina", note="", based_on=0,
            approve=True,
        )  # fmt: skip


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Drawn]:
    shutil.copytree(configs_dir(), tmp_path / "configs")
    monkeypatch.setenv("INFLUENCER_CONFIGS", str(tmp_path / "configs"))
    async with await open_store(database_url(tmp_path)) as store:
        yield Drawn(store)


async def on_air(house: HouseOfShows) -> LiveShow:
    info = await house.start(StartRequest(("dew-serum",), "en-US"))
    await until(lambda: house.get(info.id).info().state == "live", 60)
    return house.get(info.id)


async def picture(show: LiveShow, green: bool | None = None) -> Rgba:
    """A frame; one in which there is much green, or little, when asked."""

    def seen() -> tuple[Rgba] | None:
        frame = show._rig.performer.latest
        return (frame,) if frame is not None and green in {None, greenness(frame) > 0.02} else None

    (frame,) = await until(seen, 60)
    return frame


def greenness(frame: Rgba) -> float:
    """The share of the picture that is a strong green, which nothing in it is but an edited outfit."""
    red, green, blue = (frame[..., channel].astype(int) for channel in range(3))
    return float(np.mean((green > red + 60) & (green > blue + 60)))


async def lines(studio: Drawn, show_id: str, count: int = 1) -> list[str]:
    async with asyncio.timeout(90):
        while len(said := await studio.store.utterances.latest(show_id)) < count:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.1)
    return [one.text for one in said]


async def test_a_show_started_after_an_edit_wears_and_says_it(studio: Drawn) -> None:
    async with studio.drawing().house() as house:
        before = await on_air(house)
        assert greenness(await picture(before)) < 0.01
        assert not any(GREETING in text for text in await lines(studio, before.id))
        await house.stop(before.id)
        await studio.dressed("#10d010")
        await studio.greeting()
        after = await on_air(house)
        assert greenness(await picture(after)) > 0.02
        assert any(GREETING in text for text in await lines(studio, after.id, 2))
        assert {stat.name: stat.value for stat in after.stats()}["host and market"] == "maya 1, en-US 1"


async def test_a_running_show_keeps_what_it_has_until_an_operator_swaps(studio: Drawn) -> None:
    async with studio.drawing().house() as house:
        show = await on_air(house)
        kept = show._casting
        await studio.dressed("#10d010")
        await studio.greeting()
        assert show._casting is kept
        assert show._casting.persona != load_persona("maya")
        seen = await show.preview_swap(Swap(persona="maya"))
        assert (seen.persona_version, seen.market_version) == (1, 0)
        await show.swap(Swap(persona="maya", persona_version=1))
        await picture(show, green=True)
        assert show._casting.market == kept.market, "the market's edit waits for a swap of its own"
        await show.swap(Swap(market="en-US"))
        await until(lambda: show._casting.market_version == 1, 60)


async def test_what_was_looked_at_is_what_goes_on_air(studio: Drawn) -> None:
    async with studio.house() as house:
        show = await on_air(house)
        await studio.dressed("#10d010")
        seen = await show.preview_swap(Swap(persona="maya", changes={"outfit.style": "blazer"}))
        await studio.dressed("#d01010", based_on=1)
        with pytest.raises(Conflict, match="look again"):
            await show.swap(Swap(persona="maya", persona_version=seen.persona_version))
        assert show._casting.persona_version == 0


async def test_an_outfit_and_a_market_are_looked_at_before_they_go_on_air(studio: Drawn) -> None:
    async with studio.drawing().house() as house:
        show = await on_air(house)
        before = show._casting
        outfit = await show.preview_swap(Swap(changes={"outfit.color": "#d01010"}))
        korean = await show.preview_swap(Swap(persona="sora", market="ko-KR"))
        assert show._casting is before
        assert outfit.picture.data != korean.picture.data
        assert korean.line == "" or any("가" <= letter <= "힣" for letter in korean.line)
        assert (korean.name, korean.label) == ("소라", load_market("ko-KR").label)
        await show.swap(Swap(persona="sora", market="ko-KR", persona_version=0, market_version=0))
        await until(lambda: show.info().market == "ko-KR", 60)
        assert show.info().persona_id == "sora"
        async with asyncio.timeout(90):
            while not any(korean.line in text for text in await lines(studio, show.id, 1)):  # noqa: ASYNC110 - likewise
                await asyncio.sleep(0.1)


async def test_breaking_and_deleting_packs_stops_nothing(studio: Drawn, tmp_path: Path) -> None:
    async with studio.house() as house:
        show = await on_air(house)
        await lines(studio, show.id)
        (tmp_path / "configs" / "markets" / "en-US.yaml").write_text("id: [", "utf-8")
        (tmp_path / "configs" / "personas" / "maya.yaml").unlink()
        said = len(await lines(studio, show.id))
        await lines(studio, show.id, said + 1)
        assert show.info().state == "live"
        assert load_market("en-US").id == "en-US", "as it was when it could be read"
        assert "en-US" in markets()
        assert await show.read_along("ko-KR") is not None


async def test_a_restart_brings_back_the_version_that_was_on_air(studio: Drawn) -> None:
    async with studio.house() as house:
        await studio.dressed("#10d010")
        show = await on_air(house)
        await show.swap(Swap(persona="maya", changes={"outfit.color": "#d01010"}))
        await studio.dressed("#1010d0", based_on=1)
        show_id = show.id
    assert CATALOGUE.ids("persona") == []
    async with studio.house() as house:
        await house.restore()
        await until(lambda: house.get(show_id).info().state == "live", 60)
        back = house.get(show_id)._casting
        assert back.persona_version == 1
        assert back.persona.attributes["outfit.color"] == "#10d010"
        assert back.identity.attributes["outfit.color"] == "#d01010"
        assert load_persona("maya").attributes["outfit.color"] == "#1010d0"


async def test_a_show_whose_packs_are_refused_comes_back_with_those_that_count(
    studio: Drawn, capsys: pytest.CaptureFixture[str]
) -> None:
    async with studio.house() as house:
        show = await on_air(house)
        show_id = show.id
    kept = await studio.store.packs.cast_of(show_id)
    assert kept is not None
    kept.persona["manner"] = ""
    await studio.store.packs.keep_cast(show_id, kept)
    async with studio.house() as house:
        await house.restore()
        await until(lambda: house.get(show_id).info().state == "live", 60)
        assert house.get(show_id).info().persona_id == "maya"
    assert "comes back with other packs" in capsys.readouterr().out


async def test_a_persona_that_is_gone_cannot_be_started_but_stays_on_air(studio: Drawn) -> None:
    desk = studio.desk
    async with studio.house() as house:
        document = await desk.document("persona", "maya", 0)
        await desk.save(
            "persona", "guest", Written({**document, "id": "guest"}), author="ina", note="", based_on=0, approve=True,
            new=True,
        )  # fmt: skip
        info = await house.start(StartRequest(("dew-serum",), "en-US", "guest"))
        await until(lambda: house.get(info.id).info().state == "live", 60)
        await desk.take_back("persona", "guest", author="ina", note="", based_on=1)
        with pytest.raises(NotFound):
            await house.start(StartRequest(("dew-serum",), "en-US", "guest"))
        assert house.get(info.id).info().persona_id == "guest"
    async with studio.house() as house:
        await house.restore()
        await until(lambda: house.get(info.id).info().state == "live", 60)
        assert house.get(info.id).info().persona_id == "guest"
