"""Prints on cloth, drawn inside the garment's clip."""

from __future__ import annotations

import math
from collections.abc import Callable

from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import Look
from models.avatar.puppet.paint import line, solid
from models.avatar.puppet.paths import ellipse


def paint_pattern(canvas: skia.Canvas, look: Look) -> None:
    """Print the look's pattern in its accent colour."""
    _PATTERNS[look.a.outfit_pattern](canvas, look.a.outfit_accent)


def _plain(canvas: skia.Canvas, accent: str) -> None:
    """Nothing is printed."""


def _stripes(canvas: skia.Canvas, accent: str) -> None:
    for i in range(14):
        y = 330 + i * 44
        path = skia.Path()
        path.moveTo(-400, y + 26)
        path.quadTo(0, y - 18, 400, y + 26)
        canvas.drawPath(path, line(accent, 12, 0.9))


def _dots(canvas: skia.Canvas, accent: str) -> None:
    for row in range(18):
        for column in range(-9, 10):
            x = column * 44 + (22 if row % 2 else 0)
            canvas.drawCircle(x, 280 + row * 36, 6, solid(accent, 0.85))


def _batik(canvas: skia.Canvas, accent: str) -> None:
    for row in range(10):
        for column in range(-5, 6):
            x, y = column * 76 + (38 if row % 2 else 0), 280 + row * 66
            for petal in range(4):
                canvas.save()
                canvas.translate(x, y)
                canvas.rotate(45 + 90 * petal)
                canvas.drawPath(ellipse(15, 0, 13, 6), solid(accent, 0.62))
                canvas.drawPath(ellipse(17, 0, 7, 2.4), solid("#2b1a18", 0.35))
                canvas.restore()
            canvas.drawCircle(x, y, 4.5, solid(accent, 0.95))
            for k in range(8):
                angle = math.radians(45 * k + 22)
                canvas.drawCircle(x + 32 * math.cos(angle), y + 30 * math.sin(angle), 2.2, solid(accent, 0.55))


def _trim(canvas: skia.Canvas, accent: str) -> None:
    for side in (-1, 1):
        for i in range(9):
            x, y = side * (250 + 4 * i), 640 + 30 * i
            canvas.drawCircle(x, y, 5, solid(accent, 0.8))


_PATTERNS: dict[str, Callable[[skia.Canvas, str], None]] = {
    "plain": _plain, "stripes": _stripes, "dots": _dots, "batik": _batik, "trim": _trim,
}  # fmt: skip
