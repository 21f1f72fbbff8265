"""A real person's likeness in a real show: refused without a record, allowed by one, off the air when it is revoked."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from influencer.errors import InvalidInput, LikenessRefused
from influencer.likeness import meter, on_air
from influencer.likeness.consent import ConsentRecord
from influencer.likeness.withdrawal import withdraw
from influencer.paths import configs_dir
from influencer.show.control import StartRequest
from influencer.store import open_store
from tests.databases import database_url
from tests.integration.test_show import Studio, until

pytestmark = pytest.mark.integration


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    """A house with one more persona, Anna, who exists."""
    configs = tmp_path / "configs"
    shutil.copytree(configs_dir(), configs)
    maya = (configs / "personas" / "maya.yaml").read_text("utf-8")
    real = "synthetic: false\nconsent: {person: Anna Real, scope: live shows, expires: see the record}"
    anna = maya.replace("id: maya", "id: anna").replace("synthetic: true", real)
    (configs / "personas" / "anna.yaml").write_text(anna, "utf-8")
    monkeypatch.setenv("INFLUENCER_CONFIGS", str(configs))
    monkeypatch.setattr(on_air, "LOOK_S", 0.2)
    async with await open_store(database_url(tmp_path)) as store:
        yield Studio(store)


def record(**changes: object) -> ConsentRecord:
    today = datetime.now(UTC).date()
    values: dict[str, object] = {
        "person": "Anna Real",
        "purposes": ("live-show",),
        "markets": ("en-US",),
        "personas": ("anna",),
        "signed_on": today - timedelta(days=1),
        "valid_until": today + timedelta(days=30),
        "price": Decimal(500),
        "currency": "EUR",
        "no_copy": True,
        "no_training": True,
        "evidence_name": "agreement.pdf",
        "evidence_sha256": "0" * 64,
    }
    return ConsentRecord.model_validate(values | changes)


async def test_without_a_record_nobody_real_is_on_air(studio: Studio) -> None:
    async with studio.house() as house:
        with pytest.raises(LikenessRefused, match="real person"):
            await house.start(StartRequest(("dew-serum",), "en-US", "anna"))
        await studio.store.consents.add(record(purposes=("portrait",)))
        with pytest.raises(LikenessRefused, match="purposes"):
            await house.start(StartRequest(("dew-serum",), "en-US", "anna"))
        assert house.shows() == ()
        assert await studio.store.shows.unfinished() == []


async def test_a_show_ends_when_its_record_is_revoked(studio: Studio) -> None:
    consent = await studio.store.consents.add(record())
    async with studio.house() as house:
        info = await house.start(StartRequest(("dew-serum",), "en-US", "anna"))
        show = house.get(info.id)
        await until(lambda: show.info().state == "live")
        with pytest.raises(LikenessRefused, match="markets"):
            await show.switch_market("ko-KR")
        await show.switch_persona("maya")
        await show.switch_persona("anna")
        await studio.store.consents.revoke(consent.id, "opted out")
        await until(lambda: not house.shows())
        assert (await studio.store.shows.get(info.id)).state == "stopped"
        with pytest.raises(LikenessRefused, match="opted out"):
            await house.start(StartRequest(("dew-serum",), "en-US", "anna"))


async def test_only_the_time_on_air_is_metered_and_a_restart_neither_loses_nor_doubles_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter, "WRITE_S", 0.6)
    monkeypatch.setattr(meter, "COUNT_S", 0.1)
    consent = await studio.store.consents.add(record(price_per_minute=250))
    began = time.monotonic()
    async with studio.house() as house:
        info = await house.start(StartRequest(("dew-serum",), "en-US", "anna"))
        show = house.get(info.id)
        await until(lambda: show.info().state == "live")
        await until_more(studio, consent.id, than=0)
        await show.operator.slate("")
        hidden = await until_still(studio, consent.id)
        await asyncio.sleep(1.0)
        assert await metered(studio, consent.id) == hidden
    async with studio.house() as house:
        [back] = await house.restore()
        show = house.get(back.id)
        await until(lambda: show.operator.mode == "slate")
        await show.operator.resume()
        await until_more(studio, consent.id, than=hidden)
    total, wall = await metered(studio, consent.id), time.monotonic() - began
    kept = await studio.store.airtime.of([consent.id])
    assert hidden < total <= wall * 1000
    assert len({one.run for one in kept}) == 2
    assert {(one.show_id, one.market, one.persona) for one in kept} == {(info.id, "en-US", "anna")}


async def metered(studio: Studio, consent_id: str) -> int:
    return sum(one.milliseconds for one in await studio.store.airtime.of([consent_id]))


async def until_more(studio: Studio, consent_id: str, than: int) -> None:
    async with asyncio.timeout(30):
        while await metered(studio, consent_id) <= than:  # noqa: ASYNC110 - a row has no event to await
            await asyncio.sleep(0.2)


async def until_still(studio: Studio, consent_id: str) -> int:
    """Until two readings a writing apart are the same."""
    before = -1
    async with asyncio.timeout(20):
        while (now := await metered(studio, consent_id)) != before:
            before = now
            await asyncio.sleep(1.0)
    return now


async def test_nobody_who_exists_means_nothing_to_meter(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "WRITE_S", 0.2)
    consent = await studio.store.consents.add(record())
    async with studio.house() as house:
        info = await house.start(StartRequest(("dew-serum",), "en-US", "maya"))
        await until(lambda: house.get(info.id).info().state == "live")
        await asyncio.sleep(0.8)
    assert await studio.store.airtime.of([consent.id]) == []


async def test_a_category_promised_to_one_brand_keeps_the_likeness_from_another(studio: Studio) -> None:
    await studio.store.consents.add(record(exclusive=({"category": "beauty", "brand": "Somebody Else"},)))
    async with studio.house() as house:
        with pytest.raises(LikenessRefused, match="exclusive: got beauty of .*; allowed: beauty of Somebody Else only"):
            await house.start(StartRequest(("dew-serum",), "en-US", "anna"))
        with pytest.raises(InvalidInput, match="exclusive: got beauty of Third; allowed: Somebody Else"):
            await studio.store.consents.add(record(exclusive=({"category": "beauty", "brand": "Third"},)))


async def test_a_withdrawal_takes_the_show_off_at_once_and_for_good(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_air, "LOOK_S", 3600)  # nothing but the withdrawal itself ends it
    await studio.store.consents.add(record())
    await studio.store.consents.add(record(purposes=("portrait",)))
    async with studio.house() as house:
        anna = await house.start(StartRequest(("dew-serum",), "en-US", "anna"))
        await until(lambda: house.get(anna.id).info().state == "live")
        gone = await withdraw(studio.store, house, "ANNA  réal", via="L-1")
        assert (len(gone.consents), gone.shows) == (2, (anna.id,))
        await until(lambda: not house.shows())
        with pytest.raises(LikenessRefused, match="withdrawn by the person"):
            await house.start(StartRequest(("dew-serum",), "en-US", "anna"))
        again = await withdraw(studio.store, house, "Anna Real", via="L-1")
        assert (again.consents, again.shows) == ((), ())
        with pytest.raises(InvalidInput, match="signed_on"):
            await studio.store.consents.add(record())  # signed before they withdrew
    assert (await studio.store.shows.get(anna.id)).state == "stopped"
