"""What training minimises: weighted and pyramid L1, hinge losses of a small PatchGAN, and weights from the guide."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone uses
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from models.avatar.diffusion.autoencoder import RGBA
from models.avatar.diffusion.layers import space_to_depth
from models.precision import quick_dtype
from models.training.data import CLOTH, EYE, HAIR, MOUTH, SKIN

WEIGHTS = ((CLOTH, 1.0), (HAIR, 1.5), (SKIN, 2.0))
"""How much a pixel counts, by the part it belongs to."""
EMPTY, LIVELY = 0.5, 6.0
"""The same where nothing is drawn, and at eyes and mouth."""
RIM = 5
"""Eyes and mouth are grown by half of this, in guide pixels, so that lids and the lips' edges count with them."""


def weight_map(guide: Tensor) -> Tensor:
    """guide (N, 16, h, w) -> weights (N, 1, h, w), 0.5 where nothing is drawn to 6 at eyes and mouth."""
    weights = torch.full_like(guide[:, :1], EMPTY)
    for channel, weight in WEIGHTS:
        weights = torch.where(guide[:, channel : channel + 1] > 0, weight, weights)
    lively = torch.maximum(guide[:, EYE], guide[:, MOUTH])[:, None].contiguous()
    near = F.max_pool2d(F.max_pool2d(lively, (RIM, 1), 1, (RIM // 2, 0)), (1, RIM), 1, (0, RIM // 2))
    return torch.where(near > 0, LIVELY, weights)


def picture_loss(painted: Tensor, truth: Tensor, weights: Tensor, *, levels: int = 3) -> Tensor:
    """Weighted L1 plus L1 of a Laplacian pyramid's bands (Bojanowski et al. 2018), which asks for sharp edges.

    painted, truth (N, 4, H, W); weights (N, 1, H / 2, W / 2). The weighted difference is taken in float32 and then kept
    in bfloat16 where that is quick: what is lost is relative to the error, not to the picture, and a third of a step is
    saved.
    """
    n, _, h, w = truth.shape
    difference = (painted.float() - truth).permute(0, 2, 3, 1).reshape(n, h // 2, 2, w // 2, 2, RGBA)
    rest = (difference * weights.permute(0, 2, 3, 1)[:, :, None, :, None]).to(quick_dtype(str(truth.device)))
    loss = rest.abs().mean(dtype=torch.float32)
    for level in range(levels):
        if level:
            n, h, w, _ = rest.shape
            rest = rest.reshape(n, h // 2, 2, w // 2, 2, RGBA)
        low = 0.25 * (rest[:, :, 0, :, 0] + rest[:, :, 0, :, 1] + rest[:, :, 1, :, 0] + rest[:, :, 1, :, 1])
        loss = loss + (rest - low[:, :, None, :, None]).abs().mean(dtype=torch.float32)
        rest = low
    return loss


class PatchCritic(nn.Module):
    """A PatchGAN (Isola et al. 2017) with spectral norm: judges (N, 4, H, W) with its guide in patches of 8 px."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()

        def conv(inputs: int, outputs: int, stride: int) -> nn.Module:
            return spectral_norm(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1))

        self.layers = nn.ModuleList(
            [conv(32, width, 2), conv(width, 2 * width, 2), conv(2 * width, 2 * width, 1), conv(2 * width, 1, 1)]
        )

    def forward(self, pictures: Tensor, guide: Tensor) -> Tensor:
        """Scores (N, 1, H / 8, W / 8); high is real."""
        x = torch.cat([space_to_depth(pictures, 2), guide.to(pictures.dtype)], dim=1)
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        scores: Tensor = self.layers[-1](x)
        return scores


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's hinge loss (Lim and Ye 2017)."""
    return F.relu(1 - real.float()).mean() + F.relu(1 + fake.float()).mean()


def painter_loss(fake: Tensor) -> Tensor:
    """What the painter minimises against the critic."""
    return -fake.float().mean()
