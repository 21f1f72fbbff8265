"""What a renderer gives the engine, and what the engine gives a show: batches in, pictures out. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from models.base import AvatarIdentity

PixelFormat = Literal["rgba", "yuv420p", "nv12"]
"""rgba: uint8 (height, width, 4). yuv420p and nv12: uint8 (height * 3 / 2, width), BT.601 limited range."""

Pixels = npt.NDArray[np.uint8]

Controls = TypeVar("Controls")
Controls_contra = TypeVar("Controls_contra", contravariant=True)


class Rendering(Protocol):
    """A batch under way. At most two are alive at a time."""

    def computed(self) -> None:
        """Block until the device is free for the next batch.

        Raises:
            models.errors.DeviceLost: the device failed.
        """
        ...

    def frames(self) -> list[Pixels]:
        """Block until the pictures are in host memory: one a slot, in the order of the slots, the caller's to keep.

        Called once, from another thread than `computed`.

        Raises:
            models.errors.DeviceLost: the device failed.
        """
        ...


class FrameModel(Protocol[Controls_contra]):
    """A batched renderer on one device.

    A row of a batch may depend on its own slot and controls only: never on the other rows or on its place. `open` may
    be called from any thread, also while a batch runs; all else is called by one thread at a time.
    """

    name: str
    size: tuple[int, int]
    """(width, height) of every picture."""
    format: PixelFormat
    levels: tuple[str, ...]
    """Names of the quality levels, best first."""
    buckets: tuple[int, ...]
    """Static batch sizes, smallest first."""

    def open(self, identity: AvatarIdentity) -> int:
        """Prepare an identity; returns its slot.

        Raises:
            models.errors.BadIdentity: an attribute is unknown or out of range.
            models.errors.AdmissionRefused: there is no free slot.
            models.errors.DeviceLost: the device failed.
        """
        ...

    def close(self, slot: int) -> None:
        """Free a slot."""
        ...

    def run(self, slots: Sequence[int], controls: Sequence[Controls_contra], level: int, bucket: int) -> Rendering:
        """Start a batch: one frame for each slot, no slot twice, padded to `bucket`.

        Raises:
            models.errors.DeviceLost: the device failed.
        """
        ...

    def rehearse(self, bucket: int, level: int) -> None:
        """Render a full bucket of anything and wait for the pictures. The first time may compile or capture.

        Raises:
            models.errors.DeviceLost: the device failed.
            MemoryError: this bucket does not fit into the device's memory; smaller ones may.
        """
        ...

    def shutdown(self) -> None:
        """Free everything, also after a loss. Idempotent."""
        ...


class Done:
    """A batch that was rendered within `run`: for models on the CPU."""

    def __init__(self, frames: list[Pixels]) -> None:
        self._frames = frames

    def computed(self) -> None:
        """Nothing to wait for."""

    def frames(self) -> list[Pixels]:
        """The pictures."""
        return self._frames


class End(StrEnum):
    """How a frame that was asked for ended."""

    RENDERED = "rendered"
    LATE = "late"
    """Rendered, but its deadline had passed."""
    MISSED = "missed"
    """It could not have been ready in time, so it was not rendered."""
    SKIPPED = "skipped"
    """Left out on purpose, at half or a quarter of the rate: mix the neighbours."""
    RESTING = "resting"
    """The show is on its fallback for now, because the device has too much to do."""
    LOST = "lost"
    """The device failed and is being opened again."""
    CLOSED = "closed"
    """The show or the engine was closed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a frame: `pixels` is there for RENDERED and LATE only. `level` indexes the model's levels."""

    end: End
    pixels: Pixels | None = None
    level: int = 0


@dataclass(slots=True)
class EngineStats:
    """Counters since the engine started."""

    batches: int = 0
    padded: int = 0
    """Rows rendered for nobody."""
    losses: int = 0
    """Times the device was lost."""
    ends: dict[End, int] | None = None

    def count(self, end: End, frames: int = 1) -> None:
        """Count how frames ended."""
        self.ends = self.ends or dict.fromkeys(End, 0)
        self.ends[end] += frames
