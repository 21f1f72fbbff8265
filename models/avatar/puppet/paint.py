"""Brushes: flat and gradient fills, soft shadows clipped to a shape, rim light, strands.

The soft brushes blur, which costs milliseconds: they are for the layers that are painted once and kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from models.avatar.palette import argb
from models.avatar.puppet._skia import skia


def solid(color: str, alpha: float = 1.0) -> skia.Paint:
    """A flat, antialiased fill."""
    return skia.Paint(Color=argb(color, alpha), AntiAlias=True)


def line(color: str, width: float, alpha: float = 1.0) -> skia.Paint:
    """A round-capped stroke, `width` in units."""
    return skia.Paint(
        Color=argb(color, alpha),
        AntiAlias=True,
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def vertical(top: float, bottom: float, stops: Sequence[tuple[float, str]]) -> skia.Paint:
    """A fill that changes from `top` to `bottom`; `stops` are (0..1, colour)."""
    return linear((0, top), (0, bottom), stops)


def linear(
    start: tuple[float, float], end: tuple[float, float], stops: Sequence[tuple[float, str]], alpha: float = 1.0
) -> skia.Paint:
    """A fill that changes along a line."""
    shader = skia.GradientShader.MakeLinear(
        [skia.Point(*start), skia.Point(*end)], [argb(c, alpha) for _, c in stops], [t for t, _ in stops]
    )
    return skia.Paint(Shader=shader, AntiAlias=True, Dither=True)


def radial(center: tuple[float, float], radius: float, stops: Sequence[tuple[float, str, float]]) -> skia.Paint:
    """A round glow; `stops` are (0..1, colour, opacity)."""
    shader = skia.GradientShader.MakeRadial(
        skia.Point(*center), radius, [argb(c, a) for _, c, a in stops], [t for t, _, _ in stops]
    )
    return skia.Paint(Shader=shader, AntiAlias=True, Dither=True)


@contextmanager
def clipped(canvas: skia.Canvas, path: skia.Path) -> Iterator[None]:
    """Draw only inside `path`."""
    canvas.save()
    canvas.clipPath(path, skia.ClipOp.kIntersect, True)
    try:
        yield
    finally:
        canvas.restore()


def soft(canvas: skia.Canvas, path: skia.Path, color: str, alpha: float, sigma: float) -> None:
    """A blurred fill: a shadow or a glow without an edge."""
    paint = solid(color, alpha)
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, sigma))
    canvas.drawPath(path, paint)


def soft_line(canvas: skia.Canvas, path: skia.Path, color: str, alpha: float, width: float, sigma: float) -> None:
    """A blurred stroke."""
    paint = line(color, width, alpha)
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, sigma))
    canvas.drawPath(path, paint)


def edge(
    canvas: skia.Canvas,
    path: skia.Path,
    color: str,
    alpha: float,
    width: float,
    offset: tuple[float, float] = (0, 0),
) -> None:
    """Inner shade or rim light: a blurred outline, moved by `offset`, seen only inside the shape."""
    moved = skia.Path(path)
    moved.offset(*offset)
    with clipped(canvas, path):
        soft_line(canvas, moved, color, alpha, width, width * 0.45)


def strands(canvas: skia.Canvas, paths: Sequence[skia.Path], color: str, alpha: float, width: float) -> None:
    """Thin lines that follow the fall of hair or cloth."""
    paint = line(color, width, alpha)
    for path in paths:
        canvas.drawPath(path, paint)
