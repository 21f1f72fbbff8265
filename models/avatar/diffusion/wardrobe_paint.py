"""The picture of a garment in front projection: cloth, pattern, folds, seams and the cut of the neckline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.attributes import Pattern
from models.avatar.diffusion.raster import Buffers, draw_triangles
from models.avatar.diffusion.wardrobe_body import ARM, DROP, HALF, Body
from models.avatar.diffusion.wardrobe_shapes import STRIP, Shell, front_uv

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]

KNIT = ("turtleneck", "sweater")


@dataclass(frozen=True, slots=True)
class Neckline:
    """The opening: skin shows above y = front + (side - front) * shape(|x| / half), for |x| < half."""

    half: float
    front: float
    side: float
    vee: float
    """0 round to 1 pointed."""
    slit: float = 0.0
    """How far a slit goes down from the middle, metres."""

    def height(self, x: Float) -> Float:
        """Height of the edge at x; above the shoulders beyond `half`."""
        t = np.minimum(np.abs(x) / self.half, 1)
        curve = (1 - self.vee) * (1 - np.sqrt(1 - t**2 + 1e-6)) + self.vee * t ** (1.15)
        return (self.front + (self.side - self.front) * curve).astype(np.float32)


def neckline(body: Body, half: float, drop: float, vee: float = 0.0, slit: float = 0.0) -> Neckline:
    """An opening reaching `half` metres wider than the neck and `drop` below its base."""
    reach = body.neck_half + half
    return Neckline(reach, body.neck - drop, float(body.shoulder(np.array([reach], np.float32))[0]) - 0.001, vee, slit)


@dataclass
class Canvas:
    """A garment being painted. x, y are metres; picture is (S, S, 3) linear."""

    size: int
    picture: Float
    alpha: Float
    x: Float = field(repr=False)
    y: Float = field(repr=False)

    @classmethod
    def plain(cls, size: int, color: Float) -> Canvas:
        """All in one colour, nothing cut."""
        x, y = _grid(size)
        picture = np.empty((size, size, 3), np.float32)
        picture[:] = color
        return cls(size, picture, np.ones((size, size), np.float32), x, y)

    def over(self, cover: Real, color: Real) -> None:
        """Lays a colour or picture over by cover (S, S)."""
        self.picture += (color - self.picture) * cover[..., None]

    def shade(self, factor: Real) -> None:
        """Multiplies by light (S, S)."""
        self.picture *= factor[..., None]

    def line(self, distance: Real, width: float, strength: float) -> None:
        """Darkens along distance = 0 metres."""
        self.shade(1 - strength * np.exp(-0.5 * (distance / width) ** 2))

    def edge(self, distance: Real, *, cast: float = 0.35, seam: float = 0.0) -> None:
        """Cloth on top where distance > 0 (metres): a lit rim there, its shadow where distance < 0; a seam inside."""
        self.shade(
            np.where(
                distance < 0,
                1 - cast * np.exp(np.minimum(distance, 0) / 0.006),
                1 + 0.10 * np.exp(-np.maximum(distance, 0) / 0.0012),
            )
        )
        if seam:
            self.shade(1 - 0.16 * np.exp(-0.5 * ((distance - seam) / 0.0007) ** 2) * (distance > 0))


@cache
def _grid(size: int) -> tuple[Float, Float]:
    line = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = np.meshgrid((line * 2 - 1) * HALF, -line * DROP)
    return np.ascontiguousarray(x, np.float32), np.ascontiguousarray(y, np.float32)


def weave(canvas: Canvas, style: str) -> None:
    """Thread of the cloth: knit ribs or a fine weave."""
    canvas.shade(_thread(canvas.size, style in KNIT))


@cache
def _thread(size: int, knit: bool) -> Float:
    x, y = _grid(size)
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.standard_normal((size, size)).astype(np.float32), (0, 0), size / 700)
    grain = noise / np.std(noise)
    if not knit:
        return np.asarray(1 + 0.022 * grain, np.float32)
    pitch = 0.0072
    column = np.abs((x / pitch) % 1 - 0.5) * 2
    stitch = np.sin((y / 0.0050 + column * 0.8) * 2 * np.pi)
    return np.asarray(1 - 0.15 * (1 - column) ** 3 + 0.055 * stitch * column + 0.02 * grain, np.float32)


def pattern(canvas: Canvas, kind: Pattern, accent: Float, style: str) -> None:
    """Lays the pattern over the whole cloth."""
    if kind == "stripes":
        upright = style in ("shirt", "blouse", "kurta")
        along, pitch = (canvas.x, 0.017) if upright else (canvas.y, 0.034)
        band = 0.22 if upright else 0.30
        canvas.over(_band(along / pitch, band, canvas.size, pitch), accent)
    elif kind == "dots":
        pitch = 0.026
        row = np.floor(canvas.y / pitch)
        dx = ((canvas.x / pitch + 0.5 * (row % 2)) % 1 - 0.5) * pitch
        dy = (canvas.y / pitch - row - 0.5) * pitch
        canvas.over(np.clip((0.0042 - np.hypot(dx, dy)) / 0.0009 + 0.5, 0, 1), accent)
    elif kind == "batik":
        canvas.over(_batik(canvas.size), accent)
    elif kind == "trim":
        edge = np.abs(canvas.y + 0.385)
        canvas.over(np.clip((0.010 - edge) / 0.001, 0, 1), accent)
        canvas.over(np.clip((0.0012 - np.abs(edge - 0.015)) / 0.001, 0, 1), accent)


def _band(value: Float, share: float, size: int, pitch: float) -> Float:
    soft = 2 * HALF / size / pitch
    return np.asarray(np.clip((share / 2 - np.abs(value % 1 - 0.5)) / soft + 0.5, 0, 1), np.float32)


@cache
def _batik(size: int) -> Float:
    """Four-petalled flowers with rings and dots between them, on a diagonal lattice."""
    x, y = _grid(size)
    pitch = 0.052
    a, b = (x + y) / pitch, (x - y) / pitch
    u, v = a % 1 - 0.5, b % 1 - 0.5
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    petal = 0.30 * (0.55 + 0.45 * np.abs(np.cos(2 * angle)))
    flower = np.clip((petal - radius) / 0.03, 0, 1) * np.clip((radius - 0.07) / 0.03, 0, 1)
    vein = np.clip((0.03 - np.abs(np.sin(2 * angle)) * radius) / 0.02, 0, 1) * (radius < petal)
    ring = np.clip((0.022 - np.abs(radius - 0.40)) / 0.02, 0, 1)
    corner = np.hypot(np.abs(u) - 0.5, np.abs(v) - 0.5)
    dot = np.clip((0.09 - corner) / 0.03, 0, 1)
    cover = np.clip(flower - 0.6 * vein + 0.6 * ring + dot + np.clip((0.035 - radius) / 0.02, 0, 1), 0, 1)
    return np.asarray(cv2.GaussianBlur((0.85 * cover).astype(np.float32), (0, 0), size / 900), np.float32)


def folds(canvas: Canvas, body: Body, strength: float) -> None:
    """Soft shading: folds from the armpits, the crease beside the arm, sleeve seams at the shoulders."""
    x, y = canvas.x, canvas.y
    half = body.half_at(y[:, 0])[:, None]
    beside = np.abs(x) - (half - ARM)
    low = np.clip((-y - 0.235) / 0.05, 0, 1)
    canvas.shade(1 - 0.30 * strength * low * np.exp(-0.5 * (beside / 0.007) ** 2))
    canvas.shade(1 - _folds(canvas.size) * strength)
    armpit = float(body.half.max()) - ARM
    top = armpit + 0.012
    seam = np.interp(y[:, 0], [-0.27, -0.22, -0.12], [armpit, top - 0.012, top])[:, None].astype(np.float32)
    near = np.clip((y + 0.27) / 0.02, 0, 1)
    canvas.shade(1 - 0.20 * near * np.exp(-0.5 * ((np.abs(x) - seam) / 0.0010) ** 2))
    canvas.shade(1 + 0.05 * near * np.exp(-0.5 * ((np.abs(x) - seam - 0.003) / 0.0020) ** 2))


@cache
def _folds(size: int) -> Float:
    x, y = _grid(size)
    out = np.zeros_like(x)
    rng = np.random.default_rng(17)
    for side in (-1, 1):
        for _ in range(5):
            px, py = side * rng.uniform(0.115, 0.14), rng.uniform(-0.27, -0.25)
            angle = rng.uniform(0.35, 1.35)
            dx, dy = -side * np.cos(angle), -np.sin(angle)
            along = (x - px) * dx + (y - py) * dy
            off = (x - px) * dy - (y - py) * dx
            wide = 0.004 + 0.06 * np.maximum(along, 0)
            fade = np.clip(along / 0.012, 0, 1) * np.exp(-np.maximum(along, 0) / rng.uniform(0.05, 0.10))
            out += (
                rng.uniform(0.5, 1)
                * fade
                * (np.exp(-0.5 * (off / wide) ** 2) - 0.6 * np.exp(-0.5 * ((off - 1.8 * wide) / wide) ** 2))
            )
    broad = cv2.GaussianBlur(rng.standard_normal((size, size)).astype(np.float32), (0, 0), size / 22, sigmaY=size / 9)
    return np.asarray(0.16 * out + 0.035 * broad / broad.std(), np.float32)


def cut(canvas: Canvas, opening: Neckline, *, band: float = 0.0, ribbed: bool = False) -> None:
    """Cuts the opening and shades its edge; `band` metres of ribbing or facing along it."""
    below = opening.height(canvas.x) - canvas.y
    wide = np.abs(canvas.x) >= opening.half
    slope = np.hypot(1, np.gradient(opening.height(canvas.x[0]), canvas.x[0]))[None].astype(np.float32)
    distance = np.where(wide, np.maximum(below, 0.03), below) / np.minimum(slope, 3)
    if opening.slit:
        gap = np.abs(canvas.x) - 0.0035 * np.clip((canvas.y - opening.front + opening.slit) / 0.02, 0, 1)
        within = canvas.y > opening.front - opening.slit
        distance = np.where(within, np.minimum(distance, gap), distance)
    if band:
        inside = np.clip((band - distance) / 0.0008 + 0.5, 0, 1)
        if ribbed:
            angle = np.arctan2(canvas.x, opening.side + 0.02 - canvas.y)
            canvas.shade(1 - 0.13 * inside * (0.5 + 0.5 * np.cos(angle * 110)))
        canvas.shade(1 - 0.25 * np.exp(-0.5 * ((distance - band) / 0.0011) ** 2))
        canvas.shade(1 - 0.10 * np.exp(-np.maximum(distance - band, 0) / 0.007) * (distance > band))
    canvas.shade(1 + 0.10 * np.exp(-np.maximum(distance, 0) / 0.0012))
    canvas.alpha = np.minimum(canvas.alpha, np.clip(distance / (2 * HALF / canvas.size) + 0.5, 0, 1)).astype(np.float32)


def cast_shadows(canvas: Canvas, body: Body, shells: Sequence[Shell]) -> None:
    """Darkens the cloth around and under what lies on it."""
    uv = np.concatenate([front_uv(shell.vertices - body.middle) for shell in shells])
    starts = np.cumsum([0, *(len(shell.vertices) for shell in shells)])
    triangles = np.concatenate([shell.triangles + at for shell, at in zip(shells, starts, strict=False)])
    flat = np.zeros((len(uv), 3), np.float32)
    flat[:, 0], flat[:, 1] = uv[:, 0] * canvas.size, (1 - uv[:, 1]) * canvas.size
    buffers = Buffers.empty(canvas.size, canvas.size)
    draw_triangles(flat, triangles.astype(np.int32), buffers.depth, buffers.index, buffers.weights)
    cover = (buffers.index >= 0).astype(np.float32)
    down = round(0.004 / DROP * canvas.size)
    near = cv2.GaussianBlur(cover, (0, 0), 0.0035 / DROP * canvas.size)
    wide = cv2.GaussianBlur(np.roll(cover, 2 * down, axis=0), (0, 0), 0.010 / DROP * canvas.size)
    canvas.shade((1 - 0.38 * np.roll(near, down, axis=0)) * (1 - 0.22 * wide))


def strips(canvas: Canvas, colors: dict[str, Float], style: str) -> None:
    """The strips of cloth over the projection, for collars, rims and scarves."""
    v = 1 - (np.arange(canvas.size) + 0.5) / canvas.size
    for name, paint in colors.items():
        low, high = STRIP[name]
        chosen = (v > low - 0.005) & (v < high + 0.005)
        canvas.picture[chosen] = paint * _thread(canvas.size, False)[chosen][..., None]
        share = ((v[chosen] - low) / (high - low)).astype(np.float32)[:, None, None]
        if name != "extra":
            canvas.picture[chosen] *= 1 - 0.30 * np.exp(-0.5 * ((share - 0.13) / 0.035) ** 2)
            canvas.picture[chosen] *= 1 + 0.12 * np.exp(-0.5 * ((share - 0.02) / 0.05) ** 2)
        if style in KNIT and name != "extra":
            rib = 1 - 0.16 * (0.5 + 0.5 * np.cos(canvas.x[0] * 2 * np.pi / 0.0098))
            canvas.picture[chosen] *= rib[None, :, None]
        canvas.alpha[chosen] = 1
