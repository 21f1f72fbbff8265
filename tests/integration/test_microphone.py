"""A person takes a show over with a microphone: a real aiortc speaker, a real show, a real WHEP viewer."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from influencer.accounts.roles import Role
from influencer.brief import MARKET_IDS
from influencer.ledger import first_break
from influencer.loading import load_market
from influencer.settings import Picture
from influencer.show import answering
from influencer.show.live import LiveShow
from influencer.store import Utterance, open_store
from influencer.web import WebSettings, create_app
from models.base import AvatarIdentity, FrameControls
from models.fakes import SolidAvatar, SolidSession
from models.registry import AVATAR, create
from streaming.media import SAMPLE_RATE, Rgba
from tests.databases import database_url
from tests.integration.speaker import Speaker, babble
from tests.integration.test_show import Studio, start, until
from tests.integration.whep_viewer import Viewer
from tests.people import person, sign_in_as

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
TOKEN = "operator-token-for-tests"
WAIT_S = 60.0


class Mouths(SolidAvatar):
    """Notes how far the mouth was opened, frame by frame."""

    def __init__(self) -> None:
        super().__init__()
        self.jaws: list[float] = []

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> MouthSession:  # type: ignore[override]
        return MouthSession(self, super().open(AvatarIdentity(identity.persona_id), size))


class MouthSession:
    def __init__(self, owner: Mouths, inner: SolidSession) -> None:
        self.owner, self.inner, self.size = owner, inner, inner.size

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        self.owner.jaws += [control.jaw_open for control in controls]
        return self.inner.render(controls)

    def close(self) -> None:
        self.inner.close()


class House:
    """A show that runs, and HTTP clients on it."""

    def __init__(self, studio: Studio, show: LiveShow, app: Any) -> None:
        self.studio, self.show, self._app = studio, show, app
        self.mouths: Mouths = studio.avatar  # type: ignore[assignment]
        self.url = f"/api/shows/{show.id}"

    def client(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app), base_url="http://shop.test",
            headers={"Origin": "http://shop.test", **headers},
        )  # fmt: skip

    async def operator(self, login: str) -> httpx.AsyncClient:
        client = self.client()
        user = await person(self.studio.store, Role.OPERATOR, login=login)
        client.headers["X-CSRF-Token"] = await sign_in_as(client, self.studio.store, user)
        return client

    async def ledger(self) -> list[Utterance]:
        return await self.studio.store.utterances.chained(self.show.id)

    async def logged(self, source: str, after: int = 0) -> Utterance:
        async with asyncio.timeout(WAIT_S):
            while True:
                for line in await self.ledger():
                    if line.source == source and line.id > after:
                        return line
                await asyncio.sleep(0.05)


@pytest.fixture
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Its host is the one that a test names, of full size; by default one that costs nothing."""
    monkeypatch.setattr(answering, "ready_encoder", lambda: None)  # nobody asks anything here
    host = getattr(request, "param", "")
    async with await open_store(database_url(tmp_path)) as store:
        studio = Studio(store)
        studio.avatar = create(AVATAR, host) if host else Mouths()  # type: ignore[assignment]
        studio.backends = type(studio.backends)(None, studio.speech, studio.avatar)
        if host:
            studio.settings = studio.settings.model_copy(update={"picture": Picture()})
        async with studio.house() as running:
            show = await start(running, "en-US", "stone-mug")
            await until(lambda: show.on_air() is not None, WAIT_S)
            app = create_app(running, store, WebSettings(operator_token=TOKEN), registry=CollectorRegistry())
            yield House(studio, show, app)


def likeness(sent: np.ndarray, heard: np.ndarray) -> float:
    """How alike `heard` is to the most alike stretch of `sent`: the correlation of loudness over time, 1 at most.

    4 s of other babble reach 0.6 by chance; the same babble through gate, levelling and Opus 0.98.
    """
    hop = 480
    loud = [
        np.sqrt(np.mean(np.square(x[: len(x) // hop * hop].reshape(-1, hop) / 32768.0), axis=1)) for x in (sent, heard)
    ]
    if loud[1].std() == 0:
        return 0.0
    stretches = np.lib.stride_tricks.sliding_window_view(loud[0], len(loud[1]))
    return max(float(np.corrcoef(stretch, loud[1])[0, 1]) for stretch in stretches if stretch.std() > 0)


async def test_a_person_is_heard_labelled_and_written_down_and_the_script_goes_on_after_them(house: House) -> None:
    show = house.show
    sound = babble(60.0)
    viewer = Viewer(show.whep, ("audio",))
    await viewer.join()
    async with await house.operator("ann") as ann, await house.operator("ben") as ben:
        speaker, second = Speaker(ann, show.id, sound), Speaker(ben, show.id, sound)
        assert (await speaker.speak()).status_code == 201
        await until(lambda: show.speaker().on_air, WAIT_S)
        assert show.operator.coming().mode == "taken-over"
        refused = await second.speak()
        assert (refused.status_code, "ann" in refused.json()["detail"] + refused.json()["title"]) == (409, True)
        began = await house.logged("voice")
        assert (began.text, began.facts, began.variant) == ("", (), "unchecked:ann")
        house.mouths.jaws.clear()
        first = len(viewer.tracks["audio"].samples)
        await asyncio.sleep(6)
        jaws = np.array(house.mouths.jaws)
        heard = np.concatenate([pcm for _, pcm in viewer.tracks["audio"].samples[first:]])
        # the mouth opens and closes with it
        assert jaws.max() > 0.3 and (jaws < 0.05).any()
        # viewers are told, on the page and in the captions of all ten languages
        assert show.info().person == load_market("en-US").person
        desk = (await ben.get(f"{house.url}/desk")).json()
        assert (desk["on_air"], desk["microphone"]["speaker"]) == (load_market("en-US").person, "ann")
        room = {event["kind"]: event["payload"] for event in json.loads(show.chat.replay(0) or "[]")}
        assert room["caption"]["text"] == room["state"]["person"] == load_market("en-US").person
        assert room["caption"]["translated"] == {id: load_market(id).person for id in MARKET_IDS}
        assert (await speaker.stop()).status_code == 200
        ended = await house.logged("voice-end")
        assert ended.variant == began.chain and ended.pts > began.pts + 5 * SAMPLE_RATE
        await until(lambda: show.info().person is None, WAIT_S)
        assert (show.speaker().speaker, show.operator.coming().mode) == (None, "taken-over")
        # "why can you say this?" and the report say so
        said = (await ann.get(f"{house.url}/said", params={"product_id": "stone-mug"})).json()["said"]
        assert [(line["person"], line["text"], line["because"]) for line in said[:1]] == [(True, "", [])]
        assert said[0]["until"] == round(ended.pts / SAMPLE_RATE, 2)
        report = (await ann.get("/api/reports")).json()
        assert [(one["product_id"], one["end_s"]) for one in report["people_heard"]] == [
            ("stone-mug", said[0]["until"])
        ]
        noted = [entry for entry in await house.studio.store.audit.latest() if entry.action.startswith("microphone")]
        assert [(entry.action, entry.actor) for entry in noted] == [
            ("microphone closed", "ann"), ("microphone opened", "ann"),
        ]  # fmt: skip
        assert (await ann.delete(f"{house.url}/takeover")).status_code == 204
        await house.logged("template", after=ended.id)
        assert first_break([line.record() for line in await house.ledger()]) is None
        await speaker.aclose()
        await second.aclose()
    await viewer.aclose()
    # The viewer heard what was said: in the best of some stretches, since a busy machine leaves gaps.
    parts = [heard[at : at + 4 * SAMPLE_RATE] for at in range(0, 2 * SAMPLE_RATE, SAMPLE_RATE // 2)]
    value, other = (
        max(likeness(said[: 20 * SAMPLE_RATE], part) for part in parts) for said in (sound, babble(20.0, seed=8))
    )
    assert value > 0.7 and value > other


def delays(speaker: Speaker, viewer: Viewer, sound: np.ndarray) -> list[float]:
    """Seconds from a moment in the speaker's room to its packet at the viewer, for stretches of three seconds.

    A sample is in the room 20 ms before its packet can be made. What a player buffers is not in it.
    """
    track, began = viewer.tracks["audio"], speaker.track.began_ns
    assert began is not None
    hop, found = 96, []

    def loudness(pcm: np.ndarray) -> np.ndarray:
        whole = pcm[: len(pcm) // hop * hop].reshape(-1, hop) / 32768.0
        return np.convolve(np.sqrt(np.mean(np.square(whole), axis=1)), np.ones(5) / 5, "same")

    sent, second = loudness(sound), SAMPLE_RATE // hop
    for at in range(0, len(track.samples) - 150, 150):
        pieces = track.samples[at : at + 150]
        heard = loudness(np.concatenate([pcm for _, pcm in pieces]))
        arrived = track.arrivals.get(pieces[0][0])
        if arrived is None or heard.std() == 0:
            continue
        came = round((arrived - began) / 1e9 * second)
        first = max(0, came - 2 * second)
        room = np.lib.stride_tricks.sliding_window_view(sent[first : came + len(heard)], len(heard))
        likeness = [float(np.corrcoef(heard, one)[0, 1]) for one in room[::2]]
        if max(likeness) > 0.8:  # else sound is missing in it, because the machine was too busy
            found.append((came - first - 2 * int(np.argmax(likeness))) / second + 0.02)
    return found


@pytest.mark.parametrize("house", ["", "puppet", "diffusion"], indirect=True)
async def test_what_is_said_reaches_the_viewer_after_about_the_same_time(house: House) -> None:
    sound = babble(90.0)
    async with await house.operator("ann") as ann:
        speaker, viewer = Speaker(ann, house.show.id, sound), Viewer(house.show.whep, ("audio",))
        assert (await speaker.speak()).status_code == 201
        await until(lambda: house.show.speaker().heard, WAIT_S)
        await viewer.join()
        await asyncio.sleep(14)
        microphone, session = house.show._rig.performer.relay.microphone, house.show.microphone.session
        assert microphone is not None and session is not None
        frames, stride = microphone.frames, microphone.stride
        underruns, dropped = session.sound.underruns, session.sound.dropped
        found = delays(speaker, viewer, sound)
        print(
            f"mouth to ear: median {statistics.median(found) * 1e3:.0f} ms, {min(found) * 1e3:.0f} to "
            f"{max(found) * 1e3:.0f} ms in {len(found)} stretches; {frames} frames a piece, {frames // stride} drawn, "
            f"{underruns} underruns, {dropped} samples left out, {house.show._rig.station_stats.repeats} repeats, "
            f"load {os.getloadavg()[0]:.1f}"
        )
        assert found
        await speaker.stop()
        await speaker.aclose()
        await viewer.aclose()


async def test_a_lost_connection_leaves_the_show_taken_over_and_silent(house: House) -> None:
    show = house.show
    async with await house.operator("ann") as ann:
        for lose, reason in (("packets", "no sound came for three seconds"), ("connection", "the connection was lost")):
            speaker = Speaker(ann, show.id, babble(30.0))
            assert (await speaker.speak()).status_code == 201
            await until(lambda: show.speaker().heard, WAIT_S)
            if lose == "packets":
                speaker.track.silent.set()
            else:
                await speaker.aclose()
            await until(lambda: show.speaker().speaker is None, WAIT_S)
            assert (show.speaker().ended, show.operator.coming().mode) == (reason, "taken-over")
            await until(lambda: not show.speaker().heard, WAIT_S)
            await speaker.aclose()
        # leaving the take-over in any way closes the microphone
        speaker = Speaker(ann, show.id, babble(30.0))
        assert (await speaker.speak()).status_code == 201
        await until(lambda: show.speaker().heard, WAIT_S)
        assert (await ann.post(f"{house.url}/slate", json={})).status_code == 204
        await until(lambda: show.speaker().speaker is None, WAIT_S)
        await until(lambda: not show.speaker().heard, WAIT_S)  # the picture is a few slots behind
        await speaker.aclose()
        late = Speaker(ann, show.id, babble(1.0))
        assert (await late.speak()).status_code == 409  # behind a slate nobody speaks
        await late.aclose()
    sources = [line.source for line in await house.ledger() if line.source.startswith("voice")]
    assert sources == ["voice", "voice-end"] * 3


async def test_only_signed_in_staff_speaks_and_bad_offers_are_told_what_is_allowed(house: House) -> None:
    speaker_url = f"{house.url}/microphone"
    sdp = {"Content-Type": "application/sdp"}
    async with house.client() as nobody, house.client(Authorization=f"Bearer {TOKEN}") as token:
        assert (await nobody.post(speaker_url, content="v=0", headers=sdp)).status_code == 401
        assert (await token.post(speaker_url, content="v=0", headers=sdp)).status_code == 403
    async with house.client() as viewer:
        user = await person(house.studio.store, Role.VIEWER)
        viewer.headers["X-CSRF-Token"] = await sign_in_as(viewer, house.studio.store, user)
        assert (await viewer.post(speaker_url, content="v=0", headers=sdp)).status_code == 403
    async with await house.operator("ann") as ann:
        assert (await ann.post(speaker_url, content="v=0")).status_code == 415
        assert (await ann.post(speaker_url, content="hello", headers=sdp)).status_code == 400
        watching = Viewer(house.show.whep)
        both = await ann.post(speaker_url, content=await watching.offer(), headers=sdp)
        assert (both.status_code, "one media section" in both.text) == (422, True)
        await watching.aclose()
        assert (await ann.delete(f"{speaker_url}/nothing")).status_code == 404
        speaker = Speaker(ann, house.show.id, babble(5.0))
        assert (await speaker.speak()).status_code == 201
        trickle = {"Content-Type": "application/trickle-ice-sdpfrag"}
        fragment = "a=candidate:1 1 udp 2 8.8.8.8 9 typ host\r\n"
        assert (await ann.patch(speaker.location, content=fragment, headers=trickle)).status_code == 428
        stale = await ann.patch(speaker.location, content=fragment, headers={**trickle, "If-Match": '"old"'})
        assert stale.status_code == 412
        fresh = await ann.patch(speaker.location, content=fragment, headers={**trickle, "If-Match": speaker.etag})
        assert fresh.status_code == 204
        del ann.headers["X-CSRF-Token"]
        assert (await speaker.stop()).status_code == 403
        await speaker.aclose()
