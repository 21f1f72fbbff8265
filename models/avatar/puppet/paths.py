"""Shapes from a few points: closed organic outlines, tapered strokes, mirrored halves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.avatar.puppet._skia import skia

Point = tuple[float, float] | tuple[float, float, float]
"""(x, y), or (x, y, 0) for a sharp corner."""


def smooth(points: Sequence[Point], *, closed: bool = True, tension: float = 1.0) -> skia.Path:
    """A Catmull-Rom spline through `points` as cubic Béziers; a third coordinate of 0 makes a point a corner."""
    count = len(points)
    path = skia.Path()
    path.moveTo(points[0][0], points[0][1])
    for i in range(count if closed else count - 1):
        p0, p1, p2, p3 = (_at(points, j, closed) for j in (i - 1, i, i + 1, i + 2))
        ax, ay = _handle(p0, p1, p2, tension)
        bx, by = _handle(p1, p2, p3, tension)
        path.cubicTo(p1[0] + ax, p1[1] + ay, p2[0] - bx, p2[1] - by, p2[0], p2[1])
    if closed:
        path.close()
    return path


def _at(points: Sequence[Point], index: int, closed: bool) -> Point:
    count = len(points)
    return points[index % count] if closed else points[max(0, min(count - 1, index))]


def _handle(before: Point, here: Point, after: Point, tension: float) -> tuple[float, float]:
    if len(here) == 3 and here[2] == 0:
        return 0.0, 0.0
    return (after[0] - before[0]) * tension / 6, (after[1] - before[1]) * tension / 6


def mirrored(half: Sequence[Point]) -> list[Point]:
    """A whole outline from its right half, given from the top of the middle line to its bottom."""
    left: list[Point] = [(-p[0], *p[1:]) for p in reversed(half) if abs(p[0]) > 1e-6]
    return [*half, *left]


def flip(points: Iterable[Point]) -> list[Point]:
    """The same points on the other side of the middle line."""
    return [(-p[0], *p[1:]) for p in points]


def taper(points: Sequence[Point], widths: Sequence[float]) -> skia.Path:
    """A stroke through `points` whose width (in units, across) changes: hair strands, lashes, creases."""
    above: list[Point] = []
    below: list[Point] = []
    for i, (point, width) in enumerate(zip(points, widths, strict=True)):
        nx, ny = _normal(points, i)
        above.append((point[0] + nx * width / 2, point[1] + ny * width / 2))
        below.append((point[0] - nx * width / 2, point[1] - ny * width / 2))
    ends: list[Point] = [(*above[0][:2], 0), *above[1:-1], (*above[-1][:2], 0)]
    back: list[Point] = [(*below[-1][:2], 0), *reversed(below[1:-1]), (*below[0][:2], 0)]
    return smooth([*ends, *back])


def _normal(points: Sequence[Point], i: int) -> tuple[float, float]:
    before, after = points[max(0, i - 1)], points[min(len(points) - 1, i + 1)]
    dx, dy = after[0] - before[0], after[1] - before[1]
    length = max(1e-6, (dx * dx + dy * dy) ** 0.5)
    return -dy / length, dx / length


def ellipse(x: float, y: float, rx: float, ry: float) -> skia.Path:
    """An axis-parallel ellipse about (x, y)."""
    path = skia.Path()
    path.addOval(skia.Rect.MakeLTRB(x - rx, y - ry, x + rx, y + ry))
    return path


def round_rect(x: float, y: float, width: float, height: float, radius: float) -> skia.Path:
    """A rectangle with rounded corners; (x, y) is its top left."""
    path = skia.Path()
    path.addRoundRect(skia.Rect.MakeXYWH(x, y, width, height), radius, radius)
    return path


def union(*paths: skia.Path) -> skia.Path:
    """The outline of all paths together."""
    whole = paths[0]
    for path in paths[1:]:
        whole = skia.Op(whole, path, skia.PathOp.kUnion_PathOp)
    return whole


def minus(whole: skia.Path, part: skia.Path) -> skia.Path:
    """`whole` without `part`."""
    return skia.Op(whole, part, skia.PathOp.kDifference_PathOp)
