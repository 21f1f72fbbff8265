"""The eyeballs: a small mesh with a cornea, turned by the gaze, and the painted texture of iris and white."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.face_model import face_model

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]

IRIS_RADIUS = 0.0068
"""Metres: larger than life (5.9 mm), as drawn faces have it."""
CORNEA = 0.0003
"""How far the cornea stands out, metres."""
IRIS_IN_TEXTURE = 0.30
"""Radius of the iris as a share of the texture's side."""
GAZE_UNIT_X, GAZE_UNIT_Y = 14.0, 9.4
"""Degrees of gaze that ARKit's eyeLook units mean at weight 1."""
RADIUS_SHARE = 0.97
"""Of the face model's eye radius: closing lids pass over the ball without it showing through."""


@dataclass(frozen=True, slots=True)
class EyeMesh:
    """Front of an eyeball looking along +z around the origin: vertices (N, 3) metres, triangles (T, 3), uv (N, 2).

    uv is the distance from the pole, so that the iris is a disc of IRIS_IN_TEXTURE in the texture; v upwards.
    """

    vertices: Float
    triangles: Index
    uv: Float


@cache
def eye_mesh(rings: int = 10) -> EyeMesh:
    """`rings` circles of 3 `rings` vertices from the pupil to 100 degrees off it."""
    radius = face_model().eye_radius * RADIUS_SHARE
    spokes = 3 * rings
    angle = np.linspace(0, np.radians(100), rings + 1)[1:]
    turn = np.arange(spokes) / spokes * 2 * np.pi
    iris = np.arcsin(IRIS_RADIUS / radius)
    bulge = CORNEA * np.clip(1 - (angle / (1.15 * iris)) ** 2, 0, 1)
    out = (radius + bulge) * np.sin(angle)
    ring = np.stack(
        [
            out[:, None] * np.cos(turn),
            out[:, None] * np.sin(turn),
            np.broadcast_to(((radius + bulge) * np.cos(angle))[:, None], (rings, spokes)),
        ],
        axis=-1,
    )
    vertices = np.concatenate([[[0, 0, radius + CORNEA]], ring.reshape(-1, 3)])
    reach = angle / iris * IRIS_IN_TEXTURE
    reach = np.minimum(reach, 0.499)
    flat = np.stack([reach[:, None] * np.cos(turn), reach[:, None] * np.sin(turn)], axis=-1)
    uv = 0.5 + np.concatenate([[[0, 0]], flat.reshape(-1, 2)])
    here = np.arange(spokes)
    after = (here + 1) % spokes
    triangles = [np.stack([np.zeros(spokes, int), 1 + here, 1 + after], axis=1)]
    for k in range(rings - 1):
        a, b = 1 + k * spokes, 1 + (k + 1) * spokes
        triangles += [np.stack([a + here, b + here, b + after], 1), np.stack([a + here, b + after, a + after], 1)]
    return EyeMesh(vertices.astype(np.float32), np.concatenate(triangles).astype(np.int32), uv.astype(np.float32))


def turn_eye(mesh: EyeMesh, centre: Float, gaze: tuple[float, float]) -> Float:
    """Vertices (N, 3) of an eye at `centre` (3,) that looks `gaze` degrees to the host's left and up, head at rest."""
    x, y = np.radians(gaze)
    yaw = np.array([[np.cos(x), 0, np.sin(x)], [0, 1, 0], [-np.sin(x), 0, np.cos(x)]])
    pitch = np.array([[1, 0, 0], [0, np.cos(y), np.sin(y)], [0, -np.sin(y), np.cos(y)]])
    return np.asarray(mesh.vertices @ (yaw @ pitch).T + centre, np.float32)


def eye_units(gaze_x: float, gaze_y: float) -> dict[str, float]:
    """Face units by which the lids follow a gaze in degrees (x to the host's left, y up), weights at most 1."""
    x = min(abs(gaze_x) / GAZE_UNIT_X, 1.0)
    y = min(abs(gaze_y) / GAZE_UNIT_Y, 1.0)
    out: dict[str, float] = {}
    if x:
        left = gaze_x > 0
        out |= {f"eyeLook{'Out' if left else 'In'}Left": x, f"eyeLook{'In' if left else 'Out'}Right": x}
    if y:
        side = "Up" if gaze_y > 0 else "Down"
        out |= {f"eyeLook{side}Left": y, f"eyeLook{side}Right": y}
    return out


SCLERA = np.array((0.80, 0.78, 0.76), np.float32)


def iris_texture(iris: Float, size: int = 512) -> Float:
    """(size, size, 3) linear: pupil, iris of colour `iris` (3,) with a lighter lower half, dark ring, soft white."""
    line = (np.arange(size) + 0.5) / size - 0.5
    x, y = np.meshgrid(line, line)
    radius = np.hypot(x, y) / IRIS_IN_TEXTURE
    angle = np.arctan2(y, x)
    rng = np.random.default_rng(7)
    fibre = np.zeros_like(radius)
    for wave in rng.integers(9, 60, 16):
        phase, bend, weight = rng.uniform(0, 2 * np.pi), rng.uniform(-2, 2), rng.uniform(0.3, 1)
        fibre += weight * np.sin(angle * wave + phase + bend * radius)
    fibre /= fibre.std()
    lower = np.clip(0.5 + y / IRIS_IN_TEXTURE * 0.75, 0, 1)
    glow = np.exp(-0.5 * ((radius - 0.62) / 0.22) ** 2)
    light = (0.55 + 0.9 * lower * glow + 0.45 * lower) * (1 + 0.10 * fibre)
    lifted = np.maximum(iris, 0.035 * iris / max(float(iris.max()), 1e-3) + 0.012)
    color = lifted * light[..., None]
    ring = _ramp(radius, 0.80, 1.0)
    color *= (1 - 0.80 * ring)[..., None]
    color *= (1 - 0.35 * _ramp(-y / IRIS_IN_TEXTURE, 0.2, 0.9))[..., None]
    pupil = 1 - _ramp(radius, 0.40, 0.47)
    color = color * (1 - pupil[..., None]) + 0.004 * pupil[..., None]
    white = SCLERA * (1 - 0.10 * _ramp(radius, 1.05, 1.6))[..., None] * (1 - 0.12 * _ramp(-y, 0.25, 0.5))[..., None]
    edge = _ramp(radius, 0.95, 1.05)[..., None]
    out = np.clip(color * (1 - edge) + white * edge, 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), max(size / 512, 0.3)), np.float32)


def _ramp(value: npt.NDArray[np.floating], low: float, high: float) -> npt.NDArray[np.floating]:
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
