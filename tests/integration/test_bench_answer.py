"""The answer bench against a whole show without weights: what it times has really come, in order."""

from pathlib import Path

import pytest

from influencer.settings import BackendChoice, Delivery, LanguageChoice, Picture, Settings
from influencer.show.backends import Backends
from influencer.show.bench_answer import run
from models.base import AvatarIdentity
from models.fakes import SolidAvatar, SolidSession, ToneSpeechModel


class Plain(SolidAvatar):
    """Draws any persona as one colour."""

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> SolidSession:
        return super().open(AvatarIdentity(identity.persona_id), size)


pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


async def test_text_sound_and_cut_reach_the_peer(tmp_path: Path) -> None:
    settings = Settings(
        language=LanguageChoice(backend="none", share=1.0),
        speech=BackendChoice(backend="kokoro"),
        avatar=BackendChoice(backend="puppet"),
        picture=Picture(width=180, height=320, bitrate=200_000),
        delivery=Delivery(host_addresses=("127.0.0.1",)),
        demo=True,
    )
    report = await run(settings, Backends(None, ToneSpeechModel(), Plain()), tmp_path, probes=1, per_minute=600)
    assert report["quiet"]["text_s"]["count"] == 1
    assert report["quiet"]["sound_s"]["count"] == 1
    assert report["quiet"]["sound_s"]["p50"] > report["quiet"]["text_s"]["p50"]
    assert report["storm"]["text_s"]["count"] == 1
    assert report["storm"]["messages_a_minute"]["taken"] > 0
    assert report["cut_s"]["count"] == 1
