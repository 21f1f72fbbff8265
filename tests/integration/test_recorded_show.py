"""A real show that is recorded: a sentence of its ledger is cut out, decoded, and has the sound that was said."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from influencer.settings import BackendChoice, Delivery, LanguageChoice, Picture, Recording, Settings
from influencer.show.backends import Backends
from influencer.show.control import StartRequest
from influencer.show.house import HouseOfShows
from influencer.show.recording import clip
from influencer.store import open_store
from influencer.store.heard import Heard
from models.fakes import ToneSpeechModel
from streaming.clock import MonotonicClock
from streaming.media import SAMPLE_RATE
from streaming.metrics import ShowMetrics
from tests.databases import database_url
from tests.integration.test_budgets_on_air import PlainAvatar, becomes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


async def test_a_sentence_of_a_show_on_air_can_be_cut_from_its_recording(tmp_path: Path) -> None:
    settings = Settings(
        language=LanguageChoice(backend="none"),
        speech=BackendChoice(backend="kokoro"),
        avatar=BackendChoice(backend="puppet"),
        picture=Picture(width=180, height=320, bitrate=200_000),
        delivery=Delivery(host_addresses=("127.0.0.1",), hls=False),
        recording=Recording(on=True, folder=tmp_path / "rec"),
    )
    backends = Backends(None, ToneSpeechModel(), PlainAvatar())
    made: list[tuple[Heard, bytes]] = []
    async with await open_store(database_url(tmp_path)) as store:
        house = HouseOfShows(settings, store, backends, ShowMetrics(CollectorRegistry()), clock=MonotonicClock())
        async with house:
            show = (await house.start(StartRequest(("dew-serum",), "en-US", None))).id

            async def one_is_there() -> bool:
                for line in await store.utterances.chained(show):
                    heard = await store.heard.of_line(line.id)
                    recording = await store.recordings.at(show, line.spoken_at)
                    if not heard or recording is None:
                        continue
                    end = heard[-1].pts + heard[-1].samples
                    data = clip(tmp_path / "rec", recording, heard[0].pts, end)
                    if data is not None:
                        made.append((heard[0], data))
                        return True
                return False

            await becomes(one_is_there)
    sentence, data = made[0]
    with av.open(BytesIO(data)) as container:
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
    with av.open(BytesIO(data)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 25
    assert len(sound) >= sentence.samples
    loud = np.abs(sound) > 0.02
    assert loud.sum() > sentence.samples / 4  # the tones of the fake voice, with their pauses
    assert loud.sum() / SAMPLE_RATE > 0.2
