"""One CUDA graph of one bucket: static inputs, one replay, pictures copied to pinned memory on their own stream.

See PyTorch's "CUDA semantics", sections "CUDA Graphs" and "Use pinned memory buffers". While the pictures of one batch
cross the bus and are taken apart on the host, the next batch is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from models.engine.frames import Pixels
from models.errors import DeviceLost

_RING = 2
"""Output buffers: the engine keeps at most two batches alive."""
_WARM_UPS = 3


class GraphRunner:
    """Captures `call` once and replays it. One thread calls it; another takes the pictures."""

    def __init__(
        self,
        call: Callable[[Mapping[str, torch.Tensor]], torch.Tensor],
        inputs: Mapping[str, torch.Tensor],
        device: torch.device,
        pool: Any = None,
    ) -> None:
        """Warm up on a side stream (lazy initialisation and autotuning must not be captured), then capture.

        Args:
            call: device inputs to uint8 pictures on the device, with static shapes.
            inputs: host inputs of one full bucket: names, types and shapes for ever.
            device: the CUDA device.
            pool: memory that graphs share; they never run at the same time, and outputs are copied away at once.
        """
        self._device = device
        self._host = {name: rows.clone().pin_memory() for name, rows in inputs.items()}
        self._inputs = {name: rows.to(device) for name, rows in inputs.items()}
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._copies = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._stream.wait_stream(torch.cuda.current_stream(device))
        self._graph = torch.cuda.CUDAGraph()
        # Shapes never change, so the quickest convolution is worth finding; it is then captured.
        with torch.backends.cudnn.flags(
            enabled=True, benchmark=True, allow_tf32=torch.backends.cudnn.allow_tf32, deterministic=False
        ):
            with torch.cuda.stream(self._stream):
                for _ in range(_WARM_UPS):
                    call(self._inputs)
            self._stream.synchronize()
            # Thread-local: a language model may use the same device meanwhile.
            with torch.cuda.graph(self._graph, pool=pool, stream=self._stream, capture_error_mode="thread_local"):
                self._output = call(self._inputs)
        # Staging buffers outside the graph: the next replay may begin before the last copy to the host is done.
        self._staged = [torch.empty_like(self._output) for _ in range(_RING)]
        self._pinned = [torch.empty(self._output.shape, dtype=torch.uint8, pin_memory=True) for _ in range(_RING)]
        self._copied = [_event() for _ in range(_RING)]
        self._turn = 0

    def __call__(self, inputs: Mapping[str, torch.Tensor], wanted: int) -> GraphRendering:
        """Start a padded batch; the first `wanted` rows come back. The batch before must be computed."""
        turn, self._turn = self._turn, (self._turn + 1) % _RING
        with torch.cuda.stream(self._stream):
            for name, rows in inputs.items():
                self._host[name].copy_(rows)
                self._inputs[name].copy_(self._host[name], non_blocking=True)
            self._graph.replay()
            self._stream.wait_event(self._copied[turn])
            self._staged[turn][:wanted].copy_(self._output[:wanted])
            computed = _event()
            computed.record(self._stream)
        with torch.cuda.stream(self._copies):
            self._copies.wait_event(computed)
            self._pinned[turn][:wanted].copy_(self._staged[turn][:wanted], non_blocking=True)
            self._copied[turn].record(self._copies)
        return GraphRendering(computed, self._copied[turn], self._pinned[turn][:wanted])


class GraphRendering:
    """A replay under way, and its copy to the host; see `models.engine.frames.Rendering`."""

    def __init__(self, computed: torch.cuda.Event, copied: torch.cuda.Event, pinned: torch.Tensor) -> None:
        self._computed = computed
        self._copied = copied
        self._pinned = pinned

    def computed(self) -> None:
        """Wait for the replay."""
        _wait(self._computed)

    def frames(self) -> list[Pixels]:
        """Wait for the copy; the pictures are copied once more, because the pinned buffer is used again."""
        _wait(self._copied)
        return [picture.numpy().copy() for picture in self._pinned]


def _wait(event: torch.cuda.Event) -> None:
    try:
        event.synchronize()
    except RuntimeError as error:
        raise DeviceLost(str(error)) from error


def _event() -> torch.cuda.Event:
    return torch.cuda.Event()  # type: ignore[no-untyped-call]
