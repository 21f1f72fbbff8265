"""Draw the packshots of the six demo products: python deploy/product_images.py [FOLDER].

Everything is vector drawing with fixed seeds and a stroke alphabet of our own, so a picture needs no font and comes
out the same on every machine.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from pathlib import Path

import skia

SIDE = 800
FLOOR = 640

# Strokes of the capitals our invented brands need, in a box 70 wide and 100 high.
STROKES = {
    "A": "M 0 100 L 35 0 L 70 100 M 14 64 L 56 64",
    "D": "M 5 0 L 5 100 L 25 100 C 88 100 88 0 25 0 L 5 0",
    "E": "M 62 0 L 8 0 L 8 100 L 62 100 M 8 48 L 52 48",
    "G": "M 66 20 C 50 -12 2 -4 2 50 C 2 104 56 108 68 78 L 68 54 L 42 54",
    "H": "M 8 0 L 8 100 M 62 0 L 62 100 M 8 48 L 62 48",
    "I": "M 35 0 L 35 100",
    "K": "M 8 0 L 8 100 M 64 0 L 8 58 M 26 42 L 66 100",
    "L": "M 10 0 L 10 100 L 60 100",
    "N": "M 6 100 L 6 0 L 64 100 L 64 0",
    "O": "M 35 -2 C 82 -2 82 102 35 102 C -12 102 -12 -2 35 -2",
    "R": "M 8 100 L 8 0 L 30 0 C 72 0 72 54 30 54 L 8 54 M 32 54 L 64 100",
    "S": "M 60 16 C 48 -10 6 -6 8 24 C 10 56 62 42 62 74 C 62 108 12 108 6 80",
    "T": "M 2 0 L 68 0 M 35 0 L 35 100",
    "V": "M 0 0 L 35 100 L 70 0",
    "W": "M 0 0 L 18 100 L 35 24 L 52 100 L 70 0",
    "Y": "M 0 0 L 35 50 L 70 0 M 35 50 L 35 100",
}


def svg_path(strokes: str) -> skia.Path:
    """The path of an SVG-like string of M, L and C commands with absolute coordinates."""
    path, parts = skia.Path(), iter(strokes.split())
    for command in parts:
        count = {"M": 2, "L": 2, "C": 6}[command]
        numbers = [float(next(parts)) for _ in range(count)]
        {"M": path.moveTo, "L": path.lineTo, "C": path.cubicTo}[command](*numbers)
    return path


def shade(colors: list[str], start: tuple[float, float], end: tuple[float, float]) -> skia.Paint:
    """A paint that runs through `colors` (#rrggbb or #aarrggbb) from one point to another."""
    points = [skia.Point(*start), skia.Point(*end)]
    shader = skia.GradientShader.MakeLinear(points, [color(name) for name in colors])
    return skia.Paint(AntiAlias=True, Shader=shader, Dither=True)


def glow(colors: list[str], center: tuple[float, float], radius: float) -> skia.Paint:
    """A paint that runs through `colors` from a center outwards."""
    shader = skia.GradientShader.MakeRadial(skia.Point(*center), radius, [color(name) for name in colors])
    return skia.Paint(AntiAlias=True, Shader=shader, Dither=True)


def color(name: str) -> int:
    """#rrggbb or #aarrggbb as Skia's integer."""
    digits = name.removeprefix("#")
    return int(digits if len(digits) == 8 else f"ff{digits}", 16)


def flat(name: str, *, blur: float = 0, stroke: float = 0) -> skia.Paint:
    """A paint of one colour, filled or stroked with round ends, with an optional blur in pixels."""
    paint = skia.Paint(AntiAlias=True, Color=color(name))
    if blur:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    if stroke:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(stroke)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def word(canvas: skia.Canvas, text: str, center: tuple[float, float], height: float, ink: str) -> None:
    """`text` in our stroke capitals, widely spaced and centred."""
    scale, advance = height / 100, 102
    width = (advance * (len(text) - 1) + 70) * scale
    canvas.save()
    canvas.translate(center[0] - width / 2, center[1] - height / 2)
    canvas.scale(scale, scale)
    for letter in text:
        canvas.drawPath(svg_path(STROKES[letter]), flat(ink, stroke=9))
        canvas.translate(advance, 0)
    canvas.restore()


def studio(canvas: skia.Canvas, wall: list[str], light: str) -> None:
    """A seamless backdrop: wall, a soft light behind the product, and a floor that catches it."""
    canvas.drawPaint(shade(wall, (0, 0), (0, SIDE)))
    canvas.drawPaint(glow([f"#d0{light[1:]}", f"#00{light[1:]}"], (SIDE / 2, 330), 430))
    canvas.drawRect(skia.Rect(0, FLOOR - 70, SIDE, SIDE), shade(["#00ffffff", "#38ffffff"], (0, FLOOR - 70), (0, SIDE)))


def shadow(canvas: skia.Canvas, left: float, right: float, y: float, depth: float = 26) -> None:
    """What a product of that width throws on the floor: a wide soft shadow and a dark contact line."""
    wide = skia.Rect(left - 40, y - depth, right + 70, y + depth * 1.3)
    canvas.drawOval(wide, flat("#4a2a1e28", blur=24))
    canvas.drawOval(skia.Rect(left + 8, y - 9, right - 8, y + 11), flat("#80201418", blur=7))


def rounded(box: tuple[float, float, float, float], radius: float) -> skia.RRect:
    """A rounded rectangle from left, top, right and bottom."""
    return skia.RRect.MakeRectXY(skia.Rect(*box), radius, radius)


def dew_serum(canvas: skia.Canvas) -> None:
    """A dropper bottle of frosted pink glass."""
    studio(canvas, ["#f7e3e1", "#f3cfcf", "#e9b9bd"], "#fff6f2")
    for x, y, r in ((150, 566, 26), (212, 628, 15), (640, 600, 22), (612, 498, 11), (690, 540, 8)):
        canvas.drawOval(skia.Rect(x - r, y + r * 0.6, x + r * 1.3, y + r * 1.3), flat("#38a05060", blur=6))
        canvas.drawCircle(x, y, r, glow(["#e8ffffff", "#90ffe9ea", "#c0e7aab0"], (x - r / 3, y - r / 3), r * 1.5))
        canvas.drawCircle(x - r * 0.35, y - r * 0.35, r * 0.2, flat("#f4ffffff"))
    shadow(canvas, 285, 515, FLOOR + 18)
    canvas.drawRRect(rounded((376, 118, 424, 236), 24), shade(["#f4efec", "#ffffff", "#cfc4c0"], (376, 0), (424, 0)))
    metal = ["#b98a58", "#f6dfb8", "#d4a871", "#8d6238"]
    canvas.drawRRect(rounded((352, 206, 448, 284), 10), shade(metal, (352, 0), (448, 0)))
    for x in range(360, 446, 8):
        canvas.drawLine(x, 212, x, 278, flat("#28603c18", stroke=1.5))
    glass = ["#c97f88", "#f6c7c8", "#fde6e2", "#efb3b6", "#bb6d78"]
    canvas.drawRRect(rounded((282, 276, 518, 658), 52), shade(glass, (282, 0), (518, 0)))
    canvas.drawRRect(rounded((300, 330, 500, 642), 40), shade(["#28ffffff", "#50e2868f"], (0, 330), (0, 642)))
    canvas.drawRRect(rounded((392, 284, 408, 566), 8), shade(["#60ffffff", "#20b86a74"], (392, 0), (408, 0)))
    canvas.drawRRect(rounded((308, 396, 492, 586), 8), flat("#e8fffaf7"))
    word(canvas, "HALVENNE", (400, 452), 19, "#6d3540")
    canvas.drawLine(362, 486, 438, 486, flat("#b98a58", stroke=2))
    word(canvas, "DEW", (400, 520), 15, "#a05c66")
    canvas.drawRRect(rounded((300, 300, 318, 620), 9), flat("#a8ffffff", blur=4))
    canvas.drawRRect(rounded((494, 320, 502, 600), 4), flat("#60ffffff", blur=3))


def oat_granola(canvas: skia.Canvas) -> None:
    """A kraft pouch with oat flakes and nuts in front of it."""
    studio(canvas, ["#fbf0d9", "#f6e0b5", "#ecc987"], "#fffaf0")
    shadow(canvas, 236, 566, FLOOR + 22)
    pouch = svg_path(
        "M 250 150 L 550 150 C 556 260 566 420 572 610 C 574 652 556 664 520 664"
        " L 280 664 C 244 664 226 652 228 610 C 234 420 244 260 250 150"
    )
    canvas.drawPath(pouch, shade(["#a87443", "#d8ab74", "#e7c190", "#cb9a62", "#936236"], (228, 0), (572, 0)))
    canvas.drawPath(svg_path("M 238 610 C 320 566 480 566 562 610"), flat("#407a4a22", stroke=3))
    canvas.drawRRect(rounded((250, 128, 550, 186), 4), shade(["#8a5a30", "#c39058", "#8a5a30"], (250, 0), (550, 0)))
    for y in range(134, 184, 8):
        canvas.drawLine(252, y, 548, y, flat("#30532f12", stroke=2))
    canvas.drawRRect(rounded((276, 232, 524, 560), 20), flat("#fdf6e6"))
    canvas.drawRRect(rounded((286, 242, 514, 550), 14), flat("#c98f3f", stroke=2))
    word(canvas, "GRANNAVO", (400, 290), 21, "#5f3c17")
    canvas.drawCircle(400, 412, 82, glow(["#f7c873", "#e29b3d"], (380, 390), 110))
    for angle in range(0, 360, 30):
        turn = math.radians(angle)
        canvas.save()
        canvas.translate(400 + 50 * math.cos(turn), 412 + 50 * math.sin(turn))
        canvas.rotate(angle + 90)
        canvas.drawOval(skia.Rect(-8, -22, 8, 22), flat("#fff1cf"))
        canvas.drawLine(0, -16, 0, 16, flat("#c98f3f", stroke=1.6))
        canvas.restore()
    canvas.drawCircle(400, 412, 20, flat("#8a5426"))
    canvas.drawLine(340, 522, 460, 522, flat("#c98f3f", stroke=2))
    canvas.drawPath(svg_path("M 262 200 C 256 330 248 470 246 600"), flat("#50ffffff", stroke=10, blur=6))
    _flakes(canvas)


def _flakes(canvas: skia.Canvas) -> None:
    dice = random.Random(11)
    for _ in range(70):
        x, y = dice.gauss(400, 170), dice.uniform(668, 738)
        wide, tall = dice.uniform(11, 19), dice.uniform(7, 11)
        tone = dice.choice(["#e9c98f", "#dcb373", "#f3dcae", "#b97a3e", "#8a5426"])
        canvas.save()
        canvas.translate(x, y)
        canvas.drawOval(skia.Rect(-wide, -tall + 6, wide + 4, tall + 7), flat("#40603410", blur=4))
        canvas.rotate(dice.uniform(-50, 50))
        canvas.drawOval(skia.Rect(-wide, -tall, wide, tall), flat(tone))
        canvas.drawLine(-wide * 0.6, 0, wide * 0.6, 0, flat("#50704418", stroke=1.6))
        canvas.restore()


def pocket_speaker(canvas: skia.Canvas) -> None:
    """A round fabric speaker with a carrying strap."""
    studio(canvas, ["#dfe9ee", "#c3d5df", "#9fb9c8"], "#f8fcff")
    shadow(canvas, 236, 564, FLOOR + 18, depth=32)
    canvas.drawPath(svg_path("M 306 190 C 300 60 500 60 494 190"), flat("#27414f", stroke=22))
    canvas.drawPath(svg_path("M 306 186 C 304 74 496 74 494 186"), flat("#3f6577", stroke=5))
    body = ["#123240", "#2b6178", "#3a7d97", "#235468", "#0e2833"]
    canvas.drawRRect(rounded((230, 166, 570, 660), 92), shade(body, (230, 0), (570, 0)))
    canvas.save()
    canvas.clipRRect(rounded((230, 214, 570, 606), 40), True)
    for row, y in enumerate(range(218, 608, 9)):
        for x in range(230 + (row % 2) * 5, 572, 10):
            canvas.drawCircle(x, y, 2.7, flat("#5c081a22"))
    canvas.restore()
    canvas.drawRRect(rounded((258, 200, 286, 620), 14), flat("#58ffffff", blur=10))
    canvas.drawOval(skia.Rect(262, 166, 538, 232), shade(["#3d6f84", "#1a3f4f"], (262, 166), (538, 232)))
    canvas.drawOval(skia.Rect(278, 172, 522, 222), shade(["#16323f", "#2c5a6d"], (278, 172), (522, 222)))
    for x in (336, 400, 464):
        canvas.drawOval(skia.Rect(x - 15, 191, x + 15, 203), flat("#7fc4dc"))
    canvas.drawRRect(rounded((318, 410, 482, 462), 12), shade(["#0d2530", "#1d4353"], (0, 410), (0, 462)))
    word(canvas, "TONVARRO", (400, 436), 15, "#d8f0f8")
    canvas.drawCircle(400, 520, 7, flat("#8cf0c8"))
    canvas.drawCircle(400, 520, 16, flat("#508cf0c8", blur=8))


def stone_mug(canvas: skia.Canvas) -> None:
    """A speckled stoneware mug with a wooden lid beside it."""
    studio(canvas, ["#eef0e6", "#dde3d2", "#c0cbb2"], "#fffff6")
    shadow(canvas, 222, 540, FLOOR + 20, depth=32)
    canvas.drawPath(svg_path("M 528 350 C 660 330 664 560 516 552"), flat("#8fa184", stroke=44))
    canvas.drawPath(svg_path("M 528 342 C 668 320 676 572 516 562"), flat("#b9c8ac", stroke=14))
    body = svg_path("M 222 268 L 538 268 C 540 420 532 540 512 632 C 506 660 254 660 248 632 C 228 540 220 420 222 268")
    canvas.drawPath(body, shade(["#8d9f82", "#b7c7aa", "#d6e0ca", "#b3c4a6", "#7d9072"], (222, 0), (538, 0)))
    canvas.save()
    canvas.clipPath(body, True)
    canvas.drawRect(skia.Rect(200, 566, 560, 670), shade(["#c9a27c", "#e6c7a3", "#a77f5a"], (222, 0), (538, 0)))
    canvas.drawPath(svg_path("M 200 566 C 300 584 460 584 560 566"), flat("#8a6a48", stroke=3))
    dice = random.Random(7)
    for _ in range(240):
        dot = dice.uniform(0.8, 2.4)
        canvas.drawCircle(dice.uniform(222, 538), dice.uniform(270, 660), dot, flat("#70504a3c"))
    canvas.restore()
    canvas.drawOval(skia.Rect(222, 236, 538, 300), flat("#dfe8d4"))
    canvas.drawOval(skia.Rect(236, 242, 524, 294), shade(["#6f8165", "#98a98c"], (0, 242), (0, 294)))
    canvas.drawOval(skia.Rect(248, 258, 512, 294), shade(["#5b3217", "#8a5427"], (248, 258), (512, 294)))
    for x, lean in ((340, -16), (396, 14), (452, -10)):
        steam = svg_path(f"M {x} 236 C {x + 34 + lean} 196 {x - 34} 168 {x + lean} 112")
        canvas.drawPath(steam, flat("#90ffffff", stroke=13, blur=9))
    word(canvas, "KILNORY", (380, 440), 23, "#55664b")
    canvas.drawRRect(rounded((256, 310, 272, 560), 8), flat("#8cffffff", blur=7))
    _lid(canvas)


def _lid(canvas: skia.Canvas) -> None:
    canvas.drawOval(skia.Rect(520, 660, 742, 724), flat("#50302418", blur=14))
    canvas.drawOval(skia.Rect(530, 640, 730, 704), flat("#8c5f36"))
    canvas.drawOval(skia.Rect(530, 626, 730, 690), shade(["#e3b98a", "#c18f5a"], (530, 626), (730, 690)))
    for inset in (16, 34, 54):
        canvas.drawOval(
            skia.Rect(530 + inset, 626 + inset * 0.32, 730 - inset, 690 - inset * 0.32), flat("#408c5f36", stroke=2)
        )
    canvas.drawOval(skia.Rect(606, 630, 654, 664), shade(["#f0cfa6", "#a8743f"], (606, 630), (654, 664)))


def travel_tote(canvas: skia.Canvas) -> None:
    """A canvas tote with leather handles."""
    studio(canvas, ["#e9e4f2", "#d6cde8", "#b9abd4"], "#fbf9ff")
    shadow(canvas, 176, 624, FLOOR + 30, depth=30)
    canvas.drawPath(svg_path("M 316 330 C 306 84 494 84 484 330"), flat("#7c4a28", stroke=16))
    cloth = svg_path(
        "M 196 300 L 604 300 C 616 420 630 560 638 640 C 640 668 622 672 600 672"
        " L 200 672 C 178 672 160 668 162 640 C 170 560 184 420 196 300"
    )
    canvas.drawPath(cloth, shade(["#39406f", "#4f5891", "#5d67a3", "#4d568d", "#333a66"], (162, 0), (638, 0)))
    canvas.save()
    canvas.clipPath(cloth, True)
    for offset in range(-400, 800, 6):
        canvas.drawLine(offset, 290, offset + 380, 680, flat("#0effffff", stroke=1.4))
    canvas.drawRect(skia.Rect(150, 596, 650, 680), shade(["#6d3f20", "#a2683b", "#6d3f20"], (162, 0), (638, 0)))
    canvas.drawLine(150, 604, 650, 604, flat("#80f0d8b8", stroke=2))
    canvas.drawPath(svg_path("M 250 320 C 262 430 244 520 258 590"), flat("#38202650", stroke=12, blur=8))
    canvas.drawPath(svg_path("M 548 320 C 536 430 556 520 540 590"), flat("#38202650", stroke=12, blur=8))
    canvas.restore()
    canvas.drawLine(200, 312, 600, 312, flat("#90c9cdf0", stroke=2))
    canvas.drawPath(svg_path("M 300 372 L 300 344 C 286 120 514 120 500 344 L 500 372"), flat("#9a6136", stroke=20))
    canvas.drawPath(svg_path("M 297 366 L 297 344 C 284 124 516 124 503 344 L 503 366"), flat("#80e2b487", stroke=3))
    for x in (300, 500):
        canvas.drawRRect(rounded((x - 21, 342, x + 21, 410), 8), shade(["#b07643", "#7f4c27"], (0, 342), (0, 410)))
        for y in (358, 394):
            canvas.drawCircle(x, y, 4.5, glow(["#ffe9bd", "#b98a3e"], (x - 1, y - 1), 5))
    canvas.drawRRect(rounded((314, 466, 486, 526), 10), shade(["#b57b48", "#8b5630"], (0, 466), (0, 526)))
    canvas.drawRRect(rounded((320, 472, 480, 520), 7), flat("#90f0d8b8", stroke=1.5))
    word(canvas, "SORVENNE", (400, 496), 15, "#fbe9d2")


def grip_mat(canvas: skia.Canvas) -> None:
    """A yoga mat, half unrolled."""
    studio(canvas, ["#e3f1ec", "#c8e3d9", "#9ec9ba"], "#f7fffb")
    canvas.drawPath(svg_path("M 130 606 L 610 596 L 720 722 L 60 736 L 130 606"), flat("#50203a30", blur=18))
    sheet = svg_path("M 136 566 L 664 566 L 742 704 L 58 704 L 136 566")
    canvas.drawPath(sheet, shade(["#1f6a5a", "#2f8a74", "#3da389"], (0, 566), (0, 704)))
    canvas.drawPath(svg_path("M 58 704 L 742 704 L 742 716 L 58 716 L 58 704"), flat("#154b3f"))
    for step in range(1, 9):
        y = 566 + 138 * (step / 9) ** 1.2
        inset = 78 * (1 - (y - 566) / 138)
        canvas.drawLine(70 + inset, y, 730 - inset, y, flat("#24ffffff", stroke=1.6))
    canvas.drawRRect(rounded((120, 400, 690, 596), 40), flat("#48102a22", blur=16))
    roll = shade(["#46b398", "#5cc7ac", "#2f8a74", "#17594a"], (0, 384), (0, 588))
    canvas.drawRRect(rounded((130, 384, 640, 588), 60), roll)
    canvas.drawOval(skia.Rect(570, 384, 708, 588), flat("#1c6b59"))
    canvas.drawPath(_spiral((639, 486), (64, 96)), flat("#7fdcc4", stroke=6))
    for x in (232, 470):
        canvas.drawRRect(
            rounded((x, 380, x + 40, 592), 16), shade(["#e9a66b", "#f6c592", "#b87238"], (0, 380), (0, 592))
        )
        canvas.drawRRect(rounded((x - 4, 452, x + 44, 496), 8), flat("#fbe5c8", stroke=5))
    canvas.drawPath(svg_path("M 252 384 C 272 232 472 232 490 384"), flat("#d98f52", stroke=20))
    canvas.drawPath(svg_path("M 250 380 C 272 226 472 226 492 380"), flat("#90fbe0bf", stroke=4))
    word(canvas, "TADVENA", (371, 484), 22, "#eafff8")


def _spiral(center: tuple[float, float], radii: tuple[float, float]) -> skia.Path:
    path = skia.Path()
    for step in range(301):
        turn, reach = step / 300 * 4.5 * math.tau, 1 - step / 330
        point = center[0] + radii[0] * reach * math.cos(turn), center[1] + radii[1] * reach * math.sin(turn)
        (path.lineTo if step else path.moveTo)(*point)
    return path


PRODUCTS: dict[str, Callable[[skia.Canvas], None]] = {
    "dew-serum": dew_serum,
    "oat-granola": oat_granola,
    "pocket-speaker": pocket_speaker,
    "stone-mug": stone_mug,
    "travel-tote": travel_tote,
    "grip-mat": grip_mat,
}


def main(folder: Path) -> None:
    """Write one JPEG a product into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PRODUCTS.items():
        surface = skia.Surface(SIDE, SIDE)
        draw(surface.getCanvas())
        data = surface.makeImageSnapshot().encodeToData(skia.kJPEG, 90)
        (folder / f"{name}.jpg").write_bytes(bytes(data))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "configs/briefs/images"))
