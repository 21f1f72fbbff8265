"""The mouth: fifteen viseme shapes blended by weight, with lips, teeth and tongue."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from models.avatar.palette import luminance, mix, shift
from models.avatar.puppet._skia import skia
from models.avatar.puppet.look import MOUTH_Y, Look
from models.avatar.puppet.paint import clipped, solid, vertical
from models.avatar.puppet.paths import ellipse, round_rect, taper
from models.avatar.puppet.pose import Pose
from models.base import FrameControls, Viseme


@dataclass(frozen=True, slots=True)
class MouthShape:
    """One mouth: everything 0..1 but `width` (1 = at rest)."""

    gap: float = 0.0
    width: float = 1.0
    round: float = 0.0
    press: float = 0.0
    tuck: float = 0.0
    """Lower lip drawn in under the teeth (F, V)."""
    teeth: float = 0.0
    lower_teeth: float = 0.0
    tongue: float = 0.0
    smiles: float = 1.0
    """How much of a smile the shape lets through."""


SHAPES: dict[Viseme, MouthShape] = {
    "sil": MouthShape(),
    "PP": MouthShape(press=1.0, width=0.93, smiles=0.7),
    "FF": MouthShape(gap=0.17, width=0.97, tuck=1.0, teeth=1.0, smiles=0.6),
    "TH": MouthShape(gap=0.30, width=0.98, teeth=0.65, tongue=1.0, smiles=0.7),
    "DD": MouthShape(gap=0.30, width=1.0, teeth=0.75, tongue=0.65, smiles=0.8),
    "kk": MouthShape(gap=0.38, width=0.98, teeth=0.9, tongue=0.2, smiles=0.8),
    "CH": MouthShape(gap=0.34, width=0.90, round=0.45, teeth=1.0, lower_teeth=0.8, smiles=0.4),
    "SS": MouthShape(gap=0.22, width=1.06, teeth=1.0, lower_teeth=0.8, smiles=0.9),
    "nn": MouthShape(gap=0.26, width=1.0, teeth=0.65, tongue=0.8, smiles=0.9),
    "RR": MouthShape(gap=0.32, width=0.92, round=0.35, teeth=0.5, tongue=0.4, smiles=0.6),
    "aa": MouthShape(gap=0.95, width=1.0, teeth=0.95, tongue=0.25, smiles=0.8),
    "E": MouthShape(gap=0.56, width=1.08, teeth=0.95, tongue=0.35, smiles=0.9),
    "I": MouthShape(gap=0.36, width=1.15, teeth=1.0, tongue=0.3, smiles=1.0),
    "O": MouthShape(gap=0.74, width=0.92, round=0.75, teeth=0.45, tongue=0.15, smiles=0.3),
    "U": MouthShape(gap=0.40, width=0.88, round=1.0, teeth=0.0, tongue=0.1, smiles=0.2),
}
_LIPS = {"natural": (1.0, 1.0), "full": (1.3, 1.28), "thin": (0.72, 0.74), "bow": (1.08, 1.05)}
_HALF_WIDTH = 53.0
_GAP = 44.0


def blend(weights: tuple[tuple[Viseme, float], ...]) -> MouthShape:
    """The weighted mean of shapes; weights need not sum to 1."""
    total = sum(weight for _, weight in weights)
    if total <= 0:
        return SHAPES["sil"]
    rows = [(weight / total, astuple(SHAPES[viseme])) for viseme, weight in weights]
    return MouthShape(*(sum(weight * row[i] for weight, row in rows) for i in range(9)))


@dataclass(frozen=True, slots=True)
class _Lines:
    """The mouth in units: half width, corner height, inner edges, lip thickness."""

    half: float
    corner: float
    top: float
    bottom: float
    upper: float
    lower: float
    round: float


class Mouth:
    """The mouth of one look."""

    def __init__(self, look: Look) -> None:
        self._thick = _LIPS[look.a.lips_shape]
        lip, gloss = look.lip, look.a.makeup
        # Painted lips are opaque; bare ones let the skin through.
        body = mix(look.skin.base, lip, 0.62 + 0.38 * gloss) if look.a.lips_color is None else lip
        self._upper = vertical(-22, 8, [(0, mix(body, look.skin.base, 0.18)), (1, shift(body, light=-0.08))])
        self._lower = vertical(0, 46, [(0, shift(body, light=-0.02)), (0.45, shift(body, light=0.05)), (1, body)])
        self._shine = solid("#ffffff", 0.14 + 0.24 * gloss)
        self._inside = vertical(-16, 40, [(0, "#2a0c14"), (0.6, "#571722"), (1, "#7c2731")])
        self._seam = solid(mix(look.skin.line, shift(lip, light=-0.25), 0.6), 0.85)
        self._tongue = vertical(0, 44, [(0, "#e58785"), (1, "#bf5056")])
        self._teeth = vertical(-20, 8, [(0, "#e5d9d6"), (0.55, "#fffdfa"), (1, "#fffdfa")])
        self._low_teeth = solid("#efe6e1")
        self._tooth_line = solid("#b9a4a4", 0.28)
        self._crease = solid(look.skin.line, 0.34 if luminance(look.skin.base) > 0.4 else 0.5)
        self._under = solid(look.skin.shadow, 0.30)

    def draw(self, canvas: skia.Canvas, controls: FrameControls, pose: Pose) -> None:
        """Draw in head units; the canvas already carries the head's place and roll."""
        shape = blend(controls.visemes)
        lines = self._measure(shape, controls)
        x, y = pose.surface(0, MOUTH_Y)
        canvas.save()
        canvas.translate(x, y)
        canvas.scale(pose.stretch(0, MOUTH_Y, 40), 1)
        self._creases(canvas, lines, controls.smile * shape.smiles)
        self._lips(canvas, lines, shape)
        canvas.restore()

    def _measure(self, shape: MouthShape, controls: FrameControls) -> _Lines:
        smile = max(0.0, min(1.0, controls.smile)) * shape.smiles
        # A broad smile parts the lips, unless a consonant presses them together.
        parted = max(0.0, smile - 0.45) * 0.42 * (1 - shape.press)
        gap = _GAP * min(1.0, max(shape.gap * (0.55 + 0.55 * controls.jaw_open), parted) + 0.12 * shape.gap)
        half = _HALF_WIDTH * shape.width * (1 - 0.40 * shape.round) * (1 + 0.20 * smile)
        thin = 1 - 0.45 * shape.press - 0.16 * smile
        return _Lines(
            half=half,
            corner=1.0 - 20.0 * smile + 0.10 * gap,
            top=-gap * 0.26 - 1.0 + 4.0 * smile,
            bottom=gap * 0.74 - 1.0 + 6.0 * smile,
            upper=12.0 * self._thick[0] * thin * (1 + 0.12 * shape.round),
            lower=16.0 * self._thick[1] * thin * (1 - 0.45 * shape.tuck) * (1 + 0.1 * shape.round),
            round=shape.round,
        )

    def _lips(self, canvas: skia.Canvas, m: _Lines, shape: MouthShape) -> None:
        inner = _inner(m)
        canvas.drawPath(ellipse(0, m.bottom + m.lower + 7, m.half * 0.42, 4.5), self._under)
        if m.bottom - m.top > 1.5:
            canvas.drawPath(inner, self._inside)
            with clipped(canvas, inner):
                self._cavity(canvas, m, shape)
        canvas.drawPath(_upper_lip(m), self._upper)
        canvas.drawPath(_lower_lip(m), self._lower)
        shine_y = m.bottom + m.lower * 0.42
        canvas.drawPath(
            taper(
                [(-m.half * 0.36, shine_y - 1), (0, shine_y + 1.2), (m.half * 0.30, shine_y - 0.6)],
                [1, m.lower * 0.30, 1],
            ),
            self._shine,
        )
        if m.bottom - m.top < 9:
            middle = (m.top + m.bottom) / 2
            seam = [(-m.half * 1.02, m.corner), (-m.half * 0.5, (m.corner + middle * 2.4) / 3.2), (0, middle),
                    (m.half * 0.5, (m.corner + middle * 2.4) / 3.2), (m.half * 1.02, m.corner)]  # fmt: skip
            fade = max(0.0, 1 - (m.bottom - m.top) / 9)
            canvas.drawPath(taper(seam, [1.2, 2.2 * fade + 0.4, 2.6 * fade + 0.2, 2.2 * fade + 0.4, 1.2]), self._seam)

    def _cavity(self, canvas: skia.Canvas, m: _Lines, shape: MouthShape) -> None:
        gap = m.bottom - m.top
        rise = shape.tongue * gap * 0.62
        canvas.drawPath(ellipse(0, m.bottom + 13 - rise, m.half * 0.62, 17), self._tongue)
        if shape.lower_teeth > 0.05:
            reach = gap * 0.36 * shape.lower_teeth
            canvas.drawPath(round_rect(-m.half * 0.66, m.bottom - reach, m.half * 1.32, 30, 5), self._low_teeth)
        teeth = max(shape.teeth, min(1.0, 2.2 * (1 - shape.gap)) * 0.9 if shape.gap < 0.1 else 0.0)
        if teeth > 0.05:
            reach = min(15.0, 3.5 + gap * 0.62) * teeth
            plate = round_rect(-m.half * 0.80, m.top - 26, m.half * 1.6, 26 + reach, 6.5)
            canvas.save()
            canvas.translate(0, 0)
            canvas.drawPath(plate, self._teeth)
            for i in (-2, -1, 0, 1, 2):
                x = i * m.half * 0.235
                canvas.drawRect(skia.Rect.MakeXYWH(x - 0.4, m.top, 0.8, reach), self._tooth_line)
            canvas.restore()

    def _creases(self, canvas: skia.Canvas, m: _Lines, smile: float) -> None:
        if smile < 0.12:
            return
        for side in (-1, 1):
            x, y, size = side * (m.half + 9), m.corner - 2, 5 + 9 * smile
            points = [(x - side * 2, y - size), (x + side * 3, y), (x, y + size * 0.7)]
            canvas.drawPath(taper(points, [0.4, 1.2 + 2.0 * smile, 0.4]), self._crease)


def _inner(m: _Lines) -> skia.Path:
    path = skia.Path()
    half = m.half * 0.94
    reach = half * (0.52 + 0.2 * m.round)
    path.moveTo(-half, m.corner)
    path.cubicTo(-half * 0.80, m.top - (m.top - m.corner) * 0.18, -reach * 0.72, m.top, 0, m.top)
    path.cubicTo(reach * 0.72, m.top, half * 0.80, m.top - (m.top - m.corner) * 0.18, half, m.corner)
    path.cubicTo(half * (0.86 + 0.1 * m.round), m.bottom * 0.72 + m.corner * 0.2, reach, m.bottom, 0, m.bottom)
    path.cubicTo(-reach, m.bottom, -half * (0.86 + 0.1 * m.round), m.bottom * 0.72 + m.corner * 0.2, -half, m.corner)
    path.close()
    return path


def _upper_lip(m: _Lines) -> skia.Path:
    half, top, peak = m.half, m.top, 11.0 * (1 - 0.35 * m.round)
    edge = top - m.upper
    path = skia.Path()
    path.moveTo(-half - 2, m.corner)
    path.cubicTo(-half * 0.70, m.corner * 0.55 + edge * 0.45, -peak * 2.1, edge - 2.6, -peak, edge - 2.6)
    path.cubicTo(-peak * 0.5, edge - 2.6, -peak * 0.4, edge + 1.8, 0, edge + 1.8)
    path.cubicTo(peak * 0.4, edge + 1.8, peak * 0.5, edge - 2.6, peak, edge - 2.6)
    path.cubicTo(peak * 2.1, edge - 2.6, half * 0.70, m.corner * 0.55 + edge * 0.45, half + 2, m.corner)
    inner, reach = half * 0.94, half * 0.94 * (0.52 + 0.2 * m.round)
    path.lineTo(inner, m.corner + 0.6)
    path.cubicTo(inner * 0.80, top - (top - m.corner) * 0.18, reach * 0.72, top, 0, top)
    path.cubicTo(-reach * 0.72, top, -inner * 0.80, top - (top - m.corner) * 0.18, -inner, m.corner + 0.6)
    path.close()
    return path


def _lower_lip(m: _Lines) -> skia.Path:
    half, bottom = m.half, m.bottom
    edge = bottom + m.lower
    path = skia.Path()
    path.moveTo(-half - 1, m.corner)
    path.cubicTo(-half * 0.80, bottom * 0.8 + m.lower * 0.72, -half * 0.5, edge, 0, edge)
    path.cubicTo(half * 0.5, edge, half * 0.80, bottom * 0.8 + m.lower * 0.72, half + 1, m.corner)
    inner, reach = half * 0.94, half * 0.94 * (0.52 + 0.2 * m.round)
    path.lineTo(inner, m.corner)
    path.cubicTo(inner * (0.915 + 0.1 * m.round), bottom * 0.72 + m.corner * 0.2, reach, bottom, 0, bottom)
    path.cubicTo(-reach, bottom, -inner * (0.915 + 0.1 * m.round), bottom * 0.72 + m.corner * 0.2, -inner, m.corner)
    path.close()
    return path
