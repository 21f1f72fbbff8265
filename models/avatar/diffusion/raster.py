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
        flat = np.ascontiguousarray(points, np.float32).reshape(-1, 3)
        centre = np.asarray(target, np.float32)
        seen = _project(flat, centre, self.width / 2, self.eye_row, self.pixels_per_metre, self.distance)
        return seen.reshape(points.shape)


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


def draw_triangles(points: Float, triangles: Index, depth: Float, index: Index, weights: Float) -> None:
    """Draws `triangles` (T, 3) of projected `points` (N, 3); the nearer wins.

    weights are the barycentric weights of the second and third corner.
    """
    uv, solid = np.zeros((len(points), 2), np.float32), np.full(len(triangles), -1, np.int32)
    draw_cutout(points, uv, triangles, solid, np.zeros((1, 1, 1, 4), np.float32), depth, index, weights)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
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
        # Weights are linear over the picture: they are stepped, not worked out anew at each pixel.
        b_step, b_fall = (cy - ay) * inverse, -(cx - ax) * inverse
        c_step, c_fall = -(by - ay) * inverse, (bx - ax) * inverse
        texture = texture_of[t]
        for y in range(y0, y1 + 1):
            wb_row = (y + 0.5 - ay) * b_fall + (0.5 - ax) * b_step
            wc_row = (y + 0.5 - ay) * c_fall + (0.5 - ax) * c_step
            for x in range(x0, x1 + 1):
                wb = wb_row + x * b_step
                wc = wc_row + x * c_step
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


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _narrowed(low: float, high: float, slope: float, bound: float) -> tuple[float, float]:
    """The part of [low, high] where slope * x <= bound."""
    if slope > 1e-9:
        high = min(high, bound / slope)
    elif slope < -1e-9:
        low = max(low, bound / slope)
    elif bound < 0.0:
        high = low - 1.0
    return low, high


def all_pieces(strands: int, knots: int) -> Index:
    """Every piece (strands * (knots - 1), 2) of strands: its strand, and the knot where it begins."""
    return np.stack(np.divmod(np.arange(strands * (knots - 1)), knots - 1), axis=1).astype(np.int32)


def draw_strands(points: Float, width_px: Float, first: int, depth: Float, index: Index, weights: Float) -> None:
    """Draws strands (S, K, 3), projected, as camera-facing ribbons `width_px` (S, K) wide; strand i is `first + i`.

    weights are the position along the strand (0 root, 1 tip) and across it (-1..1).
    """
    draw_pieces(points, width_px, all_pieces(*points.shape[:2]), first, depth, index, weights)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def draw_pieces(
    points: Float, width_px: Float, pieces: Index, first: int, depth: Float, index: Index, weights: Float
) -> None:
    """As `draw_strands`, but only these pieces (P, 2) of (strand, knot): nearest first is quickest.

    A piece is a convex shape, so each row of it is one span, found from its four edges: most pixels of its bounding box
    are never visited.
    """
    height, width = depth.shape
    knots = points.shape[1]
    for piece in range(pieces.shape[0]):
        s, k = pieces[piece, 0], pieces[piece, 1]
        ax, ay, az = points[s, k, 0], points[s, k, 1], points[s, k, 2]
        bx, by, bz = points[s, k + 1, 0], points[s, k + 1, 1], points[s, k + 1, 2]
        ra, rb = width_px[s, k] * 0.5, width_px[s, k + 1] * 0.5
        reach = max(ra, rb)
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        if square < 1e-12:
            continue
        left = max(0.0, np.floor(min(ax, bx) - reach - 0.5)) + 0.5 - ax
        right = min(width - 1.0, np.ceil(max(ax, bx) + reach - 0.5)) + 0.5 - ax
        y0 = max(0, int(np.floor(min(ay, by) - reach - 0.5)))
        y1 = min(height - 1, int(np.ceil(max(ay, by) + reach - 0.5)))
        length = np.sqrt(square)
        along_step, across_step = dx / square, dy / length
        swell = rb - ra
        nearest = min(az, bz)
        for y in range(y0, y1 + 1):
            py = y + 0.5 - ay
            along_row, across_row = py * dy / square, -py * dx / length
            low, high = _narrowed(left, right, along_step, 1.02 - along_row)
            low, high = _narrowed(low, high, -along_step, 0.02 + along_row)
            edge = ra + swell * along_row
            low, high = _narrowed(low, high, across_step - swell * along_step, edge - across_row)
            low, high = _narrowed(low, high, -across_step - swell * along_step, edge + across_row)
            if high < low:
                continue
            for x in range(int(np.ceil(low + ax - 0.5)), int(np.floor(high + ax - 0.5)) + 1):
                if depth[y, x] <= nearest:
                    continue
                px = x + 0.5 - ax
                along = along_row + px * along_step
                z = az + (bz - az) * along
                if z < depth[y, x]:
                    depth[y, x] = z
                    index[y, x] = first + s
                    weights[y, x, 0] = (k + along) / (knots - 1)
                    weights[y, x, 1] = (across_row + px * across_step) / max(ra + swell * along, 1e-6)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
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


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def vertex_normals(points: Float, triangles: Index) -> Float:
    """Area-weighted unit normals (N, 3) of a mesh (N, 3), (T, 3)."""
    out = np.zeros(points.shape, np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            out[corner, 0] += nx
            out[corner, 1] += ny
            out[corner, 2] += nz
    for v in range(points.shape[0]):
        length = np.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2) + 1e-12
        for axis in range(3):
            out[v, axis] /= length
    return out


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _project(
    points: Float, centre: Float, middle: float, eye_row: float, pixels_per_metre: float, distance: float
) -> Float:
    out = np.empty(points.shape, np.float32)
    for i in range(points.shape[0]):
        away = distance - (points[i, 2] - centre[2])
        scale = pixels_per_metre * distance / away
        out[i, 0] = middle + (points[i, 0] - centre[0]) * scale
        out[i, 1] = eye_row - (points[i, 1] - centre[1]) * scale
        out[i, 2] = away
    return out
