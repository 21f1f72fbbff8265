"""Hair as strands: roots on the scalp, interpolated guide curves, locks, waves and collision with the skin.

The same few hundred guide curves (`hair_styles`) steer the avatar's wide ribbons and the dense strands of CG pictures,
so both have one silhouette. Interpolation and clumping follow Yuksel et al., "Hair Meshes" (2009), in spirit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from models.avatar.diffusion.face_model import FaceShape
from models.avatar.diffusion.hair_comb import Style, cut, keep_off, normals
from models.avatar.diffusion.hair_scalp import Head, Real, measure, scalp, smoothstep, unit
from models.avatar.diffusion.hair_styles import FRINGE, STYLES
from models.errors import BadIdentity

Float = npt.NDArray[np.float32]

__all__ = ["Strands", "grow", "scalp", "tangents"]

_GUIDES = 300
_RIBBONS = 600
"""Strands of the guide, whose ribbons alone have to cover the scalp."""
_THREAD = 0.00048
"""Width of a strand in CG pictures, metres: several hairs each, as games and films draw them."""


@dataclass(frozen=True, slots=True)
class Strands:
    """Hair at rest, metres, in the space of `FaceShape.rest`.

    points (S, K, 3); width (S, K) of a ribbon, thin at the tip; shade (S,) -1..1, a strand's own brightness;
    trunk (S, K) 0 moves with the head, 1 rests on the shoulders.
    """

    points: Float
    width: Float
    shade: Float
    trunk: Float

    def only(self, strands: npt.NDArray[np.integer]) -> Strands:
        """These strands (K,) alone, in this order."""
        return Strands(self.points[strands], self.width[strands], self.shade[strands], self.trunk[strands])

    def posed(self, bones: Float) -> Float:
        """(S, K, 3) after the bones' (5, 3, 4) transforms: head's and root's, blended by `trunk`."""
        return _posed(self.points, self.trunk, bones[-1], bones[0])


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _posed(points: Float, trunk: Float, head: Float, root: Float) -> Float:
    out = np.empty(points.shape, np.float32)
    for s in range(points.shape[0]):
        for k in range(points.shape[1]):
            x, y, z = points[s, k, 0], points[s, k, 1], points[s, k, 2]
            for axis in range(3):
                moved = head[axis, 0] * x + head[axis, 1] * y + head[axis, 2] * z + head[axis, 3]
                still = root[axis, 0] * x + root[axis, 1] * y + root[axis, 2] * z + root[axis, 3]
                out[s, k, axis] = moved + trunk[s, k] * (still - moved)
    return out


def tangents(points: Float) -> Float:
    """Unit directions (S, K, 3) from root to tip."""
    return unit(np.gradient(points, axis=1))


def grow(shape: FaceShape, style: str, count: int, seed: int = 0) -> Strands:
    """`count` strands of a `hair.style` on one person's head; the same arguments give the same hair.

    About 600 are the avatar's guide (ribbons wide enough to cover the scalp), 20000 a CG picture.

    Raises:
        BadIdentity: `style` is not one that is made of strands.
    """
    if style not in STYLES:
        raise BadIdentity(f"hair.style: got {style[:40]!r}; made of strands: {', '.join(STYLES)}")
    chosen = STYLES[style]
    head = measure(shape)
    rng = np.random.default_rng(seed)
    roots = head.roots(count, seed)
    lock_roots = head.roots(chosen.locks, 1)
    guide_roots = head.roots(_GUIDES, 2)
    guides = chosen.guides(head, guide_roots, chosen.knots)
    locks = _interpolated(chosen, head, lock_roots, guide_roots, guides)
    lock_rng = np.random.default_rng(3)
    phase = lock_rng.uniform(0, 2 * np.pi, chosen.locks)
    tone = lock_rng.uniform(-1, 1, chosen.locks)
    mine = _nearest(_keyed(chosen, head, roots), _keyed(chosen, head, lock_roots), 1)[0][:, 0]
    points = _interpolated(chosen, head, roots, guide_roots, guides)
    width, points = _thickness(chosen, head, points, count, rng)
    points = _clumped(chosen, points, locks[mine])
    shorter = 1 - chosen.uneven * (0.5 * lock_rng.uniform(0, 1, chosen.locks)[mine] + 0.5 * rng.uniform(0, 1, count))
    points = cut(points, shorter, 1.0, chosen.knots)
    points = _waved(chosen, head, points, phase[mine], rng)
    points = _loose(points, rng)
    points = keep_off(chosen, head, points, chosen.section(head, roots) == FRINGE)
    shade = np.clip(0.6 * tone[mine] + 0.4 * rng.uniform(-1, 1, count), -1, 1)
    trunk = smoothstep(-0.10, -0.18, points[..., 1] / head.size).astype(np.float32)
    points[:, 0] = roots
    return Strands(
        (points + shape.eyes.mean(axis=0)).astype(np.float32), width, shade.astype(np.float32), trunk.astype(np.float32)
    )


def _keyed(style: Style, head: Head, roots: Float) -> Float:
    """Roots (N, 4) with the section as a far coordinate: hair never mixes across a parting."""
    return np.concatenate([roots, style.section(head, roots)[:, None] * 0.5], axis=1).astype(np.float32)


def _nearest(points: Float, others: Float, k: int) -> tuple[npt.NDArray[np.int64], Float]:
    """Indices (N, k) of the nearest others (M, D) and their distances (N, k)."""
    square = np.sum(points**2, axis=1)[:, None] + np.sum(others**2, axis=1) - 2 * points @ others.T
    near = np.argpartition(square, k - 1, axis=1)[:, :k]
    return near, np.sqrt(np.maximum(np.take_along_axis(square, near, 1), 0))


def _interpolated(style: Style, head: Head, roots: Float, guide_roots: Float, guides: Float) -> Float:
    """(N, K, 3): each root's curve, mixed from its three nearest guides and moved to the root."""
    near, apart = _nearest(_keyed(style, head, roots), _keyed(style, head, guide_roots), 3)
    weight = 1 / (apart + 0.002) ** 2 * (apart < apart.min(axis=1, keepdims=True) + 0.1)
    weight /= weight.sum(axis=1, keepdims=True)
    curve = np.einsum("nj,njkc->nkc", weight, guides[near])
    t = np.linspace(0, 1, curve.shape[1], dtype=np.float32)
    hold = 1 - (1 - style.gather) * smoothstep(0, style.gathered_at, t)
    return np.asarray(curve + (roots - curve[:, 0])[:, None] * hold[:, None], np.float32)


def _thickness(style: Style, head: Head, points: Float, count: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """Widths (S, K), and the points with every strand at its own depth inside the hair."""
    n = normals(head, points)
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    ribbon = smoothstep(np.log(12000), np.log(1200), np.log(count))
    full = _THREAD + ribbon * (style.ribbon * np.sqrt(_RIBBONS / min(count, 12000)) - _THREAD)
    taper = np.interp(t, [0, 0.08, 0.65, 1], [0.75 + 0.25 * float(ribbon), 1, 0.85, 0.3 + 0.3 * float(ribbon)])
    width = full * taper * rng.uniform(0.8, 1.2, (len(points), 1))
    if style.fade:
        width = width * (0.3 + 0.7 * smoothstep(-0.02, 0.055, points[:, :1, 1] / head.size))
    deep = style.thickness * rng.uniform(0, 1, len(points)) ** 1.5 * (1 - 0.5 * ribbon)
    ramp = smoothstep(0, 0.35, t)
    # A ribbon faces the camera: at the outline it would stand out by half its width, so it lies that much deeper.
    inside = deep[:, None] * ramp + 0.45 * (width - _THREAD) * smoothstep(0, 0.1, t)
    return width.astype(np.float32), (points - n * inside[..., None]).astype(np.float32)


def _clumped(style: Style, points: Float, locks: Float) -> Float:
    t = np.linspace(0, 1, points.shape[1], dtype=np.float32)
    pull = style.clump * smoothstep(0.05 * style.clumped_at, style.clumped_at, t)
    return np.asarray(points + pull[:, None] * (locks - points), np.float32)


def _waved(style: Style, head: Head, points: Float, phase: Real, rng: np.random.Generator) -> Float:
    """Waves lie across the hair, coils also stand off it; both grow from the root."""
    if not style.wave:
        return points
    step = np.linalg.norm(np.diff(points, axis=1), axis=2)
    arc = np.concatenate([np.zeros((len(points), 1)), np.cumsum(step, axis=1)], axis=1)
    n = normals(head, points)
    across = unit(np.cross(tangents(points), n))
    jitter = rng.normal(0, style.wave_jitter, len(points))
    angle = 2 * np.pi * arc / style.wavelength + (phase * style.wave_phase + jitter)[:, None]
    size = style.wave * smoothstep(style.wave_from, style.wave_from + 0.05, arc)
    moved = points + across * (size * np.sin(angle))[..., None]
    return np.asarray(moved + n * (style.coil * size * (np.cos(angle) - 0.3))[..., None], np.float32)


def _loose(points: Float, rng: np.random.Generator) -> Float:
    """Every strand wanders a little, one in seventy a lot."""
    count, knots = points.shape[:2]
    t = np.linspace(0, 1, knots, dtype=np.float32)[:, None]
    length = np.linalg.norm(points[:, -1] - points[:, 0], axis=1)
    amount = (np.where(rng.uniform(size=count) < 0.015, 0.0035, 0.0008) * np.minimum(length / 0.08, 1))[:, None, None]
    turn = rng.uniform(0, 2 * np.pi, (count, 1, 3))
    speed = rng.uniform(2, 7, (count, 1, 3))
    return np.asarray(points + amount * t * (np.sin(turn + speed * t) - np.sin(turn)), np.float32)
