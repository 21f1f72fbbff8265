"""The avatar's autoencoder: RGBA pictures to latents 16 times smaller, and a decoder that also sees the guide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone uses
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from models.avatar.diffusion.layers import (
    PlainBlock,
    conv1,
    conv3,
    conv_patch,
    depth_to_space,
    pixel_norm,
    space_to_depth,
)

GUIDE_CHANNELS = 16
RGBA = 4


class AvatarEncoder(nn.Module):
    """(N, 4, H, W) in -1..1 -> features (N, latents, H / 16, W / 16). Only training needs it."""

    def __init__(self, latents: int, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        fine, coarse = widths
        self.enter = conv1(8 * 8 * RGBA, fine)
        self.fine = nn.Sequential(*(PlainBlock(fine) for _ in range(blocks[0])))
        self.down = conv3(fine, coarse, stride=2)
        self.coarse = nn.Sequential(*(PlainBlock(coarse) for _ in range(blocks[1])))
        self.leave = conv3(coarse, latents)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures to features, see the class."""
        x = self.fine(self.enter(space_to_depth(pictures, 8)))
        features: Tensor = self.leave(F.silu(pixel_norm(self.coarse(self.down(F.silu(x))))))
        return features


class AvatarDecoder(nn.Module):
    """Latents (N, C, H / 16, W / 16) and guide (N, 16, H / 2, W / 2) -> RGBA (N, 4, H, W).

    Most work is done at 1/8. The last two layers run at 1/2, where the guide lives: there the edges of lips, lids and
    hair are exact, and their weights are shared by every pixel. Both see the guide beside their input.
    """

    def __init__(self, latents: int, widths: Sequence[int], blocks: Sequence[int], head: int) -> None:
        super().__init__()
        coarse, fine = widths
        self.enter = conv3(latents, coarse)
        self.coarse = nn.Sequential(*(PlainBlock(coarse) for _ in range(blocks[0])))
        self.up = conv1(coarse, 4 * fine)
        self.guide = conv_patch(GUIDE_CHANNELS, fine, 4)
        self.fine = nn.Sequential(*(PlainBlock(fine) for _ in range(blocks[1])))
        self.spread = conv1(fine, 4 * 4 * head)
        self.head = conv3(head + GUIDE_CHANNELS, head)
        self.leave = conv3(head + GUIDE_CHANNELS, 2 * 2 * RGBA, gain=0.1)
        self._start_from_albedo()

    @torch.no_grad()
    def _start_from_albedo(self) -> None:
        """Before training the picture is the guide's albedo, opaque where a mask is, magnified bilinearly: light, edges
        and hair are what is left to learn."""
        taps = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.75, 0.25]])  # of a pixel's first and second half
        bilinear = torch.einsum("iy,jx->ijyx", taps, taps)
        base = torch.zeros(2, 2, RGBA, GUIDE_CHANNELS, 3, 3)
        for channel in range(3):
            base[:, :, channel, channel] = 2.0 * bilinear
        for mask, share in ((8, 2.0), (9, 2.0), (10, 2.0), (11, 2.0), (12, 1.0)):  # lips are skin and half mouth
            base[:, :, 3, mask] = share * bilinear
        self.leave.weight[:, -GUIDE_CHANNELS:] = base.flatten(0, 2)
        cast(Tensor, self.leave.bias).fill_(-1.0)

    def forward(self, latents: Tensor, guide: Tensor) -> Tensor:
        """Paints, see the class."""
        x = self.up(self.coarse(self.enter(latents)))
        x = depth_to_space(x, 2) + self.guide(guide)
        x = depth_to_space(self.spread(F.silu(pixel_norm(self.fine(x)))), 4)
        x = F.silu(self.head(torch.cat([x, guide], dim=1)))
        return depth_to_space(self.leave(torch.cat([x, guide], dim=1)), 2)


class AvatarAutoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """A deterministic autoencoder whose latents have mean 0 and variance 1 a channel (running statistics, no weights).

    Instead of a KL term, training disturbs the latents with noise (Ghosh et al. 2020). With the guide at the decoder a
    KL term, and cells normalised each for itself, are met by latents that say nothing, and training falls into that
    (both tried); channels that must vary over the data cannot.

    Pictures are premultiplied RGBA, sRGB values scaled from 0..1 to -1..1. No layer looks at statistics of its window,
    so that a window decodes as the whole does, but for a few cells at its border.

    Args:
        latent_channels: C.
        encoder_widths: channels at 1/8 and 1/16.
        encoder_blocks: residual blocks at 1/8 and 1/16.
        decoder_widths: channels at 1/16 and 1/8.
        decoder_blocks: residual blocks at 1/16 and 1/8.
        decoder_head: channels at 1/2.
        latents_mean: a channel, over the training data; None before it was measured.
        latents_std: a channel, as `latents_mean`.
    """

    _supports_gradient_checkpointing = False

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        latent_channels: int = 32,
        encoder_widths: Sequence[int] = (80, 160),
        encoder_blocks: Sequence[int] = (1, 2),
        decoder_widths: Sequence[int] = (96, 48),
        decoder_blocks: Sequence[int] = (0, 2),
        decoder_head: int = 8,
        latents_mean: Sequence[float] | None = None,
        latents_std: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.encoder = AvatarEncoder(latent_channels, encoder_widths, encoder_blocks)
        self.decoder = AvatarDecoder(latent_channels, decoder_widths, decoder_blocks, decoder_head)
        self.standard = nn.BatchNorm2d(latent_channels, affine=False, momentum=0.05)
        # Not parameters and not in the file: the config carries them.
        mean, std = latents_mean or [0.0] * latent_channels, latents_std or [1.0] * latent_channels
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def set_statistics(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Stores the latents' mean and standard deviation a channel, here and in the config."""
        self.register_to_config(latents_mean=list(mean), latents_std=list(std))
        self.mean.copy_(torch.tensor(mean).view(1, -1, 1, 1))
        self.std.copy_(torch.tensor(std).view(1, -1, 1, 1))

    def encode(self, pictures: Tensor) -> Tensor:
        """(N, 4, H, W) in -1..1, H and W multiples of 16 -> raw latents (N, C, H / 16, W / 16)."""
        raw: Tensor = self.standard(self.encoder(pictures).to(self.mean.dtype))
        return raw

    def normalise(self, raw: Tensor) -> Tensor:
        """Raw latents -> mean 0 and standard deviation 1 a channel, what the denoiser works with."""
        latents: Tensor = (raw - self.mean) / self.std
        return latents

    def decode(self, latents: Tensor, guide: Tensor) -> Tensor:
        """Normalised latents (N, C, h, w) and guide (N, 16, 8 h, 8 w) -> RGBA (N, 4, 16 h, 16 w), about -1..1."""
        painted: Tensor = self.decoder(latents * self.std + self.mean, guide)
        return painted

    def forward(self, pictures: Tensor, guide: Tensor, noise: float = 0.0) -> Tensor:
        """Training: the pictures painted again from latents that Gaussian `noise` disturbs."""
        raw = self.encode(pictures)
        painted: Tensor = self.decoder(raw + noise * torch.randn_like(raw), guide)
        return painted
