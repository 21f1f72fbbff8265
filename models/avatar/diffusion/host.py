"""One host on the CPU: guide, denoiser and decoder for the window that moves, over a body painted once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from diffusers.utils.logging import disable_progress_bar
from numba import njit
from safetensors import SafetensorError

from models.avatar.attributes import HostAttributes, parse_attributes
from models.avatar.diffusion.canvas import HEIGHT, PATCH, WIDTH
from models.avatar.diffusion.controls import FaceFrame, face_frame
from models.avatar.diffusion.guide import GuideRenderer, moving_window, what_shows
from models.avatar.diffusion.look import Look, identity_vector
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.avatar.diffusion.scene import HostScene
from models.base import AvatarIdentity, FrameControls
from models.errors import WeightsCorrupt, WeightsMissing
from models.precision import quick_dtype

Bytes = npt.NDArray[np.uint8]

WEIGHTS = Path(__file__).parent / "assets" / "host"
"""The shipped pipeline folder."""
FEATHER = 24
"""Pixels over which the window melts into the still body."""


def load_pipeline(folder: Path = WEIGHTS, device: str = "cpu") -> AvatarPipeline:
    """The trained pipeline, in the number format that is quickest on `device`.

    Raises:
        WeightsMissing: the folder holds no pipeline.
        WeightsCorrupt: a file of it is damaged or of another network.
    """
    if not (folder / "model_index.json").exists():
        raise WeightsMissing(f"no avatar pipeline in {folder}; train one (docs/training.md) or name its folder")
    disable_progress_bar()  # three small files: nothing to watch
    try:
        pipeline = AvatarPipeline.from_pretrained(str(folder), dtype=quick_dtype(device), low_cpu_mem_usage=False)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise WeightsCorrupt(f"the avatar pipeline in {folder} cannot be loaded: {reason}") from error
    ready: AvatarPipeline = pipeline.to(device).ready()
    return ready


@dataclass(frozen=True, slots=True)
class Sketch:
    """One frame before it is painted: what was asked for, and the guide of its host's window, float32."""

    controls: FrameControls
    guide: npt.NDArray[np.float32]


class HostModel:
    """One dressed host, without weights: what guides are drawn from. Shared by all who draw the same identity."""

    def __init__(self, identity: AvatarIdentity) -> None:
        """Prepare an identity.

        Raises:
            models.errors.BadIdentity: an attribute is unknown or out of range.
        """
        self.attributes: HostAttributes = parse_attributes(identity.persona_id, identity.attributes)
        look = Look(self.attributes)
        self.scene = HostScene(look)
        self.vector = identity_vector(look)
        self.window = moving_window(self.scene, FEATHER)
        """What is painted anew each frame."""
        self._shown = what_shows(self.scene, self.window)

    def sketcher(self) -> Callable[[FrameControls], Sketch]:
        """Draws the guides of one show; not to be shared between threads."""
        guides = GuideRenderer(self.scene, self.window, self._shown)
        return lambda controls: Sketch(controls, guides.render(face_frame(controls)))


class _HostModels:
    """The hosts that were dressed last: dressing one takes half a second, and engine and show both need it."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._hosts: dict[str, HostModel] = {}
        self._lock = threading.Lock()

    def get(self, identity: AvatarIdentity) -> HostModel:
        key = identity.key()
        with self._lock:
            host = self._hosts.pop(key, None) or HostModel(identity)
            self._hosts[key] = host
            while len(self._hosts) > self._kept:
                del self._hosts[next(iter(self._hosts))]
        return host


_models = _HostModels(kept=8)


def host_model(identity: AvatarIdentity) -> HostModel:
    """The dressed host of an identity, from a cache of eight. Thread-safe; raises as `HostModel`."""
    return _models.get(identity)


class HostPainter:
    """Paints one host. Not thread-safe: one caller at a time."""

    def __init__(self, pipeline: AvatarPipeline, host: HostModel, steps: int = 1) -> None:
        """Paint the body once, with the host at rest."""
        self._pipeline = pipeline
        self._plan = pipeline.plan(host.vector, steps)
        self._top, self._left, height, width = host.window
        top, left = self._top // PATCH, self._left // PATCH
        # The window starts from its own part of the whole picture's noise, so that both agree where they meet.
        whole = pipeline.noise(HEIGHT, WIDTH)
        self._noise = whole[:, :, top : top + height // PATCH, left : left + width // PATCH].contiguous(
            memory_format=torch.channels_last
        )
        guide = pipeline.guide_tensor(GuideRenderer(host.scene).render(FaceFrame()))
        self._body: Bytes = pipeline.decode(pipeline.denoise(whole, guide, self._plan), guide)[0].numpy()
        self._melt = _feather(height, width)
        self._latents: torch.Tensor | None = None

    def paint(self, sketch: Sketch, *, reuse: bool = False) -> Bytes:
        """The host (768, 512, 4), premultiplied sRGB. `reuse` decodes the last latents with the new guide: cheaper."""
        guide = self._pipeline.guide_tensor(sketch.guide)
        if self._latents is None or not reuse:
            self._latents = self._pipeline.denoise(self._noise, guide, self._plan)
        moving = self._pipeline.decode(self._latents, guide)[0].numpy()
        picture = self._body.copy()
        _mix(picture, moving, self._melt, self._top, self._left)
        return picture


def _feather(height: int, width: int) -> npt.NDArray[np.uint16]:
    """Weight of the window, 0..256 (height, width): it melts on all sides."""
    down, across = (
        np.clip(np.minimum(np.arange(side), np.arange(side)[::-1]) / FEATHER, 0, 1) for side in (height, width)
    )
    weight = down[:, None] * across[None, :]
    return np.round(256 * weight * weight * (3 - 2 * weight)).astype(np.uint16)


@njit(cache=True, nogil=True)
def _mix(picture: Bytes, moving: Bytes, weight: npt.NDArray[np.uint16], top: int, left: int) -> None:
    """Melts the window into the picture, in place."""
    for y in range(moving.shape[0]):
        for x in range(moving.shape[1]):
            share = np.int32(weight[y, x])
            for channel in range(4):
                still = np.int32(picture[top + y, left + x, channel])
                picture[top + y, left + x, channel] = (
                    still * (256 - share) + np.int32(moving[y, x, channel]) * share
                ) >> 8
