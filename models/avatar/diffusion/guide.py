"""The guide: a posed host rasterised to sixteen small planes that tell the model where everything is.

Planes (values about -1..1, 0 where nothing is): 0-2 albedo as sRGB values, 3-5 normal, 6-7 direction of hair on
screen, 8-12 masks of skin, hair, cloth, eye and mouth (1 inside, 0.5 lips), 13-14 canonical coordinates, 15 depth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from models.avatar.diffusion.canvas import CAMERA, HEIGHT, WIDTH
from models.avatar.diffusion.controls import MAX_PITCH, MAX_YAW, FaceFrame
from models.avatar.diffusion.face_model import HeadPose
from models.avatar.diffusion.raster import Buffers, Float, Index, draw_cutout, draw_strands
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
DEPTH_SPAN = 0.15
"""Metres in front of the eyes' plane that make plane 15 equal 1."""


Window = tuple[int, int, int, int]
"""Top, left, height, width in picture pixels, multiples of 16."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Indices of the triangles and strands of a scene that can be seen."""

    triangles: Index
    strands: Index


class GuideRenderer:
    """Draws the guides of one host. Not thread-safe: it reuses its buffers."""

    def __init__(self, scene: HostScene, window: Window = (0, 0, HEIGHT, WIDTH), shown: Shown | None = None) -> None:
        """Prepare a host; `shown` is what to draw, see `what_shows`, everything by default."""
        self._scene = scene
        self._mesh = scene.mesh if shown is None else scene.mesh.only(shown.triangles)
        # Drawn at the picture's resolution and averaged: without that, edges would step by two pixels.
        self._camera = CAMERA
        top, left, height, width = window
        self._corner = np.array([left, top, 0.0], np.float32)
        self._buffers = Buffers.empty(height, width)
        mesh = self._mesh
        self._textures = mesh.textures.copy()
        self._textures[..., :3] = to_srgb(mesh.textures[..., :3])
        self._color = to_srgb(mesh.color)
        # Nearest first: what is behind is then skipped by its depth.
        order = np.argsort(-scene.strands.points[:, :, 2].mean(axis=1))
        self._order = order if shown is None else order[np.isin(order, shown.strands)]
        hair = scene.look.hair[None] * np.exp(0.35 * scene.strands.shade[self._order])[:, None]
        self._hair = to_srgb(hair).astype(np.float32)
        pixels = scene.strands.width[self._order] * self._camera.pixels_per_metre
        self._width = np.maximum(pixels, 1.0).astype(np.float32)

    def render(self, frame: FaceFrame) -> Float:
        """The guide of a frame: (16, height / 2, width / 2) of the window, float32."""
        mesh, buffers = self._mesh, self._buffers
        posed = self._scene.pose(frame)
        strands, curls = self._draw(posed)
        height, width = buffers.index.shape
        out = np.zeros((CHANNELS, height // GUIDE_SCALE, width // GUIDE_SCALE), np.float32)
        _fill(
            buffers.depth, buffers.index, buffers.weights, mesh.triangles, mesh.part, mesh.material[mesh.part],
            mesh.texture, mesh.uv, posed.normals, mesh.mouth, self._color, self._textures, self._hair, strands,
            curls, posed.skull, _MASK_OF, self._camera.distance, out,
        )  # fmt: skip
        return out

    def seen(self, frame: FaceFrame) -> Shown:
        """What has a pixel in a frame."""
        self._draw(self._scene.pose(frame))
        drawn = np.unique(self._buffers.index)
        count = len(self._mesh.triangles)
        strands = np.asarray(self._order[drawn[drawn >= count] - count], np.int32)
        return Shown(np.asarray(drawn[(drawn >= 0) & (drawn < count)], np.int32), strands)

    def _draw(self, posed: PosedScene) -> tuple[Float, Float]:
        """Fills the buffers; returns the strands drawn, projected and in metres."""
        scene, mesh, buffers = self._scene, self._mesh, self._buffers
        points = self._camera.project(posed.points, scene.target) - self._corner
        curls = posed.strands[self._order]
        strands = self._camera.project(curls, scene.target) - self._corner
        buffers.clear()
        draw_cutout(
            points, mesh.uv, mesh.triangles, mesh.texture, self._textures, buffers.depth, buffers.index, buffers.weights
        )
        first = len(mesh.triangles)
        draw_strands(strands, self._width, first, buffers.depth, buffers.index, buffers.weights, 0.0)
        return strands, curls


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
    return Shown(triangles.astype(np.int32), np.unique(np.concatenate([one.strands for one in seen])))


def to_srgb(light: npt.NDArray[np.float32]) -> Float:
    """Linear light to sRGB values, 0..1 (IEC 61966-2-1)."""
    light = np.clip(light, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def _add_strand(
    s: int, along: float, share: float, hair: Float, strands: Float, curls: Float, skull: Float, out: Float
) -> None:
    """Adds a strand's attributes to one guide pixel (16,): its normal is the hull's, from the skull's middle."""
    k = min(int(along * (strands.shape[1] - 1)), strands.shape[1] - 2)
    for channel in range(3):
        out[channel] += share * hair[s, channel]
    x, y, z = curls[s, k, 0] - skull[0], curls[s, k, 1] - skull[1], curls[s, k, 2] - skull[2]
    length = share / (np.sqrt(x * x + y * y + z * z) + 1e-6)
    out[3] += x * length
    out[4] += y * length
    out[5] += z * length
    dx = strands[s, k + 1, 0] - strands[s, k, 0]
    dy = strands[s, k + 1, 1] - strands[s, k, 1]
    length = share / (np.sqrt(dx * dx + dy * dy) + 1e-6)
    out[6] += dx * length
    out[7] += dy * length
    out[HAIR] += share
    out[14] += share * along


@njit(cache=True, nogil=True, fastmath=True)
def _fill(
    depth: Float, index: Index, weights: Float, triangles: Index, part: Index, material: Index, texture: Index,
    uv: Float, normals: Float, mouth: Float, color: Float, textures: Float, hair: Float, strands: Float, curls: Float,
    skull: Float, mask_of: Index, distance: float, out: Float,
) -> None:  # fmt: skip
    """Adds up the attributes of what covers each pixel, a quarter of each of the four pixels under a guide pixel."""
    height, width = index.shape
    share = 1.0 / (GUIDE_SCALE * GUIDE_SCALE)
    size = textures.shape[1]
    count = triangles.shape[0]
    for y in range(height):
        for x in range(width):
            t = index[y, x]
            if t < 0:
                continue
            i, j = y // GUIDE_SCALE, x // GUIDE_SCALE
            out[15, i, j] += share * (distance - depth[y, x]) / DEPTH_SPAN
            wb, wc = weights[y, x, 0], weights[y, x, 1]
            if t >= count:
                _add_strand(t - count, wb, share, hair, strands, curls, skull, out[:, i, j])
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            wa = 1.0 - wb - wc
            u = wa * uv[a, 0] + wb * uv[b, 0] + wc * uv[c, 0]
            v = wa * uv[a, 1] + wb * uv[b, 1] + wc * uv[c, 1]
            if texture[t] >= 0:
                column = min(max(int(u * size), 0), size - 1)
                row = min(max(int((1.0 - v) * size), 0), size - 1)
                for channel in range(3):
                    out[channel, i, j] += share * textures[texture[t], row, column, channel]
            else:
                for channel in range(3):
                    out[channel, i, j] += share * color[part[t], channel]
            for axis in range(3):
                out[3 + axis, i, j] += share * (wa * normals[a, axis] + wb * normals[b, axis] + wc * normals[c, axis])
            plane = mask_of[material[t]]
            inside = wa * mouth[a] + wb * mouth[b] + wc * mouth[c]
            if plane == MOUTH:
                inside = 1.0
            else:
                out[plane, i, j] += share
            out[MOUTH, i, j] += share * inside
            out[13, i, j] += share * (2.0 * u - 1.0)
            out[14, i, j] += share * (2.0 * v - 1.0)
