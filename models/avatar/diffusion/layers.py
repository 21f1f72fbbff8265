"""Layers that the avatar's networks share: space-to-depth in channels_last order, blocks without window statistics."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone uses
from torch import Tensor, nn


def space_to_depth(x: Tensor, factor: int) -> Tensor:
    """(N, C, H, W) -> (N, factor * factor * C, H / factor, W / factor).

    As `pixel_unshuffle` with another channel order (row, column, channel): pixels stay together, so a channels_last
    tensor is moved in whole runs. 1.4 ms becomes 0.1 ms for the guide of a head on one core.
    """
    n, c, h, w = x.shape
    x = x.permute(0, 2, 3, 1).reshape(n, h // factor, factor, w // factor, factor, c)
    return x.transpose(2, 3).reshape(n, h // factor, w // factor, factor * factor * c).permute(0, 3, 1, 2)


def depth_to_space(x: Tensor, factor: int) -> Tensor:
    """(N, factor * factor * C, H, W) -> (N, C, factor * H, factor * W); undoes `space_to_depth`."""
    n, c, h, w = x.shape
    c //= factor * factor
    x = x.permute(0, 2, 3, 1).reshape(n, h, w, factor, factor, c)
    return x.transpose(2, 3).reshape(n, h * factor, w * factor, c).permute(0, 3, 1, 2)


def conv3(inputs: int, outputs: int, *, stride: int = 1, gain: float = 1.0) -> nn.Conv2d:
    """A 3x3 convolution, weights by He et al. 2015 times `gain`, no bias at the start."""
    return _start(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1), gain)


def conv1(inputs: int, outputs: int, *, gain: float = 1.0) -> nn.Conv2d:
    """A 1x1 convolution, started as `conv3`."""
    return _start(nn.Conv2d(inputs, outputs, 1), gain)


def conv_patch(inputs: int, outputs: int, side: int) -> nn.Conv2d:
    """A convolution that turns each patch of `side` x `side` pixels into one cell, started as `conv3`."""
    return _start(nn.Conv2d(inputs, outputs, side, stride=side), 1.0)


def _start(conv: nn.Conv2d, gain: float) -> nn.Conv2d:
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    with torch.no_grad():
        conv.weight.mul_(gain)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


class PlainBlock(nn.Module):
    """x + conv(silu(conv(silu(norm(x))))): each pixel is normalised over its channels, so a window is painted as the
    whole is. Without the norm, ReLU blocks died within a hundred steps and latents said nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = conv3(width, width)
        self.second = conv3(width, width, gain=0.1)  # starts near the identity

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) -> the same."""
        change: Tensor = self.second(F.silu(self.first(F.silu(pixel_norm(x)))))
        return x + change


def pixel_norm(x: Tensor) -> Tensor:
    """Layer norm over the channels of each pixel, without weights; unlike group norm it is blind to the window."""
    return F.layer_norm(x.permute(0, 2, 3, 1), (x.shape[1],)).permute(0, 3, 1, 2)


class FilmBlock(nn.Module):
    """A residual block steered by a scale and a shift a channel (FiLM, Perez et al. 2018; adaptive norm of ADM)."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.film = nn.Linear(condition, 2 * width)
        nn.init.normal_(self.film.weight, std=0.02)
        nn.init.zeros_(self.film.bias)
        self.first = conv3(width, width)
        self.second = conv3(width, width, gain=0.1)

    def steer(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """condition (N, condition) -> 1 + scale and shift, each (N, width, 1, 1)."""
        scale, shift = self.film(condition)[:, :, None, None].chunk(2, dim=1)
        return 1 + scale, shift

    def forward(self, x: Tensor, steering: tuple[Tensor, Tensor]) -> Tensor:
        """(N, width, H, W) -> the same."""
        h = self.first(F.silu(pixel_norm(x)))
        h = torch.addcmul(steering[1], pixel_norm(h), steering[0])
        out: Tensor = x + self.second(F.silu(h))
        return out
