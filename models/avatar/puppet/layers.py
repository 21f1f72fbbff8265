"""Pictures that are painted once and then only moved: premultiplied BGRA, warped by OpenCV, laid down by skia.

Skia's CPU blitter is fast for upright copies and slow for rotated ones; OpenCV's warp is the other way round.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.puppet._skia import skia
from models.avatar.puppet.pose import Field, Pose, height_field, jaw_field

Bgra = npt.NDArray[np.uint8]
Painter = Callable[[skia.Canvas], None]
Box = tuple[float, float, float, float]
"""left, top, right, bottom in units."""
Matrix = tuple[float, float, float, float, float, float]
"""a, b, tx, c, d, ty: (x, y) goes to (a x + b y + tx, c x + d y + ty)."""
BAND = 96
"""Rows that are warped at a time."""
BLOCK = 32
"""Rows whose painted columns are known together."""

# A frame keeps to one core: the others belong to speech, the encoder and other shows.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class Layer:
    """A painted layer; (left, top) is its corner from the figure's origin, in pixels."""

    pixels: Bgra
    left: int
    top: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]


def surface_over(pixels: Bgra) -> skia.Surface:
    """A skia surface that draws straight into `pixels` (premultiplied BGRA: skia's fast format)."""
    height, width = pixels.shape[:2]
    info = skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
    return skia.Surface.MakeRasterDirect(info, pixels)


def paint_layer(painter: Painter, box: Box, scale: float) -> Layer:
    """Paint `box` at `scale` pixels a unit, and cut away what stayed empty."""
    left, top = math.floor(box[0] * scale), math.floor(box[1] * scale)
    width, height = math.ceil(box[2] * scale) - left, math.ceil(box[3] * scale) - top
    pixels = np.zeros((height, width, 4), np.uint8)
    surface = surface_over(pixels)
    canvas = surface.getCanvas()
    canvas.translate(-left, -top)
    canvas.scale(scale, scale)
    painter(canvas)
    surface.flushAndSubmit()
    return _trimmed(pixels, left, top)


def _trimmed(pixels: Bgra, left: int, top: int) -> Layer:
    alpha = pixels[:, :, 3]
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if rows.size == 0:
        return Layer(np.zeros((0, 0, 4), np.uint8), left, top)
    y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return Layer(np.ascontiguousarray(pixels[y0:y1, x0:x1]), left + int(x0), top + int(y0))


def lay_down(canvas: skia.Canvas, patch: Bgra, x: int, y: int) -> None:
    """Blend an upright premultiplied patch with its corner at pixel (x, y)."""
    height, width = patch.shape[:2]
    info = skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
    image = skia.Image.MakeRasterData(info, skia.Data.MakeWithoutCopy(patch), patch.strides[0])
    canvas.drawImage(image, x, y)


class AffineSprite:
    """A layer that is moved, turned and scaled as a whole.

    It is warped in bands, each only as wide as what is painted there: the pixels then stay in the processor's cache.
    """

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._patch = np.empty(0, np.uint8)
        self._spans = _painted_spans(layer.pixels)

    def draw(self, canvas: skia.Canvas, clip: tuple[int, int], matrix: Matrix) -> None:
        """Draw through `matrix` (figure pixels to picture pixels), within a `clip` (width, height)."""
        if not self._spans:
            return
        a, b, tx, c, d, ty = matrix
        left, top = self._layer.left, self._layer.top
        placed = (a, b, a * left + b * top + tx, c, d, c * left + d * top + ty)
        width, height = self._layer.size
        corners = [_map(placed, x, y)[1] for x in (0, width) for y in (0, height)]
        y0, y1 = max(0, math.floor(min(corners))), min(clip[1], math.ceil(max(corners)) + 1)
        for y in range(y0, y1, BAND):
            self._draw_band(canvas, placed, clip[0], y, min(BAND, y1 - y))

    def _draw_band(self, canvas: skia.Canvas, placed: Matrix, width: int, y: int, rows: int) -> None:
        reach = self._reach(placed, width, y, rows)
        if reach is None:
            return
        x0, x1 = reach
        a, b, tx, c, d, ty = placed
        forward = np.array([[a, b, tx - x0], [c, d, ty - y]], np.float64)
        patch = self._buffer(x1 - x0, rows)
        cv2.warpAffine(
            self._layer.pixels,
            forward,
            (x1 - x0, rows),
            dst=patch,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
        lay_down(canvas, patch, x0, y)

    def _reach(self, placed: Matrix, width: int, y: int, rows: int) -> tuple[int, int] | None:
        """The columns of the picture that a band of the layer can touch; None for none."""
        inverse = _inverse(placed)
        sources = [_map(inverse, x, row)[1] for x in (0, width) for row in (y, y + rows)]
        low, high = max(0, math.floor(min(sources)) - 1), math.ceil(max(sources)) + 1
        spans = [span for span in self._spans[low // BLOCK : high // BLOCK + 1] if span[1] > span[0]]
        if not spans:
            return None
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        xs = [_map(placed, x, row)[0] for x in (first - 1, last + 1) for row in (low, high)]
        x0, x1 = max(0, math.floor(min(xs))), min(width, math.ceil(max(xs)) + 1)
        return (x0, x1) if x1 > x0 else None

    def _buffer(self, width: int, rows: int) -> Bgra:
        if self._patch.size < width * rows * 4:
            self._patch = np.empty(width * rows * 4, np.uint8)
        return self._patch[: width * rows * 4].reshape(rows, width, 4)


def _painted_spans(pixels: Bgra) -> list[tuple[int, int]]:
    """For each BLOCK rows, the first painted column and the one after the last; (0, 0) where nothing is."""
    spans = []
    for y in range(0, pixels.shape[0], BLOCK):
        columns = np.flatnonzero(pixels[y : y + BLOCK, :, 3].any(axis=0))
        spans.append((int(columns[0]), int(columns[-1]) + 1) if columns.size else (0, 0))
    return spans


def _map(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, tx, c, d, ty = matrix
    return a * x + b * y + tx, c * x + d * y + ty


def _inverse(matrix: Matrix) -> Matrix:
    a, b, tx, c, d, ty = matrix
    det = a * d - b * c
    return d / det, -b / det, (b * ty - d * tx) / det, -c / det, a / det, (c * tx - a * ty) / det


class HeadWarp:
    """The turning of the head for the layers that lie on it: one pair of maps a frame, shared by all of them."""

    def __init__(self, box: Box, scale: float) -> None:
        self._scale = scale
        self.left, self.top = math.floor(box[0] * scale), math.floor(box[1] * scale)
        right, bottom = math.ceil(box[2] * scale), math.ceil(box[3] * scale)
        self._x = np.arange(self.left, right, dtype=np.float32)[None, :]
        self._y = np.arange(self.top, bottom, dtype=np.float32)[:, None]
        self._z: Field = height_field(self._x / scale, self._y / scale)
        self._jaw: Field = jaw_field(self._x / scale, self._y / scale)
        self._map_x = np.empty_like(self._z)
        self._map_y = np.empty_like(self._z)
        self._work = np.empty_like(self._z)
        self._patch = np.empty((BAND, self._z.shape[1], 4), np.uint8)
        self._corner = (0, 0)

    def set(self, pose: Pose, origin: tuple[float, float]) -> None:
        """Work out the maps of one frame; `origin` is the figure's origin in the picture, in pixels."""
        cos, sin, x, y = pose.head(self._scale)
        x, y = x + origin[0], y + origin[1]
        whole_x, whole_y = math.floor(x), math.floor(y)
        dx, dy = x - whole_x, y - whole_y
        np.add(cos * (self._x - dx), sin * (self._y - dy), out=self._map_x)
        np.add(-sin * (self._x - dx), cos * (self._y - dy), out=self._map_y)
        self._subtract(self._map_x, self._z, pose.turn_x * self._scale)
        self._subtract(self._map_y, self._z, pose.turn_y * self._scale)
        self._subtract(self._map_y, self._jaw, pose.jaw * self._scale)
        self._corner = (whole_x + self.left, whole_y + self.top)

    def _subtract(self, target: Field, field: Field, factor: float) -> None:
        if abs(factor) > 1e-4:
            np.multiply(field, np.float32(factor), out=self._work)
            np.subtract(target, self._work, out=target)

    def draw(self, canvas: skia.Canvas, layer: Layer) -> None:
        """Draw a layer of the head as the maps say."""
        if layer.size[0] == 0:
            return
        # What is painted can move this far within the box: the turn, the jaw, and the roll about the neck.
        slack = math.ceil(64 * self._scale)
        x0 = max(0, layer.left - self.left - slack)
        y0 = max(0, layer.top - self.top - slack)
        x1 = min(self._z.shape[1], layer.left + layer.size[0] - self.left + slack)
        y1 = min(self._z.shape[0], layer.top + layer.size[1] - self.top + slack)
        offset = (layer.left, layer.top)
        for y in range(y0, y1, BAND):
            rows = slice(y, min(y + BAND, y1))
            map_x, map_y = (
                self._map_x[rows, x0:x1] - np.float32(offset[0]),
                self._map_y[rows, x0:x1] - np.float32(offset[1]),
            )
            patch = self._patch[: map_x.shape[0], : x1 - x0]
            cv2.remap(layer.pixels, map_x, map_y, cv2.INTER_LINEAR, dst=patch, borderMode=cv2.BORDER_CONSTANT)
            lay_down(canvas, patch, self._corner[0] + x0, self._corner[1] + y)
