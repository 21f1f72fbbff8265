"""Pasting a generated face crop into its frame, on the pixels it changes and no others. NumPy and torch do the same."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.avatar.lipsync.geometry import Place
from streaming.media import Rgba

Face = npt.NDArray[np.uint8]
"""A generated face crop, (256, 256, 3) RGB."""


def to_bytes(pictures: torch.Tensor) -> torch.Tensor:
    """[B,3,h,w] in 0..1 -> uint8 [B,h,w,3] on the same device: a quarter of the bytes to copy to the host."""
    return (pictures.float() * 255).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def paste(frame: Rgba, face: Face, place: Place, weight: float = 1.0) -> Rgba:
    """A copy of `frame` with the face blended in; `weight` scales the mask (0 leaves the frame as it is)."""
    out = frame.copy()
    rows = np.flatnonzero(place.mask.any(axis=1))
    if weight <= 0 or not len(rows):
        return out
    left, top, right, bottom = place.box
    used = slice(int(rows[0]), int(rows[-1]) + 1)
    resized = cv2.resize(face.astype(np.float32), (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)[used]
    target = out[top + used.start : top + used.stop, left:right, :3]
    below = target.astype(np.float32)
    alpha = (place.mask[used] * np.float32(weight))[..., None]
    target[:] = np.rint(below + alpha * (resized - below)).astype(np.uint8)
    return out


def paste_torch(region: torch.Tensor, face: torch.Tensor, mask: torch.Tensor, weight: float = 1.0) -> torch.Tensor:
    """The same on a device: what the box of a frame becomes.

    Args:
        region: uint8 [h,w,3], the frame inside the face box.
        face: uint8 [256,256,3], the generated crop.
        mask: float32 [h,w].
        weight: scales the mask.

    Returns:
        uint8 [h,w,3], equal to `paste`'s pixels but for the rounding of a half.
    """
    planes = face.permute(2, 0, 1).float()[None]
    resized = torch.nn.functional.interpolate(planes, size=region.shape[:2], mode="bilinear", align_corners=False)
    below = region.float()
    blended = below + (mask * weight)[..., None] * (resized[0].permute(1, 2, 0) - below)
    return blended.round().clamp(0, 255).to(torch.uint8)
