"""The diffusion host's moving window as a network for the engine: hosts of all shows in one batch, for a GPU.

A row carries its guide, which the show's own thread rasterised, and its identity vector, so slots hold nothing. What
comes back is the window (head and neck) over black; its body and backdrop are the show's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from models.avatar.diffusion.autoencoder import GUIDE_CHANNELS, AvatarAutoencoder
from models.avatar.diffusion.canvas import PATCH
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.base import AvatarIdentity
from models.engine.slots import Slots

STEPS = {"four steps": 4, "two steps": 2, "one step": 1}
"""Quality levels, best first: denoising steps a frame."""


@dataclass(frozen=True, slots=True)
class WindowControls:
    """One window to draw: `guide` int8 (16, height / 2, width / 2), times 127; `identity` float32 (64,)."""

    guide: torch.Tensor
    identity: torch.Tensor


class WindowNetwork:
    """Denoiser and decoder as a `models.engine.network.Network`."""

    name = "diffusion"
    levels: tuple[str, ...] = tuple(STEPS)

    def __init__(
        self, denoiser: AvatarDenoiser, autoencoder: AvatarAutoencoder, size: tuple[int, int], *, capacity: int = 64
    ) -> None:
        """Take the networks, on one device and in one number format; `size` in multiples of 16.

        The noise is one for all, so that what the guide does not say stays as it is from frame to frame.
        """
        self._denoiser, self._autoencoder, self.size = denoiser, autoencoder, size
        parameter = next(denoiser.parameters())
        self.device, self._dtype = parameter.device, parameter.dtype
        shape = (1, autoencoder.config.latent_channels, size[1] // PATCH, size[0] // PATCH)
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        self._noise = noise.to(self.device, self._dtype).contiguous(memory_format=torch.channels_last)
        # Constants of the graph: noise levels of the Euler steps from 1 to 0.
        self._sigmas = {
            count: [torch.tensor(1 - step / count, device=self.device) for step in range(count)]
            for count in STEPS.values()
        }
        self._slots = Slots(capacity)

    def open(self, identity: AvatarIdentity) -> int:
        """Take a slot; guide and identity vector come with each row."""
        return self._slots.take()

    def close(self, slot: int) -> None:
        """Free a slot."""
        self._slots.give_back(slot)

    def pack(self, slots: Sequence[int], controls: Sequence[WindowControls]) -> dict[str, torch.Tensor]:
        """`guide` int8 (rows, 16, height / 2, width / 2) and `identity` float32 (rows, 64)."""
        return {
            "guide": torch.stack([one.guide for one in controls]),
            "identity": torch.stack([one.identity for one in controls]),
        }

    def blank(self, rows: int) -> dict[str, torch.Tensor]:
        """Noise in every channel."""
        made = torch.Generator().manual_seed(0)
        shape = (GUIDE_CHANNELS, self.size[1] // 2, self.size[0] // 2)
        guide = torch.randint(-127, 128, shape, generator=made, dtype=torch.int8)
        size = self._denoiser.config.identity_size
        return self.pack([0] * rows, [WindowControls(guide, torch.rand(size, generator=made))] * rows)

    def forward(self, inputs: Mapping[str, torch.Tensor], level: int) -> torch.Tensor:
        """Windows of 0..1, (rows, 3, height, width), premultiplied. Euler steps as `AvatarPipeline.denoise` takes."""
        guide = inputs["guide"].contiguous(memory_format=torch.channels_last).to(self._dtype) * (1 / 127)
        identity = inputs["identity"].to(self._dtype)
        rows, count = len(guide), list(STEPS.values())[level]
        latents = self._noise.expand(rows, -1, -1, -1)
        seen = self._denoiser.look(guide)
        for step, sigma in enumerate(self._sigmas[count]):
            clean = self._denoiser.clean(latents, seen, self._denoiser.steer(identity, sigma.expand(rows)))
            left = (count - step - 1) / (count - step)
            latents = clean if left == 0 else torch.lerp(clean, latents, left)
        return self._autoencoder.decode(latents, guide)[:, :3] / 2 + 0.5

    def shutdown(self) -> None:
        """Nothing beyond the weights, which go with the object."""
