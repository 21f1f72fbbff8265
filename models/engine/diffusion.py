"""The diffusion host as the engine's `FrameModel` on a CPU: one row at a time, so hosts cannot touch each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.avatar.diffusion.host import WEIGHTS, HostPainter, load_pipeline
from models.avatar.diffusion.stage import Stage
from models.base import AvatarIdentity, FrameControls
from models.engine.frames import Done, PixelFormat, Rendering
from models.engine.slots import Slots

CAPACITY = 16
_REHEARSAL = AvatarIdentity("rehearsal")


class HostFrameModel:
    """Hosts in bfloat16, frame by frame: level 0 denoises each, level 1 every other, with the newest guide."""

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
        self._hosts: dict[int, tuple[HostPainter, Stage]] = {}
        self._frames: dict[int, int] = {}
        self._stand_in: tuple[HostPainter, Stage] | None = None

    def open(self, identity: AvatarIdentity) -> int:
        """Prepare an identity; see `FrameModel.open`."""
        slot = self._slots.take()
        try:
            self._hosts[slot] = self._prepare(identity)
        except Exception:
            self._slots.give_back(slot)
            raise
        self._frames[slot] = 0
        return slot

    def close(self, slot: int) -> None:
        """Free a slot."""
        if self._hosts.pop(slot, None) is not None:
            self._slots.give_back(slot)

    def run(self, slots: Sequence[int], controls: Sequence[FrameControls], level: int, bucket: int) -> Rendering:
        """Draw a batch, row by row; see `FrameModel.run`."""
        frames = []
        for slot, control in zip(slots, controls, strict=True):
            painter, stage = self._hosts[slot]
            reuse = level > 0 and self._frames[slot] % 2 == 1
            self._frames[slot] += 1
            frames.append(stage.show(painter.paint(control, reuse=reuse), control))
        return Done(frames)

    def rehearse(self, bucket: int, level: int) -> None:
        """Draw a made-up host `bucket` times."""
        if self._stand_in is None:
            self._stand_in = self._prepare(_REHEARSAL)
        painter, stage = self._stand_in
        for row in range(bucket):
            stage.show(painter.paint(FrameControls(), reuse=level > 0 and row % 2 == 1), FrameControls())

    def shutdown(self) -> None:
        """Free everything. Idempotent."""
        self._hosts.clear()
        self._stand_in = None

    def _prepare(self, identity: AvatarIdentity) -> tuple[HostPainter, Stage]:
        painter = HostPainter(self._pipeline, identity, self._steps)
        return painter, Stage(painter.attributes, self.size)
