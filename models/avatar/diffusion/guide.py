"""The guide: a posed host rasterised to sixteen small planes that tell the model where everything is.

Planes (values about -1..1, 0 where nothing is): 0-2 albedo as sRGB values, 3-5 normal, 6-7 direction of hair on
screen, 8-12 masks of skin, hair, cloth, eye and mouth (1 inside, 0.5 lips), 13-14 canonical coordinates, 15 depth.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from models.avatar.diffusion.canvas import CAMERA, HEAD_WINDOW, HEIGHT, PATCH, WIDTH
from models.avatar.diffusion.controls import MAX_PITCH, MAX_ROLL, MAX_YAW, FaceFrame
from models.avatar.diffusion.face_model import HeadPose
from models.avatar.diffusion.raster import Buffers, Float, Index, all_pieces, draw_cutout, draw_pieces
from models.avatar.diffusion.scene import HostScene, Material, PosedScene

CHANNELS = 16
GUIDE_SCALE = 2
"""Picture pixels a guide pixel."""
SKIN, HAIR, CLOTH, EYE, MOUTH = 8, 9, 10, 11, 12
"""Planes of the masks."""

_MASK_OF = np.zeros(len(Material), np.int32)
for _material, _plane in (
    (Material.SKIN, SKIN),
    (Material.MOUTH, MOUTH),
    (Material.EYE, EYE),
    (Material.CLOTH, CLOTH),
    (Material.HARD, CLOTH),
    (Material.LASH, EYE),
    (Material.HAIR, HAIR),
):
    _MASK_OF[_material] = _plane
STILL = 1.0
"""Picture pixels that a point may move without counting as moving: the foot of the neck hardly does."""
DEPTH_SPAN = 0.15
"""Metres in front of the eyes' plane that make plane 15 equal 1."""


Window = tuple[int, int, int, int]
"""Top, left, height, width in picture pixels, multiples of 16."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a scene can be seen: indices of triangles, and pieces (P, 2) of strands (see `raster.all_pieces`)."""

    triangles: Index
    pieces: Index


class GuideRenderer:
    """Draws the guides of one host. Not thread-safe: it reuses its buffers."""

    def __init__(self, scene: HostScene, window: Window = (0, 0, HEIGHT, WIDTH), shown: Shown | None = None) -> None:
        """Prepare a host; `shown` is what to draw, see `what_shows`, everything by default."""
        self._scene = scene
        self._mesh = mesh = scene.mesh if shown is None else scene.mesh.only(shown.triangles)
        # Drawn at the picture's resolution and averaged: without that, edges would step by two pixels.
        self._camera = CAMERA
        top, left, height, width = window
        self._corner = np.array([left, top, 0.0], np.float32)
        self._buffers = Buffers.empty(height, width)
        self._cutout = np.where(_holed(mesh.uv, mesh.triangles, mesh.texture, mesh.textures), mesh.texture, -1)
        # Bytes: a guide has no more levels, and a host's textures then fit into a core's cache.
        self._textures = np.round(255 * to_srgb(mesh.textures[..., :3])).astype(np.uint8)
        self._color = to_srgb(mesh.color)
        pieces = all_pieces(*scene.strands.points.shape[:2]) if shown is None else shown.pieces
        # Nearest first: what is behind is then skipped by its depth.
        pieces = pieces[np.argsort(-scene.strands.points[pieces[:, 0], pieces[:, 1], 2], kind="stable")]
        self._numbers, owner = np.unique(pieces[:, 0], return_inverse=True)
        self._pieces = np.stack([owner, pieces[:, 1]], axis=1).astype(np.int32)
        self._strands = scene.strands.only(self._numbers)
        hair = scene.look.hair[None] * np.exp(0.35 * self._strands.shade)[:, None]
        self._hair = to_srgb(hair).astype(np.float32)
        pixels = self._strands.width * self._camera.pixels_per_metre
        self._width = np.maximum(pixels, 1.0).astype(np.float32)

    def render(self, frame: FaceFrame) -> Float:
        """The guide of a frame: (16, height / 2, width / 2) of the window, float32, stored planes last."""
        mesh, buffers = self._mesh, self._buffers
        posed = self._scene.pose(frame, self._strands)
        strands = self._draw(posed)
        height, width = buffers.index.shape
        out = np.zeros((height // GUIDE_SCALE, width // GUIDE_SCALE, CHANNELS), np.float32)
        _fill(
            buffers.depth, buffers.index, buffers.weights, mesh.triangles, mesh.part, mesh.material[mesh.part],
            mesh.texture, mesh.uv, posed.normals, mesh.mouth, self._color, self._textures, self._hair, strands,
            posed.strands, posed.skull, _MASK_OF, self._camera.distance, out,
        )  # fmt: skip
        return out.transpose(2, 0, 1)

    def seen(self, frame: FaceFrame) -> Shown:
        """What has a pixel in a frame, and the pieces of hair next to those that have."""
        self._draw(self._scene.pose(frame, self._strands))
        index, count = self._buffers.index, len(self._mesh.triangles)
        triangles = np.unique(index[(index >= 0) & (index < count)])
        hair = index >= count
        strand, last = self._numbers[index[hair] - count], self._strands.points.shape[1] - 2
        piece = (self._buffers.weights[hair][:, 0] * (last + 1)).astype(np.int64)
        near = np.zeros((len(self._scene.strands.points), last + 1), bool)
        for step in (-1, 0, 1):
            near[strand, np.clip(piece + step, 0, last)] = True
        return Shown(triangles.astype(np.int32), np.argwhere(near).astype(np.int32))

    def _draw(self, posed: PosedScene) -> Float:
        """Fills the buffers; returns the strands as they were drawn, projected."""
        scene, mesh, buffers = self._scene, self._mesh, self._buffers
        points = self._camera.project(posed.points, scene.target) - self._corner
        strands = self._camera.project(posed.strands, scene.target) - self._corner
        buffers.clear()
        draw_cutout(
            points, mesh.uv, mesh.triangles, self._cutout, mesh.textures, buffers.depth, buffers.index, buffers.weights
        )
        first = len(mesh.triangles)
        draw_pieces(strands, self._width, self._pieces, first, buffers.depth, buffers.index, buffers.weights)
        return strands


def moving_window(scene: HostScene, margin: int) -> Window:
    """The part of HEAD_WINDOW that moves in any head pose, and `margin` pixels around it, on whole latent cells.

    Found from where vertices and strands are projected to, so it holds for every host: short hair needs a third less
    than the whole window.
    """
    turns = itertools.product((-MAX_YAW, 0.0, MAX_YAW), (-MAX_PITCH, 0.0, MAX_PITCH), (-MAX_ROLL, 0.0, MAX_ROLL))
    poses = [scene.pose(FaceFrame({"jawOpen": 0.6}, HeadPose(*turn))) for turn in turns]
    points = np.stack([np.concatenate([pose.points, pose.strands.reshape(-1, 3)]) for pose in poses])
    seen = CAMERA.project(points, scene.target)[..., :2]
    moves = np.ptp(seen, axis=0).max(axis=-1) > STILL
    (left, top), (right, bottom) = seen[:, moves].min((0, 1)) - margin, seen[:, moves].max((0, 1)) + margin
    window_top, window_left, height, width = HEAD_WINDOW
    top, left = (max(float(a), b) // PATCH * PATCH for a, b in ((top, window_top), (left, window_left)))
    bottom, right = min(float(bottom), window_top + height), min(float(right), window_left + width)
    cells = (int(-(-(end - start) // PATCH)) for start, end in ((top, bottom), (left, right)))
    high, wide = (count * PATCH for count in cells)
    return int(top), int(left), high, wide


def what_shows(scene: HostScene, window: Window) -> Shown:
    """What shows in a window in any of nine head poses, talking and at rest: the rest of it only costs time."""
    guides = GuideRenderer(scene, window)
    talk = {
        "jawOpen": 0.6,
        "eyeBlinkLeft": 0.5,
        "eyeBlinkRight": 0.5,
        "mouthUpperUpLeft": 0.4,
        "mouthUpperUpRight": 0.4,
    }
    poses = [HeadPose(yaw, pitch, 0.0) for yaw in (-MAX_YAW, 0.0, MAX_YAW) for pitch in (-MAX_PITCH, 0.0, MAX_PITCH)]
    seen = [guides.seen(FaceFrame(units, pose)) for pose in poses for units in ({}, talk)]
    # Mouth, eyes and lashes are small and come and go: all of them stay.
    lively = np.isin(scene.mesh.material[scene.mesh.part], (Material.MOUTH, Material.EYE, Material.LASH))
    triangles = np.unique(np.concatenate([np.flatnonzero(lively), *(one.triangles for one in seen)]))
    strands, knots = scene.strands.points.shape[:2]
    near = np.zeros((strands, max(knots - 1, 1)), bool)
    for one in seen:
        near[one.pieces[:, 0], one.pieces[:, 1]] = True
    return Shown(triangles.astype(np.int32), np.argwhere(near).astype(np.int32))


def to_srgb(light: npt.NDArray[np.float32]) -> Float:
    """Linear light to sRGB values, 0..1 (IEC 61966-2-1)."""
    light = np.clip(light, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _add_strand(
    s: int,
    along: float,
    share: float,
    hair: Float,
    strands: Float,
    curls: Float,
    skull: Float,
    out: Float,
    i: int,
    j: int,
) -> None:
    """Adds a strand's attributes to guide pixel (i, j): its normal is the hull's, from the skull's middle."""
    k = min(int(along * (strands.shape[1] - 1)), strands.shape[1] - 2)
    for channel in range(3):
        out[i, j, channel] += share * hair[s, channel]
    x, y, z = curls[s, k, 0] - skull[0], curls[s, k, 1] - skull[1], curls[s, k, 2] - skull[2]
    length = share / (np.sqrt(x * x + y * y + z * z) + 1e-6)
    out[i, j, 3] += x * length
    out[i, j, 4] += y * length
    out[i, j, 5] += z * length
    dx = strands[s, k + 1, 0] - strands[s, k, 0]
    dy = strands[s, k + 1, 1] - strands[s, k, 1]
    length = share / (np.sqrt(dx * dx + dy * dy) + 1e-6)
    out[i, j, 6] += dx * length
    out[i, j, 7] += dy * length
    out[i, j, HAIR] += share
    out[i, j, 14] += share * along


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _holed(uv: Float, triangles: Index, texture_of: Index, textures: Float) -> npt.NDArray[np.bool_]:
    """(T,) whether any texel around a triangle is a hole: the others need no look at their texture while drawing."""
    size = textures.shape[1]
    out = np.zeros(triangles.shape[0], np.bool_)
    for t in range(triangles.shape[0]):
        if texture_of[t] < 0:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        left = int(min(uv[a, 0], uv[b, 0], uv[c, 0]) * size) - 1
        right = int(max(uv[a, 0], uv[b, 0], uv[c, 0]) * size) + 1
        top = int((1.0 - max(uv[a, 1], uv[b, 1], uv[c, 1])) * size) - 1
        bottom = int((1.0 - min(uv[a, 1], uv[b, 1], uv[c, 1])) * size) + 1
        for row in range(max(top, 0), min(bottom, size - 1) + 1):
            for column in range(max(left, 0), min(right, size - 1) + 1):
                if textures[texture_of[t], row, column, 3] < 0.5:
                    out[t] = True
    return out


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _add_texel(
    t: int, u: float, v: float, share: float, texture: Index, part: Index, textures: npt.NDArray[np.uint8],
    color: Float, out: Float, i: int, j: int,
) -> None:  # fmt: skip
    """Adds a triangle's albedo at (u, v) to guide pixel (i, j)."""
    if texture[t] < 0:
        for channel in range(3):
            out[i, j, channel] += share * color[part[t], channel]
    else:
        size = textures.shape[1]
        column = min(max(int(u * size), 0), size - 1)
        row = min(max(int((1.0 - v) * size), 0), size - 1)
        for channel in range(3):
            out[i, j, channel] += share / 255.0 * textures[texture[t], row, column, channel]


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy", inline="always")
def _add_surface(
    t: int, wb: float, wc: float, share: float, triangles: Index, uv: Float, normals: Float, mouth: Float, plane: int,
    out: Float, i: int, j: int,
) -> None:  # fmt: skip
    """Adds what is linear over a triangle to guide pixel (i, j): normal, masks, canonical coordinates."""
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    wa = 1.0 - wb - wc
    for axis in range(3):
        out[i, j, 3 + axis] += share * (wa * normals[a, axis] + wb * normals[b, axis] + wc * normals[c, axis])
    inside = wa * mouth[a] + wb * mouth[b] + wc * mouth[c]
    if plane == MOUTH:
        inside = 1.0
    else:
        out[i, j, plane] += share
    out[i, j, MOUTH] += share * inside
    out[i, j, 13] += share * (2.0 * (wa * uv[a, 0] + wb * uv[b, 0] + wc * uv[c, 0]) - 1.0)
    out[i, j, 14] += share * (2.0 * (wa * uv[a, 1] + wb * uv[b, 1] + wc * uv[c, 1]) - 1.0)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _fill(
    depth: Float, index: Index, weights: Float, triangles: Index, part: Index, material: Index, texture: Index,
    uv: Float, normals: Float, mouth: Float, color: Float, textures: npt.NDArray[np.uint8], hair: Float,
    strands: Float, curls: Float, skull: Float, mask_of: Index, distance: float, out: Float,
) -> None:  # fmt: skip
    """Adds up the attributes of what covers each pixel, a quarter of each of the four pixels under a guide pixel."""
    count = triangles.shape[0]
    share = 1.0 / (GUIDE_SCALE * GUIDE_SCALE)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            y0, x0 = i * GUIDE_SCALE, j * GUIDE_SCALE
            first = index[y0, x0]
            # Under most guide pixels lies one triangle: what is linear over it is then worked out once, in the middle.
            alone = 0 <= first < count and (
                index[y0, x0 + 1] == first and index[y0 + 1, x0] == first and index[y0 + 1, x0 + 1] == first
            )
            wb_sum, wc_sum = 0.0, 0.0
            for y in range(y0, y0 + GUIDE_SCALE):
                for x in range(x0, x0 + GUIDE_SCALE):
                    t = index[y, x]
                    if t < 0:
                        continue
                    out[i, j, 15] += share * (distance - depth[y, x]) * (1.0 / DEPTH_SPAN)
                    wb, wc = weights[y, x, 0], weights[y, x, 1]
                    if t >= count:
                        _add_strand(t - count, wb, share, hair, strands, curls, skull, out, i, j)
                        continue
                    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                    wa = 1.0 - wb - wc
                    u = wa * uv[a, 0] + wb * uv[b, 0] + wc * uv[c, 0]
                    v = wa * uv[a, 1] + wb * uv[b, 1] + wc * uv[c, 1]
                    _add_texel(t, u, v, share, texture, part, textures, color, out, i, j)
                    wb_sum += wb
                    wc_sum += wc
                    if not alone:
                        plane = mask_of[material[t]]
                        _add_surface(t, wb, wc, share, triangles, uv, normals, mouth, plane, out, i, j)
            if alone:
                plane = mask_of[material[first]]
                _add_surface(
                    first, share * wb_sum, share * wc_sum, 1.0, triangles, uv, normals, mouth, plane, out, i, j
                )
