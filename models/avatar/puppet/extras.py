"""Glasses, earrings and accessories."""

from __future__ import annotations

from collections.abc import Callable

from models.avatar.palette import shift
from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import EAR_X, EAR_Y, EYE_X, EYE_Y, Look
from models.avatar.puppet.paint import clipped, edge, line, linear, radial, soft, soft_line, solid
from models.avatar.puppet.paths import Point, ellipse, flip, round_rect, smooth


def paint_glasses(canvas: skia.Canvas, look: Look) -> None:
    """Frames, a hint of glass and the bridge, in head units."""
    if look.a.glasses == "none":
        return
    color = look.a.glasses_color
    for side in (-1, 1):
        rim = _rim(look.a.glasses, side)
        shadow = skia.Path(rim)
        shadow.offset(2, 7)
        soft_line(canvas, shadow, look.skin.deep, 0.30, 7, 4)
        canvas.drawPath(
            rim, linear((side * EYE_X - 40, -40), (side * EYE_X + 40, 60), [(0, "#ffffff"), (1, "#cfe4ff")], 0.06)
        )
        with clipped(canvas, rim):
            glare = smooth(
                [(side * EYE_X - 30, 50), (side * EYE_X + 2, -44), (side * EYE_X + 18, -44), (side * EYE_X - 14, 50)]
            )
            canvas.drawPath(glare, solid("#ffffff", 0.12))
        canvas.drawPath(rim, line(color, 7.5))
        canvas.drawPath(rim, line(shift(color, light=0.22), 1.8, 0.55))
        temple = smooth([(side * (EYE_X + 53), EYE_Y - 12), (side * 136, EYE_Y - 8), (side * 152, EYE_Y)], closed=False)
        canvas.drawPath(temple, line(color, 7))
    bridge = smooth([(-12, EYE_Y - 4), (0, EYE_Y - 11), (12, EYE_Y - 4)], closed=False)
    canvas.drawPath(bridge, line(color, 7))


def _rim(kind: str, side: int) -> skia.Path:
    x, y = side * (EYE_X + 1), EYE_Y + 4
    if kind == "round":
        return ellipse(x, y, 53, 51)
    if kind == "square":
        return round_rect(x - 54, y - 41, 108, 84, 24)
    right: list[Point] = [
        (12, y - 24),
        (61, y - 48),
        (120, y - 54, 0),
        (113, y + 4),
        (83, y + 46),
        (43, y + 46),
        (15, y + 16),
    ]
    return smooth(right if side > 0 else flip(right))


def paint_earrings(canvas: skia.Canvas, look: Look) -> None:
    """Earrings at both lobes, in head units."""
    if look.a.earrings == "none" or look.a.hair_style == "hijab":
        return
    for side in (-1, 1):
        canvas.save()
        canvas.translate(side * (EAR_X + 1), EAR_Y + 36)
        _EARRINGS[look.a.earrings](canvas, look.a.earrings_color)
        canvas.restore()


def _ball(canvas: skia.Canvas, x: float, y: float, r: float, color: str) -> None:
    canvas.drawCircle(
        x,
        y,
        r,
        radial(
            (x - r * 0.3, y - r * 0.4),
            r * 1.5,
            [(0, shift(color, light=0.22), 1), (0.6, color, 1), (1, shift(color, light=-0.2), 1)],
        ),
    )
    canvas.drawCircle(x - r * 0.3, y - r * 0.35, r * 0.26, solid("#ffffff", 0.9))


def _stud(canvas: skia.Canvas, color: str) -> None:
    _ball(canvas, 0, 0, 7, color)


def _pearl(canvas: skia.Canvas, color: str) -> None:
    _ball(canvas, 0, 4, 11, "#f4ece4")


def _hoop(canvas: skia.Canvas, color: str) -> None:
    canvas.drawPath(ellipse(0, 32, 25, 31), line(shift(color, light=-0.14), 7.5))
    canvas.drawPath(ellipse(-0.8, 31, 25, 31), line(color, 5))
    canvas.drawPath(ellipse(-1.6, 30, 25, 31), line(shift(color, light=0.22), 1.6, 0.9))


def _drop(canvas: skia.Canvas, color: str) -> None:
    _ball(canvas, 0, 0, 5, color)
    canvas.drawLine(0, 6, 0, 24, line(color, 2))
    gem = smooth([(0, 20, 0), (11, 44), (0, 58), (-11, 44)])
    canvas.drawPath(gem, linear((-10, 24), (10, 58), [(0, shift(color, light=0.2)), (1, shift(color, light=-0.12))]))
    edge(canvas, gem, "#ffffff", 0.6, 3, (-2, -1))


def _jhumka(canvas: skia.Canvas, color: str) -> None:
    _ball(canvas, 0, 0, 8, color)
    bell = smooth([(0, 10), (12, 22), (19, 44, 0), (0, 49), (-19, 44, 0), (-12, 22)])
    canvas.drawPath(bell, linear((-18, 10), (18, 46), [(0, shift(color, light=0.15)), (1, shift(color, light=-0.15))]))
    for i in range(-3, 4):
        _ball(canvas, i * 6, 52 - abs(i), 3.4, shift(color, light=0.05))
    canvas.drawLine(-17, 38, 17, 38, line("#b0303a", 3))


_EARRINGS: dict[str, Callable[[skia.Canvas, str], None]] = {
    "stud": _stud, "pearl": _pearl, "hoop": _hoop, "drop": _drop, "jhumka": _jhumka,
}  # fmt: skip


def paint_on_body(canvas: skia.Canvas, look: Look) -> None:
    """Chains, pendants, pearls and scarves."""
    kind, color = look.a.accessory, look.a.accessory_color
    if kind in ("chain", "pendant"):
        chain = smooth([(-92, 262), (-66, 318), (0, 366), (66, 318), (92, 262)], closed=False)
        soft_line(canvas, chain, look.skin.deep, 0.35, 4, 3)
        canvas.drawPath(chain, line(color, 3.2))
        canvas.drawPath(chain, line(shift(color, light=0.25), 1.1, 0.8))
        if kind == "pendant":
            _ball(canvas, 0, 374, 11, color)
    if kind == "pearls":
        for i in range(-9, 10):
            x = i * 10.4
            _ball(canvas, x, 336 - 74 * (abs(i) / 9) ** 2.1, 7.2, "#f6efe8")
    if kind == "scarf":
        _scarf(canvas, color)


def _scarf(canvas: skia.Canvas, color: str) -> None:
    loop = smooth(
        [
            (-112, 216),
            (-60, 250),
            (0, 262),
            (60, 250),
            (112, 216),
            (136, 270),
            (96, 330),
            (0, 356),
            (-96, 330),
            (-136, 270),
        ]
    )
    tail = smooth([(20, 320), (84, 310), (104, 430), (96, 540, 0), (34, 546, 0), (40, 430)])
    for path in (tail, loop):
        soft(canvas, path, "#120a1c", 0.35, 9)
        canvas.drawPath(
            path, linear((-120, 220), (120, 420), [(0, shift(color, light=0.06)), (1, shift(color, light=-0.10))])
        )
        edge(canvas, path, "#ffffff", 0.25, 8, (3, 3))
    for points in (
        [(-110, 250), (-20, 310), (90, 300)],
        [(-90, 226), (10, 286), (110, 256)],
        [(60, 330), (72, 430), (62, 540)],
    ):
        soft_line(canvas, smooth(points, closed=False), shift(color, light=-0.2), 0.4, 5, 3)


def paint_on_head(canvas: skia.Canvas, look: Look) -> None:
    """Flowers, headbands and bindis, in head units, over the hair."""
    kind, color = look.a.accessory, look.a.accessory_color
    if kind == "bindi":
        soft(canvas, ellipse(1, -36, 7, 7), look.skin.deep, 0.3, 2)
        _ball(canvas, 0, -38, 6, color)
    if kind == "headband":
        band = smooth(
            [(-160, -70), (-130, -160), (-60, -214), (0, -226), (60, -214), (130, -160), (160, -70)], closed=False
        )
        soft_line(canvas, band, "#120a1c", 0.4, 24, 5)
        canvas.drawPath(band, line(color, 20))
        canvas.drawPath(band, line(shift(color, light=0.16), 5, 0.6))
    if kind == "flower":
        canvas.save()
        canvas.translate(-138, -118)
        _flower(canvas, color)
        canvas.restore()


def _flower(canvas: skia.Canvas, color: str) -> None:
    for i in range(5):
        canvas.save()
        canvas.rotate(72 * i + 12)
        petal = smooth([(0, 0, 0), (16, -20), (14, -42), (0, -48), (-14, -42), (-16, -20)])
        soft(canvas, petal, "#120a1c", 0.25, 4)
        canvas.drawPath(
            petal, radial((0, 0), 50, [(0, shift(color, light=-0.08), 1), (1, shift(color, light=0.14), 1)])
        )
        edge(canvas, petal, "#ffffff", 0.4, 4)
        canvas.restore()
    _ball(canvas, 0, 0, 9, "#f2b843")
