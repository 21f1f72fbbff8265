"""From a neural renderer to the engine's `FrameModel`: padding, compiling, CUDA graphs and copies are done here."""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Literal, Protocol

import torch

from models.base import AvatarIdentity
from models.engine.frames import Controls, Controls_contra, Done, PixelFormat, Rendering
from models.engine.latency import BUCKETS
from models.engine.yuv import rgb_to_nv12, rgb_to_rgba, rgb_to_yuv420p, to_bytes
from models.errors import DeviceLost
from streaming.clock import MonotonicClock

_log = logging.getLogger(__name__)

Compile = Literal["auto", "never", "always"]
Inputs = Mapping[str, torch.Tensor]
Call = Callable[[Inputs], torch.Tensor]
"""Static inputs of a bucket to uint8 pictures of one of the three formats, one a row."""

_CONVERT: dict[PixelFormat, Callable[[torch.Tensor], torch.Tensor]] = {
    "rgba": rgb_to_rgba,
    "yuv420p": rgb_to_yuv420p,
    "nv12": rgb_to_nv12,
}
_TRIES = 3


class Network(Protocol[Controls_contra]):
    """What a renderer of our own needs to write: one row in, one picture out, static shapes.

    Identities live in tensors of a fixed capacity on the device, and `forward` picks them by slot (index_select): a
    CUDA graph reads the same memory for ever. Normalisation must not cross rows (no batch statistics).
    """

    name: str
    size: tuple[int, int]
    """(width, height); both even for yuv420p and nv12."""
    levels: tuple[str, ...]
    device: torch.device

    def open(self, identity: AvatarIdentity) -> int:
        """Write an identity into a free slot and wait until it is there; see `FrameModel.open`."""
        ...

    def close(self, slot: int) -> None:
        """Free a slot."""
        ...

    def pack(self, slots: Sequence[int], controls: Sequence[Controls_contra]) -> dict[str, torch.Tensor]:
        """Inputs of a batch on the host: each tensor has one row a frame, always the same names, types and shapes."""
        ...

    def blank(self, rows: int) -> dict[str, torch.Tensor]:
        """Valid inputs of `rows` made-up frames on the host, for rehearsals: no slot needs to be open."""
        ...

    def forward(self, inputs: Inputs, level: int) -> torch.Tensor:
        """Pictures as floats of 0..1, (rows, 3, height, width), from device inputs. No host work, no branches."""
        ...

    def shutdown(self) -> None:
        """Free the weights. Idempotent."""
        ...


class NetworkModel(Generic[Controls]):
    """A `FrameModel` over a `Network`: one CUDA graph a bucket and level, or one compiled or eager call on the CPU."""

    def __init__(
        self,
        network: Network[Controls],
        *,
        buckets: Sequence[int] | None = None,
        pixel_format: PixelFormat = "rgba",
        compile_with: Compile = "auto",
    ) -> None:
        """Wrap a network.

        Args:
            network: the renderer.
            buckets: static batch sizes; all of the engine's on CUDA, up to 4 on the CPU, by default.
            pixel_format: what leaves the device. yuv420p is 2.7 times smaller than rgba.
            compile_with: torch.compile of each bucket. auto: on the CPU where a compiler is there and it is measured
                faster, on CUDA in its quick mode. always: on CUDA with autotuning, which takes minutes a bucket.
        """
        self.name = network.name
        self.size = network.size
        self.levels = network.levels
        self.format: PixelFormat = pixel_format
        self._cuda = network.device.type == "cuda"
        self.buckets = tuple(sorted(buckets or (BUCKETS if self._cuda else BUCKETS[:3])))
        self._network = network
        self._compile = compile_with
        self._convert = _CONVERT[pixel_format]
        self._runners: dict[tuple[int, int], _Runner] = {}
        self._pool: Any = None
        self._building = threading.Lock()  # a capture must not see another thread's allocations

    def open(self, identity: AvatarIdentity) -> int:
        """Prepare an identity; see `FrameModel.open`."""
        with self._building, _losses(self._cuda), torch.inference_mode():
            return self._network.open(identity)

    def close(self, slot: int) -> None:
        """Free a slot."""
        self._network.close(slot)

    def run(self, slots: Sequence[int], controls: Sequence[Controls], level: int, bucket: int) -> Rendering:
        """Start a batch; see `FrameModel.run`."""
        with _losses(self._cuda), torch.inference_mode():
            packed = _pad(self._network.pack(slots, controls), bucket)
            return self._runners[bucket, level](packed, len(slots))

    def rehearse(self, bucket: int, level: int) -> None:
        """Render a full bucket of made-up frames; builds the call the first time."""
        with _losses(self._cuda), torch.inference_mode():
            inputs = self._network.blank(bucket)
            if (bucket, level) not in self._runners:
                with self._building:
                    self._runners[bucket, level] = self._build(inputs, level)
            rendering = self._runners[bucket, level](inputs, bucket)
            rendering.computed()
            rendering.frames()

    def shutdown(self) -> None:
        """Free graphs and weights."""
        self._runners.clear()
        self._network.shutdown()

    # --- building a call ---

    def _build(self, inputs: Inputs, level: int) -> _Runner:
        if self._cuda:
            return self._capture(inputs, level)
        eager = self._call(level)
        if self._compile == "never" or (self._compile == "auto" and not has_compiler()):
            return _HostRunner(eager)
        compiled = self._call(level, mode="default")
        try:
            compiled(inputs)
        except RuntimeError as error:  # every failure of dynamo, inductor and the C++ compiler
            if self._compile == "always":
                raise
            _log.warning("%s: torch.compile failed, rendering eagerly: %s", self.name, error)
            return _HostRunner(eager)
        if self._compile == "auto" and _time(eager, inputs) <= _time(compiled, inputs):
            return _HostRunner(eager)
        return _HostRunner(compiled)

    def _capture(self, inputs: Inputs, level: int) -> _Runner:
        from models.engine.cuda import GraphRunner

        self._pool = self._pool or torch.cuda.graph_pool_handle()
        # Autotuning takes minutes a bucket: only where it is asked for.
        mode = {"never": None, "auto": "default", "always": "max-autotune-no-cudagraphs"}[self._compile]
        try:
            return GraphRunner(self._call(level, mode), inputs, self._network.device, self._pool)
        except (torch.OutOfMemoryError, torch.AcceleratorError):
            raise
        except RuntimeError as error:
            if self._compile != "auto":
                raise
            _log.warning("%s: torch.compile failed, capturing without it: %s", self.name, error)
            return GraphRunner(self._call(level), inputs, self._network.device, self._pool)

    def _call(self, level: int, mode: str | None = None) -> Call:
        network, convert = self._network, self._convert

        def call(inputs: Inputs) -> torch.Tensor:
            return convert(to_bytes(network.forward(inputs, level)))

        return torch.compile(call, dynamic=False, fullgraph=True, mode=mode) if mode else call


class _Runner(Protocol):
    def __call__(self, inputs: Inputs, wanted: int) -> Rendering:
        """Start a padded batch of host inputs; the first `wanted` rows are for somebody."""
        ...


class _HostRunner:
    """Renders at once, on the CPU."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __call__(self, inputs: Inputs, wanted: int) -> Rendering:
        pictures = self._call(inputs)
        return Done([picture.numpy() for picture in pictures[:wanted]])


class _losses:  # noqa: N801  used as a statement, like contextlib.suppress
    """Turns CUDA's errors into `DeviceLost`, and lack of memory into MemoryError."""

    def __init__(self, cuda: bool) -> None:
        self._cuda = cuda

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, torch.OutOfMemoryError):
            torch.cuda.empty_cache()
            raise MemoryError(str(error)) from error
        if isinstance(error, torch.AcceleratorError) or (self._cuda and isinstance(error, RuntimeError)):
            raise DeviceLost(str(error)) from error


def _pad(packed: dict[str, torch.Tensor], bucket: int) -> dict[str, torch.Tensor]:
    """Repeat the last row, which is as valid as any, until the bucket is full."""
    return {
        name: torch.cat((rows, rows[-1:].expand(bucket - len(rows), *rows.shape[1:]))) if len(rows) < bucket else rows
        for name, rows in packed.items()
    }


def has_compiler() -> bool:
    """Whether this machine has the C++ compiler that torch.compile needs on a CPU."""
    return any(shutil.which(name) for name in (os.environ.get("CXX") or "c++", "g++", "clang++"))


def _time(call: Call, inputs: Inputs) -> float:
    clock, times = MonotonicClock(), []
    for _ in range(_TRIES + 1):
        began = clock.now_ns()
        call(inputs)
        times.append(clock.now_ns() - began)
    return statistics.median(times[1:])
