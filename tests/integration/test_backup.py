"""Backups between SQLite and PostgreSQL, and viewers' data that is deleted."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from influencer.accounts.values import NewAudit
from influencer.errors import Conflict, InvalidInput
from influencer.ledger import first_break
from influencer.sales.events import NewEvent, pseudonym
from influencer.store import NewUtterance, SpokenFact, Store, open_store
from influencer.store.backup import MANIFEST, backup, restore
from influencer.store.privacy import Retention
from tests.integration import postgres

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
NOW = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
VIEWER = "v" * 24
WAYS = [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]


async def database(kind: str, folder: Path, server: str | None) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder}/house.db"
    return await postgres.emptied(server)


async def filled(store: Store) -> None:
    await store.shows.create("demo", ("dew-serum",), "ko-KR", "mina")
    await store.stock.seed("DEW-30", 7)
    await store.advertisers.add("halvenne", "Halvenne")
    await store.briefs.add_image("halvenne", 2, 2, b"\x00\xff jpeg \xfe")
    await store.briefs.create("halvenne", "dew-serum", {"id": "dew-serum", "name": {"ko-KR": "듀 세럼"}}, "me")
    await store.audit.add(NewAudit("brief.create", "me", detail={"version": 1}))
    fact = SpokenFact("key_point.free", "무향", "Label")
    for text in ("안녕하세요.", "무향이에요."):
        await store.utterances.append(
            NewUtterance(
                "demo", text, (fact.id,), "dew-serum", "proof", "ko-KR", "v1", "template", 2**40, facts=(fact,)
            )
        )
    await store.chat.append("demo", "Mina", "얼마예요?", "viewer", VIEWER)
    await store.chat.append("demo", "Somebody", "hi", "viewer", "w" * 24)
    await store.events.append(
        [NewEvent(kind="view", show_id="demo", viewer=pseudonym(VIEWER), key="k1", at=NOW - timedelta(days=300))]
    )


def contents(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}


@pytest.mark.parametrize(("source", "target"), WAYS, ids=["-to-".join(way) for way in WAYS])
async def test_what_was_kept_is_what_comes_back(source: str, target: str, tmp_path: Path, server: str | None) -> None:
    folders = [tmp_path / name for name in ("from", "to")]
    for folder in folders:
        folder.mkdir()
    url = await database(source, folders[0], server)
    async with await open_store(url, now=lambda: NOW) as store:
        await filled(store)
        counts = await backup(url, tmp_path / "one.zip")  # while the house is open
    assert counts["utterances"] == counts["chat_messages"] == 2
    other = await database(target, folders[1], server)
    assert await restore(other, tmp_path / "one.zip") == counts
    await backup(other, tmp_path / "two.zip")
    assert contents(tmp_path / "one.zip") == contents(tmp_path / "two.zip")
    async with await open_store(other, now=lambda: NOW) as store:
        lines = await store.utterances.chained("demo")
        assert first_break([line.record() for line in lines]) is None
        said = await store.utterances.append(
            NewUtterance("demo", "또 만나요.", (), "dew-serum", "recap", "ko-KR", "v2", "template", 2**41)
        )
        assert said.id > lines[-1].id
    with pytest.raises(Conflict, match="not empty"):
        await restore(other, tmp_path / "one.zip")


async def test_a_backup_overwrites_nothing_and_a_damaged_one_restores_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/house.db"
    async with await open_store(url, now=lambda: NOW) as store:
        await filled(store)
    file = tmp_path / "one.zip"
    await backup(url, file)
    with pytest.raises(Conflict, match="overwrites"):
        await backup(url, file)
    assert not list(tmp_path.glob("*.part"))  # noqa: ASYNC240
    whole = file.read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInput, match="data backup"):
        await restore(f"sqlite:///{tmp_path}/new.db", broken)
    short = tmp_path / "short.zip"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(short, "w") as new:
        for name in old.namelist():
            lines = old.read(name)
            new.writestr(name, lines.split(b"\n", 1)[1] if name == "chat_messages.jsonl" else lines)
    with pytest.raises(InvalidInput, match="rows"):
        await restore(f"sqlite:///{tmp_path}/other.db", short)
    async with await open_store(f"sqlite:///{tmp_path}/other.db") as store:
        assert await store.advertisers.all() == []


async def test_a_viewer_is_forgotten_and_what_is_old_is_deleted(tmp_path: Path) -> None:
    now = [NOW]
    async with await open_store(f"sqlite:///{tmp_path}/house.db", now=lambda: now[0]) as store:
        await filled(store)
        gone = await store.privacy.forget(VIEWER)
        assert (gone["chat_messages"], gone["events"]) == (1, 1)
        assert [said.author for said in await store.chat.latest("demo")] == ["Somebody"]
        assert (await store.privacy.forget(VIEWER))["chat_messages"] == 0
        now[0] = NOW + timedelta(days=89)
        assert sum((await store.privacy.retain(Retention())).values()) == 0
        now[0] = NOW + timedelta(days=91)
        assert (await store.privacy.retain(Retention()))["chat_messages"] == 1
        assert len(await store.utterances.chained("demo")) == 2
