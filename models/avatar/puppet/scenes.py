"""The scenes themselves, in 720x1280 design units, from a main colour and an accent."""

from __future__ import annotations

import random
from collections.abc import Callable

from models.avatar.palette import mix, shift
from models.avatar.puppet._skia import skia
from models.avatar.puppet.paint import line, linear, radial, soft, solid, vertical
from models.avatar.puppet.paths import ellipse, round_rect, smooth

_ALL = skia.Rect.MakeWH(720, 1280)


def _wall(canvas: skia.Canvas, color: str, warm: float = 0.05) -> None:
    canvas.drawRect(
        _ALL, linear((0, 0), (720, 1280), [(0, shift(color, light=warm)), (0.5, color), (1, shift(color, light=-0.10))])
    )


def _rect(canvas: skia.Canvas, x: float, y: float, w: float, h: float, color: str, radius: float = 4) -> None:
    paint = linear((x, y), (x + w, y + h), [(0, shift(color, light=0.05)), (1, shift(color, light=-0.05))])
    canvas.drawPath(round_rect(x, y, w, h, radius), paint)


def _lamp(canvas: skia.Canvas, x: float, y: float, r: float, color: str, alpha: float = 0.8) -> None:
    canvas.drawCircle(x, y, r, radial((x, y), r, [(0, "#fffbe8", alpha), (0.35, color, alpha * 0.55), (1, color, 0)]))


def _plant(canvas: skia.Canvas, x: float, y: float, size: float, leaf: str, pot: str) -> None:
    dice = random.Random(round(x * 7 + y))
    for i in range(9):
        canvas.save()
        canvas.translate(x, y)
        canvas.rotate(-64 + 16 * i + dice.uniform(-6, 6))
        length = size * dice.uniform(0.75, 1.1)
        blade = smooth([(0, 0, 0), (-length * 0.16, -length * 0.5), (0, -length, 0), (length * 0.16, -length * 0.5)])
        canvas.drawPath(
            blade, linear((0, 0), (0, -length), [(0, shift(leaf, light=-0.12)), (1, shift(leaf, light=0.06 * (i % 3)))])
        )
        canvas.restore()
    _rect(canvas, x - size * 0.24, y - size * 0.04, size * 0.48, size * 0.44, pot, size * 0.08)


def studio(canvas: skia.Canvas, color: str, accent: str) -> None:
    """Seamless paper with two coloured lights, an arch and a plinth."""
    _wall(canvas, color, 0.07)
    canvas.drawPath(
        round_rect(110, 130, 500, 1300, 250),
        vertical(130, 1000, [(0, mix(color, accent, 0.55)), (1, mix(color, accent, 0.16))]),
    )
    canvas.drawPath(
        round_rect(158, 182, 404, 1300, 202),
        vertical(182, 1000, [(0, mix(color, accent, 0.30)), (1, shift(color, light=0.05))]),
    )
    _lamp(canvas, 40, 220, 300, accent, 0.42)
    _lamp(canvas, 700, 480, 280, "#ffffff", 0.40)
    canvas.drawCircle(636, 168, 62, solid(accent, 0.85))
    canvas.drawCircle(70, 700, 34, solid(shift(accent, light=0.14), 0.8))


def shelf(canvas: skia.Canvas, color: str, accent: str) -> None:
    """A lit product shelf with bottles, boxes and a plant."""
    _wall(canvas, color)
    dice = random.Random(3)
    wood = mix(shift(color, light=-0.22), "#8a5a34", 0.5)
    tones = [accent, shift(accent, light=0.18), mix(accent, color, 0.5), "#f7efe6", mix(accent, "#35506b", 0.5)]
    for level in range(6):
        y = 170 + level * 190
        canvas.drawRect(
            skia.Rect.MakeXYWH(0, y - 168, 720, 168),
            vertical(y - 168, y, [(0, shift(color, light=-0.10)), (1, shift(color, light=0.06))]),
        )
        _lamp(canvas, 120, y - 160, 150, "#ffe9bd", 0.55)
        _lamp(canvas, 600, y - 160, 150, "#ffe9bd", 0.55)
        x = 14.0
        while x < 700:
            w, h = dice.uniform(34, 74), dice.uniform(60, 130)
            tone = tones[dice.randrange(len(tones))]
            if dice.random() < 0.5:
                _rect(canvas, x, y - h, w, h, tone, 12)
                _rect(canvas, x + w * 0.3, y - h - 16, w * 0.4, 20, shift(tone, light=-0.16), 4)
                canvas.drawPath(round_rect(x + w * 0.18, y - h * 0.62, w * 0.64, h * 0.3, 4), solid("#ffffff", 0.55))
            else:
                _rect(canvas, x, y - h * 0.8, w * 1.1, h * 0.8, tone, 5)
            x += w + dice.uniform(12, 34)
        canvas.drawRect(
            skia.Rect.MakeXYWH(0, y, 720, 16),
            vertical(y, y + 16, [(0, shift(wood, light=0.10)), (1, shift(wood, light=-0.10))]),
        )
        soft(canvas, round_rect(0, y + 16, 720, 14, 0), "#20121a", 0.35, 6)


def market_night(canvas: skia.Canvas, color: str, accent: str) -> None:
    """A night market: strings of lanterns, stall lights and bokeh."""
    canvas.drawRect(
        _ALL,
        vertical(
            0,
            1280,
            [
                (0, shift(color, light=-0.06)),
                (0.45, color),
                (0.75, mix(color, accent, 0.45)),
                (1, mix(color, accent, 0.25)),
            ],
        ),
    )
    dice = random.Random(11)
    for _ in range(46):
        x, y, r = dice.uniform(0, 720), dice.uniform(330, 1000), dice.uniform(12, 46)
        tone = [accent, "#ffd27a", "#ff7d6b", "#7fd6d0"][dice.randrange(4)]
        canvas.drawCircle(x, y, r, solid(tone, dice.uniform(0.12, 0.42)))
    for x0, awning in ((-60, accent), (500, shift(accent, hue=0.08))):
        for i in range(6):
            stripe = smooth(
                [
                    (x0 + 46 * i, 560, 0),
                    (x0 + 46 * (i + 1), 560, 0),
                    (x0 + 46 * (i + 1), 660),
                    (x0 + 46 * i + 23, 684),
                    (x0 + 46 * i, 660),
                ]
            )
            canvas.drawPath(stripe, solid(awning if i % 2 else "#fff1dd", 0.92))
        _lamp(canvas, x0 + 140, 730, 220, "#ffcf86", 0.8)
    for row, y in enumerate((96, 226)):
        rope = skia.Path()
        rope.moveTo(-20, y - 40)
        rope.quadTo(360, y + 110, 740, y - 60)
        canvas.drawPath(rope, line("#1a1020", 3, 0.7))
        for i in range(7):
            t = (i + 0.5) / 7
            x, drop = -20 + 760 * t, (1 - t) ** 2 * (y - 40) + 2 * t * (1 - t) * (y + 110) + t * t * (y - 60)
            _lamp(canvas, x, drop + 36, 84, accent, 0.75)
            body = ellipse(x, drop + 36, 27, 33)
            canvas.drawPath(
                body,
                radial(
                    (x, drop + 34),
                    34,
                    [
                        (0, "#fff0b8", 1),
                        (0.6, mix(accent, "#ffb347", 0.4 * (row + i) % 1), 1),
                        (1, shift(accent, light=-0.12), 1),
                    ],
                ),
            )


def kitchen(canvas: skia.Canvas, color: str, accent: str) -> None:
    """A bright kitchen: tiles, a window, hanging pans, a worktop."""
    _wall(canvas, color)
    for row in range(14):
        for column in range(10):
            tile = shift(color, light=0.05 if (row * 7 + column * 3) % 5 else 0.01)
            canvas.drawPath(round_rect(column * 76 - 20, 330 + row * 46, 71, 41, 4), solid(tile))
    _rect(canvas, 36, 90, 250, 310, "#ffffff", 6)
    canvas.drawRect(
        skia.Rect.MakeXYWH(50, 104, 222, 282), vertical(104, 386, [(0, "#bfe4f5"), (0.7, "#eaf7ee"), (1, "#bfe0b0")])
    )
    canvas.drawLine(161, 104, 161, 386, line("#ffffff", 9))
    canvas.drawLine(50, 236, 272, 236, line("#ffffff", 9))
    _rect(canvas, 420, 150, 300, 18, "#8a5f3f", 3)
    for i, (w, tone) in enumerate(((46, accent), (60, "#f3ede4"), (40, mix(accent, "#ffffff", 0.5)), (54, "#7c8f6f"))):
        _rect(canvas, 438 + i * 68, 150 - w * 1.3, w, w * 1.3, tone, 9)
    canvas.drawLine(430, 250, 710, 250, line("#6d6a70", 6))
    for i, r in enumerate((40, 50, 36)):
        x = 468 + i * 92
        canvas.drawLine(x, 250, x, 290, line("#6d6a70", 5))
        canvas.drawCircle(x, 290 + r, r, radial((x - 12, 280 + r), r * 1.3, [(0, "#f1b98a", 1), (1, "#a9623f", 1)]))
    _rect(canvas, 0, 900, 720, 400, mix(color, "#ffffff", 0.6), 0)
    _plant(canvas, 650, 860, 150, "#5c9a5c", "#e9ddcf")
    _rect(canvas, 40, 800, 90, 104, accent, 14)
    _lamp(canvas, 160, 200, 300, "#fff6da", 0.5)


def garden(canvas: skia.Canvas, color: str, accent: str) -> None:
    """A sunlit garden: layers of leaves, blossoms, low sun."""
    canvas.drawRect(
        _ALL, vertical(0, 1000, [(0, mix(color, "#cfeaf5", 0.65)), (0.5, mix(color, "#fdf3cf", 0.5)), (1, color)])
    )
    _lamp(canvas, 560, 190, 420, "#fff2b8", 0.9)
    dice = random.Random(5)
    for layer in range(4):
        tone = mix(shift(color, light=-0.06 * layer), "#1f4d3a", 0.12 + 0.14 * layer)
        for _ in range(26):
            x, y = dice.uniform(-40, 760), 420 + layer * 150 + dice.uniform(-70, 70)
            canvas.save()
            canvas.translate(x, y)
            canvas.rotate(dice.uniform(-70, 70))
            size = dice.uniform(60, 130)
            leaf = smooth([(0, size, 0), (-size * 0.34, 0), (0, -size, 0), (size * 0.34, 0)])
            canvas.drawPath(
                leaf, linear((0, -size), (0, size), [(0, shift(tone, light=0.10)), (1, shift(tone, light=-0.06))])
            )
            canvas.restore()
        for _ in range(9):
            x, y, r = dice.uniform(0, 720), 430 + layer * 150 + dice.uniform(-60, 80), dice.uniform(12, 26)
            for k in range(5):
                canvas.drawCircle(
                    x + r * 0.8 * (1, 0.31, -0.81, -0.81, 0.31)[k],
                    y + r * 0.8 * (0, 0.95, 0.59, -0.59, -0.95)[k],
                    r * 0.62,
                    solid(shift(accent, light=0.03 * k)),
                )
            canvas.drawCircle(x, y, r * 0.42, solid("#ffe58a"))


def loft(canvas: skia.Canvas, color: str, accent: str) -> None:
    """A city loft at dusk: a tall window, a skyline, a lamp and a sofa."""
    _wall(canvas, color)
    for row in range(30):
        for column in range(7):
            left = column * 118 + (59 if row % 2 else 0) - 60
            canvas.drawPath(
                round_rect(left, row * 44, 112, 38, 4), solid(shift(color, light=0.02 * ((row + column * 2) % 3)), 0.7)
            )
    canvas.drawRect(
        skia.Rect.MakeXYWH(210, 60, 470, 760), vertical(60, 820, [(0, "#3b4a7d"), (0.5, "#c77f8c"), (1, "#ffc58a")])
    )
    dice = random.Random(9)
    x = 210.0
    while x < 680:
        w, h = dice.uniform(40, 86), dice.uniform(140, 430)
        canvas.drawRect(
            skia.Rect.MakeXYWH(x, 820 - h, min(w, 680 - x), h), vertical(820 - h, 820, [(0, "#2b2f52"), (1, "#544264")])
        )
        for _ in range(10):
            canvas.drawRect(
                skia.Rect.MakeXYWH(x + dice.uniform(4, max(5, w - 14)), 820 - dice.uniform(20, h - 10), 9, 12),
                solid("#ffd68a", 0.85),
            )
        x += w + 4
    for i in range(5):
        canvas.drawLine(210 + i * 117.5, 60, 210 + i * 117.5, 820, line("#1f1c28", 9))
    for y in (60, 310, 565, 820):
        canvas.drawLine(210, y, 680, y, line("#1f1c28", 9))
    canvas.drawLine(104, 0, 104, 250, line("#1f1c28", 5))
    canvas.drawPath(smooth([(54, 310, 0), (104, 240), (154, 310, 0)]), solid(accent))
    _lamp(canvas, 104, 320, 230, "#ffd798", 0.9)
    _rect(canvas, -40, 900, 800, 300, mix(accent, color, 0.35), 50)
    _plant(canvas, 70, 860, 210, "#4f7d5a", "#e8d9c5")


def seaside(canvas: skia.Canvas, color: str, accent: str) -> None:
    """A terrace over the sea: sky, water, a bougainvillea and a white wall."""
    canvas.drawRect(
        _ALL, vertical(0, 640, [(0, shift(color, light=-0.04)), (0.7, mix(color, "#ffffff", 0.6)), (1, "#fff2dc")])
    )
    _lamp(canvas, 150, 230, 260, "#fff3c4", 0.95)
    canvas.drawRect(
        skia.Rect.MakeXYWH(0, 560, 720, 300),
        vertical(560, 860, [(0, mix(color, "#1d7fa8", 0.65)), (1, mix(color, "#5cc6cf", 0.7))]),
    )
    dice = random.Random(4)
    for _ in range(60):
        x, y = dice.uniform(0, 720), dice.uniform(570, 840)
        canvas.drawLine(x, y, x + dice.uniform(20, 70), y, line("#ffffff", 2.5, 0.35))
    canvas.drawPath(
        smooth([(430, 562), (520, 500), (610, 478), (760, 520), (760, 570), (430, 570)]),
        solid(mix(color, "#55708f", 0.7)),
    )
    for i, (x, h) in enumerate(((540, 60), (580, 84), (622, 54), (660, 92))):
        _rect(canvas, x, 562 - h, 36, h, ["#fff6ea", "#ffe3cf", "#fdeede", "#fff9f0"][i], 3)
    _rect(canvas, 0, 840, 720, 440, "#fbf5ea", 0)
    for i in range(9):
        _rect(canvas, 10 + i * 82, 760, 30, 90, "#ffffff", 14)
    _rect(canvas, 0, 744, 720, 26, "#ffffff", 4)
    for _ in range(130):
        x, y = dice.gauss(30, 90), dice.gauss(110, 110)
        canvas.drawCircle(
            x, y, dice.uniform(8, 22), solid(mix(accent, ["#ffffff", "#4d8a4d", accent][dice.randrange(3)], 0.5), 0.9)
        )


def tatami(canvas: skia.Canvas, color: str, accent: str) -> None:
    """A quiet room: paper screens, a round window, a branch in blossom."""
    _wall(canvas, color, 0.04)
    wood = mix(shift(color, light=-0.35), "#6b4630", 0.6)
    canvas.drawCircle(500, 300, 190, solid(wood))
    canvas.drawCircle(500, 300, 176, vertical(124, 476, [(0, "#dff0ea"), (0.6, "#f6f3dc"), (1, "#bcd9b4")]))
    dice = random.Random(8)
    canvas.save()
    clip = ellipse(500, 300, 176, 176)
    canvas.clipPath(clip, skia.ClipOp.kIntersect, True)
    canvas.drawPath(smooth([(690, 160), (560, 210), (470, 300), (380, 320)], closed=False), line("#5a3b30", 11))
    canvas.drawPath(smooth([(560, 210), (500, 190), (430, 200)], closed=False), line("#5a3b30", 7))
    for _ in range(80):
        t = dice.random()
        x, y = 680 - 300 * t + dice.gauss(0, 26), 165 + 160 * t + dice.gauss(0, 30)
        canvas.drawCircle(x, y, dice.uniform(7, 14), solid(mix(accent, "#ffffff", dice.uniform(0.1, 0.7)), 0.95))
    canvas.restore()
    _rect(canvas, -20, 60, 260, 900, wood, 0)
    for column in range(3):
        for row in range(7):
            canvas.drawRect(
                skia.Rect.MakeXYWH(-8 + column * 82, 76 + row * 124, 72, 114),
                vertical(76, 900, [(0, "#fffaf0"), (1, "#f4e6cc")]),
            )
    _rect(canvas, 300, 700, 460, 18, wood, 2)
    _rect(canvas, 560, 588, 90, 112, accent, 24)
    _rect(canvas, 330, 640, 120, 60, mix(wood, "#ffffff", 0.2), 8)
    canvas.drawRect(skia.Rect.MakeXYWH(0, 960, 720, 320), vertical(960, 1280, [(0, "#cfc38c"), (1, "#a89a66")]))
    _lamp(canvas, 120, 320, 320, "#fff3d0", 0.5)


SCENES: dict[str, Callable[[skia.Canvas, str, str], None]] = {
    "studio": studio, "shelf": shelf, "market-night": market_night, "kitchen": kitchen, "garden": garden, "loft": loft,
    "seaside": seaside, "tatami": tatami,
}  # fmt: skip
