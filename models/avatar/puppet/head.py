"""The head without features: ears, face, nose, blush, beard. Painted once."""

from __future__ import annotations

import random

from models.avatar.palette import luminance, mix
from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import EAR_X, EAR_Y, EYE_X, EYE_Y, MOUTH_Y, Look
from models.avatar.puppet.paint import clipped, edge, linear, radial, soft, soft_line, solid
from models.avatar.puppet.paths import Point, ellipse, flip, mirrored, smooth, taper


def paint_head(canvas: skia.Canvas, look: Look, hair_shadow: skia.Path | None) -> None:
    """Paint ears and face; `hair_shadow` is the outline of the hair that falls over the face."""
    if look.a.hair_style != "hijab":
        _ears(canvas, look)
    skin, face = look.skin, look.face
    canvas.drawPath(
        face,
        linear((-110, -190), (120, 190), [(0, skin.light), (0.42, skin.base), (1, mix(skin.base, skin.shadow, 0.60))]),
    )
    with clipped(canvas, face):
        _planes(canvas, look)
        _nose(canvas, look)
        _around_the_mouth(canvas, look)
        if look.a.freckles > 0:
            _freckles(canvas, look)
        if look.a.beard != "none":
            _beard(canvas, look)
        if hair_shadow is not None:
            cast = skia.Path(hair_shadow)
            cast.offset(3, 13)
            soft(canvas, cast, skin.deep, 0.34, 8)
    edge(canvas, face, skin.deep, 0.34, 22, (8, 4))
    edge(canvas, face, "#fff6ea", 0.22, 14, (-5, -2))


def _ears(canvas: skia.Canvas, look: Look) -> None:
    skin = look.skin
    for side in (-1, 1):
        outline = smooth(
            [
                (side * (EAR_X - 14), EAR_Y - 38),
                (side * (EAR_X + 12), EAR_Y - 42),
                (side * (EAR_X + 20), EAR_Y - 12),
                (side * (EAR_X + 10), EAR_Y + 20),
                (side * (EAR_X - 4), EAR_Y + 42),
                (side * (EAR_X - 18), EAR_Y + 34),
            ]
        )
        canvas.drawPath(outline, solid(mix(skin.base, skin.shadow, 0.15 if side < 0 else 0.55)))
        with clipped(canvas, outline):
            soft(canvas, ellipse(side * (EAR_X + 3), EAR_Y - 4, 9, 24), skin.deep, 0.45, 5)
            soft_line(canvas, smooth([(side * (EAR_X + 2), EAR_Y - 30), (side * (EAR_X + 11), EAR_Y - 12),
                (side * (EAR_X + 2), EAR_Y + 22)], closed=False), skin.light, 0.4, 4, 2, )  # fmt: skip
        edge(canvas, outline, skin.deep, 0.35, 6)


def _planes(canvas: skia.Canvas, look: Look) -> None:
    skin = look.skin
    canvas.drawPath(look.face, radial((-34, -86), 120, [(0, skin.light, 0.75), (1, skin.light, 0)]))
    for side in (-1, 1):
        soft(canvas, ellipse(side * EYE_X, EYE_Y - 16, 44, 22), skin.shadow, 0.30, 10)
        soft(canvas, ellipse(side * 132, 72, 34, 90), skin.shadow, 0.30 if side < 0 else 0.42, 22)
        canvas.drawPath(look.face, radial((side * 84, 76), 62, [(0, skin.blush, 0.80 * look.a.blush),
            (0.5, skin.blush, 0.38 * look.a.blush), (1, skin.blush, 0)]), )  # fmt: skip
        soft(canvas, ellipse(side * 82 - 8, 44, 24, 8), "#fffaf0", 0.16 + 0.16 * look.a.makeup, 8)
    soft(canvas, ellipse(0, 216, 120, 34), skin.deep, 0.30, 20)


def _nose(canvas: skia.Canvas, look: Look) -> None:
    skin = look.skin
    side_plane = smooth([(8, -20), (20, 30), (33, 72), (24, 92), (4, 92), (8, 60), (4, 10)])
    soft(canvas, side_plane, skin.deep, 0.26, 8)
    soft(canvas, smooth([(-5, -30), (4, -30), (8, 50), (6, 76), (-9, 76), (-7, 40)]), skin.light, 0.55, 5)
    tip = ellipse(-1, 72, 24, 20)
    soft(canvas, tip, mix(skin.base, skin.blush, 0.5), 0.35, 8)
    canvas.drawPath(ellipse(-6, 64, 15, 12), radial((-6, 64), 14, [(0, "#ffffff", 0.50), (1, "#ffffff", 0)]))
    soft(canvas, ellipse(2, 98, 26, 6), skin.deep, 0.42, 6)
    for side in (-1, 1):
        nostril = taper([(side * 5, 91), (side * 12, 88), (side * 20, 91)], [1.0, 5.2, 1.0])
        canvas.drawPath(nostril, solid(skin.line, 0.62))
        wing = taper([(side * 25, 70), (side * 31, 80), (side * 25, 92)], [0.5, 3.0, 0.8])
        canvas.drawPath(wing, solid(skin.line, 0.30))
    canvas.drawPath(taper([(-7, 93), (0, 96), (7, 93)], [0.6, 2.4, 0.6]), solid(skin.line, 0.34))


def _around_the_mouth(canvas: skia.Canvas, look: Look) -> None:
    skin = look.skin
    soft(canvas, ellipse(0, 108, 7, 9), skin.shadow, 0.34, 4)
    soft(canvas, ellipse(0, MOUTH_Y + 30, 26, 6), skin.shadow, 0.5, 6)
    canvas.drawPath(ellipse(-4, 178, 30, 18), radial((-4, 176), 26, [(0, skin.light, 0.65), (1, skin.light, 0)]))
    for side in (-1, 1):
        fold = smooth([(side * 36, 84), (side * 55, 106), (side * 62, 130)], closed=False)
        soft_line(canvas, fold, skin.shadow, 0.30, 4, 4)


def _freckles(canvas: skia.Canvas, look: Look) -> None:
    dice = random.Random(7)
    tone = mix(look.skin.deep, "#8a4a2a", 0.5)
    for _ in range(round(60 * look.a.freckles)):
        x, y = dice.gauss(0, 58), dice.gauss(56, 15)
        canvas.drawPath(
            ellipse(x, y, dice.uniform(1.2, 2.4), dice.uniform(1.1, 2.0)), solid(tone, dice.uniform(0.2, 0.5))
        )


def _beard(canvas: skia.Canvas, look: Look) -> None:
    kind = look.a.beard
    tone = mix(look.brow, look.hair.dark, 0.4)
    around = 0.62 if luminance(look.skin.base) > 0.45 else 0.5
    if kind == "stubble":
        soft(canvas, _jaw_beard(1.0), tone, 0.26, 9)
        soft(canvas, _moustache(1.15), tone, 0.24, 5)
        return
    if kind in ("short", "full"):
        beard = _jaw_beard(1.0 if kind == "short" else 1.25)
        soft(canvas, beard, tone, around, 9)
        soft(canvas, beard, mix(look.hair.base, look.skin.deep, 0.25 if kind == "short" else 0.0), 0.9, 4)
        soft(canvas, ellipse(-10, 188, 60, 16), look.hair.shine, 0.16, 10)
    if kind == "goatee":
        chin = smooth(mirrored([(0, 158), (24, 154), (40, 168), (34, 196), (0, 206)]))
        soft(canvas, chin, tone, 0.6, 3)
        canvas.drawPath(chin, solid(look.hair.base, 0.92))
    whiskers = _moustache(1.0)
    soft(canvas, whiskers, tone, 0.4, 4)
    soft(canvas, whiskers, look.hair.base, 0.92, 1.6)


def _moustache(spread: float) -> skia.Path:
    right: list[Point] = [
        (0, 105),
        (18, 101),
        (44, 107),
        (58 * spread, 115),
        (66 * spread, 120),
        (52, 121),
        (36, 118),
        (16, 114),
        (0, 116),
    ]
    return smooth(mirrored(right))


def _jaw_beard(fullness: float) -> skia.Path:
    high = 96 - 26 * (fullness - 1)
    outer: list[Point] = [(0, 240), (90, 220), (150, 120), (158, 10), (148, -6)]
    inner: list[Point] = [(142, 10), (134, 66), (118, high), (92, 112), (70, 126), (58, 152), (30, 166), (0, 164)]
    right = [*outer, *inner]
    return smooth([*right, *flip(reversed(right[1:-1]))])
