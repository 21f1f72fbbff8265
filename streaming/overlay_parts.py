"""The boxes drawn over the host: label, notice, product card, caption, chat highlight. Each is painted when it changes.

All measures are for a picture 720 pixels wide; the canvas is scaled for others.
"""

from __future__ import annotations

import numpy as np
import skia

from streaming.media import ChatHighlight, ProductCard, Rgba
from streaming.text import Typesetter

WIDTH = 720
MARGIN = 24
CARD_TOP, CARD_HEIGHT = 1094, 162
"""Measured from the top of a 1280 high picture; other heights keep the distance to the bottom."""
CAPTION_BOTTOM = 1074
CAPTION_BOTTOM_ALONE = 1216
HIGHLIGHT_BOTTOM = 888
CAPTION_SIZES = (38, 35, 32, 29)
CAPTION_LINES = 3
NOTICE_SIZE, NOTICE_STEP, NOTICE_LINES = 20, 26, 3
WHITE, INK, MUTED = 0xFFFFFFFF, 0xFF1C1824, 0xFF8A8494
ACCENT, ACCENT_DEEP = 0xFFFF3D68, 0xFFE0215A


def fill(color: int) -> skia.Paint:
    """A flat, antialiased paint; `color` is ARGB."""
    return skia.Paint(Color=color, AntiAlias=True)


def blend(start: tuple[float, float], end: tuple[float, float], *colors: int) -> skia.Paint:
    """A linear gradient."""
    return skia.Paint(
        AntiAlias=True,
        Dither=True,
        Shader=skia.GradientShader.MakeLinear([skia.Point(*start), skia.Point(*end)], list(colors)),
    )


def box(x: float, y: float, width: float, height: float, radius: float) -> skia.RRect:
    """A rounded rectangle."""
    return skia.RRect.MakeRectXY(skia.Rect.MakeXYWH(x, y, width, height), radius, radius)


def shadow(canvas: skia.Canvas, shape: skia.RRect, alpha: int, sigma: float, drop: float) -> None:
    """A soft shadow below a box."""
    paint = fill(alpha << 24)
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, sigma))
    canvas.save()
    canvas.translate(0, drop)
    canvas.drawRRect(shape, paint)
    canvas.restore()


class Pen:
    """Text at the scale of the picture: Pillow sets it at its final size, so that it is never resampled."""

    def __init__(self, canvas: skia.Canvas, setter: Typesetter, scale: float) -> None:
        self.canvas = canvas
        self._setter = setter
        self._scale = scale

    def width(self, text: str, size: int, *, bold: bool = False) -> float:
        """Width in design pixels."""
        return self._setter.width(text, self._px(size), bold=bold) / self._scale

    def wrap(self, text: str, size: int, limit: float, lines: int, *, bold: bool = False) -> list[str]:
        """See `Typesetter.wrap`; `limit` in design pixels."""
        return self._setter.wrap(text, self._px(size), limit * self._scale, lines, bold=bold)

    def fits(self, text: str, size: int, limit: float, lines: int, *, bold: bool = False) -> bool:
        """See `Typesetter.fits`."""
        return self._setter.fits(text, self._px(size), limit * self._scale, lines, bold=bold)

    def write(self, text: str, x: float, baseline: float, size: int, color: int, *, bold: bool = False) -> float:
        """Draw one line from its left end; returns its width in design pixels."""
        point = self.canvas.getTotalMatrix().mapXY(x, baseline)
        self.canvas.save()
        self.canvas.resetMatrix()
        width = self._setter.draw(self.canvas, text, point.x(), point.y(), self._px(size), color, bold=bold)
        self.canvas.restore()
        return width / self._scale

    def _px(self, size: int) -> int:
        return max(6, round(size * self._scale))


def paint_label(pen: Pen, label: str) -> None:
    """The AI notice: a pill at the top left, always there."""
    [text] = pen.wrap(label, 23, WIDTH - 2 * MARGIN - 90, 1, bold=True) or [label[:24]]
    width = pen.width(text, 23, bold=True) + 66
    pill = box(MARGIN, 30, width, 46, 23)
    shadow(pen.canvas, pill, 0x50, 6, 3)
    pen.canvas.drawRRect(pill, fill(0xC81A1526))
    ring = fill(0x50FFFFFF)
    ring.setStyle(skia.Paint.kStroke_Style)
    ring.setStrokeWidth(1.5)
    pen.canvas.drawRRect(pill, ring)
    _spark(pen.canvas, MARGIN + 27, 53, 11)
    _spark(pen.canvas, MARGIN + 38, 44, 4.5)
    pen.write(text, MARGIN + 48, 61, 23, WHITE, bold=True)


def paint_person(pen: Pen, text: str) -> None:
    """That a person is speaking: a red pill with a dot below the AI notice, for as long as they do."""
    [text] = pen.wrap(text, 23, WIDTH - 2 * MARGIN - 90, 1, bold=True) or [text[:24]]
    pill = box(MARGIN, 86, pen.width(text, 23, bold=True) + 62, 46, 23)
    shadow(pen.canvas, pill, 0x50, 6, 3)
    pen.canvas.drawRRect(pill, fill(0xF0B3123F))
    pen.canvas.drawCircle(MARGIN + 25, 109, 8, fill(WHITE))
    pen.write(text, MARGIN + 44, 117, 23, WHITE, bold=True)


def notice_height(pen: Pen, notice: str) -> float:
    """How much room a notice takes above the card, in design pixels."""
    return len(_notice_lines(pen, notice)) * NOTICE_STEP + 12


def paint_notice(pen: Pen, notice: str, bottom: float) -> None:
    """What the law wants read beside the product: small, right above its card, for as long as the card is there."""
    lines = _notice_lines(pen, notice)
    height = notice_height(pen, notice)
    width = max((pen.width(line, NOTICE_SIZE) for line in lines), default=0.0) + 32
    pen.canvas.drawRRect(box(MARGIN, bottom - height, width, height, 14), fill(0xB8120D1C))
    for i, line in enumerate(lines):
        baseline = bottom - height + 4 + NOTICE_STEP * i + NOTICE_SIZE
        pen.write(line, MARGIN + 16, baseline, NOTICE_SIZE, WHITE)


def _notice_lines(pen: Pen, notice: str) -> list[str]:
    return pen.wrap(notice, NOTICE_SIZE, WIDTH - 2 * MARGIN - 32, NOTICE_LINES)


def _spark(canvas: skia.Canvas, x: float, y: float, r: float) -> None:
    star = skia.Path()
    star.moveTo(x, y - r)
    for px, py in ((x + r, y), (x, y + r), (x - r, y), (x, y - r)):
        star.quadTo(x + (px - x) * 0.12, y + (py - y) * 0.12, px, py)
    canvas.drawPath(star, blend((x - r, y - r), (x + r, y + r), 0xFFFFE27A, 0xFFFF8FB1))


def paint_caption(pen: Pen, caption: str, bottom: float) -> None:
    """What is being said: up to three lines in a dark, rounded box, as large as fits."""
    limit = WIDTH - 2 * MARGIN - 48
    size = next((s for s in CAPTION_SIZES if pen.fits(caption, s, limit, 2, bold=True)), CAPTION_SIZES[-2])
    lines = pen.wrap(caption, size, limit, CAPTION_LINES, bold=True)
    if not lines:
        return
    step = size * 1.34
    height = step * len(lines) + 28
    width = max(pen.width(line, size, bold=True) for line in lines) + 52
    top = bottom - height
    panel = box((WIDTH - width) / 2, top, width, height, 24)
    pen.canvas.drawRRect(panel, fill(0x9E120D1C))
    for i, line in enumerate(lines):
        x = (WIDTH - pen.width(line, size, bold=True)) / 2
        baseline = top + 14 + step * i + size * 1.02
        pen.write(line, x + 1.5, baseline + 2, size, 0x90000000, bold=True)
        pen.write(line, x, baseline, size, WHITE, bold=True)


def paint_highlight(pen: Pen, highlight: ChatHighlight, bottom: float) -> None:
    """The question being answered: a white bubble with the viewer's initial."""
    limit = 470.0
    lines = pen.wrap(highlight.text, 28, limit, 2)
    [author] = pen.wrap(highlight.author, 22, limit, 1, bold=True) or ["·"]
    inner = max([pen.width(author, 22, bold=True), *(pen.width(line, 28) for line in lines)])
    height = 58 + 38 * len(lines)
    bubble = box(MARGIN, bottom - height, inner + 116, height, 26)
    shadow(pen.canvas, bubble, 0x48, 12, 6)
    pen.canvas.drawRRect(bubble, fill(0xF2FFFFFF))
    x, y = MARGIN + 46.0, bottom - height + 46
    pen.canvas.drawCircle(x, y, 29, blend((x - 29, y - 29), (x + 29, y + 29), 0xFF7A6BFF, 0xFFFF6B9A))
    initial = author[0].upper()
    pen.write(initial, x - pen.width(initial, 28, bold=True) / 2, y + 10, 28, WHITE, bold=True)
    pen.write(author, MARGIN + 90, bottom - height + 36, 22, 0xFF6A5FD8, bold=True)
    for i, line in enumerate(lines):
        pen.write(line, MARGIN + 90, bottom - height + 73 + 38 * i, 28, INK)


def paint_card(pen: Pen, card: ProductCard, top: float) -> None:
    """The product: picture, name, price, regular price struck out, discount, coupon, stock."""
    canvas = pen.canvas
    panel = box(MARGIN, top, WIDTH - 2 * MARGIN, CARD_HEIGHT, 28)
    shadow(canvas, panel, 0x66, 14, 8)
    canvas.drawRRect(panel, fill(0xF7FFFFFF))
    _thumbnail(canvas, card.image, MARGIN + 14, top + 14, CARD_HEIGHT - 28)
    left = MARGIN + CARD_HEIGHT + 6
    right = WIDTH - MARGIN - 20.0
    if card.discount:
        right = _discount(pen, card.discount, right, top + 16) - 12
    [name] = pen.wrap(card.name, 27, right - left, 1, bold=True) or [card.name[:1]]
    pen.write(name, left, top + 45, 27, INK, bold=True)
    size = next((s for s in (40, 36, 32) if pen.width(card.price, s, bold=True) < 360), 28)
    x = left + pen.write(card.price, left, top + 97, size, ACCENT_DEEP, bold=True) + 14
    if card.list_price:
        _struck(pen, card.list_price, x, top + 95)
    edge = WIDTH - MARGIN - 20.0
    at: float = left
    if card.coupon:
        at = _coupon(pen, card.coupon, left, top + 112) + 14
    if card.stock:
        room = edge - at - 20
        [stock] = pen.wrap(card.stock, 21, max(40.0, room), 1) or [""]
        canvas.drawCircle(at + 7, top + 131, 5, fill(0xFF2FB67C))
        pen.write(stock, at + 20, top + 138, 21, 0xFF5E5868)


def _thumbnail(canvas: skia.Canvas, image: Rgba | None, x: float, y: float, side: float) -> None:
    frame = box(x, y, side, side, 20)
    canvas.drawRRect(frame, blend((x, y), (x + side, y + side), 0xFFFFF1EC, 0xFFF0E9FF))
    canvas.save()
    canvas.clipRRect(frame, True)
    if image is not None:
        height, width = image.shape[:2]
        scale = max(side / width, side / height)
        picture = skia.Image.fromarray(np.ascontiguousarray(image), colorType=skia.kRGBA_8888_ColorType)
        target = skia.Rect.MakeXYWH(
            x + (side - width * scale) / 2, y + (side - height * scale) / 2, width * scale, height * scale
        )
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
        canvas.drawImageRect(picture, target, sampling, skia.Paint(AntiAlias=True))
    else:
        _bag(canvas, x + side / 2, y + side / 2, side * 0.26)
    canvas.restore()


def _bag(canvas: skia.Canvas, x: float, y: float, r: float) -> None:
    """A shopping bag, for a product without a picture."""
    canvas.drawRRect(
        box(x - r, y - r * 0.6, 2 * r, r * 1.8, r * 0.28), blend((x, y - r), (x, y + r), ACCENT, ACCENT_DEEP)
    )
    handle = fill(ACCENT_DEEP)
    handle.setStyle(skia.Paint.kStroke_Style)
    handle.setStrokeWidth(r * 0.2)
    canvas.drawArc(skia.Rect.MakeXYWH(x - r * 0.5, y - r * 1.15, r, r * 1.1), 180, 180, False, handle)


def _discount(pen: Pen, text: str, right: float, top: float) -> float:
    """A red badge at the right edge; returns its left end."""
    [text] = pen.wrap(text, 25, 190, 1, bold=True) or [""]
    width = pen.width(text, 25, bold=True) + 28
    pen.canvas.drawRRect(
        box(right - width, top, width, 42, 14), blend((right - width, top), (right, top + 42), 0xFFFF6A4D, ACCENT_DEEP)
    )
    pen.write(text, right - width + 14, top + 30, 25, WHITE, bold=True)
    return right - width


def _struck(pen: Pen, text: str, x: float, baseline: float) -> None:
    if x + pen.width(text, 25) > WIDTH - MARGIN - 16:
        return
    width = pen.write(text, x, baseline, 25, MUTED)
    stroke = fill(MUTED)
    stroke.setStrokeWidth(2)
    pen.canvas.drawLine(x - 2, baseline - 8, x + width + 2, baseline - 8, stroke)


def _coupon(pen: Pen, text: str, left: float, top: float) -> float:
    """A ticket with a dashed border; returns its right end."""
    [text] = pen.wrap(text, 21, 290, 1, bold=True) or [text[:1]]
    width = pen.width(text, 21, bold=True) + 30
    chip = box(left, top, width, 38, 10)
    pen.canvas.drawRRect(chip, fill(0xFFFFECF0))
    dashes = fill(ACCENT)
    dashes.setStyle(skia.Paint.kStroke_Style)
    dashes.setStrokeWidth(1.8)
    dashes.setPathEffect(skia.DashPathEffect.Make([6, 4], 0))
    pen.canvas.drawRRect(chip, dashes)
    pen.write(text, left + 15, top + 26, 21, ACCENT_DEEP, bold=True)
    return left + width
