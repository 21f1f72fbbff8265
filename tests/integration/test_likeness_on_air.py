"""A real person's likeness in a real show: refused without a record, allowed by one, off the air when it is revoked."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from influencer.errors import LikenessRefused
from influencer.likeness import on_air
from influencer.likeness.consent import ConsentRecord
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
