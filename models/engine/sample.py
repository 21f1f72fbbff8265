"""A small network with made-up weights and the shape of a real one: for tests, and to try the bench without a backend.

An identity embedding from a bank and a few controls modulate a convolutional decoder; the cheaper level skips a block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from models.base import AvatarIdentity, FrameControls
from models.engine.slots import Slots

_CHANNELS = 32
_CONTROLS = 5


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(4, _CHANNELS)  # within a row: batch statistics would mix shows
        self.conv = nn.Conv2d(_CHANNELS, _CHANNELS, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.nn.functional.silu(self.conv(self.norm(x)))


class SampleNetwork:
    """Draws coloured patterns that depend on the identity and the controls. See `models.engine.network.Network`."""

    name = "sample"
    levels: tuple[str, ...] = ("two blocks", "one block")

    def __init__(self, device: str = "cpu", *, size: tuple[int, int] = (64, 64), capacity: int = 64) -> None:
        """Make the weights from a fixed seed; `size` in multiples of 16."""
        self.device = torch.device(device)
        self.size = size
        self._slots = Slots(capacity)
        width, height = size[0] // 16, size[1] // 16
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            grid = torch.randn(1, _CHANNELS, height, width)
            self._net = nn.ModuleDict(
                {
                    "embed": nn.Linear(_CHANNELS + _CONTROLS, _CHANNELS),
                    "first": _Block(),
                    "second": _Block(),
                    "last": nn.Conv2d(_CHANNELS, 3 * 16 * 16, 1),
                }
            )
        self._net.requires_grad_(False).eval().to(self.device)
        self._grid = grid.to(self.device)
        self._bank = torch.zeros(capacity, _CHANNELS, device=self.device)

    def open(self, identity: AvatarIdentity) -> int:
        """Write an embedding made from the identity's key into a free slot."""
        slot = self._slots.take()
        seed = int.from_bytes(hashlib.sha256(identity.key().encode()).digest()[:4], "big")
        made = torch.randn(_CHANNELS, generator=torch.Generator().manual_seed(seed))
        self._bank[slot].copy_(made)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return slot

    def close(self, slot: int) -> None:
        """Free a slot."""
        self._slots.give_back(slot)

    def pack(self, slots: Sequence[int], controls: Sequence[FrameControls]) -> dict[str, torch.Tensor]:
        """`slot` int64 (rows,) and `controls` float32 (rows, 5)."""
        rows = [(c.jaw_open, c.blink_left, c.gaze_x, c.smile, c.head_yaw / 45) for c in controls]
        return {"slot": torch.tensor(slots), "controls": torch.tensor(rows, dtype=torch.float32)}

    def blank(self, rows: int) -> dict[str, torch.Tensor]:
        """Rows of slot 0 at rest."""
        return self.pack([0] * rows, [FrameControls()] * rows)

    def forward(self, inputs: Mapping[str, torch.Tensor], level: int) -> torch.Tensor:
        """Pictures of 0..1, (rows, 3, height, width)."""
        identity = self._bank.index_select(0, inputs["slot"])
        style = self._net["embed"](torch.cat((identity, inputs["controls"]), 1))
        x = self._net["first"](self._grid * style[:, :, None, None])
        if level == 0:
            x = self._net["second"](x)
        return torch.sigmoid(nn.functional.pixel_shuffle(self._net["last"](x), 16))

    def shutdown(self) -> None:
        """Nothing to free."""
