"""The texture layout: hm08's islands rearranged, so that the face gets most texels and teeth and lashes enough."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]

_U = np.array([(0.0, 0.0), (0.63, 0.24), (0.78, 0.38), (1.0, 1.0)], np.float32)
_V = np.array(
    [(0.0, 0.0), (0.14, 0.08), (0.31, 0.14), (0.36, 0.20), (0.60, 0.78), (0.66, 0.85), (0.82, 0.93), (1.0, 1.0)],
    np.float32,
)
"""Monotone maps of u and v: the face (u over 0.78, v 0.36 to 0.60) grows, scalp and torso shrink."""
_BOXES = {
    "upper_teeth": (0.01, 0.01, 0.23, 0.11),
    "lower_teeth": (0.01, 0.13, 0.23, 0.23),
    "tongue": (0.01, 0.25, 0.11, 0.40),
    "lashes": (0.01, 0.42, 0.23, 0.55),
}
"""u0, v0, u1, v1 of the small islands, put where hm08's layout is empty."""


def arrange(uv: Float, layer: npt.NDArray[np.uint8], names: tuple[str, ...]) -> Float:
    """hm08's texture corners (Q, 4, 2) of quads in `layer` (Q,) -> ours, the same shape, v upwards.

    Neighbours stay neighbours: islands are stretched along u and v, small ones moved whole.
    """
    out = np.stack([np.interp(uv[..., 0], _U[:, 0], _U[:, 1]), np.interp(uv[..., 1], _V[:, 0], _V[:, 1])], axis=-1)
    for name, (u0, v0, u1, v1) in _BOXES.items():
        chosen = layer == names.index(name)
        island = uv[chosen]
        low, high = island.min(axis=(0, 1)), island.max(axis=(0, 1))
        out[chosen] = (island - low) / (high - low) * (u1 - u0, v1 - v0) + (u0, v0)
    return out.astype(np.float32)
