"""Live shows in phases: started, measured, stopped, with fakes for speech and host."""

from __future__ import annotations

import pytest

from influencer.errors import InvalidInput
from influencer.settings import BackendChoice, LanguageChoice, Picture, Settings
from influencer.show.backends import Backends
from influencer.show.bench_shows import as_data, run_phases
from models.avatar.puppet import PuppetBackend
from models.engine.network import NetworkModel
from models.engine.sample import SampleNetwork
from models.fakes import ToneSpeechModel
from models.runtime import EngineBackend, Policy

pytestmark = pytest.mark.integration
SETTINGS = Settings(
    language=LanguageChoice(backend="none"),
    speech=BackendChoice(backend="kokoro"),
    avatar=BackendChoice(backend="puppet"),
    picture=Picture(width=180, height=320, bitrate=200_000),
)


async def test_shows_come_and_go_between_phases() -> None:
    avatar = EngineBackend(
        lambda: NetworkModel(SampleNetwork(), buckets=(1, 2), compile_with="never"),
        fallback=PuppetBackend(),
        policy=Policy(admit=False),
    )
    backends = Backends(None, ToneSpeechModel(), avatar)
    try:
        phases = as_data(await run_phases(SETTINGS, backends, (1, 2, 1), 1.5))
    finally:
        await backends.aclose()
    assert [phase["shows"] for phase in phases] == [1, 2, 1]
    assert [[show["market"] for show in phase["by_show"]] for phase in phases] == [
        ["en-US"], ["en-US", "ko-KR"], ["en-US"]
    ]  # fmt: skip
    for phase in phases:
        assert sum(phase["steps"].values()) == pytest.approx(1, abs=0.01)
        assert phase["frames_ended"]["rendered"] > 0
        for show in phase["by_show"]:
            assert show["ticks"] > 5 and show["packets_h264"] > 5 and show["busy_render_s"] >= 0


async def test_an_avatar_without_an_engine_has_no_steps_and_a_guest_takes_over() -> None:
    backends = Backends(None, ToneSpeechModel(), PuppetBackend())
    [phase] = as_data(await run_phases(SETTINGS, backends, (1,), 1.0, swap_to="theo"))
    assert phase["swap"]["fade_s"] < 1 and phase["swap"]["prepared_s"] > 0
    assert phase["steps"] == {} and phase["frames_ended"] == {}
    assert phase["by_show"][0]["frames"] > 0
    await backends.aclose()


async def test_numbers_of_shows_are_checked() -> None:
    backends = Backends(None, ToneSpeechModel(), PuppetBackend())
    for phases in ((), (0,), (1, 11)):
        with pytest.raises(InvalidInput, match="numbers of shows, 1 to 10"):
            await run_phases(SETTINGS, backends, phases, 1)
    await backends.aclose()
