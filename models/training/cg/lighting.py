"""Shades a host under soft studio light: skin with scattering, hair by Kajiya-Kay, cloth, eyes with a catchlight.

Sources: Kajiya and Kay, "Rendering fur with three dimensional textures", 1989; Luft et al., "Image enhancement by
unsharp masking the depth buffer", 2006 (soft occlusion); wrapped diffuse with a wider red lobe after d'Eon and
Luebke, "Advanced techniques for realistic real-time skin rendering", 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from models.avatar.diffusion.canvas import CAMERA
from models.avatar.diffusion.controls import FaceFrame
from models.avatar.diffusion.guide import to_srgb
from models.avatar.diffusion.raster import FAR, Buffers, Float, Index, draw_cutout, draw_strands, draw_triangles
from models.avatar.diffusion.scene import HostScene, Material, PosedScene

SAMPLES = 2
"""Pixels are supersampled SAMPLES x SAMPLES."""
LIGHTS = np.array(
    [  # direction to the light (x, y, z), colour (r, g, b)
        [-0.50, 0.55, 0.85, 2.10, 2.00, 1.88],
        [0.85, 0.15, 0.70, 0.62, 0.66, 0.74],
        [0.75, 0.70, -0.85, 0.95, 0.95, 1.00],
        [-0.85, 0.45, -0.80, 0.65, 0.66, 0.72],
        [0.0, -0.55, 0.80, 0.26, 0.22, 0.20],
    ],
    np.float32,
)
"""Key, fill, two rims from behind and the bounce of a table, as seen from the host's front."""
SKY = np.array([0.60, 0.60, 0.63], np.float32)
GROUND = np.array([0.34, 0.30, 0.28], np.float32)
SKIN, MOUTH, EYE, CLOTH, HAIR = (
    int(m) for m in (Material.SKIN, Material.MOUTH, Material.EYE, Material.CLOTH, Material.HAIR)
)
WRAP = np.array(
    [[0.48, 0.30, 0.24], [0.3, 0.3, 0.3], [0.6, 0.6, 0.6], [0.3, 0.3, 0.3], [0.2, 0.2, 0.2], [0.3, 0.3, 0.3]],
    np.float32,
)
"""How far light wraps past the terminator, by material and colour: red goes furthest under skin."""
SHADOW_SIZE = 512
SHADOW_SPAN = 0.62
"""Side of the square the shadow map of the key light covers, metres."""


@dataclass(frozen=True, slots=True)
class _Key:
    """The key light's view: rows are its right, up and towards-the-light axes."""

    axes: Float
    centre: Float

    def project(self, points: Float) -> Float:
        """Points (..., 3) to shadow-map column, row and distance."""
        seen = (points - self.centre) @ self.axes.T
        scale = SHADOW_SIZE / SHADOW_SPAN
        column = SHADOW_SIZE / 2 + seen[..., 0] * scale
        row = SHADOW_SIZE / 2 - seen[..., 1] * scale
        return np.ascontiguousarray(np.stack([column, row, 1.0 - seen[..., 2]], axis=-1), np.float32)


def _key(target: Float) -> _Key:
    to = LIGHTS[0, :3] / np.linalg.norm(LIGHTS[0, :3])
    right = np.cross([0.0, 1.0, 0.0], to)
    right /= np.linalg.norm(right)
    return _Key(
        np.stack([right, np.cross(to, right), to]).astype(np.float32), target + np.array([0, -0.1, -0.05], np.float32)
    )


class Studio:
    """Renders one dressed host to pictures. Not thread-safe: it reuses its buffers."""

    def __init__(self, scene: HostScene) -> None:
        self._scene = scene
        self._camera = CAMERA.scaled(SAMPLES)
        self._buffers = Buffers.empty(self._camera.height, self._camera.width)
        self._shadow = Buffers.empty(SHADOW_SIZE, SHADOW_SIZE)
        self._key = _key(scene.target)
        rng = np.random.default_rng(5)
        shade = scene.strands.shade
        tint = np.exp(0.42 * shade + 0.10 * rng.normal(size=len(shade)))[:, None]
        self._hair = np.asarray(scene.look.hair[None] * tint, np.float32)
        pixels = scene.strands.width * self._camera.pixels_per_metre
        self._width = np.maximum(pixels, 1.05).astype(np.float32)

    def render(self, frame: FaceFrame) -> np.ndarray:
        """A frame: (768, 512, 4) uint8, sRGB values premultiplied by alpha."""
        posed = self._scene.pose(frame)
        light = self._light(posed)
        return _finish(light)

    def _light(self, posed: PosedScene) -> Float:
        scene, mesh, buffers = self._scene, self._scene.mesh, self._buffers
        points = self._camera.project(posed.points, scene.target)
        strands = self._camera.project(posed.strands, scene.target)
        buffers.clear()
        draw_cutout(
            points, mesh.uv, mesh.triangles, mesh.texture, mesh.textures, buffers.depth, buffers.index, buffers.weights
        )
        first = len(mesh.triangles)
        draw_strands(strands, self._width, first, buffers.depth, buffers.index, buffers.weights)
        shadow = self._shadows(posed)
        occlusion = _occlusion(buffers.depth)
        height, width = buffers.index.shape
        diffuse = np.zeros((height, width, 3), np.float32)
        albedo = np.zeros((height, width, 4), np.float32)
        shine = np.zeros((height, width, 3), np.float32)
        _shade(
            buffers.depth, buffers.index, buffers.weights, mesh.triangles, mesh.part, mesh.material[mesh.part],
            mesh.texture, mesh.uv, posed.normals, mesh.mouth, mesh.color, mesh.gloss, mesh.textures, self._hair,
            posed.strands, posed.skull, shadow, occlusion, self._key.axes, self._key.centre,
            np.append(scene.target, np.float32(self._camera.distance)).astype(np.float32),
            self._camera.pixels_per_metre, self._camera.eye_row,
            diffuse, albedo, shine,
        )  # fmt: skip
        _scatter(diffuse, albedo[..., 3] == Material.SKIN)
        color = diffuse * albedo[..., :3] + shine
        covered = (buffers.index >= 0).astype(np.float32)
        return np.concatenate([color, covered[..., None]], axis=2)

    def _shadows(self, posed: PosedScene) -> Float:
        mesh, shadow = self._scene.mesh, self._shadow
        shadow.clear()
        cast = mesh.material[mesh.part] != Material.EYE
        draw_triangles(
            self._key.project(posed.points), mesh.triangles[cast], shadow.depth, shadow.index, shadow.weights
        )
        step = max(1, len(posed.strands) // 4000)
        some = self._key.project(posed.strands[::step])
        width = np.full(some.shape[:2], 1.6, np.float32)
        draw_strands(some, width, 0, shadow.depth, shadow.index, shadow.weights)
        return shadow.depth


def _occlusion(depth: Float) -> Float:
    """How far each pixel lies behind its surroundings: 0 open, 1 deep; two radii of unsharp-masked depth."""
    near = np.where(depth < FAR / 2, depth, np.float32(2.0))
    small = cv2.resize(near, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    out = np.zeros_like(small)
    for sigma, reach, share in ((5.0, 0.012, 0.5), (18.0, 0.035, 0.6)):
        blurred = cv2.GaussianBlur(np.minimum(small, small.min() + 0.5), (0, 0), sigma)
        out += share * np.clip((small - blurred) / reach, 0, 1)
    return np.asarray(cv2.resize(np.clip(out, 0, 1), depth.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _scatter(diffuse: Float, skin: np.ndarray) -> None:
    """Spreads light under the skin: red furthest. In place, inside the skin's pixels only; blurred at half size."""
    size = skin.shape[::-1]
    mask = cv2.resize(skin.astype(np.float32), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    light = cv2.resize(diffuse * skin[..., None], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    for channel, sigma in enumerate((2.5, 1.4, 1.0)):
        weight = cv2.GaussianBlur(mask, (0, 0), sigma)
        spread = cv2.GaussianBlur(light[..., channel], (0, 0), sigma) / np.maximum(weight, 1e-3)
        soft = cv2.resize(spread, size, interpolation=cv2.INTER_LINEAR)
        diffuse[..., channel][skin] = 0.35 * diffuse[..., channel][skin] + 0.65 * soft[skin]


def _finish(light: Float) -> np.ndarray:
    """Downsamples (H, W, 4) linear light and coverage to uint8 sRGB premultiplied by alpha."""
    height, width = light.shape[0] // SAMPLES, light.shape[1] // SAMPLES
    small = np.zeros((height, width, 4), np.float32)
    _expose(light, small)
    alpha = small[..., 3:]
    straight = np.asarray(small[..., :3] / np.maximum(alpha, 1e-4), np.float32)
    out = np.concatenate([to_srgb(straight) * alpha, alpha], axis=2)
    return np.round(out * 255).astype(np.uint8)


@njit(cache=True, nogil=True, fastmath=True)
def _expose(light: Float, out: Float) -> None:
    """Averages SAMPLES x SAMPLES pixels after a filmic shoulder, so that bright edges stay smooth."""
    share = np.float32(1.0 / (SAMPLES * SAMPLES))
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            if light[y, x, 3] == 0:
                continue
            for channel in range(3):
                value = light[y, x, channel]
                out[y // SAMPLES, x // SAMPLES, channel] += share * (1.0 - np.exp(-1.25 * value * (1 + 0.30 * value)))
            out[y // SAMPLES, x // SAMPLES, 3] += share


Vector = tuple[float, float, float]
# Vectors are tuples below: numba keeps them in registers, where small arrays would be allocated a pixel at a time.


@njit(cache=True, nogil=True, fastmath=True)
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True, nogil=True, fastmath=True)
def _unit(x: float, y: float, z: float) -> Vector:
    inverse = 1.0 / (np.sqrt(x * x + y * y + z * z) + 1e-9)
    return x * inverse, y * inverse, z * inverse


@njit(cache=True, nogil=True, fastmath=True)
def _lit(shadow: Float, axes: Float, centre: Float, point: Vector, normal: Vector, bias: float) -> float:
    """Share of the key light that reaches a point: 7x7 percentage-closer filtering over 14 texels (17 mm)."""
    x = point[0] + 0.004 * normal[0] - centre[0]
    y = point[1] + 0.004 * normal[1] - centre[1]
    z = point[2] + 0.004 * normal[2] - centre[2]
    size = shadow.shape[0]
    scale = size / SHADOW_SPAN
    column = int(size / 2 + (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2]) * scale)
    row = int(size / 2 - (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2]) * scale)
    depth = 1.0 - (x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2]) - bias
    taps = 0
    for i in range(-3, 4):
        for j in range(-3, 4):
            r, c = row + 2 * i, column + 2 * j
            taps += r < 0 or c < 0 or r >= size or c >= size or shadow[r, c] > depth
    return taps / 49.0


@njit(cache=True, nogil=True, fastmath=True)
def _sample(texture: Float, u: float, v: float, channel: int) -> float:
    """Bilinear lookup in (S, S, C); v upwards."""
    size = texture.shape[0]
    x, y = u * size - 0.5, (1.0 - v) * size - 0.5
    column = min(max(int(np.floor(x)), 0), size - 2)
    row = min(max(int(np.floor(y)), 0), size - 2)
    fx, fy = min(max(x - column, 0.0), 1.0), min(max(y - row, 0.0), 1.0)
    top = texture[row, column, channel] * (1 - fx) + texture[row, column + 1, channel] * fx
    low = texture[row + 1, column, channel] * (1 - fx) + texture[row + 1, column + 1, channel] * fx
    return float(top * (1 - fy) + low * fy)


@njit(cache=True, nogil=True, fastmath=True)
def _hair_light(normal: Vector, tangent: Vector, view: Vector, to: Vector) -> Vector:
    """Kajiya-Kay with two shifted lobes, held back inside the hull: (diffuse, white glint, coloured glow)."""
    hull = max(0.0, (_dot(normal, to) + 0.5) / 1.5)
    along = _dot(tangent, to)
    fibre = np.sqrt(max(0.0, 1.0 - along * along))
    half = _dot(tangent, _unit(to[0] + view[0], to[1] + view[1], to[2] + view[2]))
    glint = 0.085 * max(0.0, 1.0 - (half - 0.06) ** 2) ** 90 * hull
    glow = 0.55 * max(0.0, 1.0 - (half + 0.10) ** 2) ** 22 * hull
    return 0.22 * fibre * hull + 0.40 * hull * hull, glint, glow


@njit(cache=True, nogil=True, fastmath=True)
def _specular(kind: int, gloss: float, brightness: float, facing: float, half: float, edge: float) -> float:
    """How much of a light a surface mirrors; `half` is N.H, `edge` 1 - N.V."""
    if kind == SKIN:
        fresnel = 0.16 + 1.4 * edge**4
        return (0.30 + 0.70 * gloss) * (0.22 * half**18 + 0.35 * gloss * half**60) * fresnel
    if kind == MOUTH:
        return 0.25 * half**40
    if kind == EYE:
        return 0.10 * half**60 + 2.2 * half**700
    if kind == CLOTH:
        return 0.03 * half**10 + 0.06 * edge**3 * max(0.0, facing)
    return 0.9 * half**60 * (0.4 + brightness) + 0.15 * half**12


@njit(cache=True, nogil=True, fastmath=True)
def _light_hair(
    normal: Vector, tangent: Vector, view: Vector, lit: float, shut: float, base: Float, diffuse: Float, shine: Float
) -> None:
    open_sky = 1.0 - 0.75 * shut
    up = 0.5 + 0.5 * normal[1]
    for channel in range(3):
        diffuse[channel] = (GROUND[channel] + (SKY[channel] - GROUND[channel]) * up) * open_sky * 0.62
    for source in range(LIGHTS.shape[0]):
        to = _unit(LIGHTS[source, 0], LIGHTS[source, 1], LIGHTS[source, 2])
        reach = (0.18 + 0.82 * lit) * open_sky if source == 0 else open_sky * open_sky
        body, glint, glow = _hair_light(normal, tangent, view, to)
        for channel in range(3):
            light = LIGHTS[source, 3 + channel] * reach
            diffuse[channel] += light * body
            shine[channel] += light * (glint + glow * base[channel])


@njit(cache=True, nogil=True, fastmath=True)
def _light_surface(
    kind: int,
    normal: Vector,
    view: Vector,
    lit: float,
    shut: float,
    gloss: float,
    base: Float,
    diffuse: Float,
    shine: Float,
) -> None:
    open_sky = 1.0 - 0.62 * shut
    up = 0.5 + 0.5 * normal[1]
    for channel in range(3):
        diffuse[channel] = (GROUND[channel] + (SKY[channel] - GROUND[channel]) * up) * open_sky * 0.62
    edge = 1.0 - max(0.0, _dot(normal, view))
    for source in range(LIGHTS.shape[0]):
        to = _unit(LIGHTS[source, 0], LIGHTS[source, 1], LIGHTS[source, 2])
        reach = 0.18 + 0.82 * lit if source == 0 else open_sky
        facing = _dot(normal, to)
        half = max(0.0, _dot(normal, _unit(to[0] + view[0], to[1] + view[1], to[2] + view[2])))
        mirrored = _specular(kind, gloss, base[0], facing, half, edge) * (1.0 - 0.7 * shut)
        for channel in range(3):
            light = LIGHTS[source, 3 + channel] * reach
            wrap = WRAP[kind, channel]
            soft = max(0.0, (facing + wrap) / (1 + wrap))
            # Squared on skin: a softer end of the light.
            diffuse[channel] += light * (0.40 * soft * soft if kind == SKIN else 0.34 * soft)
            shine[channel] += light * mirrored


@njit(cache=True, nogil=True, fastmath=True)
def _surface(textures: Float, layer: int, u: float, v: float, color: Float, gloss: float, base: Float) -> float:
    """Fills a surface's base colour, from its texture if it has one (`layer` >= 0); returns its gloss."""
    if layer < 0:
        base[:3] = color
        return gloss
    for channel in range(3):
        base[channel] = _sample(textures[layer], u, v, channel)
    return _sample(textures[layer], u, v, 4)


@njit(cache=True, nogil=True, fastmath=True)
def _shade(
    depth: Float, index: Index, weights: Float, triangles: Index, part: Index, material: Index, texture: Index,
    uv: Float, normals: Float, mouth: Float, color: Float, gloss: Float, textures: Float, hair: Float, curls: Float,
    skull: Float, shadow: Float, occlusion: Float, axes: Float, centre: Float, camera: Float, scale: float,
    eye_row: float, diffuse: Float, albedo: Float, shine: Float,
) -> None:  # fmt: skip
    """Fills what light arrives (diffuse), what the surface keeps (albedo, material) and what it mirrors (shine)."""
    height, width = index.shape
    count = triangles.shape[0]
    for y in range(height):
        for x in range(width):
            t = index[y, x]
            if t < 0:
                continue
            wb, wc = weights[y, x, 0], weights[y, x, 1]
            per_pixel = depth[y, x] / (scale * camera[3])
            right, up = (x + 0.5 - width / 2) * per_pixel, (eye_row - y - 0.5) * per_pixel
            point = (right + camera[0], up + camera[1], camera[2] + camera[3] - depth[y, x])
            view = _unit(-right, -up, depth[y, x])
            shut = occlusion[y, x]
            if t >= count:
                s = t - count
                k = min(int(wb * (curls.shape[1] - 1)), curls.shape[1] - 2)
                tangent = _unit(
                    curls[s, k + 1, 0] - curls[s, k, 0],
                    curls[s, k + 1, 1] - curls[s, k, 1],
                    curls[s, k + 1, 2] - curls[s, k, 2],
                )
                normal = _unit(point[0] - skull[0], 0.8 * (point[1] - skull[1]), point[2] - skull[2])
                # Darker towards the root, where other hair keeps the light away.
                albedo[y, x, :3] = hair[s] * np.float32(0.72 + 0.28 * min(1.0, wb * 2.5))
                albedo[y, x, 3] = HAIR
                lit = _lit(shadow, axes, centre, point, normal, 0.010)
                _light_hair(normal, tangent, view, lit, shut, albedo[y, x], diffuse[y, x], shine[y, x])
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            wa = 1.0 - wb - wc
            kind = material[t]
            normal = _unit(
                wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0],
                wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1],
                wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2],
            )
            if _dot(normal, view) < 0:
                normal = (-normal[0], -normal[1], -normal[2])
            u = wa * uv[a, 0] + wb * uv[b, 0] + wc * uv[c, 0]
            v = wa * uv[a, 1] + wb * uv[b, 1] + wc * uv[c, 1]
            mirrored = _surface(textures, texture[t], u, v, color[part[t]], gloss[part[t]], albedo[y, x])
            albedo[y, x, 3] = kind
            lit = _lit(shadow, axes, centre, point, normal, 0.006)
            # Half an eye's light comes through the lids and cornea.
            lit = 0.5 + 0.5 * lit if kind == EYE else lit
            _light_surface(kind, normal, view, lit, shut, mirrored, albedo[y, x], diffuse[y, x], shine[y, x])
            inside = (wa * mouth[a] + wb * mouth[b] + wc * mouth[c] - 0.6) / 0.4
            if inside > 0:
                # Light falls off into the mouth.
                dim = 1.0 - inside * ((0.04 if kind == MOUTH else 0.30) + 0.55 * max(0.0, shut - 0.25))
                diffuse[y, x] *= np.float32(dim)
                shine[y, x] *= np.float32(dim)
