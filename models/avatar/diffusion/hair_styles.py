"""The hair styles: guide curves combed over the head, hung over the shoulders, cut and parted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.hair_scalp import Head, Real, smoothstep, unit

Float = npt.NDArray[np.float32]

_STEPS = 48


@dataclass(frozen=True, slots=True)
class Style:
    """How one style is cut and dressed. Lengths in metres."""

    guides: Callable[[Head, Float, int], Float]
    """(head, roots (N, 3), knots) -> curves (N, knots, 3)."""
    section: Callable[[Head, Float], Float]
    """Which part of the hair a root (N, 3) belongs to (N,): curves never mix between sections."""
    locks: int = 260
    clump: float = 0.55
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


def keep_off(style: Style, head: Head, points: Float, fringe: npt.NDArray[np.bool_]) -> Float:
    """Moves points (S, K, 3) out of the skull, off the torso and, but for the `fringe` (S,), off the face."""
    out = points.copy()
    y = out[..., 1]
    distance = head.height(out, over_ears=style.over_ears)
    inside = np.clip(0.0025 - distance, 0, None) * smoothstep(-0.09, -0.06, y)
    out += head.direction(out) * inside[..., None]
    if not fringe.all():
        before = smoothstep(-0.055, -0.035, out[..., 2]) * smoothstep(-0.16, -0.12, y)
        side = np.where(out[:, y.shape[1] // 2, None, 0] > 0, 1.0, -1.0)
        lack = np.clip(curtain(head, y) - side * out[..., 0], 0, None) * before * (y < 0.07)
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
    """Walks from roots (N, 3) along `comb` at height `rise` over the head, then down along `fall`: (N, 48, 3).

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


def _vary(roots: Float, seed: int, scale: float = 40.0) -> Float:
    """A smooth random field (N,) about -1..1 over the scalp: the same for every count of strands."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(0, scale, (6, 3))
    return np.asarray(np.sin(roots @ waves.T + rng.uniform(0, 6.28, 6)).mean(axis=1) * 1.6, np.float32)


PART = 0.016


def _side(head: Head, roots: Float) -> Float:
    """-1..1 (N,): which side of the parting; it fades out behind the crown, where hair falls straight down."""
    line = PART * head.size * smoothstep(-0.12, -0.02, roots[:, 2])
    sharp = np.where(roots[:, 0] > line, 1.0, -1.0)
    soft = np.clip((roots[:, 0] - line) / (0.06 * head.size), -1, 1)
    behind = smoothstep(-0.085, -0.115, roots[:, 2])
    return np.asarray(sharp + behind * (soft - sharp), np.float32)


def _long_section(head: Head, roots: Float) -> Float:
    rear = azimuth(head, roots) > REAR
    parted = roots[:, 2] > -0.1
    return np.asarray(np.sign(_side(head, roots)) * np.where(parted, 1, 0) + 4 * rear, np.float32)


REAR = 106


def _hanging(front_end: float, back_end: float, volume: float, flare: float) -> Callable[[Head, Float, int], Float]:
    def guides(head: Head, roots: Float, knots: int) -> Float:
        part = _side(head, roots)
        side = np.where(part > 0, 1.0, -1.0)
        angle = azimuth(head, roots)
        rear = angle > REAR
        s = head.size
        ahead = smoothstep(100, 30, angle)
        rows = np.array([-0.42, -0.30, -0.20, -0.12, -0.06, 0.0])
        wide = np.array([0.062, 0.078, 0.094, 0.086 + 0.4 * flare, 0.092 + flare, 0.090 + 0.6 * flare])
        inner = np.interp(angle, [0, 40, 104], [0.62, 0.76, 1.12]) + 0.07 * _vary(roots, 5)
        spread = np.clip(np.abs(roots[:, 0]) / (0.06 * s), 0.0, 1.0)
        height = volume * (0.9 + 0.35 * smoothstep(0.04, 0.10, roots[:, 1]))

        def comb(p: Float, arc: Float) -> Float:
            top = smoothstep(0.02, 0.10, p[:, 1])
            back = np.where(rear, 0.6, 0.25 + 0.65 * ahead * np.exp(-arc / 0.05))
            out = np.where(rear, 0.6 * part, part)
            return np.stack([out * (0.25 + top), -1.0 + 0.6 * top, -back], axis=1)

        def rise(arc: Float) -> Float:
            return np.asarray(height * (1 - np.exp(-arc / 0.035)), np.float32)

        def fall(p: Float) -> Float:
            x_goal = np.where(rear, spread * 0.1, inner * np.interp(p[:, 1] / s, rows, wide)) * s
            down = smoothstep(-0.07, -0.15, p[:, 1])
            over = head.torso(p, head.front) + 0.014 + 0.012 * ahead
            z_front = (-0.065 + 0.035 * ahead) * (1 - down) + down * over
            z_back = np.minimum(head.torso(p, head.back) - 0.016, head.centre[2] - 0.07)
            z_goal = np.where(rear, z_back, z_front)
            return np.stack(
                [side * (x_goal - side * p[:, 0]) * 14, np.full(len(p), -1.0), (z_goal - p[:, 2]) * 12], axis=1
            ).clip(-1.2, 1.2)

        total = 0.56 * s
        path = smooth(flow(head, roots, comb, rise, fall, total), 3)
        level = np.where(rear, back_end, front_end) * s + 0.018 * _vary(roots, 9)
        return cut(path, cut_at(path, level, total), total, knots)

    return guides


FRINGE = 8.0
"""Section of hair that may hang before the forehead."""


def _bob_section(head: Head, roots: Float) -> Float:
    return np.where(_is_fringe(head, roots), FRINGE, _long_section(head, roots)).astype(np.float32)


def _is_fringe(head: Head, roots: Float) -> npt.NDArray[np.bool_]:
    wide = 0.05 * head.size * smoothstep(-0.05, 0.0, roots[:, 2])
    return np.asarray((np.abs(roots[:, 0]) < wide) & (roots[:, 2] > -0.05))


def _bob(head: Head, roots: Float, knots: int) -> Float:
    s = head.size
    sides = _hanging(-0.108, -0.100, 0.017, 0.006)(head, roots, knots)
    fringe = _is_fringe(head, roots)
    sides[fringe] = _fringe(head, roots[fringe], knots, 0.027 * s)
    return sides


def _fringe(head: Head, roots: Float, knots: int, end: float) -> Float:
    def comb(p: Float, arc: Float) -> Float:
        return np.stack([0.35 * roots[:, 0] / 0.05, np.full(len(p), -0.6), np.ones(len(p))], axis=1)

    def rise(arc: Float) -> Float:
        return np.asarray(0.012 * (1 - np.exp(-arc / 0.015)) - 0.05 * np.maximum(arc - 0.05, 0), np.float32)

    total = 0.16 * head.size
    path = flow(head, roots, comb, rise, lambda p: np.array([[0, -1, 0]] * len(p), np.float32), total, over_ears=False)
    level = end + 0.0025 * _vary(roots, 4) - 0.25 * np.maximum(np.abs(roots[:, 0]) - 0.03, 0)
    return cut(path, cut_at(path, level, total), total, knots)


def _whole(head: Head, roots: Float) -> Float:
    return np.zeros(len(roots), np.float32)


def _cropped(
    top: float, side: float, lift: float, sweep: tuple[float, float, float]
) -> Callable[[Head, Float, int], Float]:
    """Groomed short hair: `top` and `side` are lengths, `lift` the height on top, `sweep` where the top is combed."""

    def guides(head: Head, roots: Float, knots: int) -> Float:
        s = head.size
        upper = smoothstep(0.035, 0.085, roots[:, 1] / s)
        length = (side + (top - side) * upper * (1 + 0.12 * _vary(roots, 5))) * s
        height = (0.3 * side + 0.001) + (lift - 0.3 * side) * upper * (
            0.75 + 0.5 * smoothstep(-0.06, 0.01, roots[:, 2])
        )
        away = np.sign(roots[:, 0])

        def comb(p: Float, arc: Float) -> Float:
            u = upper[:, None]
            down = np.stack([0.1 * away, np.full(len(p), -1.0), np.full(len(p), -0.35)], axis=1)
            return np.asarray((1 - u) * down + u * np.array(sweep), np.float32)

        def rise(arc: Float) -> Float:
            return np.asarray(height * s * np.sin(np.minimum(arc / length, 1) * 2.2) / 0.9, np.float32)

        total = max(top, side) * 1.2 * s
        path = flow(head, roots, comb, rise, lambda p: comb(p, p[:, 0]), total, over_ears=False)
        return cut(path, length, total, knots)

    return guides


def _gathered(
    tie: tuple[float, float, float], tail: Callable[[Head, Float], Float], radius: Float, share: float
) -> Callable[[Head, Float, int], Float]:
    """Hair combed along great circles to a tie in direction `tie`, then along the line `tail` (M, 3) in a bundle."""

    def guides(head: Head, roots: Float, knots: int) -> Float:
        goal = unit(np.array(tie, np.float32))
        start = head.direction(roots)
        first = round(knots * share)
        t = np.linspace(0, 1, first, dtype=np.float32)
        angle = np.arccos(np.clip(start @ goal, -1, 1))[:, None]
        sine = np.maximum(np.sin(angle), 1e-4)
        path = (np.sin((1 - t) * angle) / sine)[..., None] * start[:, None] + (np.sin(t * angle) / sine)[
            ..., None
        ] * goal
        path = unit(path)
        height = 0.009 * np.sin(np.minimum(t * 2.4, np.pi / 2)) + 0.006 * t
        combed = head.centre + path * (head.radius(path) + height * head.size)[..., None]
        # Where a strand lies in the bundle follows from where it comes from: around the tie, near or far.
        flat = start - (start @ goal)[:, None] * goal
        flat = unit(flat) * np.sqrt(angle / np.pi)
        line = tail(head, combed[:, -1].mean(axis=0))
        at = np.linspace(0, len(line) - 1, knots - first)
        low = np.minimum(at.astype(int), len(line) - 2)
        centre = line[low] + (at - low)[:, None] * (line[low + 1] - line[low])
        wide = np.interp(np.linspace(0, 1, knots - first), np.linspace(0, 1, len(radius)), radius)
        bundle = centre + wide[:, None] * flat[:, None] * head.size
        return smooth(np.concatenate([combed, bundle], axis=1).astype(np.float32), 1)

    return guides


def _spline(points: Real, count: int = 48) -> Float:
    """Catmull-Rom through points (N, 3): (count, 3)."""
    p = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    at = np.linspace(0, len(points) - 1, count)
    i = np.minimum(at.astype(int), len(points) - 2)
    t = (at - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return np.asarray(
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3), np.float32
    )


def _tail(head: Head, tie: Float) -> Float:
    s = head.size
    knots = [tie + np.array(o) * s for o in ((0, 0, 0), (0.012, 0.024, -0.03), (0.045, 0.005, -0.055))]
    for x, y, z in ((0.088, -0.07, -0.13), (0.104, -0.125, -0.085), (0.1, -0.2, 0), (0.086, -0.29, 0)):
        p = np.array([x, y, z]) * s
        if not z:
            p[2] = head.torso(p, head.front) + 0.026
        knots.append(p)
    return _spline(np.array(knots))


def _curls(head: Head, roots: Float, knots: int) -> Float:
    s = head.size
    n = head.direction(roots)
    front = smoothstep(75, 30, azimuth(head, roots))
    side = np.sign(roots[:, 0])
    low = smoothstep(0.06, -0.05, roots[:, 1] / s)
    out = unit(n + front[:, None] * np.stack([0.5 * side, 0.5 + 0 * side, -0.3 + 0 * side], axis=1))
    length = (0.062 + 0.012 * low + 0.006 * _vary(roots, 3)) * s
    t = np.linspace(0, 1, knots, dtype=np.float32)
    sink = (0.012 + 0.05 * low) * s
    path = roots[:, None] + out[:, None] * (length[:, None] * t)[..., None]
    path[..., 1] -= sink[:, None] * t**2
    return path.astype(np.float32)


def _curl_section(head: Head, roots: Float) -> Float:
    return np.where((azimuth(head, roots) < 60) & (roots[:, 0] < 0), 1.0, 0.0).astype(np.float32)


STYLES: dict[str, Style] = {
    "long": Style(_hanging(-0.28, -0.31, 0.014, 0.0), _long_section, wave=0.003, wavelength=0.17, rests=True),
    "waves": Style(
        _hanging(-0.25, -0.28, 0.018, 0.006),
        _long_section,
        wave=0.007,
        wavelength=0.085,
        clump=0.7,
        coil=0.4,
        rests=True,
    ),
    "bob": Style(_bob, _bob_section, clump=0.45),
    "ponytail": Style(
        _gathered((0, 0.3, -1), _tail, np.array([0.008, 0.022, 0.03, 0.032, 0.028, 0.02, 0.008]), 0.4),
        _whole,
        gather=0.1,
        gathered_at=0.4,
        knots=40,
        thickness=0.004,
        over_ears=False,
    ),
    "curly": Style(
        _curls,
        _curl_section,
        locks=700,
        clump=0.75,
        knots=44,
        wave=0.006,
        wavelength=0.024,
        wave_from=0.004,
        coil=1.0,
        wave_phase=1.0,
        uneven=0.45,
        thickness=0.0,
        gather=1.0,
        over_ears=False,
    ),
    "short": Style(
        _cropped(0.040, 0.012, 0.017, (0.35, 0.0, 0.9)),
        _whole,
        locks=420,
        clump=0.5,
        knots=14,
        ribbon=0.011,
        thickness=0.003,
        uneven=0.25,
        over_ears=False,
    ),
}
