"""The picture viewers see: host, product card, caption, chat highlight, and the AI label, always.

The overlay is painted when its value changes and kept; a frame costs one copy of the host and one blend.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
import skia
from PIL import Image

from streaming.media import ChatHighlight, Overlay, ProductCard, Rgba
from streaming.overlay_parts import (
    CAPTION_BOTTOM,
    CAPTION_BOTTOM_ALONE,
    CARD_TOP,
    HIGHLIGHT_BOTTOM,
    WHITE,
    WIDTH,
    Pen,
    blend,
    fill,
    notice_height,
    paint_caption,
    paint_card,
    paint_highlight,
    paint_label,
    paint_notice,
    paint_person,
)  # fmt: skip
from streaming.text import Fonts, Typesetter

HEIGHT = 1280
NOTICE_GAP = 8
"""Between a notice and the card below it."""
KEPT = 12
"""Painted boxes that are kept: a caption comes back after a chat highlight, a card after another product."""
SHADE_TOP = 700
"""Where the gradient that carries the text begins (of 1280)."""

Painter = Callable[[Pen], None]


@dataclass(frozen=True, slots=True)
class _Part:
    """A painted box: its rows, where they begin, and the overlay it came from (which keeps the card's picture alive,
    so that no other picture can take its identity)."""

    pixels: Rgba
    top: int
    source: Overlay


class Compositor:
    """Composes frames of one size. Not thread-safe but for `use_fonts`: one thread composes."""

    def __init__(self, size: tuple[int, int] = (WIDTH, HEIGHT), fonts: Fonts | None = None) -> None:
        self.size = size
        self._scale = size[0] / WIDTH
        self._drop = size[1] / self._scale - HEIGHT
        self._fonts: Fonts = dict(fonts or {})
        self._setters: dict[str, Typesetter] = {}
        self._parts: dict[Hashable, _Part] = {}
        self._key: Hashable = None
        self._held: Overlay | None = None
        self._layer = np.zeros((size[1], size[0], 4), np.uint8)
        self._bands: list[tuple[int, int]] = []

    def use_fonts(self, fonts: Fonts) -> None:
        """Add or replace fonts, for a change of market. Takes effect with the next overlay."""
        self._fonts = {**self._fonts, **fonts}
        self._setters, self._parts, self._key = {}, {}, None

    def compose(self, host: Rgba, overlay: Overlay) -> Rgba:
        """A new RGBA picture of the compositor's size: the host (cover-fit when its size differs) and the overlay."""
        key = overlay_key(overlay)
        if key != self._key:
            self._rebuild(overlay)
            self._key, self._held = key, overlay
        frame = self._fit(host)
        self._blend(frame)
        return frame

    def standby(self, label: str, text: str, language: str = "en-US") -> Rgba:
        """What is shown while no host can be: a calm picture with the label, and `text` if there is any."""
        frame = np.empty((self.size[1], self.size[0], 4), np.uint8)
        canvas = _canvas(frame)
        width, height = self.size
        canvas.drawRect(
            skia.Rect.MakeWH(width, height), blend((0, 0), (width, height), 0xFF2B2147, 0xFF5B3A78, 0xFFE0708A)
        )
        for x, y, r, alpha in ((0.2, 0.3, 0.42, 0x16), (0.85, 0.55, 0.5, 0x14), (0.4, 0.85, 0.6, 0x12)):
            canvas.drawCircle(width * x, height * y, width * r, fill(alpha << 24 | 0xFFFFFF))
        pen = self._pen(canvas, language)
        middle = height / self._scale / 2
        _pause_mark(canvas, WIDTH / 2, middle - 70)
        lines = pen.wrap(text, 38, WIDTH - 140, 3, bold=True)
        for i, line in enumerate(lines):
            pen.write(line, (WIDTH - pen.width(line, 38, bold=True)) / 2, middle + 60 + 54 * i, 38, WHITE, bold=True)
        paint_label(pen, label)
        return frame

    # --- inside ---

    def _fit(self, host: Rgba) -> Rgba:
        width, height = self.size
        if host.shape == (height, width, 4):
            return host.copy()
        factor = max(width / host.shape[1], height / host.shape[0])
        wide, high = max(width, round(host.shape[1] * factor)), max(height, round(host.shape[0] * factor))
        left, top = (wide - width) // 2, (high - height) // 4
        scaled = Image.fromarray(host).resize((wide, high), Image.Resampling.BILINEAR)
        return np.array(scaled.crop((left, top, left + width, top + height)))

    def _blend(self, frame: Rgba) -> None:
        """Premultiplied source-over is the same for any channel order, so skia may take its fast BGRA path."""
        width = self.size[0]
        canvas = _canvas(frame, skia.kBGRA_8888_ColorType)
        for top, bottom in self._bands:
            rows = self._layer[top:bottom]
            info = skia.ImageInfo.Make(width, bottom - top, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
            image = skia.Image.MakeRasterData(info, skia.Data.MakeWithoutCopy(rows), rows.strides[0])
            canvas.drawImage(image, 0, top)

    def _rebuild(self, overlay: Overlay) -> None:
        layer = np.zeros_like(self._layer)
        canvas = _canvas(layer, skia.kBGRA_8888_ColorType)
        for key, painter in self._wanted(overlay):
            part = self._part(key, painter, overlay)
            canvas.drawImage(_image(part.pixels), 0, part.top)
        rows = np.flatnonzero(layer[:, :, 3].any(axis=1))
        self._layer, self._bands = layer, _bands(rows)

    def _wanted(self, overlay: Overlay) -> list[tuple[Hashable, Painter]]:
        language, card = overlay.language, overlay.card
        parts: list[tuple[Hashable, Painter]] = [
            (("label", language, overlay.label), lambda pen: paint_label(pen, overlay.label))
        ]
        if overlay.person:
            person = overlay.person
            parts.append((("person", language, person), lambda pen: paint_person(pen, person)))
        if card is not None or overlay.caption:
            parts.insert(0, (("shade",), self._paint_shade))
        if card is not None:
            parts.append((("card", language, card_key(card)), lambda pen: paint_card(pen, card, CARD_TOP + self._drop)))
        lift = 0.0
        if card is not None and card.notice:
            notice, above = card.notice, CARD_TOP + self._drop - NOTICE_GAP
            lift = notice_height(self._pen(_canvas(np.zeros((1, 1, 4), np.uint8)), language), notice)
            parts.append((("notice", language, notice), lambda pen: paint_notice(pen, notice, above)))
        if overlay.caption:
            caption = overlay.caption
            bottom = (CAPTION_BOTTOM_ALONE if card is None else CAPTION_BOTTOM) + self._drop - lift
            parts.append((("caption", language, caption, bottom), lambda pen: paint_caption(pen, caption, bottom)))
        if overlay.highlight is not None:
            highlight: ChatHighlight = overlay.highlight
            bottom_h = HIGHLIGHT_BOTTOM + self._drop - lift
            parts.append(
                (("chat", language, highlight, bottom_h), lambda pen: paint_highlight(pen, highlight, bottom_h))
            )
        return parts

    def _part(self, key: Hashable, painter: Painter, overlay: Overlay) -> _Part:
        part = self._parts.pop(key, None)
        if part is None:
            whole = np.zeros_like(self._layer)
            painter(self._pen(_canvas(whole), overlay.language))
            rows = np.flatnonzero(whole[:, :, 3].any(axis=1))
            top, bottom = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, 1)
            part = _Part(whole[top:bottom].copy(), top, overlay)
        self._parts[key] = part
        while len(self._parts) > KEPT:
            self._parts.pop(next(iter(self._parts)))
        return part

    def _pen(self, canvas: skia.Canvas, language: str) -> Pen:
        canvas.scale(self._scale, self._scale)
        setter = self._setters.get(language)
        if setter is None:
            setter = self._setters[language] = Typesetter(self._fonts, language)
        return Pen(canvas, setter, self._scale)

    def _paint_shade(self, pen: Pen) -> None:
        bottom = HEIGHT + self._drop
        top = SHADE_TOP + self._drop
        pen.canvas.drawRect(
            skia.Rect.MakeLTRB(0, top, WIDTH, bottom), blend((0, top), (0, bottom), 0x000E0916, 0x660E0916, 0xB80E0916)
        )


def overlay_key(overlay: Overlay) -> Hashable:
    """Equal for overlays that look the same. The card's picture counts by identity: comparing pixels would be slow."""
    card = card_key(overlay.card) if overlay.card is not None else None
    return overlay.label, overlay.language, overlay.caption, overlay.highlight, overlay.person, card


def card_key(card: ProductCard) -> Hashable:
    """Everything on a card, its picture by identity."""
    texts = (
        card.product_id,
        card.name,
        card.price,
        card.list_price,
        card.discount,
        card.coupon,
        card.stock,
        card.notice,
    )
    return texts, id(card.image)


def _canvas(pixels: Rgba, order: skia.ColorType = skia.kRGBA_8888_ColorType) -> skia.Canvas:
    height, width = pixels.shape[:2]
    info = skia.ImageInfo.Make(width, height, order, skia.kPremul_AlphaType)
    # The canvas keeps its surface alive; the pixels are the caller's to keep.
    surface = skia.Surface.MakeRasterDirect(info, pixels)
    return surface.getCanvas()


def _image(pixels: Rgba) -> skia.Image:
    height, width = pixels.shape[:2]
    info = skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
    return skia.Image.MakeRasterData(info, skia.Data.MakeWithoutCopy(pixels), pixels.strides[0])


def _bands(rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[tuple[int, int]]:
    """Runs of rows with something on them; gaps of fewer than 16 rows do not part a band."""
    if rows.size == 0:
        return []
    cuts = np.flatnonzero(np.diff(rows) > 16)
    starts, ends = [0, *(cuts + 1)], [*cuts, rows.size - 1]
    return [(int(rows[a]), int(rows[b]) + 1) for a, b in zip(starts, ends, strict=True)]


def _pause_mark(canvas: skia.Canvas, x: float, y: float) -> None:
    canvas.drawCircle(x, y, 62, fill(0x30FFFFFF))
    for side in (-1, 1):
        canvas.drawRRect(
            skia.RRect.MakeRectXY(skia.Rect.MakeXYWH(x + side * 17 - 9, y - 28, 18, 56), 8, 8), fill(0xE6FFFFFF)
        )
