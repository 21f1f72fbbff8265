"""The body: neck, shoulders and clothes. Painted once; it only sways and breathes."""

from __future__ import annotations

from collections.abc import Callable

from models.avatar.palette import mix, shift
from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import Look
from models.avatar.puppet.paint import clipped, edge, line, linear, soft, soft_line, solid, vertical
from models.avatar.puppet.paths import Point, ellipse, flip, minus, mirrored, round_rect, smooth, taper, union
from models.avatar.puppet.patterns import paint_pattern

BOTTOM = 900.0


class Body:
    """Neck and clothes of one look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._c = look.a.outfit_color
        self._accent = look.a.outfit_accent

    def paint(self, canvas: skia.Canvas) -> None:
        """Paint skin first, then the garment over it, then what hangs on it."""
        skin = union(self._neck(), self._torso(8))
        tones = self._look.skin
        canvas.drawPath(
            skin, linear((-150, 130), (150, 420), [(0, tones.base), (1, mix(tones.base, tones.shadow, 0.7))])
        )
        with clipped(canvas, skin):
            soft(canvas, ellipse(6, 186, 122, 62), tones.deep, 0.62, 18)
            for side in (-1, 1):
                bone = smooth([(side * 22, 312), (side * 80, 300), (side * 150, 292)], closed=False)
                soft_line(canvas, bone, tones.deep, 0.34, 5, 4)
                cord = smooth([(side * 44, 180), (side * 30, 260), (side * 14, 306)], closed=False)
                soft_line(canvas, cord, tones.shadow, 0.5, 6, 5)
            soft(canvas, ellipse(0, 312, 10, 9), tones.deep, 0.3, 5)
        _GARMENTS[self._look.a.outfit_style](self, canvas)

    # --- pieces every garment is made of ---

    def _neck(self) -> skia.Path:
        n = self._look.neck
        return smooth(
            mirrored([(0, 60), (n, 70, 0), (n * 0.98, 180), (n * 1.06, 238), (n * 1.5, 272), (n * 1.5, 330), (0, 360)])
        )

    def _torso(self, inset: float = 0.0) -> skia.Path:
        w, n = self._look.shoulder - inset, self._look.neck
        half: list[Point] = [(0, 262), (n * 1.12, 254), (n * 1.75, 278), (w * 0.74, 306), (w * 0.95, 336),
            (w * 1.05, 396), (w * 1.09, 520), (w * 1.12, 700), (w * 1.15, BOTTOM, 0), (0, BOTTOM, 0)]  # fmt: skip
        return smooth(mirrored(half))

    def _cut(self, half: list[Point]) -> skia.Path:
        return smooth(mirrored(half))

    def _cloth(self, canvas: skia.Canvas, path: skia.Path, color: str | None = None, pattern: bool = True) -> None:
        c = color or self._c
        lit, dark = shift(c, light=0.07), mix(shift(c, light=-0.12), "#1c1030", 0.14)
        canvas.drawPath(path, linear((-260, 260), (280, 860), [(0, lit), (0.4, c), (1, dark)]))
        with clipped(canvas, path):
            if pattern:
                paint_pattern(canvas, self._look)
            self._folds(canvas, c)
        edge(canvas, path, self._look.a.backdrop_accent, 0.36, 10, (-6, 3))
        edge(canvas, path, "#ffffff", 0.22, 8, (5, 5))

    def _folds(self, canvas: skia.Canvas, c: str) -> None:
        w = self._look.shoulder
        dark = mix(shift(c, light=-0.22), "#1c1030", 0.3)
        for side in (-1, 1):
            arm = smooth([(side * w * 0.70, 470), (side * w * 0.76, 600), (side * w * 0.80, 900)], closed=False)
            soft_line(canvas, arm, dark, 0.55, 10, 6)
            pit = taper([(side * w * 0.70, 455), (side * w * 0.55, 505), (side * w * 0.36, 530)], [7, 12, 1])
            soft(canvas, pit, dark, 0.40, 6)
            crease = taper([(side * w * 0.74, 560), (side * w * 0.58, 600), (side * w * 0.40, 660)], [6, 9, 1])
            soft(canvas, crease, dark, 0.30, 6)
            glow = smooth([(side * w * 0.5, 330), (side * w * 0.86, 372), (side * w * 0.98, 470)], closed=False)
            soft_line(canvas, glow, "#ffffff", 0.16 if side < 0 else 0.08, 26, 12)
        soft(canvas, ellipse(0, 250, 150, 60), dark, 0.30, 18)
        soft(canvas, ellipse(0, 900, 330, 150), dark, 0.35, 50)

    def _band(self, canvas: skia.Canvas, points: list[Point], width: float, color: str) -> None:
        rib = smooth(points, closed=False)
        with clipped(canvas, self._torso(-3)):
            soft_line(canvas, rib, "#1c1030", 0.18, width + 8, 4)
            canvas.drawPath(rib, line(color, width))
            canvas.drawPath(rib, line(shift(color, light=0.07), width * 0.3, 0.6))
            canvas.drawPath(rib, line(shift(color, light=-0.12), 1.6, 0.5))

    # --- garments ---

    def tee(self, canvas: skia.Canvas) -> None:
        """A round-necked T-shirt."""
        neck: list[Point] = [(0, 200), (78, 220), (104, 262), (84, 318), (0, 352)]
        self._cloth(canvas, minus(self._torso(), self._cut(neck)))
        rim: list[Point] = [(-106, 264), (-84, 322), (0, 357), (84, 322), (106, 264)]
        self._band(canvas, rim, 13, shift(self._c, light=-0.04))

    def sweater(self, canvas: skia.Canvas) -> None:
        """A knit with a ribbed collar."""
        self._cloth(canvas, minus(self._torso(), self._cut([(0, 200), (74, 214), (94, 254), (76, 300), (0, 326)])))
        self._band(canvas, [(-98, 256), (-78, 306), (0, 336), (78, 306), (98, 256)], 24, shift(self._c, light=-0.03))
        ribs = [(-88 + 176 * i / 15) for i in range(16)]
        for x in ribs:
            y = 336 - 72 * (abs(x) / 98) ** 2.2
            canvas.drawLine(x, y - 11, x * 1.04, y + 10, line(shift(self._c, light=-0.14), 1.6, 0.45))

    def turtleneck(self, canvas: skia.Canvas) -> None:
        """A knit with a rolled collar."""
        self._cloth(canvas, self._torso())
        n = self._look.neck
        roll = smooth(mirrored([(0, 196), (n * 1.06, 186), (n * 1.22, 226), (n * 1.30, 282), (n * 0.8, 300), (0, 308)]))
        self._cloth(canvas, roll, shift(self._c, light=0.03), pattern=False)
        for i in range(-6, 7):
            canvas.drawLine(i * n * 0.17, 204, i * n * 0.19, 298, line(shift(self._c, light=-0.14), 1.8, 0.35))
        soft(canvas, ellipse(4, 190, n * 1.1, 16), "#1c1030", 0.35, 8)

    def shirt(self, canvas: skia.Canvas) -> None:
        """A buttoned shirt with an open collar."""
        self._cloth(canvas, minus(self._torso(), self._cut([(0, 190), (80, 216), (92, 262), (46, 330), (0, 402, 0)])))
        self._collar(canvas, shift(self._c, light=0.03))
        self._placket(canvas)

    def _collar(self, canvas: skia.Canvas, color: str) -> None:
        n = self._look.neck
        wing: list[Point] = [
            (n * 0.98, 214, 0),
            (n * 1.62, 252),
            (n * 1.92, 292, 0),
            (n * 1.35, 356, 0),
            (16, 396, 0),
            (n * 0.9, 296),
        ]
        for side, points in ((-1, flip(wing)), (1, wing)):
            path = smooth(points)
            shadow = skia.Path(path)
            shadow.offset(0, 8)
            soft(canvas, shadow, "#1c1030", 0.28, 6)
            canvas.drawPath(
                path,
                linear((0, 220), (side * 60, 390), [(0, shift(color, light=-0.06)), (1, shift(color, light=0.04))]),
            )
            edge(canvas, path, "#ffffff", 0.35, 5, (0, -2))
            edge(canvas, path, shift(color, light=-0.3), 0.25, 4)

    def _placket(self, canvas: skia.Canvas) -> None:
        canvas.drawPath(
            smooth([(2, 400), (4, 640), (6, 900)], closed=False), line(shift(self._c, light=-0.16), 2.4, 0.7)
        )
        for y in (452, 560, 668):
            canvas.drawCircle(-9, y, 6.4, solid(shift(self._accent, light=-0.05)))
            canvas.drawCircle(-10, y - 1, 2.4, solid("#ffffff", 0.6))

    def blouse(self, canvas: skia.Canvas) -> None:
        """A V-necked blouse, gathered at the front."""
        self._cloth(canvas, minus(self._torso(), self._cut([(0, 190), (92, 222), (134, 268), (84, 366), (0, 448, 0)])))
        edge_line: list[Point] = [(136, 270), (86, 368), (0, 452, 0)]
        for points in (edge_line, flip(edge_line)):
            self._band(canvas, list(points), 12, shift(self._c, light=0.05))
        for side in (-1, 1):
            for i in range(3):
                gather = taper(
                    [(side * (30 + 34 * i), 452 - 52 * i), (side * (38 + 40 * i), 560), (side * (44 + 44 * i), 680)],
                    [1, 7, 1],
                )
                soft(canvas, gather, shift(self._c, light=-0.2), 0.22, 4)

    def blazer(self, canvas: skia.Canvas) -> None:
        """A jacket with lapels over a plain top."""
        inner = minus(self._torso(12), self._cut([(0, 200), (70, 220), (92, 262), (66, 322), (0, 350)]))
        self._cloth(canvas, inner, self._accent, pattern=False)
        jacket = minus(self._torso(), self._cut([(0, 150), (96, 216), (110, 270), (96, 420), (36, 640), (0, 720, 0)]))
        soft(canvas, jacket, "#120a1c", 0.30, 8)
        self._cloth(canvas, jacket)
        lapel: list[Point] = [
            (92, 246, 0),
            (126, 262),
            (150, 312, 0),
            (184, 372, 0),
            (150, 398, 0),
            (164, 424, 0),
            (100, 590),
            (28, 690, 0),
            (84, 470),
            (108, 330),
        ]
        for points in (lapel, flip(lapel)):
            path = smooth(points)
            shadow = skia.Path(path)
            shadow.offset(0, 7)
            soft(canvas, shadow, "#120a1c", 0.35, 7)
            canvas.drawPath(
                path, vertical(250, 690, [(0, shift(self._c, light=0.07)), (1, shift(self._c, light=-0.02))])
            )
            edge(canvas, path, "#ffffff", 0.18, 5)
        canvas.drawCircle(4, 742, 9, solid(shift(self._c, light=-0.2)))

    def hoodie(self, canvas: skia.Canvas) -> None:
        """A hooded sweatshirt with cords."""
        hood = smooth(mirrored([(0, 190), (100, 176), (150, 220), (176, 290), (150, 340), (0, 380)]))
        hood_dark = shift(self._c, light=-0.09)
        self._cloth(canvas, minus(self._torso(), self._cut([(0, 190), (76, 216), (96, 260), (66, 330), (0, 366)])))
        ring = minus(hood, self._cut([(0, 150), (82, 190), (92, 250), (58, 330), (0, 362)]))
        soft(canvas, ring, "#120a1c", 0.35, 9)
        canvas.drawPath(ring, vertical(180, 380, [(0, hood_dark), (1, shift(self._c, light=0.05))]))
        edge(canvas, ring, "#ffffff", 0.2, 8)
        for side in (-1, 1):
            cord = smooth([(side * 46, 352), (side * 52, 420), (side * 46, 498)], closed=False)
            canvas.drawPath(cord, line(self._accent, 7))
            canvas.drawPath(cord, line(shift(self._accent, light=-0.2), 1.5, 0.5))
            canvas.drawPath(round_rect(side * 46 - 6, 494, 12, 22, 4), solid(shift(self._accent, light=-0.12)))

    def wrap(self, canvas: skia.Canvas) -> None:
        """A crossed front with a wide collar band, as a kimono or a hanbok jacket."""
        neckline: list[Point] = [(0, 190), (84, 214), (98, 258), (62, 350), (0, 452, 0)]
        self._cloth(canvas, minus(self._torso(), self._cut(neckline)))
        under: list[Point] = [(104, 246), (76, 338), (12, 440)]
        over: list[Point] = [(-104, 246), (-76, 338), (-14, 446), (86, 584), (190, 720), (270, 850)]
        torso = self._torso()
        with clipped(canvas, torso):
            shade = smooth([*over, (60, 900), (-60, 620)])
            soft(canvas, shade, "#120a1c", 0.16, 22)
            for points in (under, over):
                rib = smooth(points, closed=False)
                soft_line(canvas, rib, "#120a1c", 0.34, 50, 9)
                canvas.drawPath(rib, line(shift(self._accent, light=-0.05), 42))
                canvas.drawPath(rib, line(self._accent, 36))
                canvas.drawPath(rib, line(shift(self._c, light=-0.04), 5, 0.55))
            belt = shift(self._c, light=-0.14, hue=0.02)
            canvas.drawPath(
                round_rect(-320, 700, 640, 220, 10), vertical(700, 900, [(0, shift(belt, light=0.05)), (1, belt)])
            )
            canvas.drawPath(round_rect(-320, 778, 640, 22, 4), solid(self._accent, 0.9))

    def mandarin(self, canvas: skia.Canvas) -> None:
        """A stand-up collar with knotted closures."""
        self._cloth(canvas, self._torso())
        n = self._look.neck
        stand = smooth(
            mirrored([(0, 262, 0), (n * 0.5, 236), (n * 1.04, 206, 0), (n * 1.20, 262), (n * 1.1, 282), (0, 312, 0)])
        )
        self._cloth(canvas, stand, shift(self._c, light=0.03), pattern=False)
        canvas.drawPath(smooth([(0, 264), (n * 0.5, 238), (n * 1.03, 208)], closed=False), line(self._accent, 5))
        canvas.drawPath(smooth([(0, 264), (-n * 0.5, 238), (-n * 1.03, 208)], closed=False), line(self._accent, 5))
        sweep = smooth([(0, 308), (60, 352), (150, 380), (206, 430)], closed=False)
        canvas.drawPath(sweep, line(self._accent, 6))
        for x, y in ((4, 312), (96, 366), (186, 414)):
            knot = union(ellipse(x, y, 13, 6), ellipse(x + 13, y + 2, 8, 8))
            canvas.drawPath(knot, solid(self._accent))
            edge(canvas, knot, "#000000", 0.2, 4)

    def kurta(self, canvas: skia.Canvas) -> None:
        """A slit neck with a wide embroidered band."""
        neck: list[Point] = [(0, 200), (82, 218), (106, 258), (78, 322), (16, 356), (13, 470), (0, 476)]
        self._cloth(canvas, minus(self._torso(), self._cut(neck)))
        rim: list[Point] = [(108, 258), (82, 328), (24, 362, 0), (22, 486, 0)]
        for points in (rim, flip(rim)):
            self._band(canvas, list(points), 17, self._accent)
        canvas.drawPath(round_rect(-31, 480, 62, 12, 6), solid(self._accent))

    def apron(self, canvas: skia.Canvas) -> None:
        """An apron over a plain top."""
        self._cloth(
            canvas,
            minus(self._torso(), self._cut([(0, 200), (78, 220), (102, 262), (80, 316), (0, 346)])),
            self._accent,
        )
        self._band(
            canvas, [(-104, 264), (-80, 320), (0, 351), (80, 320), (104, 264)], 12, shift(self._accent, light=-0.05)
        )
        bib = smooth(mirrored([(0, 452), (104, 446, 0), (120, 560), (176, 700), (230, 900, 0), (0, 900, 0)]))
        for side in (-1, 1):
            strap = smooth([(side * 96, 460), (side * 110, 360), (side * 112, 276)], closed=False)
            soft_line(canvas, strap, "#120a1c", 0.3, 26, 5)
            canvas.drawPath(strap, line(shift(self._c, light=0.02), 24))
        soft(canvas, bib, "#120a1c", 0.35, 8)
        canvas.drawPath(bib, vertical(440, 900, [(0, shift(self._c, light=0.05)), (1, shift(self._c, light=-0.08))]))
        edge(canvas, bib, "#ffffff", 0.2, 6)
        stitch = line(shift(self._c, light=0.22), 2, 0.7)
        stitch.setPathEffect(skia.DashPathEffect.Make([9, 7], 0))
        canvas.drawPath(smooth([(-96, 462), (0, 466), (96, 462)], closed=False), stitch)


_GARMENTS: dict[str, Callable[[Body, skia.Canvas], None]] = {
    "tee": Body.tee,
    "shirt": Body.shirt,
    "blazer": Body.blazer,
    "hoodie": Body.hoodie,
    "turtleneck": Body.turtleneck,
    "sweater": Body.sweater,
    "blouse": Body.blouse,
    "wrap": Body.wrap,
    "mandarin": Body.mandarin,
    "kurta": Body.kurta,
    "apron": Body.apron,
}
