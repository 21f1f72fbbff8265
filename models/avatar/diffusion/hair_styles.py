"""The hair styles: guide curves combed over the head, hung over the shoulders, cut, parted, tied and plaited."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.hair_comb import Mask, Style, along, azimuth, cut, cut_at, flow, smooth, spline, vary
from models.avatar.diffusion.hair_scalp import Head, smoothstep, unit

Float = npt.NDArray[np.float32]

FRINGE = 8.0
"""Section of hair that may hang before the forehead."""
PART = 0.016
"""How far to the host's left loose hair is parted."""
REAR = 106
"""Azimuth in degrees behind which loose hair falls down the back."""
_LASH = 0.027
"""Height over the eyes at which a fringe ends."""


def _side(head: Head, roots: Float) -> Float:
    """-1..1 (N,): which side of the parting; it fades out behind the crown, where hair falls straight down."""
    line = PART * head.size * smoothstep(-0.12, -0.02, roots[:, 2])
    sharp = np.where(roots[:, 0] > line, 1.0, -1.0)
    soft = np.clip((roots[:, 0] - line) / (0.06 * head.size), -1, 1)
    behind = smoothstep(-0.085, -0.115, roots[:, 2])
    return np.asarray(sharp + behind * (soft - sharp), np.float32)


def _loose_section(head: Head, roots: Float) -> Float:
    rear = _is_rear(head, roots)
    parted = roots[:, 2] > -0.1
    return np.asarray(np.sign(_side(head, roots)) * np.where(parted, 1, 0) + 4 * rear, np.float32)


def _is_rear(head: Head, roots: Float) -> Mask:
    """Both parts interlock at their border, so that no seam shows."""
    return np.asarray(azimuth(head, roots) + 7 * vary(roots, 11, 900) > REAR)


def _hanging(
    front_end: float,
    back_end: float,
    volume: float,
    wide: tuple[float, float, float, float, float, float],
    inner_share: float = 0.8,
) -> Callable[[Head, Float, int], Float]:
    """Loose hair to heights `front_end` and `back_end`; `wide` is its half width at -0.42, -0.3, -0.2, -0.12, -0.06, 0.

    Behind REAR it falls down the back, else before the shoulder.
    """

    def guides(head: Head, roots: Float, knots: int) -> Float:
        part = _side(head, roots)
        side = np.where(part > 0, 1.0, -1.0)
        angle = azimuth(head, roots)
        rear = _is_rear(head, roots)
        s = head.size
        ahead = smoothstep(100, 25, angle)
        rows = np.array([-0.42, -0.30, -0.20, -0.12, -0.06, 0.0])
        inner = np.interp(angle, [0, 45, 104], [inner_share - 0.1, inner_share, 1.08]) + 0.06 * vary(roots, 5)
        spread = np.clip(np.abs(roots[:, 0]) / (0.06 * s), 0.0, 1.0)
        out = part * np.interp(angle, [85, 130], [1.0, 0.6])
        back = np.interp(angle, [30, 60, 85, 104, 150], [0.45, 0.3, 0.2, 0.1, 0.6])
        # Beside the head both parts meet at one depth; they leave each other only over the shoulders.
        depth = np.interp(angle, [25, 75, 104], [-0.012, -0.052, -0.088])
        behind = np.interp(angle, [106, 150], [-0.09, -0.15]) * s
        crown = smoothstep(-0.02, -0.09, roots[:, 2])

        def comb(p: Float, arc: Float) -> Float:
            top = smoothstep(0.02, 0.10, p[:, 1])
            # In front of the ears, so that hair frames the face.
            beside = np.clip((depth * s - p[:, 2]) * 14, -0.7, 0.7)
            z = np.where(rear, -back, top * -back + (1 - top) * beside)
            return np.stack([out * (0.25 + top), -1.0 + 0.6 * top, z], axis=1)

        def rise(arc: Float) -> Float:
            height = volume * (0.75 + 0.35 * crown)
            return np.asarray(0.005 * (1 - np.exp(-arc / 0.006)) + height * (1 - np.exp(-arc / 0.055)), np.float32)

        def fall(p: Float) -> Float:
            narrow = 1 - 0.3 * smoothstep(-0.10, -0.2, p[:, 1] / s)
            x_goal = np.where(rear, spread * 1.04 * narrow, inner) * np.interp(p[:, 1] / s, rows, wide) * s
            down = smoothstep(-0.085, -0.15, p[:, 1] / s)
            over = head.torso(p, head.front) + 0.014 + 0.012 * ahead
            z_front = depth * s * (1 - down) + down * over
            z_back = behind + down * np.minimum(head.torso(p, head.back) - 0.016 - behind, 0)
            z_goal = np.where(rear, z_back, z_front)
            return np.stack(
                [side * (x_goal - side * p[:, 0]) * 14, np.full(len(p), -1.0), (z_goal - p[:, 2]) * 12], axis=1
            ).clip(-1.2, 1.2)

        total = (0.26 - front_end) * s
        path = smooth(flow(head, roots, comb, rise, fall, total), 2)
        level = np.where(rear, back_end, front_end) * s + 0.06 * abs(front_end) * vary(roots, 9)
        return cut(path, cut_at(path, level, total), total, knots)

    return guides


def _bob_section(head: Head, roots: Float) -> Float:
    return np.where(_is_fringe(head, roots), FRINGE, _loose_section(head, roots)).astype(np.float32)


def _is_fringe(head: Head, roots: Float) -> Mask:
    wide = 0.056 * head.size * smoothstep(-0.05, -0.005, roots[:, 2])
    wide = wide * (1 + 0.07 * vary(roots, 12, 900))
    return np.asarray((np.abs(roots[:, 0]) < wide) & (roots[:, 1] > 0.035))


def _bob(head: Head, roots: Float, knots: int) -> Float:
    sides = _hanging(-0.104, -0.098, 0.021, (0.07, 0.07, 0.07, 0.071, 0.099, 0.099), 0.66)(head, roots, knots)
    fringe = _is_fringe(head, roots)
    sides[fringe] = _fringe(head, roots[fringe], knots)
    return sides


def _fringe(head: Head, roots: Float, knots: int) -> Float:
    """Straight over the brows; towards the temples it grows longer and joins the sides."""
    s = head.size

    def comb(p: Float, arc: Float) -> Float:
        return np.stack([14 * roots[:, 0], np.full(len(p), -0.6), np.ones(len(p))], axis=1)

    def rise(arc: Float) -> Float:
        return np.asarray(0.010 * (1 - np.exp(-arc / 0.015)) - 0.07 * np.maximum(arc - 0.035, 0), np.float32)

    total = 0.16 * s
    path = flow(head, roots, comb, rise, lambda p: np.array([[0, -1, 0]] * len(p), np.float32), total, over_ears=False)
    outer = smoothstep(0.052, 0.068, np.abs(path[..., 0]) / s)
    level = (_LASH + 0.0025 * vary(roots, 4)[:, None] - 0.07 * outer) * s
    below = path[..., 1] < level
    first = np.where(below.any(axis=1), below.argmax(axis=1), path.shape[1] - 1)
    return cut(path, first / (path.shape[1] - 1) * total, total, knots)


def _whole(head: Head, roots: Float) -> Float:
    return np.zeros(len(roots), np.float32)


def _swept_section(part: float) -> Callable[[Head, Float], Float]:
    def section(head: Head, roots: Float) -> Float:
        beyond = (roots[:, 0] > part * head.size) & (roots[:, 2] > -0.11)
        front = (roots[:, 2] > -0.04) & (roots[:, 1] > 0.05) & ~beyond
        return np.where(front, FRINGE, np.where(beyond, 1.0, 0.0)).astype(np.float32)

    return section


def _cropped(
    top: float,
    side: float,
    lift: tuple[float, float],
    sweep: tuple[float, float, float],
    part: float = 1.0,
    forward: float = -0.35,
) -> Callable[[Head, Float, int], Float]:
    """Short hair: `top` and `side` are lengths, `lift` the heights on top at front and crown, `sweep` its combing.

    Right of `part` the top is combed over; left of it, and on the sides, hair lies down, drawn `forward`.
    """

    def guides(head: Head, roots: Float, knots: int) -> Float:
        s = head.size
        upper = smoothstep(0.035, 0.085, roots[:, 1] / s)
        upper *= np.where((roots[:, 0] > part * s) & (roots[:, 2] > -0.11), 0.25, 1.0)
        length = (side + (top - side) * upper) * (1 + 0.08 * vary(roots, 5)) * s
        sideburn = smoothstep(0.02, -0.005, roots[:, 1] / s) * (azimuth(head, roots) < 98)
        length = length * (1 - 0.6 * sideburn)
        fore = smoothstep(-0.07, 0.0, roots[:, 2]) * (0.3 + 0.7 * smoothstep(0.058, 0.025, np.abs(roots[:, 0]) / s))
        height = 0.22 * side + 0.002 + (lift[1] + (lift[0] - lift[1]) * fore) * upper
        away = np.sign(roots[:, 0])

        def comb(p: Float, arc: Float) -> Float:
            u = upper[:, None]
            down = np.stack([0.1 * away, np.full(len(p), -1.0), np.full(len(p), forward)], axis=1)
            return np.asarray((1 - u) * down + u * np.array(sweep), np.float32)

        def rise(arc: Float) -> Float:
            return np.asarray(height * s * np.sin(np.minimum(arc / length, 1) * 2.3), np.float32)

        total = max(top, side) * 1.15 * s
        path = flow(head, roots, comb, rise, lambda p: comb(p, p[:, 0]), total, over_ears=False)
        face = (path[..., 2] > -0.035) & (path[..., 1] < 0.032 * s) & (np.abs(path[..., 0]) < 0.06 * s)
        first = np.where(face.any(axis=1), face.argmax(axis=1), path.shape[1] - 1) / (path.shape[1] - 1) * total
        return cut(path, np.minimum(length, first), total, knots)

    return guides


def _gathered(
    tie: tuple[float, float, float], bundle: Callable[[Head, Float, Float, int], Float], share: float
) -> Callable[[Head, Float, int], Float]:
    """Hair combed along great circles to a tie in direction `tie`; `share` of the knots lie before it.

    bundle(head, tie (3,), place in the bundle (N, 2) within the unit disk, knots) goes on from there: (N, knots, 3).
    """

    def guides(head: Head, roots: Float, knots: int) -> Float:
        goal = unit(np.array(tie, np.float32))
        start = head.direction(roots)
        first = round(knots * share)
        t = np.linspace(0, 1, first, dtype=np.float32)
        angle = np.arccos(np.clip(start @ goal, -1, 1))[:, None]
        sine = np.maximum(np.sin(angle), 1e-4)
        arc = (np.sin((1 - t) * angle) / sine)[..., None] * start[:, None] + (np.sin(t * angle) / sine)[
            ..., None
        ] * goal
        arc = unit(arc)
        height = 0.010 * np.sin(np.minimum(t * 2.4, np.pi / 2)) + 0.004 * t
        combed = head.centre + arc * (head.radius(arc) + height * head.size)[..., None]
        # Where a strand lies in the bundle follows from where it comes from: around the tie, near or far.
        u = unit(np.cross(np.array([0.0, 1.0, 0.0]), goal))
        flat = np.stack([start @ u, start @ np.cross(goal, u)], axis=1)
        flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6) * np.sqrt(angle / np.pi)
        rest = bundle(head, combed[:, -1].mean(axis=0), flat.astype(np.float32), knots - first)
        return smooth(np.concatenate([combed, rest], axis=1).astype(np.float32), 1)

    return guides


def _tail(head: Head, tie: Float, flat: Float, knots: int) -> Float:
    """A ponytail that swings behind the host's left ear and over the shoulder."""
    s = head.size
    line = [tie + np.array(o, np.float32) * s for o in ((0, 0, 0), (0.012, 0.024, -0.03), (0.045, 0.005, -0.055))]
    line += _over_shoulder(
        head, ((0.088, -0.07, -0.13), (0.104, -0.12, -0.085), (0.1, -0.2, 0), (0.086, -0.29, 0)), 0.028
    )
    at = np.linspace(0.02, 1, knots)
    wide = np.interp(at, [0, 0.1, 0.3, 0.6, 0.85, 1], [0.009, 0.022, 0.030, 0.029, 0.02, 0.007]) * s
    return along(spline(np.array(line)), at, wide[:, None] * flat[:, None])


def _over_shoulder(head: Head, places: tuple[tuple[float, float, float], ...], above: float) -> list[Float]:
    """Places for the mean head; z 0 means `above` the torso's front."""
    points = [np.array(p, np.float32) * head.size for p in places]
    for p in points:
        if p[2] == 0:
            p[2] = float(head.torso(p[None], head.front)[0]) + above
    return points


def _plait(head: Head, tie: Float, flat: Float, knots: int) -> Float:
    """Three bundles that cross: each draws a lying eight, a third of a turn behind the last."""
    s = head.size
    line = [tie, tie + np.array([0.03, -0.02, 0.0], np.float32) * s]
    line += _over_shoulder(
        head, ((0.088, -0.095, -0.09), (0.094, -0.14, -0.05), (0.092, -0.2, 0), (0.082, -0.31, 0)), 0.022
    )
    at = np.linspace(0.02, 1, knots)
    group = np.floor((np.arctan2(flat[:, 1], flat[:, 0]) / (2 * np.pi) % 1) * 3)
    turn = 2 * np.pi * (7 * at + group[:, None] / 3)
    grown = np.interp(at, [0, 0.12, 0.85, 0.93, 1], [0.3, 1, 0.75, 0.35, 0.5]) * s
    crossing = np.stack([0.0135 * np.sin(turn), 0.0075 * np.sin(2 * turn)], axis=-1)
    own = 0.0115 * np.sqrt(np.abs(flat)) * np.sign(flat)
    return along(spline(np.array(line)), at, grown[:, None] * (crossing + own[:, None]))


def _knot(head: Head, tie: Float, flat: Float, knots: int) -> Float:
    """Wound around a ball that sits on the crown."""
    s = head.size
    up = unit(tie - head.centre)
    u = unit(np.cross(np.array([1.0, 0.0, 0.0]), up))
    v = np.cross(up, u)
    middle = tie + up * 0.024 * s
    t = np.linspace(0, 1, knots, dtype=np.float32)
    reach = np.linalg.norm(flat, axis=1)[:, None]
    turn = np.arctan2(flat[:, 1], flat[:, 0])[:, None] + 2 * np.pi * 1.1 * t
    rise = np.radians(-60 + (40 + 95 * reach) * smoothstep(0, 0.8, t))
    radius = (0.030 + 0.009 * reach) * s * smoothstep(-0.25, 0.25, t)
    out = np.cos(turn)[..., None] * u + np.sin(turn)[..., None] * v
    way = np.cos(rise)[..., None] * out + 0.82 * np.sin(rise)[..., None] * up
    return np.asarray(middle + radius[..., None] * way, np.float32)


def _curls(head: Head, roots: Float, knots: int) -> Float:
    """A cloud: straight off the head, then drooping; the front lifts off the forehead first."""
    s = head.size
    n = head.direction(roots)
    front = smoothstep(80, 35, azimuth(head, roots))
    side = roots[:, 0] / (0.06 * s)
    low = smoothstep(0.07, -0.05, roots[:, 1] / s)
    out = unit(n + front[:, None] * np.stack([0.35 * side, 0.75 + 0 * side, -0.25 + 0 * side], axis=1))
    length = (0.066 + 0.010 * low + 0.006 * vary(roots, 3)) * s
    t = np.linspace(0, 1, knots, dtype=np.float32)
    sink = (0.022 + 0.014 * front + 0.062 * low) * s
    path = roots[:, None] + out[:, None] * (length[:, None] * (t - 0.25 * t**2))[..., None]
    path += (front * 0.010 * s)[:, None, None] * (t**2)[:, None] * np.array([0, 0, 1])
    path[..., 1] -= sink[:, None] * t**2
    return path.astype(np.float32)


def _curl_section(head: Head, roots: Float) -> Float:
    angle = azimuth(head, roots) + 8 * vary(roots, 13, 900)
    return np.where(angle < 52, FRINGE, np.where(angle < 110, np.sign(roots[:, 0]), 0.0)).astype(np.float32)


def _tied(guides: Callable[[Head, Float, int], Float], knots: int, at: float, gather: float) -> Style:
    return Style(
        guides,
        _whole,
        gather=gather,
        gathered_at=at,
        knots=knots,
        thickness=0.004,
        over_ears=False,
        clump=0.35,
        uneven=0.08,
    )


def _groomed(
    guides: Callable[[Head, Float, int], Float],
    section: Callable[[Head, Float], Float] = _whole,
    locks: int = 300,
    clump: float = 0.45,
    fade: bool = False,
) -> Style:
    return Style(
        guides, section, locks, clump, thickness=0.004, knots=16, ribbon=0.0148, uneven=0.18, over_ears=False, fade=fade
    )


_LONG = (0.062, 0.074, 0.098, 0.084, 0.098, 0.094)
_WAVY = (0.066, 0.086, 0.104, 0.098, 0.102, 0.096)

STYLES: dict[str, Style] = {
    "long": Style(
        _hanging(-0.28, -0.31, 0.016, _LONG),
        _loose_section,
        wave=0.003,
        wavelength=0.17,
        rests=True,
        clump=0.5,
        ribbon=0.0095,
    ),
    "waves": Style(
        _hanging(-0.25, -0.28, 0.021, _WAVY),
        _loose_section,
        wave=0.008,
        wavelength=0.085,
        clump=0.75,
        coil=0.5,
        rests=True,
        locks=180,
    ),
    "bob": Style(_bob, _bob_section, clump=0.4, uneven=0.05),
    "bun": _tied(_gathered((0, 0.8, -0.6), _knot, 0.4), 44, 0.4, 0.12),
    "ponytail": _tied(_gathered((0, 0.3, -1), _tail, 0.4), 44, 0.4, 0.1),
    "braid": _tied(_gathered((0.45, -0.30, -0.85), _plait, 0.24), 84, 0.24, 0.04),
    "pixie": _groomed(
        _cropped(0.075, 0.034, (0.020, 0.018), (-0.75, -0.1, 0.65), 0.03, 0.1), _swept_section(0.03), 240, 0.55
    ),
    "curly": Style(
        _curls,
        _curl_section,
        locks=800,
        clump=0.65,
        ribbon=0.011,
        clumped_at=0.45,
        knots=44,
        wave=0.0070,
        wavelength=0.026,
        wave_from=0.004,
        coil=1.0,
        wave_phase=1.0,
        uneven=0.3,
        thickness=0.0,
        gather=1.0,
        over_ears=False,
    ),
    "short": _groomed(_cropped(0.044, 0.016, (0.020, 0.014), (0.9, 0.1, 0.15)), clump=0.35),
    "fade": _groomed(_cropped(0.028, 0.004, (0.016, 0.012), (0.6, 0.2, 0.25)), clump=0.35, fade=True),
    "quiff": _groomed(_cropped(0.085, 0.016, (0.040, 0.014), (0.2, 0.35, -1.0))),
    "swept": _groomed(_cropped(0.090, 0.018, (0.026, 0.016), (-0.9, 0.0, -0.35), 0.034), _swept_section(0.034)),
}
