"""Personas that talk into a file, and the diffusion avatar behind the persona commands, with tiny random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from PIL import Image
from typer.testing import CliRunner

from influencer.cli import app
from influencer.doctor import _avatar
from influencer.settings import Picture, load_settings
from influencer.show import persona_talk
from influencer.show.backends import create_avatar, create_backends
from influencer.show.casting import cast
from models import registry
from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.avatar.puppet import PuppetBackend
from models.errors import WeightsCorrupt, WeightsMissing
from models.fakes import ToneSpeechModel
from streaming.media import FPS, SAMPLE_RATE
from streaming.show_encoder import ShowEncoder

pytestmark = pytest.mark.integration

SIZE = (180, 320)


@pytest.fixture(autouse=True)
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("INFLUENCER_PICTURE__WIDTH", str(SIZE[0]))
    monkeypatch.setenv("INFLUENCER_PICTURE__HEIGHT", str(SIZE[1]))
    monkeypatch.setitem(registry.SPEECH, "kokoro", lambda **_: ToneSpeechModel())
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("host")
    autoencoder = AvatarAutoencoder(8, (16, 24), (1, 1), (24, 16), (1, 1), 8)
    denoiser = AvatarDenoiser(8, 64, (16, 24), (1, 1, 1), 16, 32)
    AvatarPipeline(autoencoder, denoiser, FlowMatchEulerDiscreteScheduler()).save_pretrained(folder)
    return folder


def use_diffusion(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("INFLUENCER_AVATAR__BACKEND", "diffusion")
    monkeypatch.setenv("INFLUENCER_AVATAR__OPTIONS", f'{{"weights": "{folder}"}}')


def decoded(path: Path) -> tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
    """The pictures of an MP4 as (height, width, 3), and its sound in -1..1."""
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with av.open(str(path)) as container:
        sound = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return pictures, np.concatenate(sound)


# --- talk ---


def test_a_persona_says_a_text_with_moving_lips_and_sound_at_the_same_time(tmp_path: Path) -> None:
    path, text = tmp_path / "maya.mp4", "Hello there. A second sentence follows."
    result = CliRunner().invoke(app, ["persona", "talk", "maya", text, str(path), "--backend", "puppet", "--json"])
    assert result.exit_code == 0, result.exception
    said = list(ToneSpeechModel().speak(text, language="en-US", voice=cast("en-US").voice.id))
    frames = sum(-(-one.samples * FPS // SAMPLE_RATE) for one in said) + 2 * persona_talk.QUIET
    pictures, sound = decoded(path)
    assert (len(pictures), pictures[0].shape) == (frames, (SIZE[1], SIZE[0], 3))
    assert len(sound) / SAMPLE_RATE == pytest.approx(frames / FPS, abs=0.05)
    first_tone = int(np.flatnonzero(np.abs(sound) > 0.02)[0]) / SAMPLE_RATE
    assert first_tone == pytest.approx(persona_talk.QUIET / FPS, abs=0.06)
    assert '"real_time_factor"' in result.output
    assert sorted(file.name for file in tmp_path.iterdir()) == ["maya.mp4"]


def test_the_label_is_on_every_frame(tmp_path: Path) -> None:
    class Blank(PuppetBackend):
        def open(self, identity: Any, size: tuple[int, int]) -> Any:
            session = super().open(identity, size)
            session.render = lambda controls: [np.full((size[1], size[0], 4), 255, np.uint8) for _ in controls]  # type: ignore[method-assign]
            return session

    persona_talk.talk(
        cast("en-US"),
        "Hello.",
        tmp_path / "label.mp4",
        speech=ToneSpeechModel(),
        avatar=Blank(),
        picture=Picture(width=SIZE[0], height=SIZE[1]),
    )
    pictures, _ = decoded(tmp_path / "label.mp4")
    assert all(picture.min() < 128 for picture in pictures)


def test_an_encoder_that_breaks_ends_the_clip_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: ShowEncoder, n: int, slot: Any, **_: Any) -> Any:
        raise OSError("no space left on device")

    monkeypatch.setattr(ShowEncoder, "encode", broken)
    text = "A long text, longer than what may wait for the encoder. " * 3
    result = CliRunner().invoke(app, ["persona", "talk", "maya", text, str(tmp_path / "a.mp4"), "--backend", "puppet"])
    assert isinstance(result.exception, OSError)
    assert list(tmp_path.iterdir()) == []


# --- the diffusion avatar ---


def test_previews_are_drawn_by_the_diffusion_avatar(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_diffusion(monkeypatch, weights)
    drawn = {}
    for name, backend in (("preset", []), ("puppet", ["--backend", "puppet"])):
        path = tmp_path / f"{name}.png"
        result = CliRunner().invoke(app, ["persona", "render", "maya", str(path), "--set", "hair=bob", *backend])
        assert result.exit_code == 0, result.exception
        with Image.open(path) as image:
            drawn[name] = np.asarray(image)
    assert drawn["preset"].shape == drawn["puppet"].shape
    assert not np.array_equal(drawn["preset"], drawn["puppet"])


def test_the_diffusion_avatar_talks(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_diffusion(monkeypatch, weights)
    result = CliRunner().invoke(app, ["persona", "talk", "sora", "안녕", str(tmp_path / "sora.mp4"), "-m", "ko-KR"])
    assert result.exit_code == 0, result.exception
    pictures, _ = decoded(tmp_path / "sora.mp4")
    assert len(pictures) > 2 * persona_talk.QUIET


def test_without_weights_a_live_show_starts_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    use_diffusion(monkeypatch, tmp_path)
    avatar = create_avatar(load_settings(), live=True)
    avatar.open(cast("en-US").identity, SIZE).close()
    assert "diffusion cannot draw maya, puppet does: no avatar pipeline in" in caplog.text
    avatar.close()


def test_with_damaged_weights_a_live_show_starts_too(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for file in weights.rglob("*"):
        if file.is_file():
            copy = tmp_path / file.relative_to(weights)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(file.read_bytes()[:2000])
    use_diffusion(monkeypatch, tmp_path)
    avatar = create_avatar(load_settings(), live=True)
    avatar.open(cast("en-US").identity, SIZE).close()
    assert "puppet does: the avatar pipeline in" in caplog.text
    avatar.close()
    with pytest.raises(WeightsCorrupt, match="cannot be loaded"):
        create_avatar(load_settings(), live=False).open(cast("en-US").identity, SIZE)


def test_without_weights_a_recording_and_a_preview_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_diffusion(monkeypatch, tmp_path)
    with pytest.raises(WeightsMissing, match="no avatar pipeline in"):
        create_backends(load_settings(), with_language=False, live=False).avatar.open(cast("en-US").identity, SIZE)
    result = CliRunner().invoke(app, ["persona", "render", "maya", str(tmp_path / "maya.png")])
    assert isinstance(result.exception, WeightsMissing)
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_what_stands_in_and_what_is_active(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_diffusion(monkeypatch, tmp_path)
    finding = _avatar()
    assert (finding.ok, finding.needed) == (False, False)
    assert finding.detail.startswith("diffusion is wanted, live shows get the puppet: no avatar pipeline")
    use_diffusion(monkeypatch, weights)
    assert _avatar().detail == "diffusion, chosen by the environment; it draws"
