"""RGB to the encoder's 4:2:0 planes, as tensor operations: bit for bit what `streaming.encoder` computes on the CPU."""

from __future__ import annotations

import torch

# ITU-R BT.601, limited range, in 20-bit fixed point with the coefficients of OpenCV's COLOR_RGBA2YUV_I420.
_SHIFT = 20
_HALF = 1 << (_SHIFT - 1)
_Y = (269_484, 528_482, 102_760)
_U = (-155_188, -305_135, 460_324)
_V = (460_324, -385_875, -74_448)


def rgb_to_yuv420p(rgb: torch.Tensor) -> torch.Tensor:
    """Planar YUV.

    Args:
        rgb: uint8 (rows, 3, height, width), both sides even.

    Returns:
        uint8 (rows, height * 3 / 2, width): the Y plane, then U and V of a quarter each (FFmpeg's yuv420p).
    """
    luma, u, v = _planes(rgb)
    rows, _, width = luma.shape
    chroma = torch.cat((u.reshape(rows, -1), v.reshape(rows, -1)), 1)
    return torch.cat((luma, chroma.reshape(rows, -1, width)), 1)


def rgb_to_nv12(rgb: torch.Tensor) -> torch.Tensor:
    """As `rgb_to_yuv420p`, with U and V interleaved (FFmpeg's nv12), which hardware encoders take."""
    luma, u, v = _planes(rgb)
    rows, _, width = luma.shape
    return torch.cat((luma, torch.stack((u, v), -1).reshape(rows, -1, width)), 1)


def rgb_to_rgba(rgb: torch.Tensor) -> torch.Tensor:
    """Opaque RGBA, uint8 (rows, height, width, 4)."""
    return torch.cat((rgb, torch.full_like(rgb[:, :1], 255)), 1).permute(0, 2, 3, 1).contiguous()


def to_bytes(rgb: torch.Tensor) -> torch.Tensor:
    """Floats of 0..1 to uint8, rounded to nearest."""
    return rgb.float().clamp(0, 1).mul(255).add(0.5).to(torch.uint8)


def _planes(rgb: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    luma = _weigh(rgb, _Y, 16)
    # OpenCV takes the chroma of a 2x2 block from its top left pixel; so do we, or a swap of device would be seen.
    corner = rgb[:, :, ::2, ::2]
    return luma, _weigh(corner, _U, 128), _weigh(corner, _V, 128)


def _weigh(rgb: torch.Tensor, weights: tuple[int, int, int], offset: int) -> torch.Tensor:
    red, green, blue = rgb.to(torch.int32).unbind(1)
    total = red * weights[0] + green * weights[1] + blue * weights[2] + (_HALF + (offset << _SHIFT))
    return (total >> _SHIFT).clamp(0, 255).to(torch.uint8)
