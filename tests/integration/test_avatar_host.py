"""The diffusion host on the CPU: still where nothing moves, the same every time, and untouched by other hosts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.backend import DiffusionBackend, create
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.avatar.diffusion.host import FEATHER, HostPainter, host_model, load_pipeline
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.avatar.diffusion.stage import Stage
from models.base import AvatarIdentity, FrameControls
from models.engine.diffusion import HostFrameModel
from models.errors import BadIdentity, WeightsMissing

pytestmark = pytest.mark.integration
SIZE = (180, 320)
MAYA = AvatarIdentity("maya", {"hair.style": "curly", "skin": "brown", "outfit.color": "#e8694f"})
JUN = AvatarIdentity("jun", {"figure": "masculine", "hair.style": "short", "outfit.style": "turtleneck"})
TALKING = [FrameControls(jaw_open=0.1 * n, head_yaw=n, visemes=(("aa", 1.0),)) for n in range(4)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("host")
    torch.manual_seed(0)
    autoencoder = AvatarAutoencoder(8, (16, 16), (1, 1), (16, 16), (1, 1), 8)
    denoiser = AvatarDenoiser(8, 64, (16, 32), (1, 1, 1), 16, 32)
    AvatarPipeline(autoencoder, denoiser, FlowMatchEulerDiscreteScheduler()).save_pretrained(folder)
    return folder


def test_frames_are_opaque_and_the_same_every_time(weights: Path) -> None:
    session = DiffusionBackend(weights).open(MAYA, SIZE)
    first = session.render(TALKING)
    assert [frame.shape for frame in first] == [(320, 180, 4)] * 4
    assert all((frame[..., 3] == 255).all() for frame in first)
    again = DiffusionBackend(weights).open(MAYA, SIZE).render(TALKING)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_only_the_window_moves_and_what_rests_does_not_flicker(weights: Path) -> None:
    host = host_model(MAYA)
    painter, sketch = HostPainter(load_pipeline(weights), host), host.sketcher()
    still, talking = (painter.paint(sketch(controls)) for controls in (FrameControls(), TALKING[3]))
    again = painter.paint(sketch(FrameControls()))
    np.testing.assert_array_equal(still, again)
    top, left, height, width = host.window
    outside = np.ones(still.shape[:2], bool)
    outside[top : top + height, left : left + width] = False
    np.testing.assert_array_equal(still[outside], talking[outside])
    assert (still != talking).any()


def test_the_window_has_no_seam(weights: Path) -> None:
    """At rest, window and body are painted from one guide: they agree where they melt together."""
    host = host_model(MAYA)
    pipeline = load_pipeline(weights)
    painter = HostPainter(pipeline, host)
    picture = painter.paint(host.sketcher()(replace(FrameControls(), smile=0.3))).astype(int)
    top, left, height, width = host.window
    bottom = top + height
    across = np.abs(
        picture[bottom - FEATHER : bottom + 4, left : left + width]
        - picture[bottom - FEATHER - 1 : bottom + 3, left : left + width]
    )
    inside = np.abs(
        picture[bottom + 8 : bottom + 40, left : left + width] - picture[bottom + 7 : bottom + 39, left : left + width]
    )
    assert across.mean() < 1.5 * inside.mean() + 1.0


def test_hosts_do_not_touch_each_other(weights: Path) -> None:
    def frames(*identities: AvatarIdentity) -> list[list[np.ndarray]]:
        model = HostFrameModel(SIZE, weights)
        slots = [model.open(identity) for identity in identities]
        sketchers = [host_model(identity).sketcher() for identity in identities]
        rows = [model.run(slots, [sketch(controls) for sketch in sketchers], 0, 1).frames() for controls in TALKING]
        return [[row[n] for row in rows] for n in range(len(identities))]

    together = frames(MAYA, JUN)
    for identity, mixed in zip((MAYA, JUN), together, strict=True):
        [alone] = frames(identity)
        assert all(np.array_equal(a, b) for a, b in zip(alone, mixed, strict=True))
    assert not np.array_equal(together[0][0], together[1][0])


def test_the_cheaper_level_keeps_latents_but_follows_the_guide(weights: Path) -> None:
    model = HostFrameModel(SIZE, weights)
    slot, sketch = model.open(MAYA), host_model(MAYA).sketcher()
    frames = [model.run([slot], [sketch(controls)], 1, 1).frames()[0] for controls in TALKING]
    assert not np.array_equal(frames[0], frames[1])
    model.close(slot)
    assert model.open(JUN) == slot


def test_the_host_sways_over_a_backdrop_that_does_not(weights: Path) -> None:
    stage = Stage(host_model(MAYA).attributes, (360, 640))
    nobody = np.zeros((768, 512, 4), np.uint8)
    empty = stage.show(nobody, FrameControls())
    np.testing.assert_array_equal(empty, stage.show(nobody, FrameControls(shoulder_sway=1.0)))
    block = nobody.copy()
    block[200:, 200:312] = 255
    left, right = (stage.show(block, FrameControls(shoulder_sway=sway)) for sway in (-1.0, 1.0))
    assert (
        np.nonzero((right != empty).any(axis=(0, 2)))[0].mean()
        > np.nonzero((left != empty).any(axis=(0, 2)))[0].mean() + 3
    )
    assert (stage.show(block, FrameControls())[-1, 150:210] == 255).all()


def test_what_is_wrong_is_said(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="no avatar pipeline in"):
        DiffusionBackend(tmp_path).open(MAYA, SIZE)
    with pytest.raises(BadIdentity, match=r"hair\.style: got 'mohawk'; allowed: long, waves"):
        DiffusionBackend(weights).open(AvatarIdentity("x", {"hair.style": "mohawk"}), SIZE)


def test_a_live_show_runs_on_the_engine(weights: Path) -> None:
    backend = create(size=SIZE, weights=str(weights))
    try:
        session = backend.open(MAYA, SIZE)
        frames = session.render(TALKING)
        assert [frame.shape for frame in frames] == [(320, 180, 4)] * 4
        session.close()
    finally:
        backend.close()
