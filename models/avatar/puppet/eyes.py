"""Eyes and brows: drawn anew every frame, since lids, gaze and brows never rest."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from models.avatar.palette import mix, shift
from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import BROW_Y, EYE_X, EYE_Y, Look
from models.avatar.puppet.paint import clipped, line, radial, solid, vertical
from models.avatar.puppet.paths import ellipse, taper
from models.avatar.puppet.pose import Pose
from models.base import FrameControls

IRIS = 19.5
STEPS = 64
SIZE = 1.14
"""Eyes a little larger than life read better on a phone."""


@dataclass(frozen=True, slots=True)
class EyeShape:
    """Half width, height above and below the corners, rise of the outer corner, crease above the lid (units)."""

    width: float
    upper: float
    lower: float
    tilt: float
    crease: float


_SHAPES = {
    "almond": EyeShape(37, 27, 17, 4, 9),
    "round": EyeShape(35.5, 31, 20, 1, 9),
    "monolid": EyeShape(37, 22, 15, 4, 5),
    "cat": EyeShape(38.5, 26, 16, 9, 9),
    "gentle": EyeShape(36.5, 27, 18, -3, 8),
}
_BROWS: dict[str, tuple[float, float, float]] = {
    # thickness, arch, rise of the outer end
    "soft": (11.0, 4.0, -1.0),
    "straight": (12.5, 1.0, 1.0),
    "arched": (10.5, 7.5, 0.0),
    "bold": (14.5, 2.5, -1.0),
}
Curve = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Lids:
    """The paths of one eye's lids."""

    opening: skia.Path
    shadow: skia.Path
    shade: skia.Path
    lashes: tuple[skia.Path, ...]
    crease: skia.Path | None
    lower: skia.Path


class Eyes:
    """Both eyes and both brows of one look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._shape = _SHAPES[look.a.eyes_shape]
        self._brow = _BROWS[look.a.brows_shape]
        iris, makeup = look.a.eyes_color, look.a.makeup
        self._white = vertical(-20, 14, [(0, "#cfc8d2"), (0.45, "#fbf8f7"), (1, "#ffffff")])
        dark = mix(shift(iris, light=-0.16), "#120a10", 0.5)
        self._iris = radial(
            (0, 5), IRIS + 4, [(0, shift(iris, light=0.20, saturation=0.1), 1), (0.5, iris, 1), (1, dark, 1)]
        )
        self._ring = line(mix(dark, "#0c0609", 0.35), 2.6, 0.85)
        self._pupil = solid("#120b10")
        self._glint = solid("#ffffff", 0.96)
        self._glow = solid("#ffffff", 0.5)
        self._shade = solid("#4a2c3c", 0.26)
        self._lash = solid(mix("#1b1116", look.brow, 0.15 if makeup else 0.35))
        self._crease = solid(look.skin.line, 0.42)
        self._lower = line(look.skin.line, 1.7, 0.42)
        self._lid = solid(mix(look.skin.shadow, "#8c3f66", 0.35 * makeup), 0.30 + 0.32 * makeup)
        self._corner = solid(mix(look.skin.blush, "#ffd9d2", 0.3), 0.85)
        self._brow_paint = solid(look.brow, 0.94)
        self._lids = functools.lru_cache(maxsize=512)(self._shape_lids)

    def draw(self, canvas: skia.Canvas, controls: FrameControls, pose: Pose) -> None:
        """Draw in head units; the canvas already carries the head's place and roll."""
        for side, blink in ((-1, controls.blink_left), (1, controls.blink_right)):
            canvas.save()
            x, y = pose.surface(side * EYE_X, EYE_Y)
            canvas.translate(x, y)
            canvas.scale(SIZE * side * pose.stretch(side * EYE_X, EYE_Y), SIZE)
            self._eye(canvas, controls, max(0.0, min(1.0, blink)), side)
            canvas.restore()
            canvas.save()
            x, y = pose.surface(side * (EYE_X + 2), BROW_Y)
            canvas.translate(x, y)
            canvas.scale(side * pose.stretch(side * EYE_X, BROW_Y), 1)
            self._draw_brow(canvas, controls)
            canvas.restore()

    def _eye(self, canvas: skia.Canvas, controls: FrameControls, blink: float, side: int) -> None:
        lids = self._lids(
            round(blink * STEPS), round(max(0.0, controls.smile - 0.25) * STEPS), round(controls.gaze_y * STEPS)
        )
        canvas.drawPath(lids.shadow, self._lid)
        if blink < 0.93:
            with clipped(canvas, lids.opening):
                self._ball(canvas, controls, side, lids.shade)
        for path in lids.lashes:
            canvas.drawPath(path, self._lash)
        if lids.crease is not None:
            canvas.drawPath(lids.crease, self._crease)
        canvas.drawPath(lids.lower, self._lower)

    def _shape_lids(self, blink_step: int, smile_step: int, gaze_step: int) -> Lids:
        """The lids' paths. Inputs are in steps of 1/64, so that a resting face finds its lids in the cache."""
        blink, smile, gaze_y = blink_step / STEPS, smile_step / STEPS, gaze_step / STEPS
        upper, lower = self._curves(blink, smile, gaze_y)
        opening = skia.Path()
        opening.moveTo(*upper[0])
        opening.cubicTo(*upper[1], *upper[2], *upper[3])
        opening.cubicTo(*lower[1], *lower[2], *lower[3])
        opening.close()
        low = skia.Path()
        low.moveTo(*lower[0])
        low.cubicTo(*lower[1], *lower[2], *lower[3])
        points = _points(upper, 9)
        shade = taper([(x, y + 3.5) for x, y in points], [9.0] * 9)
        return Lids(
            opening, self._lid_shadow(upper), shade, self._lashes(points, blink), self._fold(points, blink), low
        )

    def _curves(self, blink: float, smile: float, gaze_y: float) -> tuple[Curve, Curve]:
        s = self._shape
        inner, outer = (-s.width, 6.0), (s.width, -s.tilt)
        low = s.lower * (1 - 0.30 * smile - 0.1 * blink)
        lower: Curve = (outer, (s.width * 0.58, low * 1.05), (-s.width * 0.48, low * 1.16 + 3), inner)
        follow = 1 + 0.12 * gaze_y - 0.10 * smile
        open_1, open_2 = (-s.width * 0.62, -s.upper * 1.02 * follow), (s.width * 0.42, -s.upper * 1.16 * follow)
        shut_1, shut_2 = (-s.width * 0.48, low * 1.0 + 1), (s.width * 0.58, low * 0.9)
        return (inner, _between(open_1, shut_1, blink), _between(open_2, shut_2, blink), outer), lower

    def _ball(self, canvas: skia.Canvas, controls: FrameControls, side: int, shade: skia.Path) -> None:
        s = self._shape
        canvas.drawRect(skia.Rect.MakeLTRB(-s.width - 2, -40, s.width + 2, 40), self._white)
        canvas.drawPath(ellipse(-s.width + 3, 5, 6, 5), self._corner)
        canvas.save()
        canvas.translate(controls.gaze_x * 12.5 * side - 1.0, -1.5 - controls.gaze_y * 8.0)
        canvas.drawCircle(0, 0, IRIS, self._iris)
        canvas.drawCircle(0, 0, IRIS - 0.8, self._ring)
        canvas.drawCircle(0, 0, 9.0, self._pupil)
        canvas.scale(side, 1)  # the light comes from one side for both eyes
        canvas.drawCircle(7.0, 8.0, 4.2, self._glow)
        canvas.drawCircle(-6.5, -7.5, 5.6, self._glint)
        canvas.restore()
        canvas.drawPath(shade, self._shade)

    def _lid_shadow(self, upper: Curve) -> skia.Path:
        points = _points(upper, 7)
        reach = self._shape.crease + 4 + 9 * self._look.a.makeup
        return taper([(x, y - reach * 0.42) for x, y in points], [2, *([reach] * 5), 2 + 8 * self._look.a.makeup])

    def _lashes(self, points: Sequence[tuple[float, float]], blink: float) -> tuple[skia.Path, ...]:
        makeup = self._look.a.makeup
        wing = 5 + 7 * makeup
        end = (points[-1][0] + wing, points[-1][1] + 7 * blink - 5 - 3 * makeup)
        base = 3.4 + 1.9 * makeup
        widths = [1.2, *(base + 0.30 * i * (0.6 + makeup) for i in range(8)), 0.6]
        lashes = [taper([*points, end], widths)]
        if makeup > 0.25:
            for i, length in ((8, 11.0), (7, 10.0), (6, 8.0)):
                x, y = points[i]
                bend = (x + length * 0.5, y + length * (blink - 0.3))
                tip = (x + length * 0.75, y + length * (1.5 * blink - 0.85))
                lashes.append(taper([(x, y), bend, tip], [4, 3, 0.4]))
        return tuple(lashes)

    def _fold(self, points: Sequence[tuple[float, float]], blink: float) -> skia.Path | None:
        """The crease above the lid; a monolid has none."""
        if self._look.a.eyes_shape == "monolid":
            return None
        crease = self._shape.crease * (1 - 0.55 * blink)
        lifted = [(x * 1.02, y - crease - 1.5) for x, y in points]
        return taper(lifted, [0.5, 1.5, 2.1, 2.4, 2.4, 2.4, 2.4, 2.2, 0.6])

    def _draw_brow(self, canvas: skia.Canvas, controls: FrameControls) -> None:
        thick, arch, rise = self._brow
        lift = -15 * controls.brow_raise + 3 * controls.brow_frown - 1.5 * max(0.0, controls.smile - 0.3)
        frown = controls.brow_frown
        points = [
            (-41 - 5 * frown, 0.5 + lift + 10 * frown),
            (-37 - 5 * frown, -1 + lift + 10 * frown),
            (-12 - 2 * frown, -4 + lift - 0.4 * arch + 4 * frown),
            (18, -5 + lift * 1.12 - arch),
            (48, 6 - rise + lift * 0.9),
        ]
        canvas.drawPath(taper(points, [thick * 0.3, thick * 0.7, thick * 0.92, thick * 0.74, 0.8]), self._brow_paint)


def _between(a: tuple[float, float], b: tuple[float, float], t: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t


def _points(curve: Curve, count: int) -> Sequence[tuple[float, float]]:
    points = []
    for i in range(count):
        t = i / (count - 1)
        u = 1 - t
        w = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
        points.append(
            (sum(k * p[0] for k, p in zip(w, curve, strict=True)), sum(k * p[1] for k, p in zip(w, curve, strict=True)))
        )
    return points
