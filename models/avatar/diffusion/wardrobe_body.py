"""The body under the clothes as a height field seen from the front, and the smooth shell of cloth laid over it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.face_model import BONES, LAYERS, FaceShape
from models.avatar.diffusion.raster import Buffers, draw_triangles, interpolate

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]
Index = npt.NDArray[np.int32]

HALF, DROP = 0.27, 0.47
"""Metres that the front projection reaches to either side, and down from the eyes' middle."""
CELL = 0.002
_BOTTOM = 0.52
EASE = 0.007
"""Metres between skin and cloth."""
ARM = 0.058
"""Metres from the outline to the crease between arm and torso."""
_HANG = 0.00002
"""Metres by which hanging cloth falls back each row."""


@dataclass(frozen=True, slots=True)
class Body:
    """Front projection of the body at rest, relative to the eyes' middle; fields have rows down from 0, CELL apart."""

    middle: Float
    """(3,) the eyes' middle."""
    skin: Float
    """(R, C) foremost z of the body; where nothing is, that of the nearest."""
    cloth: Float
    """(R, C) z of the cloth: outside of the body, without anatomy."""
    bones: Float
    """(R, C, 5) weights of the bones."""
    rows: Float
    """(K,) heights of the cloth's outline, from the neck down."""
    half: Float
    """(K,) half the width of the cloth at `rows`."""
    neck: float
    """Height at which the neck meets the shoulders."""
    neck_half: float
    """Half the width of the neck over it."""
    widths: Float
    """(R,) half the width of the body."""

    def at(self, field: Float, x: Float, y: Float) -> Float:
        """A field at points, bilinear: (...,) or (..., channels)."""
        column = ((x + HALF) / CELL - 0.5).astype(np.float32).reshape(1, -1)
        row = (-y / CELL - 0.5).astype(np.float32).reshape(1, -1)
        found = cv2.remap(field, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.reshape(*x.shape, *field.shape[2:]), np.float32)

    def half_at(self, y: Float) -> Float:
        """Half the width of the cloth at heights y."""
        return np.interp(-y, -self.rows, self.half).astype(np.float32)

    def width_at(self, y: Float) -> Float:
        """Half the width of the bare body at heights y."""
        rows = -(np.arange(len(self.widths)) + 0.5) * CELL
        return np.interp(-y, -rows, self.widths).astype(np.float32)

    def shoulder(self, x: Float) -> Float:
        """Height of the cloth's outline at distances |x| from the middle line, near the shoulders."""
        upto = int(np.argmax(self.half)) + 1
        return np.interp(np.abs(x), self.half[:upto], self.rows[:upto]).astype(np.float32)


def measure(shape: FaceShape) -> Body:
    """Scans a body at rest from the front."""
    middle = shape.eyes.mean(axis=0)
    skin, seen, bones = _scan(shape, middle)
    rows, columns = skin.shape
    x = (np.arange(columns) + 0.5) * CELL - HALF
    y = -(np.arange(rows) + 0.5) * CELL
    widths = np.array([np.abs(x[line]).max() if line.any() else 0.0 for line in seen], np.float32)
    last = int(np.flatnonzero(widths > 0)[-1]) - 4
    widths[last:] = widths[last]
    skin[last:], seen[last:], bones[last:] = skin[last], seen[last], bones[last]
    upper = (y < -0.085) & (y > -0.13)
    neck_half = float(widths[upper].min())
    neck = float(y[np.flatnonzero((y < -0.10) & (widths > 1.32 * neck_half))[0]])
    outline_y, outline_half = _outline(y, widths, neck, neck_half)
    skin = _fill(skin, seen)
    bones = np.asarray(cv2.GaussianBlur(_fill(bones, seen), (0, 0), 5), np.float32)
    bones /= bones.sum(axis=2, keepdims=True)
    cloth = _drape(skin, seen)
    return Body(middle, skin, cloth, bones, outline_y, outline_half, neck, neck_half, widths)


def _scan(shape: FaceShape, middle: Float) -> tuple[Float, npt.NDArray[np.bool_], Float]:
    """Foremost z, whether there is any body, bone weights; the head is left out."""
    model = shape.model
    quads = model.quads[model.layer == LAYERS.index("skin")]
    head = model.skinning[:, BONES.index("head")]
    quads = quads[(head[quads] < 0.5).all(axis=1)]
    triangles = np.ascontiguousarray(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), np.int32)
    points = shape.rest - middle
    flat = np.stack([(points[:, 0] + HALF) / CELL, -points[:, 1] / CELL, -points[:, 2]], axis=1).astype(np.float32)
    buffers = Buffers.empty(round(_BOTTOM / CELL), round(2 * HALF / CELL))
    draw_triangles(flat, triangles, buffers.depth, buffers.index, buffers.weights)
    bones = np.zeros((*buffers.depth.shape, len(BONES)), np.float32)
    interpolate(buffers.index, buffers.weights, 0, triangles, model.skinning, bones)
    seen = buffers.index >= 0
    seen[: round(0.075 / CELL)] = False
    return np.where(seen, -buffers.depth, 0).astype(np.float32), seen, bones


def _outline(y: Float, widths: Float, neck: float, neck_half: float) -> tuple[Float, Float]:
    """Heights and half widths of the cloth: shoulders slope from the neck without dip or dome."""
    ease = 0.008
    ys = np.arange(neck + 0.02, -_BOTTOM, -0.002)
    half = np.interp(-ys, -y, np.maximum.accumulate(widths * (y < neck + 0.03)))
    body = np.interp(-ys, -y, widths)
    half = np.minimum(half, np.maximum(body, cv2.blur(body[:, None], (1, 61))[:, 0]))
    start = neck_half + 0.012
    widest = int(np.argmax(half > 0.985 * half[: round(0.16 / 0.002)].max()))
    over = _upper_hull(
        np.concatenate([[start], half[: widest + 1]]), np.concatenate([[neck + 0.012], ys[: widest + 1]])
    )
    grid = np.linspace(start, half[widest], 80)
    top = np.interp(grid, over[:, 0], over[:, 1])
    smooth = _soften(top, 7)
    line_x = np.concatenate([grid, half[widest + 1 :]]) + ease
    line_y = np.concatenate([np.maximum(smooth, top - 0.002) + ease * 0.6, ys[widest + 1 :]])
    keep = np.concatenate([[True], np.diff(np.minimum.accumulate(line_y)) < 0])
    line_x, line_y = line_x[keep], line_y[keep]
    line_x[len(grid) // 2 :] = _soften(line_x[len(grid) // 2 :], 5)
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(line_x), np.diff(line_y)))])
    at = np.linspace(0, length[-1], 46)
    return np.interp(at, length, line_y).astype(np.float32), np.interp(at, length, line_x).astype(np.float32)


def _soften(line: Real, spread: float) -> Real:
    """Gaussian smoothing that keeps the ends and straight runs."""
    reach = int(3 * spread)
    padded = np.concatenate([2 * line[0] - line[reach:0:-1], line, 2 * line[-1] - line[-2 : -reach - 2 : -1]])
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / spread) ** 2)
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _upper_hull(x: Float, y: Float) -> Float:
    """Upper convex hull of points, by increasing x: (N, 2)."""
    hull: list[tuple[float, float]] = []
    for px, py in sorted(zip(x.tolist(), y.tolist(), strict=True)):
        while len(hull) > 1:
            (ax, ay), (bx, by) = hull[-2], hull[-1]
            if (bx - ax) * (py - ay) - (by - ay) * (px - ax) >= 0:
                hull.pop()
            else:
                break
        hull.append((px, py))
    return np.array(hull)


def _fill(field: Float, seen: npt.NDArray[np.bool_]) -> Float:
    """Cells without body take the value of the nearest with."""
    _, label = cv2.distanceTransformWithLabels((~seen).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    values = np.zeros((label.max() + 1, *field.shape[2:]), np.float32)
    values[label[seen]] = field[seen]
    return np.asarray(values[label], np.float32)


def _drape(skin: Float, seen: npt.NDArray[np.bool_]) -> Float:
    """A sheet over the front of the body: hollows are bridged, the rest smoothed, nothing pokes through."""
    snug = cv2.GaussianBlur(skin, (0, 0), 4)
    hung = cv2.dilate(cv2.morphologyEx(snug, cv2.MORPH_CLOSE, np.ones((1, 71), np.uint8)), _round(15))
    for row in range(round(0.2 / CELL), len(hung)):
        hung[row] = np.maximum(hung[row], hung[row - 1] - _HANG)
    hung = cv2.GaussianBlur(hung, (0, 0), 15)
    inner = cv2.erode(seen.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    short = np.where(inner, skin + EASE - hung, 0.0).max(axis=1)
    short[: round(0.17 / CELL)] = 0
    hung = hung + cv2.GaussianBlur(np.maximum.accumulate(short)[:, None].astype(np.float32), (0, 0), 10)
    low = np.clip((np.arange(len(skin)) * CELL - 0.17) / 0.08, 0, 1).astype(np.float32)[:, None]
    sheet = snug * (1 - low) + hung * low
    for _ in range(4):
        need = np.where(inner, skin + EASE - sheet, -1.0).astype(np.float32)
        sheet = sheet + cv2.GaussianBlur(cv2.dilate(np.maximum(need, 0), _round(9)), (0, 0), 5)
    return np.asarray(sheet, np.float32)


def _round(cells: int) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (cells, cells)), np.uint8)


def main_shell(body: Body) -> tuple[Float, Index]:
    """The cloth over torso and arms: vertices (N, 3) relative to the eyes' middle, triangles (T, 3)."""
    spread = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 33)) * 0.75 + np.linspace(-1, 1, 33) * 0.25
    x = body.half[:, None] * spread[None]
    y = np.repeat(body.rows[:, None], len(spread), axis=1)
    edge = body.at(body.skin, body.half - 0.014, body.rows - 0.004)
    edge = _soften(np.asarray(edge, np.float64), 2).astype(np.float32)
    z = body.at(body.cloth, x.astype(np.float32), y.astype(np.float32))
    away = _distance(body, x, y)
    round_off = 0.034
    t = np.clip(away / round_off, 0, 1)
    z = edge[:, None] + (z - edge[:, None]) * np.sqrt(1 - (1 - t) ** 2)
    crease = np.exp(-0.5 * ((np.abs(x) - body.half[:, None] + ARM) / 0.010) ** 2)
    z = z - 0.012 * crease * np.clip((-y - 0.25) / 0.06, 0, 1)
    z = np.maximum(z, np.where(t > 0.45, body.at(body.skin, x.astype(np.float32), y.astype(np.float32)) + 0.004, -1))
    normal = np.stack([-np.gradient(body.rows), np.gradient(body.half)], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    wraps = []
    for inward, back in ((0.003, 0.014), (0.012, 0.034), (0.034, 0.060)):
        wx = np.maximum(body.half - inward * np.abs(normal[:, 0]), 0.02)
        wy = body.rows - inward * np.abs(normal[:, 1])
        wraps.append(np.stack([wx, wy, edge - back], axis=1))
    front = np.stack([x, y, z], axis=2)
    mirror = np.array([-1, 1, 1], np.float32)
    left = np.stack([wrap * mirror for wrap in wraps[::-1]], axis=1)
    right = np.stack(wraps, axis=1)
    grid = np.concatenate([left, front, right], axis=1).astype(np.float32)
    return grid.reshape(-1, 3), grid_triangles(grid.shape[0], grid.shape[1])


def _distance(body: Body, x: Real, y: Real) -> Float:
    """Metres (...,) to the cloth's outline, on the inside."""
    grid_y = -(np.arange(body.skin.shape[0]) + 0.5) * CELL
    grid_x = (np.arange(body.skin.shape[1]) + 0.5) * CELL - HALF
    half = body.half_at(grid_y.astype(np.float32))
    inside = (np.abs(grid_x)[None] < half[:, None]).astype(np.uint8)
    inside[: max(0, round(-body.rows[0] / CELL) - 20)] = 0
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 5) * CELL
    return body.at(cv2.GaussianBlur(distance, (0, 0), 2), x.astype(np.float32), y.astype(np.float32))


def grid_triangles(rows: int, columns: int, *, closed: bool = False) -> Index:
    """(T, 3) of a grid of vertices, its rows going down, outside in front; `closed` joins last column to first."""
    last = columns if closed else columns - 1
    r, c = np.meshgrid(np.arange(rows - 1), np.arange(last), indexing="ij")
    a, b = r * columns + c, r * columns + (c + 1) % columns
    d, e = a + columns, b + columns
    return np.concatenate([np.stack([a, d, e], -1).reshape(-1, 3), np.stack([a, e, b], -1).reshape(-1, 3)]).astype(
        np.int32
    )
