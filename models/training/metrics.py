"""How near a painted picture is to the truth: PSNR, SSIM, MS-SSIM, gradient distance, flicker; no weights."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone uses
from torch import Tensor

MS_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Wang, Simoncelli and Bovik 2003, table of section 4."""


def psnr(painted: Tensor, truth: Tensor, *, span: float = 2.0) -> Tensor:
    """Mean over pictures of the peak signal-to-noise ratio in dB; (N, C, H, W) with values `span` apart."""
    error = (painted.clamp(-1, 1) - truth).square().mean((1, 2, 3)).clamp(min=1e-10)
    return (10 * torch.log10(span**2 / error)).mean()


def ssim(painted: Tensor, truth: Tensor, *, span: float = 2.0) -> Tensor:
    """Mean structural similarity (Wang et al. 2004: Gaussian window of 11, sigma 1.5), 1 for equal pictures."""
    full, _ = _similarity(painted, truth, span)
    return full.mean()


def ms_ssim(painted: Tensor, truth: Tensor, *, span: float = 2.0) -> Tensor:
    """Multi-scale structural similarity (Wang, Simoncelli, Bovik 2003). Five scales: 176 pixels a side at least."""
    result = torch.ones((), device=painted.device)
    for scale, weight in enumerate(MS_WEIGHTS):
        full, contrast = _similarity(painted, truth, span)
        part = full if scale == len(MS_WEIGHTS) - 1 else contrast
        result = result * part.mean().clamp(min=1e-6) ** weight
        painted, truth = F.avg_pool2d(painted, 2), F.avg_pool2d(truth, 2)
    return result


def gradient_distance(painted: Tensor, truth: Tensor, *, levels: int = 4) -> Tensor:
    """A perceptual distance without learned weights: 0 for equal pictures, about 1 for unrelated ones.

    One minus the gradient magnitude similarity (GMSD's map, Xue et al. 2014: Prewitt gradients of luma), averaged over
    `levels` octaves. It is not LPIPS and its numbers cannot be compared with LPIPS; like it, it notices blur.
    """
    painted, truth = _luma(painted), _luma(truth)
    total = torch.zeros((), device=painted.device)
    for _ in range(levels):
        a, b = _gradient(painted), _gradient(truth)
        total = total + (1 - (2 * a * b + 0.0026) / (a.square() + b.square() + 0.0026)).mean() / levels
        painted, truth = F.avg_pool2d(painted, 2), F.avg_pool2d(truth, 2)
    return total


def flicker(painted: Tensor, truth: Tensor) -> Tensor:
    """Change between neighbouring frames that the truth does not have, in levels of 255; (T, C, H, W) in -1..1."""
    extra = (painted[1:] - painted[:-1]) - (truth[1:] - truth[:-1])
    return 127.5 * extra.abs().mean()


def _similarity(a: Tensor, b: Tensor, span: float) -> tuple[Tensor, Tensor]:
    channels = a.shape[1]
    taps = torch.exp(-((torch.arange(11, device=a.device, dtype=a.dtype) - 5) ** 2) / (2 * 1.5**2))
    taps = taps / taps.sum()
    rows = taps.view(1, 1, 11, 1).expand(channels, 1, 11, 1)
    columns = taps.view(1, 1, 1, 11).expand(channels, 1, 1, 11)

    def blur(x: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(x, rows, groups=channels), columns, groups=channels)

    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a**2, blur(b * b) - mean_b**2
    both = blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    contrast = (2 * both + c2) / (var_a + var_b + c2)
    return contrast * (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1), contrast


def _luma(x: Tensor) -> Tensor:
    """(N, 3 or 4, H, W) in -1..1 -> Rec. 601 luma (N, 1, H, W) in 0..1."""
    weights = torch.tensor([0.299, 0.587, 0.114], device=x.device, dtype=x.dtype).view(1, 3, 1, 1)
    return (x[:, :3] * weights).sum(1, keepdim=True) / 2 + 0.5


def _gradient(x: Tensor) -> Tensor:
    """Prewitt gradient magnitude."""
    prewitt = torch.tensor([[1.0, 0.0, -1.0]] * 3, device=x.device, dtype=x.dtype) / 3
    across = F.conv2d(x, prewitt.view(1, 1, 3, 3))
    down = F.conv2d(x, prewitt.t().reshape(1, 1, 3, 3))
    return (across.square() + down.square() + 1e-12).sqrt()
