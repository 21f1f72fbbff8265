"""Building blocks of what is worn: a shell of triangles, rings around the neck, ribbons on the cloth, tubes, balls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.face_model import BONES
from models.avatar.diffusion.wardrobe_body import DROP, HALF, Body, grid_triangles

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]
Index = npt.NDArray[np.int32]
ShellLayer = Literal["cloth", "metal", "pearl", "plastic"]

STRIP = {"color": (0.935, 0.998), "accent": (0.865, 0.925), "extra": (0.80, 0.855)}
"""v of strips of cloth over the projection: the outfit's colour and accent, for collars and rims, and a scarf's."""

_UNDER_STRIPS = 0.788
"""Greatest v of the projection itself."""


@dataclass(frozen=True, slots=True)
class Shell:
    """One worn surface at rest: vertices (N, 3) metres, skinning (N, 5) to face_model.BONES, triangles (T, 3).

    uv (N, 2), v upwards, looks up the outfit's paint unless `color` (3,) linear is given.
    """

    vertices: Float
    skinning: Float
    triangles: Index
    uv: Float
    layer: ShellLayer
    color: Float | None = None


def front_uv(points: Real) -> Float:
    """Texture coordinates (N, 2) of the front projection for points (N, 3) relative to the eyes' middle."""
    u = (points[:, 0] + HALF) / (2 * HALF)
    v = 1 + points[:, 1] / DROP
    return np.clip(np.stack([u, v], axis=1), 0.0, (1.0, _UNDER_STRIPS)).astype(np.float32)


def strip_uv(rows: int, columns: int, strip: str) -> Float:
    """Texture coordinates of a grid of vertices laid along a strip of plain cloth."""
    low, high = STRIP[strip]
    u = np.linspace(0.02, 0.98, columns)
    v = np.linspace(high - 0.004, low + 0.004, rows)
    return np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2).astype(np.float32)


def on_body(body: Body, points: Real, triangles: Index, uv: Float) -> Shell:
    """Cloth that moves with the body under it; points (N, 3) relative to the eyes' middle."""
    skinning = body.at(body.bones, points[:, 0].astype(np.float32), points[:, 1].astype(np.float32))
    skinning = skinning / skinning.sum(axis=1, keepdims=True)
    return Shell((points + body.middle).astype(np.float32), skinning, triangles, uv, "cloth")


def on_head(middle: Float, points: Real, triangles: Index, layer: ShellLayer, color: Float) -> Shell:
    """Something fixed to the skull; points (N, 3) relative to the eyes' middle."""
    skinning = np.zeros((len(points), len(BONES)), np.float32)
    skinning[:, BONES.index("head")] = 1
    uv = np.full((len(points), 2), 0.5, np.float32)
    return Shell((points + middle).astype(np.float32), skinning, triangles, uv, layer, color.astype(np.float32))


def hard(body: Body, points: Real, triangles: Index, layer: ShellLayer, color: Float) -> Shell:
    """Jewellery or the like that lies on the body."""
    shell = on_body(body, points, triangles, np.full((len(points), 2), 0.5, np.float32))
    return Shell(shell.vertices, shell.skinning, triangles, shell.uv, layer, color.astype(np.float32))


def neck_ring(body: Body, height: Real, out: Real, angles: Real, flare: float = 1.3) -> Float:
    """Points (K, 3) around the neck at `height` (K,), `out` (K,) metres off it; angle 0 in front, + to host's left.

    Low rows spread with the shoulders, at most to `flare` times the neck's width.
    """
    beside = np.abs(np.cos(angles)) < 0.3
    sides = body.width_at(np.minimum(height[beside], -0.09).astype(np.float32)).mean()
    half = np.clip(sides + 0.002, 1.12 * body.neck_half, flare * body.neck_half)
    front = body.at(body.skin, np.zeros(len(height), np.float32), np.minimum(height, -0.10).astype(np.float32))
    pit = body.at(body.skin, np.zeros(1, np.float32), np.full(1, body.neck - 0.02, np.float32))
    front = np.minimum(front, pit + 0.008)
    depth = 1.25 * min(float(half), 1.35 * body.neck_half)
    cos, sin = np.cos(angles), np.sin(angles)
    x = (half + out) * np.sign(sin) * np.abs(sin) ** 0.85
    z = front - depth + (depth + out) * np.sign(cos) * np.abs(cos) ** 0.85
    over = body.at(body.cloth, x.astype(np.float32), np.minimum(height, -0.10).astype(np.float32)) - 0.004 + 0.8 * out
    z = np.where(cos > 0.02, np.maximum(z, over), z)
    return np.stack([x, height, z], axis=1).astype(np.float32)


def ring_shell(
    body: Body,
    profile: Sequence[tuple[Real, Real]],
    angles: Real,
    *,
    closed: bool,
    strip: str = "color",
    flare: float = 1.3,
) -> Shell:
    """A collar: for each row of `profile` the height (K,) and distance off the neck (K,) at `angles` (K,)."""
    rows = [neck_ring(body, height, out, angles, flare) for height, out in profile]
    points = np.concatenate(rows)
    triangles = grid_triangles(len(rows), len(angles), closed=closed)
    return on_body(body, points, triangles, strip_uv(len(rows), len(angles), strip))


def ribbon(body: Body, edges: tuple[Real, Real], lift: Real, strip: str | None = "color", across: int = 5) -> Shell:
    """Cloth between two lines (K, 2) in the front projection, `lift` (across,) metres over the main shell.

    strip None takes the colour from the front projection itself.
    """
    share = np.linspace(0, 1, across)[:, None, None]
    flat = edges[0][None] * (1 - share) + edges[1][None] * share
    x, y = flat[..., 0].astype(np.float32), flat[..., 1].astype(np.float32)
    z = body.at(body.cloth, x, y) + np.asarray(lift)[:, None]
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    columns = flat.shape[1]
    uv = front_uv(points) if strip is None else strip_uv(across, columns, strip)
    return on_body(body, points, both_sides(grid_triangles(across, columns), points), uv)


def both_sides(triangles: Index, points: Real) -> Index:
    """Triangles turned so that most face the camera."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    facing = np.cross(b - a, c - a)[:, 2].sum()
    return triangles if facing >= 0 else np.ascontiguousarray(triangles[:, ::-1])


def tube(path: Real, radius: Real | float, sides: int = 8, *, closed: bool = False) -> tuple[Float, Index]:
    """A round tube along points (K, 3): vertices (K * sides, 3) and triangles."""
    ahead = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0) if closed else np.gradient(path, axis=0)
    ahead = ahead / (np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-9)
    side = np.cross(ahead, (0.0, 0.35, 0.94))
    side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
    up = np.cross(side, ahead)
    turn = np.arange(sides) / sides * 2 * np.pi
    thick = np.broadcast_to(np.asarray(radius, np.float64), (len(path),))[:, None, None]
    ring = np.cos(turn)[None, :, None] * side[:, None] + np.sin(turn)[None, :, None] * up[:, None]
    points = (path[:, None] + thick * ring).reshape(-1, 3)
    rows = len(path)
    triangles = grid_triangles(rows, sides, closed=True)
    if closed:
        here, after = np.arange(sides), (np.arange(sides) + 1) % sides
        end = (rows - 1) * sides
        seam = [np.stack([end + here, here, after], 1), np.stack([end + here, after, end + after], 1)]
        triangles = np.concatenate([triangles, *seam]).astype(np.int32)
    return points.astype(np.float32), outward(points, triangles, path, sides)


def outward(points: Real, triangles: Index, path: Real, sides: int) -> Index:
    """Turns all triangles of a tube if they face its middle."""
    middle = points[triangles].mean(axis=1)
    normal = np.cross(
        points[triangles[:, 1]] - points[triangles[:, 0]], points[triangles[:, 2]] - points[triangles[:, 0]]
    )
    centre = path[np.minimum(triangles[:, 0] // sides, len(path) - 1)]
    inward = np.sum(normal * (middle - centre)) < 0
    return np.ascontiguousarray(triangles[:, ::-1]) if inward else triangles


def ball(centre: Real, radius: float, rings: int = 6, stretch: float = 1.0) -> tuple[Float, Index]:
    """A sphere, `stretch` times as high: vertices and triangles."""
    pole = np.linspace(0.02, np.pi - 0.02, rings)
    turn = np.arange(2 * rings) / (2 * rings) * 2 * np.pi
    grid = np.stack(
        [
            np.sin(pole)[:, None] * np.sin(turn)[None],
            np.broadcast_to(np.cos(pole)[:, None] * stretch, (rings, 2 * rings)),
            np.sin(pole)[:, None] * np.cos(turn)[None],
        ],
        axis=-1,
    )
    points = centre + radius * grid.reshape(-1, 3)
    return points.astype(np.float32), grid_triangles(rings, 2 * rings, closed=True)


def merge(parts: Sequence[tuple[Float, Index]]) -> tuple[Float, Index]:
    """Several meshes as one."""
    starts = np.cumsum([0, *(len(points) for points, _ in parts)])
    triangles = [index + start for (_, index), start in zip(parts, starts, strict=False)]
    return np.concatenate([points for points, _ in parts]), np.concatenate(triangles).astype(np.int32)
