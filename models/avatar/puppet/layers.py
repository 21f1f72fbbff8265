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
    """A layer that is moved, turned and scaled as a whole."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._patch = np.zeros((0, 0, 4), np.uint8)

    def draw(
        self, canvas: skia.Canvas, clip: tuple[int, int], matrix: tuple[float, float, float, float, float, float]
    ) -> None:
        """Draw through `matrix` (a, b, tx, c, d, ty: figure pixels to picture pixels), within a `clip` (w, h)."""
        width, height = self._layer.size
        if width == 0:
            return
        a, b, tx, c, d, ty = matrix
        left, top = self._layer.left, self._layer.top
        ox, oy = a * left + b * top + tx, c * left + d * top + ty
        corners = [(ox + a * x + b * y, oy + c * x + d * y) for x in (0, width) for y in (0, height)]
        x0 = max(0, math.floor(min(p[0] for p in corners)))
        y0 = max(0, math.floor(min(p[1] for p in corners)))
        x1 = min(clip[0], math.ceil(max(p[0] for p in corners)) + 1)
        y1 = min(clip[1], math.ceil(max(p[1] for p in corners)) + 1)
        if x1 <= x0 or y1 <= y0:
            return
        forward = np.array([[a, b, ox - x0], [c, d, oy - y0]], np.float64)
        patch = self._buffer(y1 - y0, x1 - x0)
        cv2.warpAffine(
            self._layer.pixels, forward, (x1 - x0, y1 - y0), dst=patch, flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )  # fmt: skip
        lay_down(canvas, patch, x0, y0)

    def _buffer(self, height: int, width: int) -> Bgra:
        if self._patch.shape[:2] != (height, width):
            self._patch = np.empty((height, width, 4), np.uint8)
        return self._patch


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
        self._patch = np.empty((*self._z.shape, 4), np.uint8)
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
        np.subtract(self._map_x, np.float32(layer.left), out=self._work)
        map_y = self._map_y - np.float32(layer.top)
        cv2.remap(layer.pixels, self._work, map_y, cv2.INTER_LINEAR, dst=self._patch, borderMode=cv2.BORDER_CONSTANT)
        lay_down(canvas, self._patch, *self._corner)
