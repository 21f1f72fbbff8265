"""Tools the hair styles share: combing over the head, cutting, bundling, and keeping hair off skin and face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.hair_scalp import Head, Real, smoothstep, unit

Float = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_STEPS = 44


@dataclass(frozen=True, slots=True)
class Style:
    """How one style is cut and dressed. Lengths in metres."""

    guides: Callable[[Head, Float, int], Float]
    """(head, roots (N, 3), knots) -> curves (N, knots, 3)."""
    section: Callable[[Head, Float], Float]
    """Which part of the hair a root (N, 3) belongs to (N,): curves never mix between sections."""
    locks: int = 260
    clump: float = 0.55
    clumped_at: float = 1.0
    """Share of a strand's length after which it is as close to its lock as it gets."""
    thickness: float = 0.012
    gather: float = 0.9
    """How far apart strands of one place still are at the tip; 1 is as at the root."""
    gathered_at: float = 1.0
    knots: int = 28
    ribbon: float = 0.008
    """Width of one of 600 ribbons."""
    wave: float = 0.0
    wavelength: float = 0.08
    wave_from: float = 0.03
    wave_phase: float = 0.15
    wave_jitter: float = 0.2
    coil: float = 0.0
    uneven: float = 0.12
    """Share of its length by which a strand may be shorter than its neighbours."""
    fade: bool = False
    """Strands get thin towards the hairline, so that skin shows."""
    over_ears: bool = True
    rests: bool = False
    """Loose hair on the shoulders, to be kept off the torso; a tail's own line does that."""


def normals(head: Head, points: Real) -> Float:
    """Outward unit vectors (..., 3) of the hair's hull: radial on the head, level below it."""
    away = points - head.centre
    below = smoothstep(-0.01, -0.08, points[..., 1])
    away = away * np.stack([np.ones_like(below), 1 - below, np.ones_like(below)], axis=-1)
    return unit(away)


def curtain(head: Head, y: Real) -> Float:
    """Half the width of the face that hair leaves free, by height over the eyes."""
    rows = np.array([-0.16, -0.12, -0.09, -0.04, 0.0, 0.03, 0.055, 0.075])
    half = np.array([0.030, 0.040, 0.051, 0.060, 0.063, 0.059, 0.040, 0.0])
    return np.asarray(np.interp(y, rows * head.size, half * head.size), np.float32)


def keep_off(style: Style, head: Head, points: Float, fringe: Mask) -> Float:
    """Moves points (S, K, 3) out of the skull, off the torso and, but for the `fringe` (S,), off the face."""
    out = points.copy()
    y = out[..., 1]
    distance = head.height(out, over_ears=style.over_ears)
    inside = np.clip(0.0025 - distance, 0, None) * smoothstep(-0.09, -0.06, y)
    out += head.direction(out) * inside[..., None]
    if not fringe.all():
        before = smoothstep(-0.055, -0.035, out[..., 2]) * smoothstep(-0.16, -0.12, y)
        side = np.where(out[:, y.shape[1] // 2, None, 0] > 0, 1.0, -1.0)
        lack = (
            np.clip(curtain(head, y) - side * out[..., 0], 0, None)
            * before
            * smoothstep(0.002, -0.010, head.hairline(out))
        )
        out[..., 0] += ~fringe[:, None] * side * lack
    if not style.rests:
        return out
    ramp = smoothstep(-0.08, -0.14, y)
    front, back = head.torso(out, head.front), head.torso(out, head.back)
    ahead = np.asarray(out[:, out.shape[1] // 2 :, 2] > ((front + back) / 2)[:, out.shape[1] // 2 :]).mean(axis=1) > 0.5
    ahead = np.broadcast_to(ahead[:, None], y.shape)
    z = np.where(ahead, np.maximum(out[..., 2], front + 0.008), np.minimum(out[..., 2], back - 0.008))
    out[..., 2] += (z - out[..., 2]) * ramp
    return out


def azimuth(head: Head, roots: Real) -> Float:
    """Degrees (...,) from the front, 0..180, on either side."""
    away = roots - head.centre
    return np.asarray(np.degrees(np.arctan2(np.abs(away[..., 0]), away[..., 2])), np.float32)


def flow(
    head: Head,
    roots: Float,
    comb: Callable[[Float, Float], Float],
    rise: Callable[[Float], Float],
    fall: Callable[[Float], Float],
    length: float,
    *,
    over_ears: bool = True,
) -> Float:
    """Walks from roots (N, 3) along `comb` at height `rise` over the head, then down along `fall`: (N, 44, 3).

    comb(points, arc (N,)) and fall(points) give directions (N, 3), rise(arc) heights (N,).
    """
    step = length / (_STEPS - 1)
    p, path = roots.astype(np.float32), [roots]
    past = head.direction(roots)
    for i in range(1, _STEPS):
        arc = np.full(len(roots), i * step, np.float32)
        n = head.direction(p)
        d = head.height(p, over_ears=over_ears)
        c = comb(p, arc)
        c = unit(c - n * np.sum(c * n, axis=1, keepdims=True))
        lift = np.clip((rise(arc) - d) / (1.5 * step), -0.8, 1.6)
        on = smoothstep(-0.065, -0.01, p[:, 1])[:, None]
        want = on * unit(c + n * lift[:, None]) + (1 - on) * unit(fall(p))
        past = unit(0.35 * past + 0.65 * want)
        p = p + past * step
        path.append(p)
    return np.stack(path, axis=1)


def cut(path: Float, arc: Real, total: float, knots: int) -> Float:
    """Paths (N, M, 3) of length `total` cut at arc (N,) and sampled at `knots` even places."""
    at = np.clip(arc / total, 0.02, 1)[:, None] * np.linspace(0, 1, knots) * (path.shape[1] - 1)
    low = np.minimum(at.astype(int), path.shape[1] - 2)
    part = (at - low)[..., None]
    rows = np.arange(len(path))[:, None]
    return np.asarray(path[rows, low] * (1 - part) + path[rows, low + 1] * part, np.float32)


def cut_at(path: Float, level: Real, total: float) -> Float:
    """Arc (N,) at which paths first sink below a height (N,)."""
    below = path[..., 1] < np.asarray(level)[:, None]
    first = np.where(below.any(axis=1), below.argmax(axis=1), path.shape[1] - 1)
    return np.asarray(first / (path.shape[1] - 1) * total, np.float32)


def smooth(path: Float, times: int) -> Float:
    """Paths (N, K, 3) without kinks; ends stay."""
    for _ in range(times):
        path = np.concatenate(
            [path[:, :1], 0.25 * path[:, :-2] + 0.5 * path[:, 1:-1] + 0.25 * path[:, 2:], path[:, -1:]], 1
        )
    return path


def vary(roots: Float, seed: int, scale: float = 40.0) -> Float:
    """A smooth random field (N,) about -1..1 over the scalp: the same for every count of strands."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(0, scale, (6, 3))
    return np.asarray(np.sin(roots @ waves.T + rng.uniform(0, 6.28, 6)).mean(axis=1) * 1.6, np.float32)


def spline(points: Real, count: int = 48) -> Float:
    """Catmull-Rom through points (N, 3): (count, 3)."""
    p = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    at = np.linspace(0, len(points) - 1, count)
    i = np.minimum(at.astype(int), len(points) - 2)
    t = (at - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return np.asarray(
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3), np.float32
    )


def along(line: Float, at: Real, across: Real) -> Float:
    """Points (N, K, 3) at places `at` (K,), 0..1, of a line (M, 3), moved by across (N, K, 2) in its parallel frame."""
    heading = unit(np.gradient(line, axis=0))
    first = unit(
        np.cross(heading[0], np.array([0.0, 0.0, 1.0]) if abs(heading[0, 2]) < 0.9 else np.array([0.0, 1.0, 0.0]))
    )
    frame = [first]
    for h in heading[1:]:
        frame.append(unit(frame[-1] - h * float(frame[-1] @ h)))
    u = np.stack(frame)
    v = np.cross(heading, u)
    place = at * (len(line) - 1)
    centre, side, other = (
        np.stack([np.interp(place, np.arange(len(line)), array[:, c]) for c in range(3)], axis=1)
        for array in (line, u, v)
    )
    return np.asarray(centre + across[..., :1] * side + across[..., 1:] * other, np.float32)
