"""Glasses, earrings, necklaces, flower, headband, scarf and hijab: small shells on the head, the neck or the cloth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.avatar.attributes import Earrings, Glasses
from models.avatar.diffusion import hair_scalp
from models.avatar.diffusion.face_model import MASKS, FaceShape
from models.avatar.diffusion.look import Look, linear
from models.avatar.diffusion.wardrobe_body import Body, grid_triangles
from models.avatar.diffusion.wardrobe_shapes import (
    Shell,
    ShellLayer,
    ball,
    hard,
    merge,
    neck_ring,
    on_body,
    on_head,
    ring_shell,
    strip_uv,
    tube,
)

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]
Mesh = tuple[Float, npt.NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Where things rest, relative to the eyes' middle: nose bridge (3,), lobe and root of the left ear (3,) each."""

    bridge: Float
    lobe: Float
    ear: Float
    eye: Float


def landmarks(shape: FaceShape) -> Landmarks:
    """Finds them on a face at rest by vertices that lie there on the mean face."""
    middle = shape.eyes.mean(axis=0)
    mean = shape.model.mean - shape.model.shape({}).eyes.mean(axis=0)
    rest = shape.rest - middle
    bridge = rest[np.argmin(np.linalg.norm(mean - (0, -0.004, 0.0275), axis=1))]
    ears = (shape.model.masks[:, MASKS.index("ears")] > 0.5) & (mean[:, 0] > 0)
    lobe = rest[ears & (mean[:, 1] < -0.038)].mean(axis=0)
    upper = ears & (np.abs(mean[:, 1] - 0.002) < 0.004)
    root = rest[upper][np.argmin(rest[upper][:, 0])]
    return Landmarks(bridge, lobe, root, (shape.eyes[0] - middle).astype(np.float32))


def glasses(look: Look) -> list[Shell]:
    """Frames of the persona's glasses, without lenses."""
    style = look.a.glasses
    if style == "none":
        return []
    at = landmarks(look.shape)
    radius = 0.0016 if style == "round" else 0.0019
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    width, height, power, lift = _LENS[style]
    cos, sin = np.cos(turn), np.sin(turn)
    x = width * np.sign(cos) * np.abs(cos) ** (2 / power)
    y = height * np.sign(sin) * np.abs(sin) ** (2 / power)
    y = y + lift * np.clip(x / width, 0, 1) ** 2 * (0.35 + 0.65 * np.clip(y / height, 0, 1))
    centre = max(float(at.eye[0]), width + 0.0075)
    plane = float(at.bridge[2]) + 0.0065
    parts: list[Mesh] = []
    for side in (1, -1):
        px = side * (centre + x)
        parts.append(tube(np.stack([px, y - 0.003, plane - 1.8 * px**2], axis=1), radius, 8, closed=True))
        hinge = np.array([side * (centre + width), 0.004 + lift, plane - 1.8 * (centre + width) ** 2])
        ear = np.array([side * (at.ear[0] + 0.002), at.ear[1] + 0.009, at.ear[2]])
        knee = np.array([side * max(at.ear[0] + 0.002, centre + width + 0.002), hinge[1] + 0.001, hinge[2] - 0.012])
        hook = ear + (0, -0.020, -0.016)
        parts.append(tube(_curve([hinge, knee, ear, hook], 14), radius, 6))
    t = np.linspace(-1, 1, 9)
    gap = centre - width * 0.96
    bridge = np.stack([gap * t, 0.002 + 0.0035 * (1 - t**2), plane - 0.001 + 0.002 * (1 - t**2)], axis=1)
    parts.append(tube(bridge, radius, 6))
    points, triangles = merge(parts)
    layer: ShellLayer = "metal" if style == "round" else "plastic"
    return [on_head(look.shape.eyes.mean(axis=0), points, triangles, layer, linear(look.a.glasses_color))]


_LENS: dict[Glasses, tuple[float, float, float, float]] = {
    "round": (0.0230, 0.0215, 2.0, 0.0),
    "square": (0.0240, 0.0185, 3.6, 0.0012),
    "cat-eye": (0.0245, 0.0185, 2.6, 0.0055),
}
"""Half width, half height, roundness (2 is an ellipse) and lift of the outer corner."""


def _curve(points: list[Real], count: int) -> Real:
    """A smooth line through points (uniform Catmull-Rom)."""
    p = np.stack([2 * points[0] - points[1], *points, 2 * points[-1] - points[-2]])
    at = np.linspace(0, len(points) - 1 - 1e-6, count)
    k = at.astype(int)
    t = (at - k)[:, None]
    a, b, c, d = p[k], p[k + 1], p[k + 2], p[k + 3]
    return np.asarray(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))


def earrings(look: Look) -> list[Shell]:
    """A pair at the lobes; they move with the head."""
    style = look.a.earrings
    if style == "none" or look.a.hair_style == "hijab":
        return []
    lobe = landmarks(look.shape).lobe + np.array([0.002, 0.003, 0.007], np.float32)
    parts = _EARRINGS[style](lobe)
    mirrored = [(points * np.array([-1, 1, 1], np.float32), index[:, ::-1]) for points, index in parts]
    points, triangles = merge([*parts, *mirrored])
    layer: ShellLayer = "pearl" if style == "pearl" else "metal"
    color = linear(look.a.earrings_color)
    if style == "pearl":
        color = (0.25 * color + 0.75 * np.array([0.86, 0.83, 0.78])).astype(np.float32)
    return [on_head(look.shape.eyes.mean(axis=0), points, np.ascontiguousarray(triangles), layer, color)]


def _hoop(lobe: Float) -> list[Mesh]:
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    ring = np.stack([0.0135 * np.sin(turn) * 0.75, 0.0135 * np.cos(turn) - 0.0135, 0.0135 * np.sin(turn) * 0.5], axis=1)
    return [tube(lobe + ring, 0.0013, 6, closed=True)]


def _drop(lobe: Float) -> list[Mesh]:
    stem = np.stack([np.zeros(5), np.linspace(0, -0.012, 5), np.zeros(5)], axis=1)
    return [ball(lobe, 0.0026, 5), tube(lobe + stem, 0.0006, 5), ball(lobe + (0, -0.018, 0), 0.0044, 7, 1.6)]


def _jhumka(lobe: Float) -> list[Mesh]:
    turn = np.arange(16) / 16 * 2 * np.pi
    rows = [
        (-0.005, 0.0008),
        (-0.0065, 0.0035),
        (-0.010, 0.0062),
        (-0.0145, 0.0082),
        (-0.0155, 0.0086),
        (-0.0162, 0.0075),
    ]
    bell = np.concatenate([np.stack([r * np.sin(turn), np.full(16, y), r * np.cos(turn)], axis=1) for y, r in rows])
    beads = [
        ball(lobe + (0.0078 * np.sin(a), -0.0182, 0.0078 * np.cos(a)), 0.0013, 4)
        for a in np.arange(10) / 10 * 2 * np.pi
    ]
    return [
        ball(lobe, 0.0042, 6),
        ((lobe + bell).astype(np.float32), grid_triangles(len(rows), 16, closed=True)),
        *beads,
    ]


_EARRINGS: dict[Earrings, Callable[[Float], list[Mesh]]] = {
    "stud": lambda lobe: [ball(lobe, 0.0034, 7)],
    "pearl": lambda lobe: [ball(lobe + (0, -0.001, 0), 0.0056, 8)],
    "hoop": _hoop,
    "drop": _drop,
    "jhumka": _jhumka,
}


def accessory(look: Look, body: Body, covered: Callable[[Float, Float], npt.NDArray[np.bool_]]) -> list[Shell]:
    """What hangs around the neck or sits on the hair; `covered` tells where cloth is in the front projection."""
    a = look.a
    color = linear(a.accessory_color)
    if a.accessory in ("chain", "pendant", "pearls"):
        return _necklace(a.accessory, body, covered, color)
    if a.accessory == "scarf":
        return [_scarf(body)]
    if a.hair_style == "hijab":
        return []
    if a.accessory == "flower":
        return [_flower(look, color)]
    return [_headband(look, color)] if a.accessory == "headband" else []


def _necklace(
    kind: str, body: Body, covered: Callable[[Float, Float], npt.NDArray[np.bool_]], color: Float
) -> list[Shell]:
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 49)
    half, drop = body.neck_half + 0.016, {"chain": 0.052, "pendant": 0.070, "pearls": 0.046}[kind]
    x = (half * np.sin(angle)).astype(np.float32)
    side = float(body.shoulder(np.array([half], np.float32))[0]) - 0.004
    y = (side - (side - body.neck + drop) * np.cos(angle) ** (1.0 if kind == "pendant" else 0.8)).astype(np.float32)
    lift = np.where(covered(x, y), body.at(body.cloth, x, y) + 0.003, body.at(body.skin, x, y) + 0.003)
    path = np.stack([x, y, lift], axis=1)
    if kind == "pearls":
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
        at = np.arange(0, length[-1], 0.0083)
        spots = np.stack([np.interp(at, length, path[:, axis]) for axis in range(3)], axis=1)
        points, triangles = merge([ball(spot, 0.0042, 5) for spot in spots])
        pearl = (0.3 * color + 0.7 * np.array([0.86, 0.83, 0.78])).astype(np.float32)
        return [hard(body, points, triangles, "pearl", pearl)]
    parts = [tube(path, 0.0011 + 0.0003 * np.cos(np.arange(49) * np.pi), 6)]
    if kind == "pendant":
        parts.append(ball(path[24] + (0, -0.009, 0.002), 0.0062, 8, 1.35))
        parts.append(ball(path[24] + (0, 0.0, 0.001), 0.0022, 5))
    points, triangles = merge(parts)
    return [hard(body, points, triangles, "metal", color)]


def _flower(look: Look, color: Float) -> Shell:
    """Five petals and their heart over the host's left temple, as far out as hair stands there."""
    head = hair_scalp.measure(look.shape)
    out = hair_scalp.unit(np.array([0.72, 0.62, 0.46]))
    centre = head.centre + out * (head.radius(out) + 0.016)
    side = hair_scalp.unit(np.cross((0.0, 1.0, 0.0), out))
    up = np.cross(out, side)
    parts: list[Mesh] = []
    for k in range(6):
        turn = 2 * np.pi * k / 6 + 0.2
        along = np.cos(turn) * side + np.sin(turn) * up
        wide = np.cross(out, along)
        points, triangles = ball(np.zeros(3), 1.0, 6)
        petal = points @ np.stack([wide * 0.0105, out * 0.0028, along * 0.0150])
        cup = 0.004 * np.clip(points[:, 2:3], 0, 1) ** 2
        parts.append(((centre + along * 0.0130 + petal + cup * out).astype(np.float32), triangles))
    parts.append(ball(centre + out * 0.003, 0.0052, 6))
    points, triangles = merge(parts)
    return on_head(look.shape.eyes.mean(axis=0), points, triangles, "cloth", color)


def _headband(look: Look, color: Float) -> Shell:
    """A padded band from ear to ear over the crown."""
    head = hair_scalp.measure(look.shape)
    turn = np.linspace(-1.75, 1.75, 41)
    tilt = 0.50
    rows = []
    for across, out in zip(np.linspace(-0.11, 0.11, 6), (0.005, 0.0115, 0.014, 0.014, 0.0115, 0.005), strict=True):
        way = np.stack([np.sin(turn), np.cos(turn) * np.cos(tilt), np.cos(turn) * np.sin(tilt) + 0 * turn], axis=1)
        way = hair_scalp.unit(way + across * np.array([0.0, -np.sin(tilt), np.cos(tilt)]))
        rows.append(head.centre + way * (head.radius(way) + out)[:, None])
    points = np.concatenate(rows).astype(np.float32)
    triangles = _facing_out(points, grid_triangles(len(rows), len(turn)), head.centre)
    return on_head(look.shape.eyes.mean(axis=0), points, triangles, "cloth", color)


def _facing_out(points: Float, triangles: npt.NDArray[np.int32], centre: Real) -> npt.NDArray[np.int32]:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    out = np.sum(np.cross(b - a, c - a) * ((a + b + c) / 3 - centre))
    return triangles if out > 0 else np.ascontiguousarray(triangles[:, ::-1])


def _scarf(body: Body) -> Shell:
    """A scarf wound once around the neck, in soft rolls."""
    angles = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    front = np.clip(np.cos(angles), 0, 1)
    top = body.neck + 0.030 - 0.016 * front + 0.003 * np.sin(2 * angles + 1)
    base = body.neck - 0.030 - 0.030 * front + 0.004 * np.sin(3 * angles)
    share = np.linspace(1, 0, 15)
    roll = 0.0045 * np.cos(share * 3 * 2 * np.pi + np.pi)
    profile = []
    for s, r in zip(share, roll, strict=True):
        swell = 0.019 * np.sin(np.pi * (0.08 + 0.84 * s)) ** 0.6 + 0.016 * (1 - s)
        profile.append(
            (base + (top - base) * s, swell + r * (1 + 0.6 * np.sin(2 * angles + 5 * s)) + 0.008 * (1 - s) * front)
        )
    return ring_shell(body, profile, angles, closed=True, strip="extra", flare=1.5)


def hijab(look: Look, body: Body) -> list[Shell]:
    """A scarf: close around the head with an oval opening for the face, draped over neck and shoulders."""
    if look.a.hair_style != "hijab":
        return []
    head = hair_scalp.measure(look.shape)
    middle = look.shape.eyes.mean(axis=0)
    turn = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    edge = _face_opening(head, turn)
    start = hair_scalp.unit(edge - head.centre)
    back = hair_scalp.unit(np.array([0.0, -0.25, -1.0]))
    rows, reach = [], np.concatenate([[0.0, 0.012, 0.05], np.linspace(0.12, 1.0, 17)])
    for s in reach:
        way = hair_scalp.unit(start * (1 - s) + back * s)
        skull = 0.25 * head.radius(way, over_ears=True) + 0.75 * head.radius(way)
        ring = (
            head.centre + way * (skull + 0.011 + 0.006 * float(hair_scalp.smoothstep(0.0, 0.3, np.array(s))))[:, None]
        )
        fold = 0.0022 * np.sin(s * 26 + 2.5 * np.cos(turn)) * np.clip(s * 5, 0, 1) * np.clip(np.abs(np.sin(turn)), 0, 1)
        ring = ring + way * fold[:, None]
        keep = np.clip(1 - s / 0.06, 0, 1)
        rows.append(ring * (1 - keep) + (edge + way * (0.0035 + 0.05 * s)) * keep)
    points = np.concatenate(rows).astype(np.float32)
    triangles = _facing_out(points, grid_triangles(len(rows), len(turn), closed=True), head.centre)
    skin = on_head(middle, points, triangles, "cloth", np.zeros(3, np.float32))
    around = Shell(skin.vertices, skin.skinning, triangles, strip_uv(len(rows), len(turn), "extra"), "cloth")
    band = np.concatenate(
        [
            edge + start * out + inward * (hair_scalp.unit(head.centre - edge) * (1, 1, 0))
            for out, inward in ((0.0028, -0.004), (0.0036, 0.001), (0.0022, 0.0045), (-0.003, 0.006))
        ]
    )
    under_triangles = _facing_out(band.astype(np.float32), grid_triangles(4, len(turn), closed=True), head.centre)
    under = on_head(middle, band, under_triangles, "cloth", linear(look.a.accessory_color) * 0.45)
    return [around, under, _drape(body)]


def _face_opening(head: hair_scalp.Head, turn: Real) -> Float:
    """(K, 3) the oval around the face, on the skin: angle 0 is at the top, + to the host's left."""
    x, y = 0.064 * np.sin(turn), -0.022 + np.where(np.cos(turn) > 0, 0.082, 0.090) * np.cos(turn)
    flat = np.stack([x * head.size, y * head.size, np.zeros_like(x)], axis=1)
    z = np.full(len(turn), 0.02)
    for _ in range(12):
        points = flat + z[:, None] * (0, 0, 1)
        z = z - 0.7 * head.height(points)
        z = np.clip(z, -0.06, 0.05)
    return (flat + z[:, None] * (0, 0, 1)).astype(np.float32)


def _drape(body: Body) -> Shell:
    """The scarf from under the chin over neck, shoulders and chest."""
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    front, side = np.clip(np.cos(angles), 0, 1), np.abs(np.sin(angles))
    rows = []
    share = np.concatenate([np.linspace(0, 0.3, 5), np.linspace(0.38, 1, 11)])
    top = body.neck + 0.074
    hem = body.neck - 0.055 - 0.115 * front**1.5 - 0.02 * side
    for s in share:
        height = top + (hem - top) * s
        fold = 0.0036 * np.sin(7 * angles + 6 * s + 1.5 * np.sin(angles)) * (0.3 + 0.7 * s)
        spread = np.clip((s - 0.25) / 0.75, 0, 1) ** 1.1
        points = neck_ring(
            body, height, 0.018 + 0.012 * np.clip(1 - 4 * s, 0, 1) + (0.034 * front + 0.052 * side) * spread, angles
        )
        points[:, 2] += fold
        x = points[:, 0]
        high = np.maximum(points[:, 1], body.shoulder(x) + 0.010)
        points[:, 1] = np.where(np.cos(angles) < 0.1, high, points[:, 1])
        over = body.at(body.cloth, x, points[:, 1]) + 0.012 + fold
        lies = np.clip((s - 0.15) / 0.2, 0, 1) * np.clip(np.cos(angles) * 8, 0, 1)
        points[:, 2] += np.maximum(over - points[:, 2], -0.03 * s) * lies
        rows.append(points)
    grid = np.concatenate(rows).astype(np.float32)
    triangles = grid_triangles(len(rows), len(angles), closed=True)
    return on_body(body, grid, triangles, strip_uv(len(rows), len(angles), "extra"))
