"""The open hand that comes up beside the host and shows the product card."""

from __future__ import annotations

from models.avatar.palette import mix, shift
from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import Look
from models.avatar.puppet.paint import clipped, edge, line, linear, soft, soft_line
from models.avatar.puppet.paths import Point, ellipse, smooth, taper, union

HAND_BOX = (-190.0, -300.0, 190.0, 560.0)

_FINGERS: list[tuple[list[Point], float]] = [
    ([(-35, -108), (-48, -162), (-56, -206)], 29.0),
    ([(-10, -122), (-15, -184), (-18, -236)], 30.0),
    ([(16, -120), (21, -178), (23, -224)], 29.0),
    ([(40, -102), (51, -146), (58, -180)], 25.0),
]
_THUMB: tuple[list[Point], float] = ([(-22, -18), (-60, -50), (-84, -98)], 33.0)
_CREASES: list[list[Point]] = [
    [(-40, -96), (0, -84), (44, -100)],
    [(-44, -78), (-6, -58), (40, -58)],
    [(-34, -92), (-12, -44), (-14, 4)],
]


def paint_hand(canvas: skia.Canvas, look: Look) -> None:
    """An open palm, fingers up and a little to the left, on a forearm in its sleeve. The wrist is the origin."""
    scale = 1.1 if look.a.build == "broad" else 0.98
    canvas.save()
    canvas.scale(scale, scale)
    wrist = smooth([(-32, -40), (32, -40), (36, 40), (42, 150), (-42, 150), (-36, 40)])
    palm = smooth(
        [(-46, -34), (-53, -92), (-34, -130), (8, -138), (46, -120), (55, -70), (45, -16), (30, 16), (-30, 16)]
    )
    fingers = [_finger(points, width) for points, width in _FINGERS]
    whole = union(wrist, palm, _finger(*_THUMB), *fingers)
    soft(canvas, whole, "#1a0f14", 0.28, 10)
    _skin(canvas, look, whole)
    _sleeve(canvas, look)
    canvas.restore()


def _skin(canvas: skia.Canvas, look: Look, whole: skia.Path) -> None:
    skin = look.skin
    palm_tone = mix(skin.base, skin.light, 0.35)
    canvas.drawPath(
        whole,
        linear((-90, -220), (80, 90), [(0, skin.light), (0.5, palm_tone), (1, mix(skin.base, skin.shadow, 0.6))]),
    )
    with clipped(canvas, whole):
        for pad_x, pad_y, r in ((-30, -30, 30), (28, -24, 26), (4, -108, 34)):
            soft(canvas, ellipse(pad_x, pad_y, r, r * 0.8), skin.blush, 0.16, 12)
        for points in _CREASES:
            soft_line(canvas, smooth(points, closed=False), skin.line, 0.34, 2.2, 0.7)
        _between_fingers(canvas, skin.deep)
        for points, width in _FINGERS:
            x, y = points[1][0], points[1][1]
            knuckle = smooth([(x - width * 0.36, y + 3), (x, y), (x + width * 0.36, y + 3)], closed=False)
            soft_line(canvas, knuckle, skin.line, 0.22, 2, 0.8)
    edge(canvas, whole, skin.deep, 0.40, 8, (3, 3))
    edge(canvas, whole, "#fff3e4", 0.40, 7, (-3, -2))


def _between_fingers(canvas: skia.Canvas, tone: str) -> None:
    for (points, _), (following, _) in zip(_FINGERS, _FINGERS[1:], strict=False):
        x, y = (points[0][0] + following[0][0]) / 2, (points[0][1] + following[0][1]) / 2
        gap = smooth([(x * 0.96, y + 12), (x, y - 8), (x * 1.06, y - 30)], closed=False)
        soft_line(canvas, gap, tone, 0.5, 4.5, 2)


def _finger(points: list[Point], width: float) -> skia.Path:
    """A rounded finger along `points`, a little thinner at its tip."""
    tip = points[-1]
    end = ellipse(tip[0], tip[1], width * 0.43, width * 0.46)
    return union(taper(points, [width, width * 0.96, width * 0.85]), end)


def _sleeve(canvas: skia.Canvas, look: Look) -> None:
    color = look.a.outfit_accent if look.a.outfit_style == "apron" else look.a.outfit_color
    arm = smooth([(-58, 96, 0), (0, 88), (58, 96, 0), (76, 260), (104, 520, 0), (-60, 520, 0), (-66, 260)])
    soft(canvas, arm, "#120a1c", 0.30, 12)
    canvas.drawPath(
        arm, linear((-70, 90), (90, 400), [(0, shift(color, light=0.07)), (0.5, color), (1, shift(color, light=-0.12))])
    )
    edge(canvas, arm, shift(color, light=-0.25), 0.4, 16, (6, 0))
    edge(canvas, arm, "#ffffff", 0.2, 8, (-4, 0))
    cuff = smooth([(-57, 100), (0, 112), (57, 100)], closed=False)
    canvas.drawPath(cuff, line(shift(color, light=-0.14), 4, 0.6))
