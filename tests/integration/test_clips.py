"""Sentences played again: segments of a real encode on disk, clips over HTTP, decoded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from influencer.accounts.roles import Role
from influencer.show.recording import ShowRecorder, clip, drop_before, shrink
from influencer.store import Store
from influencer.store.heard import Heard
from influencer.store.utterances import NewUtterance
from influencer.web import WebSettings
from streaming.hls import HlsPackager
from tests.integration.clapper import flashes_and_beeps, record
from tests.integration.conftest import TOKEN
from tests.integration.test_likeness_ledger import anna
from tests.people import key_of, person
from tests.web_house import AT, BRIEF

pytestmark = pytest.mark.integration
SECOND = 48_000
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def web_settings(tmp_path: Path) -> WebSettings:
    return WebSettings(operator_token=TOKEN, recordings=tmp_path / "rec")


def recorded(root: Path, recording: str, *, seconds: int = 8, allowed: bool = True) -> None:
    recorder = ShowRecorder(root, recording, 10**9)
    recorder.may = lambda: allowed
    record([HlsPackager(taker=recorder.take)], seconds * 25)
    recorder.close()


def test_a_clip_is_the_whole_seconds_of_the_sentence_from_zero_with_sound_and_picture(tmp_path: Path) -> None:
    recorded(tmp_path, "R1")
    made = clip(tmp_path, "R1", 4 * SECOND + 9_000, 5 * SECOND + 9_000)
    assert made
    flashes, beeps = flashes_and_beeps(made)  # the clapper flashes and beeps in the middle of each second
    room = 2048 / SECOND
    assert flashes == pytest.approx([12 / 25 + room, 1 + 12 / 25 + room], abs=1e-3)
    assert beeps == pytest.approx(flashes, abs=0.03)


def test_there_is_no_clip_where_a_second_is_missing(tmp_path: Path) -> None:
    recorded(tmp_path, "R1")
    assert clip(tmp_path, "R1", 7 * SECOND, 9 * SECOND) is None
    assert clip(tmp_path, "R2", 3 * SECOND, 4 * SECOND) is None
    (tmp_path / "R1" / f"{4 * SECOND:015d}-{5 * SECOND:015d}.m4s").unlink()
    assert clip(tmp_path, "R1", 3 * SECOND, 6 * SECOND) is None
    assert clip(tmp_path, "R1", 5 * SECOND, 6 * SECOND)


def test_a_host_who_may_not_be_kept_leaves_nothing_on_disk(tmp_path: Path) -> None:
    recorded(tmp_path, "R1", seconds=3, allowed=False)
    assert list(tmp_path.rglob("*")) == []


def test_the_oldest_go_first(tmp_path: Path) -> None:
    recorded(tmp_path, "R1")
    files = sorted((tmp_path / "R1").glob("*.m4s"))
    keep = sum(path.stat().st_size for path in files[-2:])
    shrink(tmp_path, keep)
    assert sorted((tmp_path / "R1").glob("*.m4s")) == files[-2:]
    assert drop_before(tmp_path, 0) == []
    assert drop_before(tmp_path, files[-1].stat().st_mtime + 1) == ["R1"]
    assert not (tmp_path / "R1").exists()


async def said(store: Store, *, source: str = "template", heard: bool = True, product: str = BRIEF.id) -> int:
    new = NewUtterance(
        "demo", "No fragrance.", (), product, "proof", "en-US", "v1", "template", 4 * SECOND + 9_000, "maya"
    )
    line = await store.utterances.append(replace(new, source=source))  # type: ignore[arg-type]
    if heard:
        await store.heard.add(Heard(line.id, "demo", product, new.pts, SECOND, True, AT))
    return line.id


async def test_viewers_hear_a_sentence_again_and_players_may_ask_for_a_range(
    client: httpx.AsyncClient, store: Store, tmp_path: Path
) -> None:
    recorded(tmp_path / "rec", await store.recordings.begin("demo"))
    url = f"/api/shows/demo/said/{await said(store)}/clip.mp4"
    whole = await client.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert len(flashes_and_beeps(whole.content)[0]) == 2
    part = await client.get(url, headers={"Range": "bytes=10-99"})
    assert (part.status_code, part.content) == (206, whole.content[10:100])
    assert part.headers["content-range"] == f"bytes 10-99/{len(whole.content)}"
    assert (await client.get(url, headers={"Range": "bytes=-5"})).content == whole.content[-5:]
    assert (await client.get(url, headers={"Range": f"bytes={len(whole.content)}-"})).status_code == 416
    answers = [(await client.get(url)).status_code for _ in range(30)]
    assert answers[-1] == 429


async def test_what_was_not_recorded_or_may_not_be_heard_again_is_not_found(
    client: httpx.AsyncClient, store: Store, tmp_path: Path
) -> None:
    recorded(tmp_path / "rec", await store.recordings.begin("demo"))
    for line in (
        await said(store, source="voice"), await said(store, heard=False), await said(store, product=""), 10**6,
    ):  # fmt: skip
        answer = await client.get(f"/api/shows/demo/said/{line}/clip.mp4")
        assert answer.status_code == 404, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


async def test_an_advertiser_hears_its_own_products_only(
    client: httpx.AsyncClient, store: Store, tmp_path: Path
) -> None:
    recorded(tmp_path / "rec", await store.recordings.begin("demo"))
    url = f"/api/ledgers/demo/lines/{await said(store)}/clip.mp4"
    rival = await key_of(store, await person(store, Role.ADVERTISER, "rival"))
    assert (await client.get(url, headers=OPERATOR)).status_code == 200
    assert (await client.get(url, headers=rival)).status_code == 404
    assert (await client.get(url)).status_code == 401


async def test_a_likeness_without_a_licence_for_replays_is_refused(
    client: httpx.AsyncClient, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path / "rec", await store.recordings.begin("demo"))
    line = await said(store)
    monkeypatch.setattr("influencer.web.clips.cast", lambda market, persona: anna())
    answer = await client.get(f"/api/shows/demo/said/{line}/clip.mp4")
    assert 400 <= answer.status_code < 500, answer.text
    assert "replay" in answer.text
