"""What a host wears: the garment's shells and its picture in front projection, with glasses, jewellery and scarf."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.avatar.attributes import OutfitStyle
from models.avatar.diffusion.look import Look, linear
from models.avatar.diffusion.wardrobe_body import Body, grid_triangles, main_shell, measure
from models.avatar.diffusion.wardrobe_extras import accessory, earrings, glasses, hijab
from models.avatar.diffusion.wardrobe_paint import (
    Canvas,
    Neckline,
    cast_shadows,
    cut,
    folds,
    neckline,
    pattern,
    strips,
    weave,
)
from models.avatar.diffusion.wardrobe_shapes import (
    Shell,
    both_sides,
    front_uv,
    on_body,
    ribbon,
    ring_shell,
    strip_uv,
    tube,
)

Float = npt.NDArray[np.float32]
Real = npt.NDArray[np.floating]

__all__ = ["Outfit", "Shell", "dress"]


@dataclass(frozen=True, slots=True)
class Outfit:
    """Everything worn. paint (S, S, 4): linear RGBA of the front projection; alpha below 0.5 is a hole."""

    shells: list[Shell]
    paint: Float


@dataclass
class _Making:
    """A garment while it is made."""

    body: Body
    canvas: Canvas
    color: Float
    accent: Float
    shells: list[Shell]

    def rim(self, opening: Neckline, radius: float = 0.0022, strip: str = "color") -> None:
        """A rolled edge along an opening: the cloth's thickness."""
        angle = np.linspace(-np.pi / 2, np.pi / 2, 41)
        x = (opening.half * np.sin(angle)).astype(np.float32)
        y = opening.height(x)
        z = self.body.at(self.body.cloth, x, y) + 0.0005
        front = np.stack([x, y, z], axis=1)
        turn = np.linspace(0, np.pi, 16)[1:-1]
        back = np.stack(
            [
                opening.half * np.cos(turn),
                opening.side + 0.010 * np.sin(turn),
                z[-1] - 0.085 * np.sin(turn),
            ],
            axis=1,
        )
        points, triangles = tube(np.concatenate([front, back]), radius, 6, closed=True)
        uv = strip_uv(len(points) // 6, 6, strip)
        self.shells.append(on_body(self.body, points, triangles, uv))
        self._lining(np.concatenate([front[-3:], back, front[:3]]), strip)

    def _lining(self, edge: Float, strip: str) -> None:
        """The inside of the garment behind the neck, seen beside it: hangs down from the edge (K, 3)."""
        rows = [edge + np.array([0, -drop, 0]) for drop in (0.0, 0.02, 0.045, 0.07)]
        points = np.concatenate(rows).astype(np.float32)
        triangles = both_sides(grid_triangles(len(rows), len(edge)), points)
        self.shells.append(on_body(self.body, points, triangles, strip_uv(len(rows), len(edge), strip)))

    def finish(self, opening: Neckline, *, band: float = 0.0, ribbed: bool = False, strip: str = "color") -> None:
        """Cuts the opening and rolls its edge."""
        cut(self.canvas, opening, band=band, ribbed=ribbed)
        self.rim(opening, strip=strip)


def dress(look: Look, size: int = 512) -> Outfit:
    """Clothes a host; `size` texels a side of the paint."""
    a = look.a
    body = measure(look.shape)
    color, accent = linear(a.outfit_color), linear(a.outfit_accent)
    base, over = (accent, color) if a.outfit_style == "apron" else (color, accent)
    canvas = Canvas.plain(size, base)
    pattern(canvas, a.outfit_pattern, over, a.outfit_style)
    weave(canvas, a.outfit_style)
    points, triangles = main_shell(body)
    making = _Making(body, canvas, color, accent, [on_body(body, points, triangles, front_uv(points))])
    folds(canvas, body, _FOLDS.get(a.outfit_style, 1.0))
    STYLES[a.outfit_style](making)
    alpha = canvas.alpha

    def covered(x: Float, y: Float) -> npt.NDArray[np.bool_]:
        uv = front_uv(np.stack([x, y, y], axis=1))
        at = np.minimum((uv * (1, -1) + (0, 1)) * size, size - 1).astype(int)
        return np.asarray(alpha[at[:, 1], at[:, 0]] > 0.5)

    making.shells += accessory(look, body, covered) + hijab(look, body)
    cast_shadows(canvas, body, making.shells[1:])
    making.shells += glasses(look) + earrings(look)
    strips(canvas, {"color": base, "accent": over, "extra": linear(a.accessory_color)}, a.outfit_style)
    paint = np.concatenate([np.clip(canvas.picture, 0, 1), canvas.alpha[..., None]], axis=2)
    return Outfit(making.shells, paint.astype(np.float32))


def _tee(m: _Making) -> None:
    m.finish(neckline(m.body, 0.018, 0.042), band=0.013, ribbed=True)


def _shirt(m: _Making) -> None:
    opening = neckline(m.body, 0.012, 0.075, vee=0.85)
    _placket(m, opening, 0.012)
    m.finish(opening)
    _leaf_collar(m)


def _placket(m: _Making, opening: Neckline, half: float) -> None:
    x, y = m.canvas.x, m.canvas.y
    low = y < opening.front + 0.004
    m.canvas.edge(np.where(low, half - np.abs(x), 1.0).astype(np.float32), cast=0.18, seam=0.002)
    for row in range(4):
        _button(m, 0.0, opening.front - 0.018 - 0.078 * row, np.minimum(m.color * 0.5 + 0.45, 0.9))


def _button(m: _Making, cx: float, cy: float, color: Float) -> None:
    x, y = m.canvas.x - cx, m.canvas.y - cy
    away = np.hypot(x, y)
    m.canvas.shade(1 - 0.35 * np.exp(-0.5 * (np.hypot(x - 0.001, y + 0.0015) / 0.0045) ** 2))
    m.canvas.over(np.clip((0.0048 - away) / 0.0008 + 0.5, 0, 1), color)
    m.canvas.over(np.clip((0.0012 - np.abs(away - 0.0034)) / 0.001, 0, 1) * 0.35, color * 0.6)
    holes = np.minimum(np.hypot(x - 0.0011, y), np.hypot(x + 0.0011, y))
    m.canvas.over(np.clip((0.0007 - holes) / 0.0005 + 0.5, 0, 1) * 0.7, color * 0.25)


def _leaf_collar(
    m: _Making, strip: str = "color", stand: float = 0.026, fall: float = 0.040, gap: float = 0.16
) -> None:
    """A stand around the neck whose leaf falls over it, pointed in front."""
    b = m.body
    angles = np.linspace(gap, 2 * np.pi - gap, 49)
    front = np.clip((np.cos(angles) - 0.1) / 0.9, 0, 1)
    base = b.neck - 0.012 - 0.026 * front
    top = base + stand - 0.004 * front
    point = np.clip((np.cos(angles) - 0.55) / 0.45, 0, 1) ** 1.5
    hem = top - fall - 0.012 * front - 0.030 * point
    one = np.ones_like(angles)
    profile = [
        (base - 0.004, 0.004 * one),
        (top - 0.004, 0.006 * one),
        (top, 0.009 * one),
        (top - 0.003, 0.013 * one),
        (top * 0.5 + hem * 0.5, 0.016 + 0.006 * point),
        (hem, 0.022 + 0.018 * point),
    ]
    m.shells.append(ring_shell(b, profile, angles, closed=False, strip=strip))


def _blazer(m: _Making) -> None:
    x, y = m.canvas.x, m.canvas.y
    deep = m.body.neck - 0.27
    side = float(m.body.shoulder(np.array([m.body.neck_half + 0.018], np.float32))[0])
    edge = np.abs(x) - np.interp(y[:, 0], [deep, side], [0.0, m.body.neck_half + 0.018])[:, None]
    edge = np.where(y < deep, 0.02 + 0 * edge, edge).astype(np.float32)
    inner = np.clip(0.5 - edge / 0.001, 0, 1)
    m.canvas.over(inner, m.accent * np.ones(3, np.float32))
    m.canvas.edge(edge, cast=0.45)
    m.canvas.line(np.where(y < deep, x, 1.0).astype(np.float32), 0.0015, 0.45)
    for row in range(2):
        _button(m, 0.006, deep - 0.020 - 0.075 * row, m.color * 0.35)
    m.finish(neckline(m.body, 0.010, 0.036), strip="accent")
    t = np.linspace(0, 1, 28)
    for sign in (-1, 1):
        inside = np.stack(
            [
                sign * np.interp(t, [0, 1], [m.body.neck_half + 0.014, 0.002]),
                np.interp(t, [0, 1], [side + 0.004, deep]),
            ],
            1,
        )
        width = np.interp(t, [0, 0.12, 0.26, 0.30, 0.34, 0.45, 1.0], [0.016, 0.032, 0.047, 0.036, 0.060, 0.058, 0.001])
        outside = inside + np.stack([sign * width, -0.004 - 0.012 * np.clip(width / 0.06, 0, 1)], axis=1)
        m.shells.append(ribbon(m.body, (inside, outside), np.array([0.003, 0.006, 0.007, 0.006, 0.0035])))


def _turtleneck(m: _Making) -> None:
    b = m.body
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    one = np.ones_like(angles)
    front = np.clip(np.cos(angles), 0, 1)
    base = b.neck - 0.020 - 0.020 * front
    top = b.neck + 0.034 - 0.012 * front
    share = [1.0, 0.99, 0.93, 0.75, 0.55, 0.38, 0.34, 0.25, 0.1, -0.1]
    out = [0.0025, 0.006, 0.0095, 0.011, 0.0115, 0.010, 0.006, 0.006, 0.007, 0.006]
    profile = [(base + (top - base) * s, o * one) for s, o in zip(share, out, strict=True)]
    m.shells.append(ring_shell(b, profile, angles, closed=True))
    cut(m.canvas, neckline(b, 0.008, 0.030))


def _hoodie(m: _Making) -> None:
    b = m.body
    opening = neckline(b, 0.022, 0.050, vee=0.35)
    m.finish(opening, band=0.011)
    angles = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    back = np.clip(0.5 - 0.5 * np.cos(angles), 0, 1)
    base = b.neck - 0.052 + 0.050 * back
    top = b.neck - 0.030 + 0.074 * back
    profile = []
    for s in np.linspace(0, 1, 12):
        bulge = np.sin(np.pi * (0.10 + 0.82 * s)) ** 0.7
        out = 0.008 + (0.006 + 0.026 * np.sqrt(back)) * bulge + 0.006 * s * (1 - back)
        profile.append((top + (base - top) * s + 0.004 * np.sin(3 * angles) * back, out))
    m.shells.append(ring_shell(b, profile, angles, closed=True, flare=1.75))
    t = np.linspace(0, 1, 14)
    for side in (-1, 1):
        x = (side * (0.024 + 0.006 * np.sin(2.5 * t))).astype(np.float32)
        y = (b.neck - 0.060 - (0.105 if side > 0 else 0.092) * t).astype(np.float32)
        path = np.stack([x, y, b.at(b.cloth, x, y) + 0.004], axis=1)
        points, triangles = tube(path, np.where(t > 0.9, 0.0030, 0.0022), 6)
        m.shells.append(on_body(b, points, triangles, strip_uv(len(t), 6, "accent")))


def _sweater(m: _Making) -> None:
    m.finish(neckline(m.body, 0.016, 0.038), band=0.020, ribbed=True)


def _blouse(m: _Making) -> None:
    opening = neckline(m.body, 0.020, 0.105, vee=0.8)
    x, y = m.canvas.x, m.canvas.y
    gather = np.sin(x * 420 + 2 * np.sin(y * 40)) * np.exp(-0.5 * ((y + 0.185) / 0.03) ** 2)
    m.canvas.shade(1 + 0.05 * gather * (np.abs(x) < 0.12))
    m.finish(opening, band=0.008)
    t = np.linspace(0, 1, 30)
    for side in (-1, 1):
        inside = _along(opening, side, t)
        wave = 0.004 * np.sin(t * 26 + side)
        width = (0.020 * np.sin(np.pi * np.clip(t * 0.92 + 0.08, 0, 1)) ** 0.7 + wave * np.sin(np.pi * t))[:, None]
        outside = inside + width * np.array([side * 0.95, -0.25])
        m.shells.append(ribbon(m.body, (inside, outside), np.array([0.003, 0.007, 0.008, 0.006, 0.004])))


def _along(opening: Neckline, side: int, t: Real) -> Float:
    """(K, 2) the edge of an opening from the shoulder (t = 0) to the middle."""
    x = (side * opening.half * (1 - t)).astype(np.float32)
    return np.stack([x, opening.height(x)], axis=1)


def _wrap(m: _Making) -> None:
    """Crossed fronts with a broad band in the accent; the host's left lies on top, as worn by the living."""
    b, x, y = m.body, m.canvas.x, m.canvas.y
    half = b.neck_half + 0.014
    side = float(b.shoulder(np.array([half], np.float32))[0])
    low = b.neck - 0.30
    under = np.stack([np.interp(np.linspace(0, 1, 30), [0, 1], [-half, 0.075]), np.linspace(side, low, 30)], axis=1)
    over = under * np.array([-1, 1])
    opening = neckline(b, 0.014, 0.120, vee=1.0)
    left = x - np.interp(y[:, 0], [low, side], [-0.075, half])[:, None]
    m.canvas.edge(np.where(y < side, left, 1).astype(np.float32), cast=0.35)
    m.finish(opening, strip="accent")
    lift = np.array([0.0015, 0.004, 0.0045, 0.004, 0.0015])
    for line, sign, more in ((under[:17], -1, 0.0), (over, 1, 0.0035)):
        wide = line + np.array([sign * 0.030, -0.010])
        m.shells.append(ribbon(b, (line, wide), lift + more, "accent"))


def _mandarin(m: _Making) -> None:
    b = m.body
    _stand(m, 0.030, 0.10)
    m.canvas.edge((b.neck - 0.03 - m.canvas.y + 9 * (m.canvas.x < 0)).astype(np.float32), cast=0.0)
    x, y = m.canvas.x, m.canvas.y
    start = b.neck - 0.036
    flap = np.interp(y[:, 0], [start - 0.16, start - 0.10, start - 0.03, start], [0.135, 0.100, 0.030, 0.002])[:, None]
    m.canvas.edge(np.where(y < start, flap - x, 1).astype(np.float32), cast=0.30)
    piping = np.where((y < start) & (y > start - 0.16), np.abs(flap - x), 1)
    m.canvas.over(np.clip((0.0022 - piping) / 0.0008 + 0.5, 0, 1), m.accent)
    for dy, dx in ((-0.006, 0.006), (-0.040, 0.045), (-0.085, 0.090)):
        _knot(m, dx, start + dy)
    cut(m.canvas, neckline(b, 0.008, 0.030))


def _knot(m: _Making, cx: float, cy: float) -> None:
    """A knotted button with two loops."""
    x, y = m.canvas.x - cx, m.canvas.y - cy
    for side in (-1, 1):
        loop = np.abs(np.hypot((x - side * 0.008) / 1.7, y) - 0.0032)
        m.canvas.over(np.clip((0.0012 - loop) / 0.0008 + 0.5, 0, 1), m.accent)
    _dot(m, cx, cy, 0.0036, m.accent)


def _dot(m: _Making, cx: float, cy: float, radius: float, color: Float) -> None:
    x, y = m.canvas.x - cx, m.canvas.y - cy
    m.canvas.shade(1 - 0.3 * np.exp(-0.5 * (np.hypot(x - 0.0008, y + 0.0012) / radius) ** 2))
    m.canvas.over(np.clip((radius - np.hypot(x, y)) / 0.0008 + 0.5, 0, 1), color)


def _stand(m: _Making, height: float, gap: float, strip: str = "color") -> None:
    """A collar that stands close to the neck, open in front."""
    angles = np.linspace(gap, 2 * np.pi - gap, 49)
    one = np.ones_like(angles)
    front = np.clip(np.cos(angles), 0, 1)
    base = m.body.neck - 0.016 - 0.022 * front
    top = base + height - 0.004 * front**4
    rows = ((0.0, 0.012), (0.4, 0.0085), (0.9, 0.0070), (1.0, 0.0060), (0.98, 0.0040), (0.4, 0.0035))
    profile = [(base + (top - base) * s, o * one) for s, o in rows]
    m.shells.append(ring_shell(m.body, profile[::-1], angles, closed=False, strip=strip))


def _kurta(m: _Making) -> None:
    b, x, y = m.body, m.canvas.x, m.canvas.y
    opening = neckline(b, 0.010, 0.032, slit=0.085)
    low = opening.front - 0.150
    panel = np.minimum(0.019 - np.abs(x), y - low)
    m.canvas.edge(np.where(y < opening.front + 0.02, panel, 1).astype(np.float32), cast=0.15)
    trim = np.where((y < opening.front + 0.01) & (y > low - 0.01), np.abs(panel - 0.004), 1)
    m.canvas.over(np.clip((0.0036 - trim) / 0.0008 + 0.5, 0, 1), m.accent)
    diamonds = (np.abs((y / 0.009) % 1 - 0.5) * 0.006 + trim) < 0.0022
    m.canvas.over(diamonds * 0.7 * (trim < 0.0036), m.color * 0.7)
    for row in range(3):
        _dot(m, 0.0, opening.front - 0.098 - 0.019 * row, 0.0034, m.accent)
    cut(m.canvas, opening)
    m.rim(neckline(b, 0.010, 0.032), strip="accent")
    _stand(m, 0.020, 0.16, strip="accent")


def _apron(m: _Making) -> None:
    """Over a tee in the accent: a bib with a hemmed top edge and two straps."""
    b, x, y = m.body, m.canvas.x, m.canvas.y
    m.finish(neckline(b, 0.018, 0.040), band=0.012, ribbed=True)
    top = b.neck - 0.115
    wide = np.interp(y[:, 0], [top - 0.25, top - 0.06, top], [0.150, 0.098, 0.082])[:, None]
    bib = np.minimum(wide - np.abs(x), top - y)
    strap = np.interp(y[:, 0], [top - 0.02, b.neck], [0.070, b.neck_half + 0.022])[:, None]
    straps = np.where(y > top - 0.02, 0.010 - np.abs(np.abs(x) - strap), -1)
    shape = np.maximum(bib, straps).astype(np.float32)
    thread = m.canvas.picture / np.maximum(m.accent, 0.02)
    cloth = m.color * np.clip(thread.mean(axis=2, keepdims=True), 0.5, 1.15)
    m.canvas.edge(-np.abs(np.minimum(shape, 0)) - 1e-6, cast=0.40)
    m.canvas.over(np.clip(shape / 0.001 + 0.5, 0, 1), cloth)
    inner = np.where(shape > 0, shape, 1)
    m.canvas.shade(1 + 0.10 * np.exp(-inner / 0.0012))
    m.canvas.line((bib - 0.007).astype(np.float32), 0.0007, 0.22)
    pocket = np.minimum(0.060 - np.abs(x), top - 0.130 - y)
    m.canvas.line(np.where(pocket > -0.003, pocket, 1).astype(np.float32), 0.0008, 0.28)


STYLES: dict[OutfitStyle, Callable[[_Making], None]] = {
    "tee": _tee,
    "shirt": _shirt,
    "blazer": _blazer,
    "hoodie": _hoodie,
    "turtleneck": _turtleneck,
    "sweater": _sweater,
    "blouse": _blouse,
    "wrap": _wrap,
    "mandarin": _mandarin,
    "kurta": _kurta,
    "apron": _apron,
}
_FOLDS: dict[str, float] = {"blazer": 0.7, "turtleneck": 0.8, "hoodie": 1.2, "blouse": 1.2}
