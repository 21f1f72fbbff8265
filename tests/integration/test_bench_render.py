"""The render bench, short and tiny, with the real structure of the lip-sync network; and torch.compile for a bucket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from typer.testing import CliRunner

from influencer.cli import app
from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.avatar.lipsync.unet import MUSETALK_15, build_unet
from models.base import AvatarIdentity, FrameControls
from models.engine.bench import run
from models.engine.bench_subjects import subject
from models.engine.lipsync import EngineMouths, LipsyncNetwork
from models.engine.network import NetworkModel, has_compiler
from models.engine.sample import SampleNetwork
from models.engine.window import STEPS, WindowNetwork
from models.errors import BackendUnavailable, DeviceLost, ModelError, UnknownBackend
from models.runtime import Engine, Policy

pytestmark = [pytest.mark.integration, pytest.mark.timeout(150)]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_bench_gives_json_with_both_sides(tmp_path: Path) -> None:
    report = tmp_path / "render.json"
    options = ["--shows", "1,2", "--backend", "sample", "--seconds", "1", "--tiny", "--compile", "never", "--out"]
    result = CliRunner().invoke(app, ["bench", "render", *options, str(report)])
    assert result.exit_code == 0, result.output
    read = json.loads(report.read_text())
    assert json.loads(result.stdout) == read
    for row in read["rows"]:
        assert row["frames"] == 25 * row["shows"] == row["rendered"] + row["missed"]
        assert row["strict"] == (row["late"] == row["missed"] == 0)
    assert read["strict_shows"] == max((row["shows"] for row in read["rows"] if row["strict"]), default=0)
    assert read["saturated"]["fps"] > 0
    assert read["plain_loop"]["fps"] > 0
    assert read["ratio"] == pytest.approx(read["saturated"]["fps"] / read["plain_loop"]["fps"], rel=0.01)


def test_lip_sync_is_measured_at_the_level_asked_for() -> None:
    report = run((1,), backend="lipsync", seconds=0.2, level="taesd", tiny=True, compile_with="never")
    assert (report["level"], subject("lipsync", "cpu", tiny=True).levels) == ("taesd", ("sd-vae", "taesd"))
    assert report["parameters"]["unet"] > report["parameters"]["taesd decoder"]
    assert report["flops_per_frame"] > 1e8
    with pytest.raises(ModelError, match="level: got 'best'; allowed: sd-vae, taesd"):
        run((1,), backend="lipsync", level="best", tiny=True)


def test_the_diffusion_window_is_the_pipelines_picture() -> None:
    """The engine's static network and the diffusers pipeline paint the same, for one step and for several."""
    torch.manual_seed(3)
    denoiser = AvatarDenoiser(widths=(16, 32), blocks=(1, 1, 1)).eval()
    autoencoder = AvatarAutoencoder().eval()
    pipeline = AvatarPipeline(autoencoder, denoiser, FlowMatchEulerDiscreteScheduler())
    network = WindowNetwork(denoiser, autoencoder, (64, 32))
    inputs = network.blank(3)
    for level, name in enumerate(network.levels):
        with torch.inference_mode():
            drawn = network.forward(inputs, level)
        wanted = pipeline(inputs["guide"], inputs["identity"], num_inference_steps=STEPS[name], output_type="pt").images  # type: ignore[union-attr]
        assert wanted.shape == (3, 4, 32, 64)
        assert (drawn.clamp(0, 1) - wanted[:, :3]).abs().max() < 1e-3, name


def test_what_cannot_be_measured_is_named() -> None:
    with pytest.raises(UnknownBackend, match="backend: got 'nope'; allowed: .*lipsync"):
        run((1,), backend="nope")
    with pytest.raises(ModelError, match="shows: got .0.; allowed: numbers from 1"):
        run((0,), backend="sample")
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="no CUDA device is here"):
            run((1,), backend="sample", device="cuda")


class TinyMouths(LipsyncNetwork):
    """The network's structure with few channels, until it breaks as a device does."""

    broken = False

    def __init__(self) -> None:
        small = {"block_out_channels": [16, 16, 32, 32], "attention_head_dim": 2, "norm_num_groups": 8}
        decoder = torch.nn.Sequential(torch.nn.Upsample(scale_factor=8), torch.nn.Conv2d(4, 3, 1), torch.nn.Sigmoid())
        super().__init__(build_unet({**MUSETALK_15, **small}, device="cpu").eval(), {"plain": decoder})

    def forward(self, inputs: Mapping[str, torch.Tensor], level: int) -> torch.Tensor:
        if self.broken:
            raise DeviceLost("told to fail")
        return super().forward(inputs, level)


def test_mouths_of_two_sessions_are_drawn_in_one_batch() -> None:
    """Two shows at once through the engine give what the network gives each alone."""
    network = TinyMouths()
    engine = Engine(
        lambda: NetworkModel(network, buckets=(2,), compile_with="never"), policy=Policy(admit=False, degrade=False)
    ).start()
    crops: dict[int, np.ndarray] = {}
    noise = torch.Generator().manual_seed(5)
    latents = torch.randn(2, 3, 8, 32, 32, generator=noise)
    windows = torch.randn(2, 3, 50, 384, generator=noise)

    def draw(which: int) -> None:
        mouths = EngineMouths(engine, engine.open(AvatarIdentity(str(which))), lead_s=100)
        crops[which] = mouths.draw(latents[which], windows[which])

    threads = [threading.Thread(target=draw, args=(which,)) for which in (0, 1)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        engine.close()
    with torch.inference_mode():
        for which in (0, 1):
            wanted = network.forward({"latents": latents[which], "audio": windows[which]}, 0) * 255
            assert crops[which].shape == (3, 256, 256, 3)
            assert (wanted.permute(0, 2, 3, 1) - torch.from_numpy(crops[which])).abs().max() < 2


def test_a_lost_device_leaves_the_mouth_to_the_clip_at_once() -> None:
    """The crop before is not held while the voice goes on: the session shows the clip's own mouth."""
    network = TinyMouths()
    engine = Engine(
        lambda: NetworkModel(network, buckets=(1,), compile_with="never"),
        policy=Policy(admit=False, degrade=False),
        first_retry_s=60,
    ).start()
    try:
        mouths = EngineMouths(engine, engine.open(AvatarIdentity("maya")), lead_s=100)
        assert mouths.draw(torch.zeros(2, 8, 32, 32), torch.zeros(2, 50, 384)).shape == (2, 256, 256, 3)
        network.broken = True
        for _ in range(2):  # the call that meets the loss, and those after it
            with pytest.raises(BackendUnavailable, match="the clip's own is shown"):
                mouths.draw(torch.zeros(2, 8, 32, 32), torch.zeros(2, 50, 384))
    finally:
        engine.close()


@pytest.mark.skipif(not has_compiler(), reason="torch.compile needs a C++ compiler")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_bucket_draws_the_same() -> None:
    pictures = []
    for compile_with in ("never", "always"):
        model = NetworkModel(SampleNetwork(), buckets=(2,), compile_with=compile_with)  # type: ignore[arg-type]
        model.rehearse(2, 0)
        slots = [model.open(AvatarIdentity(name)) for name in ("a", "b")]
        pictures.append(np.stack(model.run(slots, [FrameControls(jaw_open=0.5)] * 2, 0, 2).frames()))
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 1
    assert not np.array_equal(pictures[0][0], pictures[0][1])
