"""The diffusion avatar as an `AvatarBackend`: previews and recordings draw directly, live shows through the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from models.avatar.diffusion.host import WEIGHTS, HostPainter, Sketch, host_model, load_pipeline
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.avatar.diffusion.stage import Stage
from models.base import AvatarBackend, AvatarIdentity, FrameControls
from streaming.media import Rgba


class DiffusionBackend:
    """Draws every frame that is asked for, as fast as the CPU goes: no deadline, no other quality."""

    name = "diffusion"

    def __init__(self, weights: Path = WEIGHTS, steps: int = 1) -> None:
        """Prepare a backend; the weights are loaded with the first host."""
        self._weights = weights
        self._steps = steps
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
        return HostSession(host.sketcher(), painter, Stage(host.attributes, size))

    def close(self) -> None:
        """Free the weights. Idempotent."""
        self._pipeline = None


class HostSession:
    """One host on its stage."""

    def __init__(self, sketch: Callable[[FrameControls], Sketch], painter: HostPainter, stage: Stage) -> None:
        self.size = stage.size
        self._sketch = sketch
        self._painter = painter
        self._stage = stage

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """One opaque RGBA frame (height, width, 4) for each control."""
        return [self._stage.show(self._painter.paint(self._sketch(one)), one) for one in controls]

    def close(self) -> None:
        """Nothing to free but memory. Idempotent."""


def create(
    *, live: bool = True, size: tuple[int, int] = (720, 1280), weights: str | None = None, steps: int = 1
) -> AvatarBackend:
    """The backend a preset names: live shows share one engine and fall back to the puppet; others draw directly.

    Args:
        live: whether frames have deadlines. Off for recordings and previews.
        size: (width, height) the engine draws at.
        weights: a pipeline folder other than the shipped one.
        steps: denoising steps a frame: 1, 2 or 4.
    """
    folder = Path(weights) if weights else WEIGHTS
    if not live:
        return DiffusionBackend(folder, steps)
    from models.avatar.puppet import PuppetBackend
    from models.engine.diffusion import HostFrameModel
    from models.runtime import EngineBackend, Policy

    # A show is never turned away: with too many, all go down together, and the last step is the puppet.
    return EngineBackend(
        lambda: HostFrameModel(size, folder, steps),
        name="diffusion",
        prepare=lambda identity: host_model(identity).sketcher(),
        fallback=PuppetBackend(),
        policy=Policy(admit=False),
    )
