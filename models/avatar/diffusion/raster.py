"""A small software rasteriser: triangles and hair ribbons into depth, index and barycentric buffers (numba).

Both the guide of the avatar and the CG training data are drawn by it, so the one is exact about the other. It has no
blending and no shading: callers look the attributes up per pixel (deferred shading).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]

FAR = np.float32(1e9)


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole in front of the host; row 0 is the top. Distances in metres, pictures in pixels."""

    width: int
    height: int
    eye_row: float
    """Row at which `target` appears."""
    pixels_per_metre: float
    """Scale at the target's depth."""
    distance: float = 1.75

    def scaled(self, factor: float) -> Camera:
        """The same view with `factor` times the pixels."""
        return Camera(
            round(self.width * factor),
            round(self.height * factor),
            self.eye_row * factor,
            self.pixels_per_metre * factor,
            self.distance,
        )

    def project(self, points: Float, target: Float) -> Float:
        """points (..., 3) in metres -> (..., 3): column, row, distance from the camera in metres."""
        relative = points - target
        depth = self.distance - relative[..., 2]
        scale = self.pixels_per_metre * self.distance / depth
        column = self.width / 2 + relative[..., 0] * scale
        row = self.eye_row - relative[..., 1] * scale
        return np.ascontiguousarray(np.stack([column, row, depth], axis=-1), np.float32)


@dataclass(frozen=True, slots=True)
class Buffers:
    """What covers each pixel: distance (H, W), primitive index (H, W; -1 nothing) and two weights (H, W, 2)."""

    depth: Float
    index: Index
    weights: Float

    @classmethod
    def empty(cls, height: int, width: int) -> Buffers:
        """Nothing drawn yet."""
        return cls(
            np.full((height, width), FAR, np.float32),
            np.full((height, width), -1, np.int32),
            np.zeros((height, width, 2), np.float32),
        )

    def clear(self) -> None:
        """Back to nothing drawn."""
        self.depth.fill(FAR)
        self.index.fill(-1)


@njit(cache=True, nogil=True, fastmath=True)
def draw_triangles(
    points: Float, triangles: Index, first: int, depth: Float, index: Index, weights: Float, pull: float
) -> None:
    """Draws `triangles` (T, 3) of projected `points` (N, 3); triangle i is written as index `first + i`.

    weights are the barycentric weights of the second and third corner. `pull` metres nearer wins ties between layers.
    """
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        x0 = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(np.ceil(max(ax, bx, cx) - 0.5)))
        y0 = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.ceil(max(ay, by, cy) - 0.5)))
        inverse = 1.0 / area
        for y in range(y0, y1 + 1):
            py = y + 0.5
            for x in range(x0, x1 + 1):
                px = x + 0.5
                wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inverse
                wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inverse
                if wb < -1e-5 or wc < -1e-5 or wb + wc > 1.00001:
                    continue
                z = az + wb * (bz - az) + wc * (cz - az) - pull
                if z < depth[y, x]:
                    depth[y, x] = z
                    index[y, x] = first + t
                    weights[y, x, 0] = wb
                    weights[y, x, 1] = wc


@njit(cache=True, nogil=True, fastmath=True)
def draw_strands(
    points: Float, width_px: Float, first: int, depth: Float, index: Index, weights: Float, pull: float
) -> None:
    """Draws strands (S, K, 3), projected, as camera-facing ribbons `width_px` (S, K) wide; strand i is `first + i`.

    weights are the position along the strand (0 root, 1 tip) and across it (-1..1).
    """
    height, width = depth.shape
    strands, knots = points.shape[0], points.shape[1]
    for s in range(strands):
        for k in range(knots - 1):
            ax, ay, az = points[s, k, 0], points[s, k, 1], points[s, k, 2]
            bx, by, bz = points[s, k + 1, 0], points[s, k + 1, 1], points[s, k + 1, 2]
            ra, rb = width_px[s, k] * 0.5, width_px[s, k + 1] * 0.5
            reach = max(ra, rb)
            dx, dy = bx - ax, by - ay
            square = dx * dx + dy * dy
            if square < 1e-12:
                continue
            inverse = 1.0 / square
            x0 = max(0, int(np.floor(min(ax, bx) - reach - 0.5)))
            x1 = min(width - 1, int(np.ceil(max(ax, bx) + reach - 0.5)))
            y0 = max(0, int(np.floor(min(ay, by) - reach - 0.5)))
            y1 = min(height - 1, int(np.ceil(max(ay, by) + reach - 0.5)))
            length = np.sqrt(square)
            nearest = min(az, bz) - pull
            for y in range(y0, y1 + 1):
                py = y + 0.5 - ay
                for x in range(x0, x1 + 1):
                    if depth[y, x] <= nearest:
                        continue
                    px = x + 0.5 - ax
                    along = (px * dx + py * dy) * inverse
                    if along < -0.02 or along > 1.02:
                        continue
                    radius = ra + (rb - ra) * along
                    across = (px * dy - py * dx) / length
                    if abs(across) > radius:
                        continue
                    z = az + (bz - az) * along - pull
                    if z < depth[y, x]:
                        depth[y, x] = z
                        index[y, x] = first + s
                        weights[y, x, 0] = (k + along) / (knots - 1)
                        weights[y, x, 1] = across / max(radius, 1e-6)


@njit(cache=True, nogil=True, fastmath=True)
def interpolate(index: Index, weights: Float, first: int, triangles: Index, attributes: Float, out: Float) -> None:
    """Fills out (H, W, C) with vertex `attributes` (N, C) where a triangle `first <= index < first + T` was drawn."""
    height, width = index.shape
    count, channels = triangles.shape[0], attributes.shape[1]
    for y in range(height):
        for x in range(width):
            t = index[y, x] - first
            if t < 0 or t >= count:
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            wb, wc = weights[y, x, 0], weights[y, x, 1]
            wa = 1.0 - wb - wc
            for channel in range(channels):
                out[y, x, channel] = (
                    wa * attributes[a, channel] + wb * attributes[b, channel] + wc * attributes[c, channel]
                )


def vertex_normals(points: Float, triangles: Index) -> Float:
    """Area-weighted unit normals (N, 3) of a mesh (N, 3), (T, 3)."""
    a, b, c = points[triangles[:, 0]], points[triangles[:, 1]], points[triangles[:, 2]]
    return _normals(np.cross(b - a, c - a).astype(np.float32), triangles, len(points))


@njit(cache=True, nogil=True, fastmath=True)
def _normals(face: Float, triangles: Index, count: int) -> Float:
    out = np.zeros((count, 3), np.float32)
    for t in range(triangles.shape[0]):
        for corner in range(3):
            v = triangles[t, corner]
            for axis in range(3):
                out[v, axis] += face[t, axis]
    for v in range(count):
        length = np.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2) + 1e-12
        for axis in range(3):
            out[v, axis] /= length
    return out


@njit(cache=True, nogil=True, fastmath=True)
def draw_cutout(
    points: Float,
    uv: Float,
    triangles: Index,
    texture_of: Index,
    textures: Float,
    depth: Float,
    index: Index,
    weights: Float,
) -> None:
    """As `draw_triangles`, but drops what is transparent: `texture_of` (T,) picks from textures (L, S, S, 4) or is -1.

    uv (N, 2) has v upwards, as texture layouts do; alpha below one half is a hole.
    """
    height, width = depth.shape
    size = textures.shape[1]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, az = points[a, 0], points[a, 1], points[a, 2]
        bx, by, bz = points[b, 0], points[b, 1], points[b, 2]
        cx, cy, cz = points[c, 0], points[c, 1], points[c, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        x0 = max(0, int(np.floor(min(ax, bx, cx) - 0.5)))
        x1 = min(width - 1, int(np.ceil(max(ax, bx, cx) - 0.5)))
        y0 = max(0, int(np.floor(min(ay, by, cy) - 0.5)))
        y1 = min(height - 1, int(np.ceil(max(ay, by, cy) - 0.5)))
        inverse = 1.0 / area
        texture = texture_of[t]
        for y in range(y0, y1 + 1):
            py = y + 0.5
            for x in range(x0, x1 + 1):
                px = x + 0.5
                wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inverse
                wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inverse
                if wb < -1e-5 or wc < -1e-5 or wb + wc > 1.00001:
                    continue
                z = az + wb * (bz - az) + wc * (cz - az)
                if z >= depth[y, x]:
                    continue
                if texture >= 0:
                    wa = 1.0 - wb - wc
                    u = (wa * uv[a, 0] + wb * uv[b, 0] + wc * uv[c, 0]) * size
                    v = (1.0 - (wa * uv[a, 1] + wb * uv[b, 1] + wc * uv[c, 1])) * size
                    column = min(max(int(u), 0), size - 1)
                    row = min(max(int(v), 0), size - 1)
                    if textures[texture, row, column, 3] < 0.5:
                        continue
                depth[y, x] = z
                index[y, x] = t
                weights[y, x, 0] = wb
                weights[y, x, 1] = wc
