"""Painting hair (and the hijab's cloth): body, depth, shine, strands, rim light."""

from __future__ import annotations

from functools import cached_property

from models.avatar.palette import argb, luminance, mix
from models.avatar.puppet._skia import skia
from models.avatar.puppet.hair_shapes import STYLES, HairShape
from models.avatar.puppet.look import HairTones, Look
from models.avatar.puppet.paint import clipped, edge, soft, soft_line, strands, vertical

SHAVED = ("fade", "quiff")
"""Styles whose sides are clipped short."""


class Hair:
    """The hair of one look, in three layers."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.shape: HairShape = STYLES[look.a.hair_style]()
        self._cloth = look.a.hair_style == "hijab"

    @cached_property
    def _tones(self) -> HairTones:
        return HairTones.of(self._look.a.accessory_color) if self._cloth else self._look.hair

    def back(self, canvas: skia.Canvas) -> None:
        """What hangs behind the body: darker, without detail."""
        tones = self._tones
        for path in self.shape.back:
            canvas.drawPath(path, vertical(-300, 420, [(0, tones.base), (0.45, tones.dark), (1, tones.deep)]))
            edge(canvas, path, tones.light, 0.35, 16, (-4, -3))
            edge(canvas, path, self._look.a.backdrop_accent, 0.28, 9, (6, -2))
        if self._look.a.hair_style == "curly":
            self._lines(canvas, self.shape.under)
        elif self._look.a.hair_style not in SHAVED:
            strands(canvas, self.shape.under, tones.shine, 0.28, 3.0)
            strands(canvas, self.shape.under, tones.deep, 0.35, 1.6)

    def locks(self, canvas: skia.Canvas) -> None:
        """What falls over the chest."""
        tones = self._tones
        for path in self.shape.locks:
            with_shadow = skia.Path(path)
            with_shadow.offset(4, 8)
            soft(canvas, with_shadow, "#1a0f14", 0.22, 9)
        for path in self.shape.locks:
            canvas.drawPath(
                path, vertical(-80, 470, [(0, tones.dark), (0.4, tones.base), (1, mix(tones.base, tones.light, 0.6))])
            )
            edge(canvas, path, tones.deep, 0.55, 14, (0, -3))
            edge(canvas, path, tones.shine, 0.40, 7, (-4, -3))
        self._lines(canvas, self.shape.lock_flow)

    def front(self, canvas: skia.Canvas) -> None:
        """What lies over the face and the crown."""
        tones, shape = self._tones, self.shape
        self._shaved(canvas)
        if shape.front is None:
            return
        # The tips end in the tone of the locks they fall on.
        stops = [(0.0, tones.base), (0.2, tones.light), (0.48, tones.base), (0.74, mix(tones.dark, tones.base, 0.6))]
        canvas.drawPath(shape.front, vertical(-260, 168, [*stops, (1.0, tones.base)]))
        with clipped(canvas, shape.front):
            if shape.shine is not None:
                soft_line(canvas, shape.shine, tones.shine, 0.62, 26, 11)
            self._lines(canvas, shape.flow)
        edge(canvas, shape.front, tones.deep, 0.62 - 0.4 * luminance(tones.base), 20, (3, -6))
        edge(canvas, shape.front, tones.shine, 0.45, 9, (5, 4))
        edge(canvas, shape.front, self._look.a.backdrop_accent, 0.24, 8, (-5, 2))

    def _shaved(self, canvas: skia.Canvas) -> None:
        if self._look.a.hair_style not in SHAVED:
            return
        tone, skin = self._tones.dark, self._look.skin.base
        stops = [
            (0.0, tone, 1.0),
            (0.45, mix(tone, skin, 0.25), 1.0),
            (0.8, mix(tone, skin, 0.7), 0.95),
            (1.0, skin, 0.0),
        ]
        shader = skia.GradientShader.MakeLinear(
            [skia.Point(0, -150), skia.Point(0, 22)], [argb(c, a) for _, c, a in stops], [at for at, _, _ in stops]
        )
        for path in self.shape.under:
            canvas.drawPath(path, skia.Paint(Shader=shader, AntiAlias=True))

    def _lines(self, canvas: skia.Canvas, flow: tuple[skia.Path, ...]) -> None:
        tones = self._tones
        if self._look.a.hair_style == "curly":
            for path in flow:
                soft_line(canvas, path, tones.deep, 0.34, 8, 4)
                lit = skia.Path(path)
                lit.offset(-4, -5)
                soft_line(canvas, lit, tones.shine, 0.16, 7, 4)
            return
        strength = 0.5 if self._cloth else 1.0
        strands(canvas, flow[::2], tones.deep, 0.34 * strength, 5.0 if self._cloth else 2.6)
        for path in flow[1::2]:
            soft_line(canvas, path, tones.shine, 0.38 * strength, 3.2, 1.2)
