"""The diffusion host as the engine's `FrameModel` on a CPU: one row at a time, so hosts cannot touch each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.host import WEIGHTS, HostPainter, Sketch, host_model, load_pipeline
from models.avatar.diffusion.stage import Stage
from models.base import AvatarIdentity, FrameControls
from models.engine.frames import PixelFormat, Pixels, Rendering
from models.engine.slots import Slots

CAPACITY = 16
_REHEARSAL = AvatarIdentity("rehearsal")


@dataclass(slots=True)
class _Host:
    """A host in a slot."""

    painter: HostPainter
    stage: Stage
    sketch: Callable[[FrameControls], Sketch]
    frames: int = 0

    def paint(self, asked: Sketch | FrameControls, level: int) -> npt.NDArray[np.uint8]:
        """The next picture; at level 1 every other one keeps the latents of the last."""
        self.frames += 1
        sketch = asked if isinstance(asked, Sketch) else self.sketch(asked)
        return self.painter.paint(sketch, reuse=level > 0 and self.frames % 2 == 0)


class _Painted:
    """Pictures of hosts, put over their backdrops by the thread that fetches them: the engine paints on meanwhile."""

    def __init__(self, rows: list[tuple[Stage, npt.NDArray[np.uint8], FrameControls]]) -> None:
        self._rows = rows

    def computed(self) -> None:
        """Nothing to wait for: painting was done in `run`."""

    def frames(self) -> list[Pixels]:
        """The pictures on their stages."""
        return [stage.show(picture, controls) for stage, picture, controls in self._rows]


class HostFrameModel:
    """Hosts in bfloat16, frame by frame: level 0 denoises each, level 1 every other, with the newest guide.

    Controls may be `Sketch`es, rasterised in the show's own thread, so that three threads share a frame's work; plain
    ones are rasterised here, which spares those that are left out at half rate.
    """

    name = "diffusion"
    format: PixelFormat = "rgba"
    levels: tuple[str, ...] = ("full", "every other latent")
    buckets: tuple[int, ...] = (1,)

    def __init__(self, size: tuple[int, int], folder: Path = WEIGHTS, steps: int = 1) -> None:
        """Load the pipeline.

        Raises:
            models.errors.WeightsMissing: the folder holds no pipeline.
        """
        self.size = size
        self._steps = steps
        self._pipeline = load_pipeline(folder)
        self._slots = Slots(CAPACITY)
        self._hosts: dict[int, _Host] = {}
        self._stand_in: _Host | None = None

    def open(self, identity: AvatarIdentity) -> int:
        """Prepare an identity; see `FrameModel.open`."""
        host = self._prepare(identity)
        slot = self._slots.take()
        self._hosts[slot] = host
        return slot

    def close(self, slot: int) -> None:
        """Free a slot."""
        if self._hosts.pop(slot, None) is not None:
            self._slots.give_back(slot)

    def run(
        self, slots: Sequence[int], controls: Sequence[Sketch | FrameControls], level: int, bucket: int
    ) -> Rendering:
        """Paint a batch, row by row; see `FrameModel.run`."""
        rows = []
        for slot, asked in zip(slots, controls, strict=True):
            host = self._hosts[slot]
            shown = asked.controls if isinstance(asked, Sketch) else asked
            rows.append((host.stage, host.paint(asked, level), shown))
        return _Painted(rows)

    def rehearse(self, bucket: int, level: int) -> None:
        """Paint a made-up host `bucket` times."""
        self._stand_in = self._stand_in or self._prepare(_REHEARSAL)
        for _ in range(bucket):
            picture = self._stand_in.paint(FrameControls(), level)
            self._stand_in.stage.show(picture, FrameControls())

    def shutdown(self) -> None:
        """Free everything. Idempotent."""
        self._hosts.clear()
        self._stand_in = None

    def _prepare(self, identity: AvatarIdentity) -> _Host:
        host = host_model(identity)
        painter = HostPainter(self._pipeline, host, self._steps)
        return _Host(painter, Stage(host.attributes, self.size), host.sketcher())
