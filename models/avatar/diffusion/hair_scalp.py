"""A head as hair sees it: a smooth radius map of the skull, the hairline, and how far neck, ears and torso reach.

Everything here is relative to the eyes' middle, in metres: x to the host's left, y up, z to the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
from numba import njit

from models.avatar.diffusion.face_model import BONES, LAYERS, MASKS, FaceShape
from models.avatar.diffusion.raster import Buffers, draw_triangles

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]

HAIRLINE = np.array(
    [
        (0, 0.068),
        (20, 0.069),
        (38, 0.064),
        (52, 0.046),
        (62, 0.020),
        (75, -0.010),
        (84, -0.012),
        (91, 0.004),
        (100, 0.002),
        (112, -0.028),
        (130, -0.050),
        (155, -0.062),
        (180, -0.064),
    ],
    np.float32,
)
"""Azimuth from the front in degrees, height over the eyes for a skull whose top is 0.113 m over them."""
_TOP = 0.113
_LON, _LAT = 96, 49
_TORSO = (np.linspace(-0.2, 0.2, 41), np.linspace(-0.42, -0.06, 37))


@dataclass(frozen=True, slots=True)
class Head:
    """The skull as a star-shaped surface around `centre`, with what hair may rest on below it."""

    centre: Float
    """(3,)"""
    top: float
    """Height of the crown."""
    size: float
    """1 for the mean skull; scales lengths that belong to the head."""
    radii: Float
    """(49, 96) skin's distance from the centre by elevation and azimuth, without ears."""
    ears: Float
    """(2, 3) unit directions of the ears' middles, left and right."""
    ear_reach: float
    """How far the ears stand off the skull."""
    front: Float
    """(37, 41) torso's foremost z by y and x."""
    back: Float
    """(37, 41) torso's rearmost z."""

    def direction(self, points: Real) -> Float:
        """Unit vectors (..., 3) from the centre."""
        return unit(points - self.centre)

    def radius(self, direction: Real, *, over_ears: bool = False) -> Float:
        """Distance (...,) of the skin from the centre in unit directions (..., 3)."""
        azimuth = np.arctan2(direction[..., 0], direction[..., 2])
        elevation = np.arcsin(np.clip(direction[..., 1], -1, 1))
        column = (azimuth / (2 * np.pi) % 1) * _LON
        row = (elevation / np.pi + 0.5) * (_LAT - 1)
        wrapped = np.concatenate([self.radii, self.radii[:, :1]], axis=1)
        radius = sample(wrapped, row, column)
        if over_ears:
            for ear in self.ears:
                apart = np.sum((direction - ear) ** 2, axis=-1)
                radius = radius + self.ear_reach * np.exp(-apart / (2 * 0.30**2))
        return radius.astype(np.float32)

    def height(self, points: Real, *, over_ears: bool = False) -> Float:
        """Height (...,) over the skin along the ray from the centre; below 0 inside the head."""
        away = points - self.centre
        distance = np.linalg.norm(away, axis=-1)
        return np.asarray(
            distance - self.radius(away / np.maximum(distance, 1e-6)[..., None], over_ears=over_ears), np.float32
        )

    def torso(self, points: Real, which: Float) -> Float:
        """z of the torso's `front` or `back` at points (..., 3)."""
        xs, ys = _TORSO
        column = (points[..., 0] - xs[0]) / (xs[1] - xs[0])
        row = (points[..., 1] - ys[0]) / (ys[1] - ys[0])
        return sample(which, row, column)

    def hairline(self, points: Real) -> Float:
        """Signed height (...,) of points over the hairline of their azimuth; scalp where it is positive."""
        away = points - self.centre
        azimuth = np.degrees(np.abs(np.arctan2(away[..., 0], away[..., 2])))
        line = np.interp(azimuth, HAIRLINE[:, 0], HAIRLINE[:, 1]) * self.size
        return np.asarray(points[..., 1] - line, np.float32)

    def _on_skin(self, points: Float) -> Float:
        direction = self.direction(points)
        return np.asarray(direction * self.radius(direction)[..., None], np.float32)

    def roots(self, count: int, seed: int) -> Float:
        """(count, 3) evenly spread over the scalp: a Fibonacci lattice with the hairline cut out, slightly shaken."""
        rng = np.random.default_rng(seed)
        share = 0.5
        for _ in range(4):
            total = int(count / share * 1.03) + 8
            direction = _fibonacci(total)
            direction = unit(direction + rng.normal(0, 0.28 * np.sqrt(4 * np.pi / total), direction.shape))
            points = self.centre + self._on_skin(direction + self.centre)
            over = self.hairline(points)
            # Roots just under the hairline move up to it: few wide ribbons would leave it ragged.
            spacing = 0.09 * np.sqrt(4 * np.pi / total)
            rim = (over < 0) & (over > -0.5 * spacing)
            points[rim, 1] -= over[rim]
            points[rim] = self.centre + self._on_skin(points[rim])
            inside = np.flatnonzero((over > rng.uniform(0, 0.0025, total)) | rim)
            if len(inside) >= count:
                break
            share = max(len(inside) / total * 0.97, 0.05)
        chosen = rng.permutation(inside)[:count]
        return np.asarray(points[np.sort(chosen)], np.float32)


def sample(grid: Float, row: Real, column: Real) -> Float:
    """Bilinear look-up of grid (H, W) at rows and columns of any one shape, clamped to the edges."""
    flat = _bilinear(grid, row.astype(np.float32).ravel(), column.astype(np.float32).ravel())
    return np.asarray(flat.reshape(row.shape), np.float32)


@njit(cache=True, nogil=True)
def _bilinear(grid: Float, row: Float, column: Float) -> Float:
    out = np.empty_like(row)
    for i in range(row.shape[0]):
        r = min(max(row[i], 0.0), grid.shape[0] - 1.001)
        c = min(max(column[i], 0.0), grid.shape[1] - 1.001)
        a, b = int(r), int(c)
        u, v = r - a, c - b
        above = grid[a, b] * (1 - v) + grid[a, b + 1] * v
        below = grid[a + 1, b] * (1 - v) + grid[a + 1, b + 1] * v
        out[i] = above * (1 - u) + below * u
    return out


def unit(vectors: Real) -> Float:
    """Vectors (..., 3) at length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), np.float32)


def smoothstep(low: float, high: float, value: Real) -> Float:
    """0 below `low`, 1 above `high`, smooth between; `low` may be the greater."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def measure(shape: FaceShape) -> Head:
    """Reads radius map and torso off the skin of one person by drawing it from the skull's middle, front and back."""
    model, rest = shape.model, shape.rest - shape.eyes.mean(axis=0)
    quads = model.quads[model.layer == LAYERS.index("skin")]
    triangles = np.concatenate([quads[:, :3], quads[quads[:, 2] != quads[:, 3]][:, [0, 2, 3]]]).astype(np.int32)
    ear = model.masks[:, MASKS.index("ears")] > 0.5
    skin = np.unique(triangles)
    high = rest[skin][rest[skin, 1] > 0.03]
    top = float(high[:, 1].max())
    centre = np.array([0.0, 0.025 * top / _TOP, (high[:, 2].min() + high[:, 2].max()) / 2], np.float32)
    on_head = model.skinning[:, BONES.index("head")] > 0.5
    skull = triangles[(on_head & ~ear)[triangles].all(axis=1)]
    middles = np.stack([rest[ear & (rest[:, 0] * side > 0)].mean(axis=0) for side in (1, -1)])
    front, back = (_relief(rest, triangles, facing) for facing in (1, -1))
    head = Head(centre, top, top / _TOP, _unroll(rest - centre, skull), unit(middles - centre), 0.0, front, back)
    return replace(head, ear_reach=float(head.height(rest[ear]).max()))


def scalp(shape: FaceShape) -> Float:
    """(V,) 0..1: how much each vertex of the face lies under hair; for painting the skin between strands."""
    head = measure(shape)
    rest = shape.rest - shape.eyes.mean(axis=0)
    mask = smoothstep(-0.004, 0.006, head.hairline(rest))
    mask *= 1 - np.clip(shape.model.masks[:, MASKS.index("ears")] * 4, 0, 1)
    return np.asarray(mask * smoothstep(-0.02, -0.01, head.height(rest)), np.float32)


def _unroll(away: Float, triangles: npt.NDArray[np.int32]) -> Float:
    """(49, 96) greatest radius by elevation and azimuth of a mesh around the centre; gaps are filled smoothly."""
    distance = np.linalg.norm(away, axis=1)
    column = (np.arctan2(away[:, 0], away[:, 2]) / (2 * np.pi) % 1) * _LON + 0.5
    row = (np.arcsin(np.clip(away[:, 1] / distance, -1, 1)) / np.pi + 0.5) * (_LAT - 1) + 0.5
    corners = np.stack([column, row, -distance], axis=1)[triangles]
    # A triangle that crosses the seam at the face's middle is drawn at both edges of the map.
    seam = np.ptp(corners[..., 0], axis=1) > _LON / 2
    corners[..., 0] += np.where(seam[:, None] & (corners[..., 0] < _LON / 2), _LON, 0)
    again = corners[seam] - np.array([_LON, 0, 0], np.float32)
    radii = _drawn(np.concatenate([corners, again]).astype(np.float32), _LAT, _LON)
    pole = radii[-3][~np.isnan(radii[-3])]
    radii[-2:] = pole.mean() if len(pole) else np.nan
    return _filled(radii, wrap=True, passes=1)


def _relief(rest: Float, triangles: npt.NDArray[np.int32], facing: int) -> Float:
    """(37, 41) greatest (facing 1) or smallest (-1) z of the mesh below the jaw."""
    xs, ys = _TORSO
    low = triangles[(rest[triangles][..., 1] < -0.03).all(axis=1)]
    column = (rest[:, 0] - xs[0]) / (xs[1] - xs[0]) + 0.5
    row = (rest[:, 1] - ys[0]) / (ys[1] - ys[0]) + 0.5
    corners = np.stack([column, row, -facing * rest[:, 2]], axis=1)[low]
    return facing * _filled(_drawn(corners.astype(np.float32), len(ys), len(xs)), wrap=False, passes=4)


def _drawn(corners: Float, height: int, width: int) -> Float:
    """The negated depth of loose triangles (T, 3, 3); NaN where there is none."""
    buffers = Buffers.empty(height, width)
    loose = np.arange(3 * len(corners), dtype=np.int32).reshape(-1, 3)
    flat = np.ascontiguousarray(corners.reshape(-1, 3))
    draw_triangles(flat, loose, buffers.depth, buffers.index, buffers.weights)
    return np.where(buffers.index >= 0, -buffers.depth, np.nan).astype(np.float32)


def _filled(grid: Float, *, wrap: bool, passes: int) -> Float:
    """Gaps take the mean of their known neighbours, ring by ring; then all is smoothed."""
    while (gaps := np.isnan(grid)).any():
        around = _around(grid, wrap=wrap)
        known = (~np.isnan(around)).sum(axis=0)
        mean = np.nansum(around, axis=0) / np.maximum(known, 1)
        grid = np.where(gaps & (known > 0), mean, grid)
    for _ in range(passes):
        grid = _around(grid, wrap=wrap).mean(axis=0)
    return np.asarray(grid, np.float32)


def _around(grid: Float, *, wrap: bool) -> Float:
    wide = np.pad(grid, ((0, 0), (1, 1)), mode="wrap" if wrap else "edge")
    wide = np.pad(wide, ((1, 1), (0, 0)), mode="edge")
    height, width = grid.shape
    return np.stack([wide[i : i + height, j : j + width] for i, j in product(range(3), range(3))])


def _fibonacci(count: int) -> Float:
    """`count` nearly equidistant unit directions (González, 'Measurement of areas on a sphere', 2010)."""
    i = np.arange(count) + 0.5
    y = 1 - 2 * i / count
    turn = np.pi * (1 + 5**0.5) * i
    flat = np.sqrt(1 - y * y)
    return np.stack([flat * np.cos(turn), y, flat * np.sin(turn)], axis=1).astype(np.float32)
