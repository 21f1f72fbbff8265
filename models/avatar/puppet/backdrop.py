"""Scenes behind the host: drawn once, thrown gently out of focus so that the host stands out."""

from __future__ import annotations

from models.avatar.puppet._skia import skia
from models.avatar.puppet.layers import Bgra, surface_over
from models.avatar.puppet.look import Look
from models.avatar.puppet.paint import radial
from models.avatar.puppet.scenes import SCENES

WIDTH, HEIGHT = 720.0, 1280.0
BLUR = 3.6


def paint_backdrop(pixels: Bgra, look: Look) -> None:
    """Fill `pixels` (h, w, 4) with the look's scene, cover-fit, a little below its top."""
    height, width = pixels.shape[:2]
    scale = max(width / WIDTH, height / HEIGHT)
    surface = surface_over(pixels)
    canvas = surface.getCanvas()
    canvas.clear(0xFF000000)
    blur = skia.Paint(ImageFilter=skia.ImageFilters.Blur(BLUR * scale, BLUR * scale, skia.TileMode.kClamp))
    canvas.saveLayer(skia.Rect.MakeLTRB(-40 * scale, -40 * scale, width + 40 * scale, height + 40 * scale), blur)
    # A little larger than the picture: the blur would darken an edge that ends at the frame.
    scale *= 1 + 8 * BLUR / WIDTH
    canvas.translate((width - WIDTH * scale) / 2, (height - HEIGHT * scale) * 0.2)
    canvas.scale(scale, scale)
    SCENES[look.a.backdrop](canvas, look.a.backdrop_color, look.a.backdrop_accent)
    canvas.restore()
    canvas.resetMatrix()
    middle, reach = (width / 2, height * 0.36), max(width, height) * 0.62
    canvas.drawRect(
        skia.Rect.MakeWH(width, height), radial(middle, reach * 0.7, [(0, "#fff4e0", 0.20), (1, "#fff4e0", 0)])
    )
    canvas.drawRect(
        skia.Rect.MakeWH(width, height),
        radial(middle, reach * 1.25, [(0, "#160c20", 0), (0.55, "#160c20", 0.02), (1, "#160c20", 0.42)]),
    )
    surface.flushAndSubmit()
