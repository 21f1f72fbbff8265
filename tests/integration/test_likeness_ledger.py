"""The likeness ledger in real databases: records that cannot be edited, footage, airtime, corrections, secret links."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from influencer.cli import app
from influencer.errors import Conflict, InvalidInput, LikenessRefused, NotFound
from influencer.likeness.consent import ConsentRecord
from influencer.likeness.on_air import cleared
from influencer.likeness.people import person_key
from influencer.likeness.statement import ending_soon, likeness_of, likenesses
from influencer.persona import Consent
from influencer.show.casting import Casting, cast
from influencer.store import NewPortrait, Store, open_store
from influencer.store.airtime import Airtime, NewCorrection
from influencer.store.footage import NewFootage
from models.avatar.footage_hash import footage_sha256
from models.errors import TrainingRefused
from models.training.rights import require_training
from tests.databases import database_url

pytestmark = pytest.mark.integration
NOW = datetime(2026, 5, 10, 9, 30, tzinfo=UTC)
MAY = date(2026, 5, 1)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with await open_store(url, now=lambda: NOW) as opened:
        await opened.shows.create("demo", ("dew-serum",), "en-US", "anna")
        yield opened


def record(**changed: Any) -> ConsentRecord:
    values: dict[str, Any] = {
        "person": "Anna Real", "purposes": ("live-show",), "markets": ("en-US",), "personas": ("anna",),
        "signed_on": "2026-05-01", "valid_until": "2026-05-20", "price": "0", "currency": "USD", "no_copy": True,
        "no_training": True, "evidence_name": "agreement.pdf", "evidence_sha256": "0" * 64, "price_per_minute": 250,
        "notice_days": 14, "exclusive": ({"category": "beauty", "brand": "Halvenne"},),
    }  # fmt: skip
    return ConsentRecord.model_validate(values | changed)


def anna() -> Casting:
    casting = cast("en-US", "maya")
    real = {"id": "anna", "synthetic": False, "consent": Consent(person="Anna Real", scope="all", expires="see")}
    return Casting(casting.persona.model_copy(update=real), casting.market)


def played(consent_id: str, milliseconds: int, run: str = "r" * 32) -> Airtime:
    return Airtime(run, "demo", consent_id, "en-US", "anna", NOW.date(), milliseconds)


# --- records -----------------------------------------------------------------------------------------------------


async def test_terms_come_back_as_they_were_signed_and_the_database_refuses_edits(store: Store, url: str) -> None:
    added = await store.consents.add(record())
    assert (await store.consents.get(added.id)).record == record()
    await store.footage.add(NewFootage("a" * 64, "anna.mp4", 9, added.id, "ours", "ops"))
    await store.airtime.correct(NewCorrection(added.id, MAY, 1, 0, "why", "ops"))
    for change in (
        "UPDATE consents SET price_per_minute = 1",
        "DELETE FROM consents",
        "UPDATE footage SET consent_id = NULL",
        "DELETE FROM likeness_corrections",
    ):
        with pytest.raises(DBAPIError, match="never changed"):
            async with store._engine.begin() as connection:
                await connection.execute(text(change))
    await store.consents.revoke(added.id, "why")
    with pytest.raises(DBAPIError, match="never changed"):
        async with store._engine.begin() as connection:
            await connection.execute(text("UPDATE consents SET revoked_at = NULL"))


async def test_changed_terms_are_a_new_record_from_a_day_on(store: Store) -> None:
    old = await store.consents.add(record(valid_until="2026-08-31"))
    newer = {"valid_from": "2026-05-11", "valid_until": "2026-08-31", "replaces": old.id, "price_per_minute": 300}
    new = await store.consents.add(record(**newer))
    kept = await store.consents.get(old.id)
    assert (kept.replaced_by, kept.replaced_on, kept.record) == (new.id, date(2026, 5, 11), old.record)
    await cleared(store, anna(), NOW)
    await cleared(store, anna(), NOW + timedelta(days=1))
    await store.consents.revoke(new.id, "why")
    with pytest.raises(LikenessRefused, match=f"replaced: got use on 2026-05-11; allowed: what {new.id} allows"):
        await cleared(store, anna(), NOW + timedelta(days=1))
    for wrong, why in (
        ({"replaces": old.id, "valid_from": "2026-05-12"}, "neither revoked nor replaced"),
        ({"replaces": "C-0000000000"}, "a record of the same person"),
        ({"purposes": ("recording",)}, "recording, which no_copy forbids"),
    ):
        with pytest.raises(InvalidInput, match=why):
            await store.consents.add(record(**wrong))


async def test_recordings_and_replays_need_a_record_without_the_no_copy_clause(store: Store) -> None:
    await store.consents.add(record())
    for purpose in ("recording", "replay"):
        with pytest.raises(LikenessRefused, match="no_copy"):
            await cleared(store, anna(), NOW, purpose=purpose)  # type: ignore[arg-type]
    await store.consents.add(record(no_copy=False, purposes=("recording",)))
    await cleared(store, anna(), NOW, purpose="recording")


# --- footage -----------------------------------------------------------------------------------------------------


async def test_footage_is_cleared_for_whom_it_is_of_while_the_licence_is_in_force(store: Store) -> None:
    consent = await store.consents.add(record())
    for sha256, whose in (("a" * 64, consent.id), ("b" * 64, None)):
        new = NewFootage(sha256, "clip.mp4", 9, whose, "ours", "ops")
        assert await store.footage.add(new) == await store.footage.add(new)
    await store.portraits.add(NewPortrait("c" * 64, "anna", None, "p", "Apache-2.0", 1, "a host", consent.id))
    with pytest.raises(Conflict, match="never changed"):
        await store.footage.add(NewFootage("a" * 64, "clip.mp4", 9, None, "ours", "ops"))
    assert (await cleared(store, anna(), NOW)).identity.footage == {"a" * 64, "c" * 64}
    assert (await cleared(store, cast("en-US", "maya"), NOW)).identity.footage == {"b" * 64}
    await store.consents.withdraw("Anna Real", "L-1")
    with pytest.raises(LikenessRefused, match="withdrawn by the person"):
        await cleared(store, anna(), NOW)


# --- airtime and money -------------------------------------------------------------------------------------------


async def test_sums_count_once_however_often_they_are_written(store: Store) -> None:
    consent = await store.consents.add(record())
    for milliseconds in (4_000, 60_000, 60_000, 30_000):  # a retry, and an old writing that comes late
        await store.airtime.keep([played(consent.id, milliseconds)])
    await store.airtime.keep([played(consent.id, 30_000, "q" * 32)])
    found = await likeness_of(store, person_key("ANNA réal"), NOW)
    assert (found.milliseconds, found.totals) == (90_000, {"USD": 375})
    made = await store.airtime.correct(NewCorrection(consent.id, MAY, -30_000, 0, "a black picture", "ops"))
    assert await store.airtime.corrections([consent.id]) == [made]
    assert (await likeness_of(store, found.key, NOW)).totals == {"USD": 250}


async def test_the_list_tells_states_and_what_ends_soon(store: Store) -> None:
    await store.consents.add(record())
    await store.consents.add(record(person="Bea Real", valid_until="2026-12-31"))
    await store.consents.add(record(person="Cid Real", valid_until="2026-05-09"))
    await store.consents.add(record(person="Dan Real"))
    await store.consents.withdraw("Dan Real", "ops")
    assert {one.person: one.state for one in await likenesses(store, NOW)} == {
        "Anna Real": "ends-soon", "Bea Real": "valid", "Cid Real": "lapsed", "Dan Real": "withdrawn",
    }  # fmt: skip
    [ending] = await ending_soon(store, NOW)
    assert (ending.person, ending.last_day, ending.personas) == ("Anna Real", date(2026, 5, 20), ("anna",))
    await store.consents.add(record(signed_on="2026-05-21", valid_until="2026-12-31"))
    assert await ending_soon(store, NOW) == []
    with pytest.raises(NotFound):
        await likeness_of(store, "0" * 16, NOW)


# --- links -------------------------------------------------------------------------------------------------------


async def test_a_link_opens_until_it_ends_and_only_its_digest_is_kept(store: Store) -> None:
    made, secret = await store.likeness_links.make("Anna Real", timedelta(days=1), "ops")
    assert await store.likeness_links.of_secret(secret) == made
    async with store._engine.connect() as connection:
        rows = str((await connection.execute(text("SELECT * FROM likeness_links"))).all())
    assert secret not in rows
    for wrong in ("", "x", "A" * 43, secret[:-1]):
        with pytest.raises(NotFound):
            await store.likeness_links.of_secret(wrong)
    old, old_secret = await store.likeness_links.make("Anna Real", timedelta(seconds=0), "ops")
    with pytest.raises(NotFound):
        await store.likeness_links.of_secret(old_secret)
    await store.likeness_links.end(made.id)
    with pytest.raises(NotFound):
        await store.likeness_links.of_secret(secret)
    assert {one.id for one in await store.likeness_links.of_key(person_key("anna real"))} == {made.id, old.id}


# --- the commands ------------------------------------------------------------------------------------------------


def test_the_commands_enter_footage_check_the_agreement_and_print_a_statement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database_url(tmp_path, "cli.db")
    monkeypatch.setenv("INFLUENCER_DATABASE", url)
    monkeypatch.setenv("COLUMNS", "200")
    agreement, clip = tmp_path / "agreement.pdf", tmp_path / "anna.mp4"
    agreement.write_bytes(b"signed")
    clip.write_bytes(b"frames")
    run = CliRunner()
    add = [
        "portrait", "consent", "add", "--person", "Anna Real", "--evidence", str(agreement), "--purpose", "live-show",
        "--market", "en-US", "--persona", "anna", "--signed", "2026-01-10", "--until", "2099-06-30", "--price", "0",
        "--currency", "USD", "--no-copy", "--no-training", "--per-minute", "2.50", "--minimum", "10",
        "--exclusive", "beauty:Halvenne", "--notice-days", "30",
    ]  # fmt: skip
    assert isinstance(run.invoke(app, [*add, "--per-minute", "0.001"]).exception, InvalidInput)
    consent_id = run.invoke(app, add).stdout.strip()
    checked = run.invoke(app, ["portrait", "consent", "check", consent_id, str(agreement)])
    assert checked.exit_code == 0, checked.exception
    assert isinstance(run.invoke(app, ["portrait", "consent", "check", consent_id, str(clip)]).exception, Conflict)
    enter = ["likeness", "footage", "add", str(clip), "--licence", "our own recording", "--by", "ops"]
    assert isinstance(run.invoke(app, enter).exception, InvalidInput)
    entered = run.invoke(app, [*enter, "--consent", consent_id])
    assert entered.stdout.strip() == footage_sha256(clip)
    with pytest.raises(TrainingRefused, match=f"consent {consent_id} no_training"):
        require_training(tmp_path, date(2026, 5, 1))
    assert "ops" in run.invoke(app, ["likeness", "footage", "list"]).stdout

    async def on_air() -> None:
        async with await open_store(url) as store:
            await store.shows.create("demo", ("dew-serum",), "en-US", "anna")
            await store.airtime.keep([played(consent_id, 61_000)])

    asyncio.run(on_air())
    sheet = run.invoke(app, ["likeness", "statement", "anna real", "2026-05"]).stdout.splitlines()
    assert sheet[1].split(",")[3:9] == ["time", "demo", "en-US", "61000", "1.016", "USD"]
    assert sheet[-1].split(",")[9] == "10.00", "2.54 for the time, and the minimum fee"
    assert isinstance(run.invoke(app, ["likeness", "statement", "anna real", "May"]).exception, InvalidInput)
    assert isinstance(run.invoke(app, ["likeness", "statement", "anna real", "2025-01"]).exception, NotFound)
    assert "Anna Real" in run.invoke(app, ["likeness", "list"]).stdout
    assert run.invoke(app, ["likeness", "link", "Anna Real"]).stdout.startswith("/likeness/")
    assert isinstance(run.invoke(app, ["likeness", "withdraw", "Anna Real"]).exception, InvalidInput)
    assert consent_id in run.invoke(app, ["likeness", "withdraw", "Anna Real", "--yes"]).stdout
    assert "revoked" in run.invoke(app, ["portrait", "consent", "list"]).stdout


async def test_a_killed_process_loses_seconds_and_counts_nothing_twice(url: str) -> None:
    today = datetime.now(UTC).date()
    term = {"signed_on": today - timedelta(days=1), "valid_until": today + timedelta(days=2)}
    async with await open_store(url) as store:
        await store.shows.create("demo", ("dew-serum",), "en-US", "anna")
        consent = await store.consents.add(record(**term, exclusive=()))

        async def metered() -> int:
            return sum(one.milliseconds for one in await store.airtime.of([consent.id]))

        before, wall = 0, 0.0
        for _ in range(2):
            began = time.monotonic()
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.meter_process", url)
            async with asyncio.timeout(60):
                while await metered() < before + 800:  # noqa: ASYNC110 - a row has no event to await
                    await asyncio.sleep(0.1)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            wall += time.monotonic() - began
            before = await metered()
            assert before <= wall * 1000
        assert len({one.run for one in await store.airtime.of([consent.id])}) == 2
