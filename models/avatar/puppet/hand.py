"""The open hand that comes up beside the host and shows the product card."""

from __future__ import annotations

from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import Look
from models.avatar.puppet.paint import edge, line, linear, soft, soft_line, solid
from models.avatar.puppet.palette import mix, shift
from models.avatar.puppet.paths import Point, smooth, taper, union

HAND_BOX = (-190.0, -300.0, 190.0, 560.0)


def paint_hand(canvas: skia.Canvas, look: Look) -> None:
    """An open palm, fingers up and a little to the left, on a forearm in its sleeve. The wrist is the origin."""
    skin = look.skin
    scale = 1.12 if look.a.build == "broad" else 1.0
    canvas.save()
    canvas.scale(scale, scale)
    _sleeve(canvas, look)
    wrist = smooth([(-34, -40), (34, -40), (38, 40), (44, 120), (-44, 120), (-38, 40)])
    palm = smooth(
        [(-46, -34), (-52, -92), (-34, -128), (10, -134), (46, -118), (54, -70), (44, -16), (30, 16), (-30, 16)]
    )
    fingers = [_finger(p, w) for p, w in _FINGERS]
    thumb = taper([(-30, -10), (-66, -42), (-92, -84)], [44, 38, 26])
    whole = union(wrist, palm, thumb, *fingers)
    soft(canvas, whole, "#1a0f14", 0.28, 10)
    canvas.drawPath(
        whole,
        linear((-90, -190), (80, 90), [(0, skin.light), (0.5, skin.base), (1, mix(skin.base, skin.shadow, 0.75))]),
    )
    canvas.save()
    canvas.clipPath(whole, skia.ClipOp.kIntersect, True)
    soft(canvas, smooth([(-44, -20), (-20, -70), (-6, -30), (-20, 20)]), skin.blush, 0.28, 12)
    for points in _CREASES:
        canvas.drawPath(taper(points, [0.6, 2.6, 0.6]), solid(skin.line, 0.30))
    for (points, _), (following, _) in zip(_FINGERS, _FINGERS[1:], strict=False):
        x, y = (points[0][0] + following[0][0]) / 2, (points[0][1] + following[0][1]) / 2
        soft_line(canvas, smooth([(x, y + 6), (x * 1.05, y - 22)], closed=False), skin.deep, 0.45, 4, 2)
    canvas.restore()
    edge(canvas, whole, skin.deep, 0.42, 9, (3, 3))
    edge(canvas, whole, "#fff3e4", 0.35, 7, (-3, -2))
    canvas.restore()


_FINGERS: list[tuple[list[Point], list[float]]] = [
    ([(-36, -112), (-54, -164), (-64, -212)], [30, 28, 22]),
    ([(-10, -122), (-16, -186), (-20, -240)], [31, 29, 22]),
    ([(16, -120), (22, -180), (25, -228)], [30, 28, 21]),
    ([(40, -104), (54, -150), (62, -186)], [27, 25, 19]),
]
_CREASES: list[list[Point]] = [
    [(-40, -96), (0, -84), (44, -100)],
    [(-44, -78), (-6, -58), (40, -58)],
    [(-34, -92), (-12, -44), (-14, 4)],
]


def _finger(points: list[Point], widths: list[float]) -> skia.Path:
    tip = points[-1]
    end = skia.Path()
    end.addCircle(tip[0], tip[1], widths[-1] / 2 + 1)
    return union(taper(points, widths), end)


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
