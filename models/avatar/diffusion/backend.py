"""The diffusion avatar as an `AvatarBackend`: previews and recordings draw directly, live shows through the engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
import torch

from models.avatar.diffusion.host import WEIGHTS, HostPainter, Sketch, host_model, load_pipeline
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.avatar.diffusion.stage import Stage
from models.base import AvatarBackend, AvatarIdentity, FrameControls
from models.precision import convolution_rate
from streaming.media import Rgba

Pace = Literal["full", "half"]
"""full: every frame is painted. half: every other one, the frames between are the mean of their neighbours."""
FULL_PACE = 300e9
"""Multiply-accumulates a second, of all cores but one, from which `auto` paints every frame: the voice and the encoders
need that one. Two cores of 167e9 each record a minute of new speech at 0.9 of real time so, and at 1.2 at half pace."""


class DiffusionBackend:
    """Draws every frame that is asked for, as fast as the CPU goes: no deadline."""

    name = "diffusion"

    def __init__(self, weights: Path = WEIGHTS, steps: int = 1, pace: Pace = "full") -> None:
        """Prepare a backend; the weights are loaded with the first host."""
        self._weights = weights
        self._steps = steps
        self.pace: Pace = pace
        self._pipeline: AvatarPipeline | None = None

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> HostSession:
        """Prepare an identity at (width, height).

        Raises:
            models.errors.BadIdentity: an attribute is unknown or out of range.
            models.errors.WeightsMissing: the folder of the weights holds no pipeline.
        """
        self._pipeline = self._pipeline or load_pipeline(self._weights)
        host = host_model(identity)
        painter = HostPainter(self._pipeline, host, self._steps)
        return HostSession(host.sketcher(), painter, Stage(host.attributes, size), self.pace)

    def close(self) -> None:
        """Free the weights. Idempotent."""
        self._pipeline = None


class HostSession:
    """One host on its stage."""

    def __init__(
        self, sketch: Callable[[FrameControls], Sketch], painter: HostPainter, stage: Stage, pace: Pace = "full"
    ) -> None:
        self.size = stage.size
        self._sketch = sketch
        self._painter = painter
        self._stage = stage
        self._pace = pace

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """One opaque RGBA frame (height, width, 4) for each control."""
        hosts = self._all(controls) if self._pace == "full" or len(controls) < 3 else self._every_other(controls)
        return [self._stage.show(host, one) for host, one in zip(hosts, controls, strict=True)]

    def close(self) -> None:
        """Nothing to free but memory. Idempotent."""

    def _all(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        return [self._painter.paint(self._sketch(one)) for one in controls]

    def _every_other(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """Paints the first, third, ... and the last, with the first's latents; the host between two is their mean."""
        last = len(controls) - 1
        painted = {
            index: self._painter.paint(self._sketch(one), reuse=index > 0)
            for index, one in enumerate(controls)
            if index % 2 == 0 or index == last
        }
        return [
            painted[index]
            if index in painted
            else np.asarray(cv2.addWeighted(painted[index - 1], 0.5, painted[index + 1], 0.5, 0), np.uint8)
            for index in range(len(controls))
        ]


def create(
    *,
    live: bool = True,
    size: tuple[int, int] = (720, 1280),
    weights: str | None = None,
    steps: int = 1,
    pace: Pace | Literal["auto"] = "full",
    threads: int | None = None,
) -> AvatarBackend:
    """The backend a preset names: live shows share one engine and fall back to the puppet; others draw directly.

    Args:
        live: whether frames have deadlines. Off for recordings and previews.
        size: (width, height) the engine draws at.
        weights: a pipeline folder other than the shipped one.
        steps: denoising steps a frame: 1, 2 or 4.
        pace: `half` where the cores have to speak and encode as well; `auto` measures this machine and chooses.
        threads: CPU threads of torch in this process; None leaves them. One wastes least while other stages need cores.

    Raises:
        ValueError: `pace` is none of them.
    """
    if threads is not None:
        torch.set_num_threads(threads)
    if pace not in (*get_args(Pace), "auto"):
        raise ValueError(f"pace: got {pace!r}; allowed: {', '.join(get_args(Pace))}, auto")
    if pace == "auto":
        pace = "full" if convolution_rate() * (len(os.sched_getaffinity(0)) - 1) >= FULL_PACE else "half"
    folder = Path(weights) if weights else WEIGHTS
    if not live:
        return DiffusionBackend(folder, steps, pace)
    from models.avatar.puppet import PuppetBackend
    from models.engine.diffusion import HostFrameModel
    from models.runtime import EngineBackend, Policy

    # At half pace the engine starts one step below its cheapest level, and sketches itself what it paints.
    # A show is never turned away: with too many, all go down together, and the last step is the puppet.
    half = pace == "half"
    return EngineBackend(
        lambda: HostFrameModel(size, folder, steps),
        name="diffusion",
        prepare=None if half else lambda identity: host_model(identity).sketcher(),
        fallback=PuppetBackend(),
        policy=Policy(admit=False, best=len(HostFrameModel.levels) if half else 0),
    )
