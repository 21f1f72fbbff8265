"""The lip-sync network on the engine: face crops of all shows in one batch, with two decoders as quality levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from torch import nn

from models.avatar.lipsync.model import LATENTS, TOKENS, WIDTH, LipsyncModel
from models.base import AvatarIdentity
from models.engine.core import Engine
from models.engine.frames import End, Outcome, Pixels
from models.engine.slots import Slots
from models.errors import BackendUnavailable
from streaming.clock import Clock

SIDE = 256


@dataclass(frozen=True, slots=True)
class MouthControls:
    """One face crop to draw: host tensors `latents` [8,32,32] and `window` [50,384], any number format."""

    latents: torch.Tensor
    window: torch.Tensor


class LipsyncNetwork:
    """UNet and decoders as a `models.engine.network.Network`. A row carries its latents, so slots hold nothing.

    16 KiB of latents and 38 KiB of audio a frame are nothing beside the 100 KiB that come back.
    """

    name = "lipsync"
    size = (SIDE, SIDE)

    def __init__(self, unet: UNet2DConditionModel, decoders: Mapping[str, nn.Module], *, capacity: int = 64) -> None:
        """Take the UNet (its time embedding is folded away, see `LipsyncModel`).

        Args:
            unet: on its device, in its number format.
            decoders: by the level's name, best first: scaled latents to RGB of 0..1.
            capacity: how many shows may be open.
        """
        self.levels = tuple(decoders)
        first = next(iter(decoders.values()))
        self._model = LipsyncModel(unet, first).eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._decoders = [decoder.to(memory_format=torch.channels_last) for decoder in decoders.values()]  # type: ignore[call-overload]
        weight = unet.conv_in.weight
        self.device, self._dtype = weight.device, weight.dtype
        self._slots = Slots(capacity)

    def open(self, identity: AvatarIdentity) -> int:
        """Take a slot; a persona's latents stay with its session."""
        return self._slots.take()

    def close(self, slot: int) -> None:
        """Free a slot."""
        self._slots.give_back(slot)

    def pack(self, slots: Sequence[int], controls: Sequence[MouthControls]) -> dict[str, torch.Tensor]:
        """`latents` (rows, 8, 32, 32) and `audio` (rows, 50, 384), in the network's number format."""
        return {
            "latents": torch.stack([one.latents for one in controls]).to(self._dtype),
            "audio": torch.stack([one.window for one in controls]).to(self._dtype),
        }

    def blank(self, rows: int) -> dict[str, torch.Tensor]:
        """Noise: attention and convolutions take as long for it as for faces."""
        made = torch.Generator().manual_seed(0)
        one = MouthControls(torch.randn(LATENTS, generator=made), torch.randn(TOKENS, WIDTH, generator=made))
        return self.pack([0] * rows, [one] * rows)

    def forward(self, inputs: Mapping[str, torch.Tensor], level: int) -> torch.Tensor:
        """Face crops of 0..1, (rows, 3, 256, 256)."""
        latents = self._model.inpaint(inputs["latents"], inputs["audio"] + self._model.encoding)
        return cast(torch.Tensor, self._decoders[level](latents))

    def shutdown(self) -> None:
        """Nothing beyond the weights, which go with the object."""


class EngineMouths:
    """Draws a lip-sync session's face crops on an engine: the `draw` of `models.avatar.lipsync.session.Network`."""

    def __init__(self, engine: Engine[MouthControls], show: int, lead_s: float) -> None:
        """Draw for `show`; each frame is asked for `lead_s` seconds before it must be there."""
        self._engine = engine
        self._show = show
        self._lead_ns = int(lead_s * 1e9)
        self._last: Pixels | None = None

    def draw(self, latents: torch.Tensor, windows: torch.Tensor) -> Pixels:
        """Face crops, uint8 (frames, 256, 256, 3); one that was missed is the one before.

        Raises:
            BackendUnavailable: no crop was ever drawn, or the device is lost: a mouth that stays open while the voice
                goes on is worse than the clip's own.
        """
        clock: Clock = self._engine.clock
        due = clock.now_ns() + self._lead_ns
        futures: list[Future[Outcome]] = [
            self._engine.submit(self._show, MouthControls(row, window), due + frame * self._engine.policy.tick_ns)
            for frame, (row, window) in enumerate(zip(latents.cpu(), windows.cpu(), strict=True))
        ]
        crops = []
        for future in futures:
            outcome = future.result()
            if outcome.end in (End.LOST, End.CLOSED):
                self._last = None
            elif outcome.pixels is not None:
                self._last = outcome.pixels[..., :3]
            if self._last is None:
                raise BackendUnavailable("the render device draws no mouth just now; the clip's own is shown")
            crops.append(self._last)
        return np.stack(crops)
