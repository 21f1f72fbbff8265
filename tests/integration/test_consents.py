"""Consent at the moment of use: the guard on a real store (SQLite and PostgreSQL), and the commands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from influencer.cli import app
from influencer.errors import Conflict, InvalidInput, LikenessRefused, NotFound
from influencer.likeness.consent import ConsentRecord, Use
from influencer.likeness.guard import LikenessGuard, PortraitOrder
from influencer.loading import load_market, load_persona
from influencer.market import Market
from influencer.persona import Consent, Persona
from influencer.store import NewPortrait, Store, open_store
from tests.databases import database_url
from tests.integration.tiny_portraits import write_flux2_klein

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]

NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
MARKET = load_market("en-US")
MAYA = load_persona("maya")
AYLA = MAYA.model_copy(
    update={
        "id": "ayla",
        "name": {"en-US": "Ayla Testperson"},
        "synthetic": False,
        "consent": Consent(person="Ayla Testperson", scope="portraits", expires="2026-06-30"),
    }
)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await open_store(url, now=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return draw(tmp_path / "ayla.png", "#c08060")


def draw(file: Path, colour: str) -> Path:
    Image.new("RGB", (96, 128), colour).save(file)
    return file


def record(photo: Path | None = None, **changed: Any) -> ConsentRecord:
    values: dict[str, Any] = {
        "person": "Ayla Testperson",
        "purposes": ("portrait", "live-show"),
        "markets": ("en-US",),
        "personas": ("ayla",),
        "signed_on": "2026-01-10",
        "valid_until": "2026-06-30",
        "price": "4000.50",
        "currency": "USD",
        "no_copy": True,
        "no_training": True,
        "evidence_name": "agreement.pdf",
        "evidence_sha256": "a" * 64,
        "references": (hashlib.sha256(photo.read_bytes()).hexdigest(),) if photo else (),
    }
    return ConsentRecord.model_validate({**values, **changed})


def order(persona: Persona = AYLA, extra: str = "", reference: Path | None = None, market: Market = MARKET) -> Any:
    return PortraitOrder(persona, market, extra, reference)


def guard(store: Store, now: datetime = NOW) -> LikenessGuard:
    return LikenessGuard(store.consents, store.portraits, lambda: now)


# --- the records -------------------------------------------------------------------------------------------------


async def test_a_record_comes_back_as_it_was_signed(store: Store, photo: Path) -> None:
    signed = record(photo)
    added = await store.consents.add(signed)
    kept = await store.consents.get(added.id)
    assert kept == added
    assert kept.record == signed
    assert str(kept.record.price) == "4000.50"
    assert kept.added_at == NOW
    assert await store.consents.of_person("  ayla   TESTPERSON") == [kept]
    assert await store.consents.of_picture(signed.references[0]) == [kept]
    assert await store.consents.of_picture("b" * 64) == []


async def test_revoking_ends_it_once_and_for_good(store: Store) -> None:
    added = await store.consents.add(record())
    revoked = await store.consents.revoke(added.id, "changed her mind")
    assert (revoked.revoked_at, revoked.revoked_because) == (NOW, "changed her mind")
    assert (await store.consents.all()) == [revoked]
    with pytest.raises(Conflict, match="was revoked on 2026-05-01"):
        await store.consents.revoke(added.id, "again")
    with pytest.raises(NotFound, match="portrait consent list"):
        await store.consents.revoke("C-0", "")
    with pytest.raises(NotFound):
        await store.consents.get("C-0")


async def test_the_ledger_keeps_the_first_entry_of_a_file(store: Store) -> None:
    entry = NewPortrait("d" * 64, "maya", None, "p", "Apache-2.0", 2**31 - 1, "a host", None)
    first = await store.portraits.add(entry)
    assert await store.portraits.add(entry) == first
    assert await store.portraits.find("d" * 64) == first
    assert await store.portraits.find("e" * 64) is None


# --- the guard ---------------------------------------------------------------------------------------------------


async def test_a_host_who_is_nobody_needs_no_record(store: Store) -> None:
    cleared = await guard(store).clear(order(MAYA, "Maya holding a ceramic mug"))
    assert (cleared.reference, cleared.consent) == (None, None)
    assert cleared.extra == "the host holding a ceramic mug"


async def test_a_named_person_without_a_record_is_refused(store: Store) -> None:
    with pytest.raises(LikenessRefused, match="likeness: extra: got 'Lena Quimby'"):
        await guard(store).clear(order(MAYA, "looks like Lena Quimby"))
    with pytest.raises(LikenessRefused, match=r"name\.ko-KR: got '김태희'"):
        await guard(store).clear(order(MAYA.model_copy(update={"name": {"ko-KR": "김태희"}})))
    with pytest.raises(LikenessRefused, match=r"consent\.person: got 'Ayla Testperson'; allowed: .*consent add"):
        await guard(store).clear(order(AYLA))


async def test_a_persona_of_somebody_who_agreed_is_painted_from_the_pictures_they_agreed_to(
    store: Store, photo: Path
) -> None:
    added = await store.consents.add(record(photo))
    with pytest.raises(LikenessRefused, match="reference: got no picture of Ayla Testperson"):
        await guard(store).clear(order(AYLA))
    cleared = await guard(store).clear(order(AYLA, "Ayla Testperson holding a mug", photo))
    assert cleared.consent == added
    assert cleared.extra == "the person in the reference picture holding a mug"
    assert cleared.reference is not None
    assert (hashlib.sha256(cleared.reference.data).hexdigest(),) == added.record.references


@pytest.mark.parametrize(
    ("changed", "now", "message"),
    [
        ({"purposes": ("live-show",)}, NOW, "purposes: got portrait; allowed: live-show"),
        ({"markets": ("ko-KR",)}, NOW, "markets: got en-US; allowed: ko-KR"),
        ({"personas": ("other",)}, NOW, "no_copy, personas: got ayla; allowed: other"),
        ({}, datetime(2026, 7, 1, tzinfo=UTC), "valid_until: got use on 2026-07-01"),
    ],
)
async def test_a_record_is_checked_when_it_is_used(
    store: Store, photo: Path, changed: dict[str, Any], now: datetime, message: str
) -> None:
    await store.consents.add(record(photo, **changed))
    with pytest.raises(LikenessRefused, match=message):
        await guard(store, now).clear(order(AYLA, reference=photo))


async def test_a_revoked_record_is_refused_and_a_newer_one_counts(store: Store, photo: Path) -> None:
    old = await store.consents.add(record(photo))
    await store.consents.revoke(old.id, "new agency")
    with pytest.raises(LikenessRefused, match=r"revoked: got revoked on 2026-05-01 \(new agency\)"):
        await guard(store).clear(order(AYLA, reference=photo))
    new = await store.consents.add(record(photo))
    assert (await guard(store).clear(order(AYLA, reference=photo))).consent == new


async def test_one_persons_record_lets_in_nobody_elses_picture(store: Store, photo: Path, tmp_path: Path) -> None:
    await store.consents.add(record(photo))
    stranger = draw(tmp_path / "stranger.png", "#304050")
    with pytest.raises(LikenessRefused, match="reference: got a picture nobody vouches for"):
        await guard(store).clear(order(AYLA, reference=stranger))
    with pytest.raises(LikenessRefused, match="synthetic: got true, with a picture of Ayla Testperson"):
        fictional = MAYA.model_copy(update={"id": "ayla"})
        await guard(store).clear(order(fictional, reference=photo))


async def test_a_picture_we_painted_may_be_used_and_one_that_rests_on_a_record_falls_with_it(
    store: Store, tmp_path: Path
) -> None:
    consent = await store.consents.add(record())
    ours, hers = draw(tmp_path / "ours.png", "#a07050"), draw(tmp_path / "hers.png", "#b08060")
    for file, rests_on in ((ours, None), (hers, consent.id)):
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        await store.portraits.add(NewPortrait(sha256, "ayla", None, "p", "Apache-2.0", 1, "a host", rests_on))
    assert (await guard(store).clear(order(MAYA, reference=ours))).consent is None
    live = Use("live-show", "ayla", "en-US", NOW)
    assert await guard(store).check_picture(hers.read_bytes(), live) == consent
    await store.consents.revoke(consent.id, "")
    with pytest.raises(LikenessRefused, match=f"consent {consent.id} revoked"):
        await guard(store).check_picture(hers.read_bytes(), live)


async def test_a_style_card_asks_for_nobody_either(store: Store) -> None:
    assert MARKET.style_card is not None
    card = MARKET.style_card.model_copy(update={"mood": "like a famous film star"})
    with pytest.raises(LikenessRefused, match=r"style_card\.mood: got 'famous'"):
        await guard(store).clear(order(MAYA, market=MARKET.model_copy(update={"style_card": card})))


async def test_what_is_no_picture_is_told_before_anything_else(store: Store, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("hello", encoding="utf-8")
    with pytest.raises(InvalidInput, match="reference: got .*not a picture"):
        await guard(store).clear(order(MAYA, reference=tmp_path / "notes.png"))
    with pytest.raises(InvalidInput, match="extra: got 300 letters; allowed: at most 200"):
        await guard(store).clear(order(MAYA, "a" * 300))


# --- the commands ------------------------------------------------------------------------------------------------


def test_the_commands_add_list_use_and_revoke(tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUENCER_DATABASE", database_url(tmp_path, "cli.db"))
    monkeypatch.setenv("COLUMNS", "240")
    (tmp_path / "agreement.pdf").write_bytes(b"signed")
    persona = tmp_path / "ayla.json"
    persona.write_text(AYLA.model_dump_json(exclude_none=True), encoding="utf-8")
    pipeline = write_flux2_klein(tmp_path / "FLUX.2-klein-4B")
    runner = CliRunner()
    add = [
        "portrait", "consent", "add", "--person", "Ayla Testperson", "--evidence", str(tmp_path / "agreement.pdf"),
        "--purpose", "portrait", "--market", "en-US", "--persona", "ayla", "--signed", "2026-01-10",
        "--until", "2099-06-30", "--price", "4000", "--currency", "USD", "--no-copy", "--no-training",
    ]  # fmt: skip
    use = [
        "portrait", "make", str(persona), "--market", "en-US", "--pipeline", str(pipeline), "--out", str(tmp_path),
        "--width", "64", "--height", "96", "--allow-unchecked", "--device", "cpu", "--reference", str(photo),
    ]  # fmt: skip

    wrong = runner.invoke(app, [*add, "--until", "2020-01-01", "--purpose", "singing"])
    assert isinstance(wrong.exception, InvalidInput)
    assert "purposes" in str(wrong.exception)
    refused = runner.invoke(app, use)
    assert isinstance(refused.exception, LikenessRefused)
    added = runner.invoke(app, [*add, "--reference", str(photo)])
    assert added.exit_code == 0, added.exception
    listed = runner.invoke(app, ["portrait", "consent", "list"])
    assert added.stdout.strip() in listed.stdout
    assert "in force" in listed.stdout
    made = runner.invoke(app, use)
    assert made.exit_code == 0, made.exception
    told = json.loads((tmp_path / "ayla-en-US.json").read_text(encoding="utf-8"))
    assert told["likeness"]["consent"] == added.stdout.strip()
    assert told["likeness"]["no_training"] is True
    assert "resembles no real person" not in told["prompt"]
    assert "Ayla" not in told["prompt"]
    assert runner.invoke(app, ["portrait", "consent", "revoke", added.stdout.strip()]).exit_code == 0
    again = runner.invoke(app, use)
    assert isinstance(again.exception, LikenessRefused)
    assert "revoked" in str(again.exception)


def test_a_size_no_pipeline_can_paint_is_named() -> None:
    wrong = CliRunner().invoke(app, ["portrait", "make", "maya", "--width", "100"])
    assert isinstance(wrong.exception, InvalidInput)
    assert "--width: got 100; allowed: a multiple of 32" in str(wrong.exception)
