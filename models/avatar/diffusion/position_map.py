"""Where every texel of the face's texture lies on the mean face: canonical positions and masks, drawn once a size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.face_model import LAYERS, MASKS, face_model
from models.avatar.diffusion.raster import Buffers, draw_triangles, interpolate

Float = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

SEAM = 4
"""Texels by which islands grow, so that lookups beside a seam find skin."""


@dataclass(frozen=True, slots=True)
class PositionMap:
    """Texel (row, column) of a (size, size) texture; texture coordinates (u, v) are column u*size, row (1-v)*size."""

    position: Float
    """(size, size, 3) metres from the eyes' middle on the mean face; 0 outside of the islands."""
    masks: Float
    """(size, size, 4) the regions of face_model.MASKS, 0..1."""
    layer: npt.NDArray[np.int8]
    """(size, size) index into face_model.LAYERS; -1 outside."""
    lid: Float
    """(size, size) metres to the edge of the upper lid; on the lashes 0 at the root to 1 at the tip."""

    def mask(self, name: str) -> Float:
        """(size, size) one region of face_model.MASKS."""
        return self.masks[..., MASKS.index(name)]

    def on(self, layer: str) -> Bool:
        """(size, size) which texels belong to a layer of face_model.LAYERS."""
        return np.asarray(self.layer == LAYERS.index(layer))


@cache
def position_map(size: int) -> PositionMap:
    """The map for textures of `size` texels a side."""
    model = face_model()
    middle = model.shape({}).eyes.mean(axis=0)
    corners = model.quads.reshape(-1)
    uv = model.uv.reshape(-1, 2)
    count = len(model.quads)
    quad = np.arange(count * 4, dtype=np.int32).reshape(-1, 4)
    triangles = np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
    points = np.zeros((len(uv), 3), np.float32)
    points[:, 0], points[:, 1] = uv[:, 0] * size, (1 - uv[:, 1]) * size
    attributes = np.concatenate(
        [model.mean[corners] - middle, model.masks[corners], _lash_share()[corners, None]], axis=1
    ).astype(np.float32)
    buffers = Buffers.empty(size, size)
    draw_triangles(points, triangles, buffers.depth, buffers.index, buffers.weights)
    drawn = np.zeros((size, size, attributes.shape[1]), np.float32)
    interpolate(buffers.index, buffers.weights, 0, triangles, attributes, drawn)
    layer = np.where(buffers.index >= 0, model.layer[buffers.index % count].astype(np.int8), -1).astype(np.int8)
    for _ in range(SEAM * size // 512 or 1):
        drawn, layer = _grow(drawn, layer)
    position = np.ascontiguousarray(drawn[..., :3])
    lid = drawn[..., 7].copy()
    near = (layer == 0) & (np.abs(position[..., 1]) < 0.02) & (position[..., 2] > 0)
    lid[near] = _upper_lid_distance(position[near])
    lid[(layer == 0) & ~near] = 1.0
    return PositionMap(position, np.ascontiguousarray(drawn[..., 3:7]), layer, lid)


def upper_lid_line() -> Float:
    """(60, 2) |x| and y along the edge of the upper lid of the mean face, inner corner first."""
    model = face_model()
    middle = model.shape({}).eyes.mean(axis=0)
    chosen = _lash_vertices()
    points = (model.mean[chosen] - middle)[_lash_share()[chosen] < 0.15]
    points = points[(points[:, 1] > -0.0003) & (points[:, 0] > 0)]
    points = points[np.argsort(points[:, 0])]
    x = np.linspace(points[0, 0], points[-1, 0], 60)
    line = np.interp(x, points[:, 0], points[:, 1])
    return np.stack([x, cv2.blur(line[:, None], (1, 9))[:, 0]], axis=1).astype(np.float32)


def _lash_vertices() -> npt.NDArray[np.int64]:
    model = face_model()
    return np.unique(model.quads[model.layer == LAYERS.index("lashes")]).astype(np.int64)


@cache
def _lash_share() -> Float:
    """(V,) 0 at a lash's root to 1 at its tip; 0 off the lashes."""
    model = face_model()
    lashes = _lash_vertices()
    skin = model.mean[np.unique(model.quads[model.layer == 0])]
    skin = skin[skin[:, 2] > model.mean[lashes, 2].min() - 0.01]
    apart = np.linalg.norm(model.mean[lashes][:, None] - skin[None], axis=-1).min(axis=1)
    share = np.zeros(len(model.mean), np.float32)
    share[lashes] = np.clip(apart / np.percentile(apart, 97), 0, 1)
    return share


def _upper_lid_distance(points: Float) -> Float:
    line = upper_lid_line()
    flat = np.stack([np.abs(points[:, 0]), points[:, 1]], axis=1)
    parts = np.array_split(flat, max(1, len(flat) // 8192))
    return np.concatenate([np.sqrt(((part[:, None] - line[None]) ** 2).sum(-1).min(axis=1)) for part in parts])


def _grow(drawn: Float, layer: npt.NDArray[np.int8]) -> tuple[Float, npt.NDArray[np.int8]]:
    """One ring of texels around the islands takes the mean of its neighbours."""
    known = (layer >= 0).astype(np.float32)
    share = cv2.boxFilter(known, -1, (3, 3), normalize=False)
    ring = (known == 0) & (share > 0)
    out = drawn.copy()
    for channel in range(drawn.shape[2]):
        total = cv2.boxFilter(drawn[..., channel] * known, -1, (3, 3), normalize=False)
        out[ring, channel] = total[ring] / share[ring]
    spread = cv2.dilate((layer + 1).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.int8) - 1
    return out, np.where(ring, spread, layer).astype(np.int8)
