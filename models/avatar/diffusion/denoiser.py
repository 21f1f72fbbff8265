"""The avatar's denoiser: a small UNet on latents that sees the guide and an identity vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone uses
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from models.avatar.diffusion.autoencoder import GUIDE_CHANNELS
from models.avatar.diffusion.layers import FilmBlock, conv1, conv3, conv_patch, depth_to_space, pixel_norm

SMALLEST_SIGMA = 0.02
"""Velocities are computed from the clean prediction by dividing by sigma; below this they are held."""


@dataclass(frozen=True, slots=True)
class Steering:
    """Scales and shifts of every block for one identity and one noise level: worked out once a session."""

    blocks: tuple[tuple[Tensor, Tensor], ...]


class AvatarDenoiser(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Predicts clean latents from noisy ones, guide and identity.

    The network's own output is the clean latents (x0), which is what one step needs; `forward` gives the velocity that
    flow matching schedulers integrate (Lipman et al. 2023; x_t = (1 - t) x0 + t noise, v = noise - x0).

    Args:
        latent_channels: C.
        identity_size: length of the identity vector.
        widths: channels at 1/16 and 1/32 of the picture.
        blocks: residual blocks at 1/16 before, at 1/32, and at 1/16 after.
        guide_width: channels the guide is brought to.
        condition: length of the vector that steers the blocks.
    """

    _supports_gradient_checkpointing = False

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        latent_channels: int = 32,
        identity_size: int = 64,
        widths: Sequence[int] = (96, 192),
        blocks: Sequence[int] = (1, 2, 1),
        guide_width: int = 64,
        condition: int = 256,
    ) -> None:
        super().__init__()
        fine, coarse = widths
        self.time_frequencies = Timesteps(64, flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time = TimestepEmbedding(64, condition)
        self.identity = nn.Sequential(nn.Linear(identity_size, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.guide = conv_patch(GUIDE_CHANNELS, guide_width, 8)
        self.enter = conv3(latent_channels + guide_width, fine)
        self.before = nn.ModuleList(FilmBlock(fine, condition) for _ in range(blocks[0]))
        self.down = conv3(fine, coarse, stride=2)
        self.middle = nn.ModuleList(FilmBlock(coarse, condition) for _ in range(blocks[1]))
        self.up = conv1(coarse, 4 * fine, gain=0.5)
        self.after = nn.ModuleList(FilmBlock(fine, condition) for _ in range(blocks[2]))
        self.shortcut = conv1(guide_width, fine, gain=0.5)
        self.leave = conv3(fine, latent_channels, gain=0.3)

    def steer(self, identity: Tensor, sigma: Tensor) -> Steering:
        """identity (N, 64), sigma (N,) in 0..1 (1 is pure noise) -> what steers the blocks."""
        frequencies = self.time_frequencies(sigma.float() * 1000).to(identity.dtype)
        condition = F.silu(self.time(frequencies) + self.identity(identity))
        return Steering(tuple(block.steer(condition) for block in (*self.before, *self.middle, *self.after)))

    def look(self, guide: Tensor) -> Tensor:
        """guide (N, 16, 8 h, 8 w) -> features (N, guide_width, h, w); the same for every step of a frame."""
        return F.silu(self.guide(guide))

    def clean(self, noisy: Tensor, seen: Tensor, steering: Steering) -> Tensor:
        """noisy (N, C, h, w), seen as `look` gives it -> clean latents (N, C, h, w). h and w may be odd."""
        n, m = len(self.before), len(self.before) + len(self.middle)
        x = self.enter(torch.cat([noisy, seen], dim=1))
        for block, steer in zip(self.before, steering.blocks[:n], strict=True):
            x = block(x, steer)
        y = self.down(x)
        for block, steer in zip(self.middle, steering.blocks[n:m], strict=True):
            y = block(y, steer)
        x = x + depth_to_space(self.up(y), 2)[:, :, : x.shape[2], : x.shape[3]]
        for block, steer in zip(self.after, steering.blocks[m:], strict=True):
            x = block(x, steer)
        prediction: Tensor = self.leave(F.silu(pixel_norm(x) + self.shortcut(seen)))
        return prediction

    def predict(self, noisy: Tensor, sigma: Tensor, guide: Tensor, identity: Tensor) -> Tensor:
        """`clean` from guide and identity themselves; what training calls."""
        return self.clean(noisy, self.look(guide), self.steer(identity, sigma))

    def forward(self, sample: Tensor, timestep: Tensor, guide: Tensor, identity: Tensor) -> Tensor:
        """The velocity at `timestep` (N,) in 0..1000, as flow matching schedulers of diffusers count."""
        sigma = timestep.float() / 1000
        clean = self.predict(sample, sigma, guide, identity)
        return (sample - clean) / sigma.clamp(min=SMALLEST_SIGMA).view(-1, 1, 1, 1).to(clean.dtype)
