"""Painted hair on the skin: brows and beards as pictures of strokes in charts of the mean face, each drawn once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.attributes import BrowShape

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]

BROW_SPAN = (0.006, 0.062, 0.004, 0.036)
"""|x| from, to and y from, to of the chart of a brow, metres on the mean face."""
BROW_SCALE = 5000
"""Texels a metre of the brow's chart."""
BEARD_SPAN = (-0.14, 0.14, -0.150, 0.03)
BEARD_SCALE = 4000
_FINE = 8
"""cv2 draws with sub-pixel shifts of this many bits."""


@dataclass(frozen=True, slots=True)
class Brow:
    """A brow's centre line and width on the mean face, millimetres."""

    inner: float
    """Height of the inner end over the eyes' middle."""
    arch: float
    """How far the peak is over the line from end to end."""
    tail: float
    """Height of the tail over the inner end."""
    thick: float
    length: float = 34.0
    start: float = 11.5
    """|x| of the inner end."""


BROWS: dict[BrowShape, Brow] = {
    "soft": Brow(inner=17.6, arch=3.6, tail=-0.6, thick=5.2),
    "straight": Brow(inner=18.2, arch=1.6, tail=-0.4, thick=5.2),
    "arched": Brow(inner=17.0, arch=5.6, tail=-0.6, thick=4.8),
    "bold": Brow(inner=17.4, arch=3.4, tail=-0.4, thick=6.8),
}


def _brow_line(brow: Brow, t: Real) -> tuple[Real, Real]:
    """Centre line (|x|, y) in millimetres at t = 0 (inner) to 1 (tail)."""
    peak = 0.62
    bump = np.where(t < peak, 1 - (1 - t / peak) ** 2, 1 - ((t - peak) / (1 - peak)) ** 2 * 1.0)
    return brow.start + brow.length * t, brow.inner + brow.tail * t + brow.arch * bump


def _brow_half(brow: Brow, t: Real) -> Float:
    grow = 0.72 + 0.28 * np.clip(t / 0.25, 0, 1)
    return np.asarray(brow.thick / 2 * grow * (1 - 0.88 * np.clip((t - 0.4) / 0.6, 0, 1) ** 1.3), np.float32)


@cache
def brow_picture(shape: BrowShape) -> Float:
    """(rows, columns) cover 0..1 of a brow over BROW_SPAN, row 0 at the top."""
    brow = BROWS[shape]
    rng = np.random.default_rng(11)
    x0, x1, y0, y1 = (1000 * edge for edge in BROW_SPAN)
    scale = BROW_SCALE / 1000 * 2
    size = (round((y1 - y0) * scale), round((x1 - x0) * scale))
    t = np.linspace(0, 1, 60, dtype=np.float32)
    x, y = _brow_line(brow, t)
    half = _brow_half(brow, t)
    outline = np.concatenate([np.stack([x, y + half], axis=1), np.stack([x, y - half], axis=1)[::-1]])
    filled = np.zeros(size, np.float32)
    cv2.fillPoly(filled, [np.round((outline - (x0, y0)) * (scale, scale)).astype(np.int32)], 1.0)
    body = cv2.GaussianBlur(filled, (0, 0), 0.75 * scale)
    strokes = np.zeros(size, np.uint8)
    count = 420
    at = rng.uniform(0, 1, count).astype(np.float32) ** 0.9
    across = rng.uniform(-0.95, 0.75, count)
    sx, sy = _brow_line(brow, at)
    sy = sy + across * _brow_half(brow, at)
    ahead_x, ahead_y = _brow_line(brow, np.minimum(at + 0.02, 1.02).astype(np.float32))
    along = np.arctan2(ahead_y - _brow_line(brow, at)[1], ahead_x - sx)
    lift = np.interp(at, [0, 0.15, 0.5, 1], [1.15, 0.75, 0.32, 0.05]) - 0.30 * np.clip(across, 0, 1) * at
    angle = along + lift + rng.normal(0, 0.10, count)
    length = np.interp(at, [0, 0.2, 0.7, 1], [3.6, 4.6, 4.4, 2.6]) * rng.uniform(0.8, 1.15, count)
    ends = np.stack([sx + np.cos(angle) * length, sy + np.sin(angle) * length * 0.8], axis=1)
    starts = np.stack([sx, sy], axis=1)
    for a, b in zip(starts, ends, strict=True):
        pa, pb = (np.round((p - (x0, y0)) * scale * 2**_FINE).astype(int).tolist() for p in (a, b))
        cv2.line(strokes, pa, pb, 255, 2, cv2.LINE_AA, _FINE)
    fine: Real = np.minimum(strokes.astype(np.float32) / 255 * (0.15 + body) * 1.15, 1)
    cover = np.clip(0.62 * body + 0.55 * fine, 0, 1) * np.minimum(1, 0.35 + body * 1.4)
    inner = np.clip((np.arange(size[1]) / scale + x0 - brow.start + 1.0) / 10.0, 0.0, 1) ** 0.7
    picture = cv2.resize(cover * inner[None].astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(picture[::-1], np.float32)


@cache
def beard_strokes(length: float) -> Float:
    """(rows, columns) cover 0..1 of hairs `length` metres long over BEARD_SPAN (around the face, height), all over."""
    rng = np.random.default_rng(23)
    x0, x1, y0, y1 = BEARD_SPAN
    size = (round((y1 - y0) * BEARD_SCALE), round((x1 - x0) * BEARD_SCALE))
    picture = np.zeros(size, np.uint8)
    count = round(9000 * min(1.0, 0.004 / length) + 5000)
    x, y = rng.uniform(x0, x1, count), rng.uniform(y0, y1, count)
    angle = -np.pi / 2 + np.clip(x / 0.08, -1, 1) * -0.35 + rng.normal(0, 0.28, count)
    reach = length * rng.uniform(0.6, 1.2, count)
    for cx, cy, turn, far, shade in zip(x, y, angle, reach, rng.integers(120, 255, count), strict=True):
        ends = ((cx, cy), (cx + np.cos(turn) * far, cy + np.sin(turn) * far))
        a, b = (
            [round((px - x0) * BEARD_SCALE * 2**_FINE), round((y1 - py) * BEARD_SCALE * 2**_FINE)] for px, py in ends
        )
        cv2.line(picture, a, b, int(shade), 1, cv2.LINE_AA, _FINE)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7).astype(np.float32) / 255, np.float32)


def look_up(picture: Float, span: tuple[float, float, float, float], x: Float, y: Float) -> Float:
    """A chart's picture at chart coordinates x, y (any equal shape), 0 outside."""
    x0, x1, y0, y1 = span
    rows, columns = picture.shape
    column = ((x - x0) / (x1 - x0) * columns - 0.5).astype(np.float32)
    row = ((y1 - y) / (y1 - y0) * rows - 0.5).astype(np.float32)
    return np.asarray(cv2.remap(picture, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)
