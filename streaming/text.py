"""Setting text on the picture: fonts per language with fallback, measuring, line breaking, drawing.

Shaping is Pillow's with libraqm (HarfBuzz), which Devanagari needs; coverage comes from skia's font tables.
"""

from __future__ import annotations

import bisect
import functools
import logging
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import skia
from PIL import Image, ImageDraw, ImageFont, features

log = logging.getLogger(__name__)

Fonts = Mapping[str, tuple[Path, Path]]
"""ISO 639-1 language (ko) -> its regular and its bold font file."""

_LAYOUT = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_JOINERS = "\u200c\u200d\ufe0f"
_OPENING = "(\\[{（「『【《〈“‘"
_CLOSING = ")\\]}）」』】》〉”’、。，．！？!?,.:;：；…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ％%"
_UNIT = re.compile(
    # A number keeps its counter (2,980円), a CJK character keeps its punctuation, a word keeps its space.
    rf"[{_OPENING}]*(?:[0-9][0-9,.]*[{_CJK}]|[{_CJK}]|[^\s{_CJK}]+)[{_CLOSING}]*\s*"
)
ELLIPSIS = "…"
LONGEST = 600
"""Characters of one text that are looked at: several times what fits on the picture."""


class _Face:
    """One font file: which characters it has, and its sizes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._typeface = skia.Typeface.MakeFromFile(str(path)) if path else None
        if path is not None and self._typeface is None:
            raise OSError(f"{path.name} is not a font")
        self.at = functools.lru_cache(maxsize=24)(self._at)

    def has(self, character: str) -> bool:
        """Whether the character has a glyph; the embedded font is asked last and always says yes."""
        return self._typeface is None or self._typeface.unicharToGlyph(ord(character)) != 0

    def _at(self, size: int) -> ImageFont.FreeTypeFont:
        if self._path is not None:
            return ImageFont.truetype(str(self._path), size, layout_engine=_LAYOUT)
        font = ImageFont.load_default(size)
        if not isinstance(font, ImageFont.FreeTypeFont):  # Pillow built without FreeType has no scalable font
            raise OSError("Pillow has no FreeType support")
        return font


class Typesetter:
    """Measures, wraps and draws text of one language; other scripts fall back to whatever other font is there."""

    def __init__(self, fonts: Fonts, language: str) -> None:
        code = language.split("-")[0]
        order = [code, *(other for other in fonts if other != code)]
        self._regular = _faces(fonts, order, 0)
        self._bold = _faces(fonts, order, 1)
        self._measured = functools.lru_cache(maxsize=4096)(self._measure)

    def width(self, text: str, size: int, *, bold: bool = False) -> float:
        """Advance width in pixels."""
        return self._measured(text, size, bold)

    def wrap(self, text: str, size: int, limit: float, lines: int, *, bold: bool = False) -> list[str]:
        """At most `lines` lines of about equal width, none wider than `limit` pixels; what is too much ends in …."""
        text = _clean(text)
        broken = self._greedy(text, size, limit, bold, lines + 1)
        if len(broken) > lines:
            kept = broken[:lines]
            kept[-1] = self._cut(kept[-1] + " " + broken[lines], size, limit, bold)
            return kept
        return self._balanced(text, size, limit, bold, broken)

    def fits(self, text: str, size: int, limit: float, lines: int, *, bold: bool = False) -> bool:
        """Whether the text needs no cut."""
        return len(self._greedy(_clean(text), size, limit, bold, lines + 1)) <= lines

    def draw(
        self, canvas: skia.Canvas, text: str, x: float, baseline: float, size: int, color: int, *, bold: bool = False
    ) -> float:
        """Draw one line from its left end; returns its width. `color` is ARGB."""
        width = self.width(text, size, bold=bold)
        pad = size
        mask = Image.new("L", (max(1, round(width) + 2 * pad), 2 * size + pad), 0)
        pen, at = ImageDraw.Draw(mask), float(pad)
        for face, run in self._runs(text, bold):
            pen.text((at, size * 1.5), run, font=face.at(size), fill=255, anchor="ls")
            at += face.at(size).getlength(run)
        image = skia.Image.fromarray(np.array(mask), colorType=skia.kAlpha_8_ColorType)
        canvas.drawImage(
            image, round(x) - pad, round(baseline - size * 1.5), skia.SamplingOptions(), skia.Paint(Color=color)
        )
        return width

    # --- inside ---

    def _measure(self, text: str, size: int, bold: bool) -> float:
        return sum(face.at(size).getlength(run) for face, run in self._runs(text, bold))

    def _runs(self, text: str, bold: bool) -> list[tuple[_Face, str]]:
        faces = self._bold if bold else self._regular
        runs: list[tuple[_Face, str]] = []
        for character in text:
            face = _face_for(character, faces, runs[-1][0] if runs else None)
            if face is None:
                continue
            if runs and runs[-1][0] is face:
                runs[-1] = (face, runs[-1][1] + character)
            else:
                runs.append((face, character))
        return runs

    def _greedy(self, text: str, size: int, limit: float, bold: bool, most: int) -> list[str]:
        """Fill one line after another, `most` lines at the most.

        A line's width is taken as the sum of its words': shaping whole lines again and again is slow in Devanagari.
        """
        lines: list[str] = []
        current, filled = "", 0.0
        for unit in break_units(text):
            bare = self.width(unit.rstrip(), size, bold=bold)
            if current and filled + bare > limit:
                lines.append(current.rstrip())
                current, filled = "", 0.0
            while bare > limit and len(unit.rstrip()) > 1 and len(lines) < most:
                head = self._head(unit, size, limit, bold)
                lines.append(head)
                unit = unit[len(head) :]
                bare = self.width(unit.rstrip(), size, bold=bold)
            current, filled = current + unit, filled + self.width(unit, size, bold=bold)
            if len(lines) >= most:
                return lines[:most]
        return [*lines, current.rstrip()] if current.strip() else lines

    def _head(self, text: str, size: int, limit: float, bold: bool) -> str:
        """As much of a word that is too long for a line as fits, at least one character."""
        fitting = bisect.bisect_right(range(1, len(text)), limit, key=lambda n: self.width(text[:n], size, bold=bold))
        return text[: max(1, fitting)]

    def _balanced(self, text: str, size: int, limit: float, bold: bool, broken: list[str]) -> list[str]:
        low, high, best = limit * 0.4, limit, broken
        if len(broken) < 2:
            return broken
        for _ in range(6):
            middle = (low + high) / 2
            tried = self._greedy(text, size, middle, bold, len(broken) + 1)
            if len(tried) == len(broken):
                best, high = tried, middle
            else:
                low = middle
        return best

    def _cut(self, text: str, size: int, limit: float, bold: bool) -> str:
        room = limit - self.width(ELLIPSIS, size, bold=bold)
        short = text if self.width(text, size, bold=bold) <= room else self._head(text, size, room, bold)
        return short.rstrip() + ELLIPSIS


def break_units(text: str) -> list[str]:
    """The pieces a line may be broken between: words, or characters in Chinese and Japanese (JIS X 4051, simplified).

    Korean and Hindi break at spaces. Together the pieces give the text back.
    """
    units, at = [], 0
    for match in _UNIT.finditer(text):
        if match.start() > at:
            units.append(text[at : match.start()])
        units.append(match.group())
        at = match.end()
    return [*units, text[at:]] if at < len(text) else units


def _clean(text: str) -> str:
    """One line, without control characters and marks that turn the writing direction, of a bounded length."""
    visible = (c if unicodedata.category(c) not in ("Cc", "Cf") or c in _JOINERS else " " for c in text[:LONGEST])
    return " ".join("".join(visible).split())


def _faces(fonts: Fonts, order: Sequence[str], index: int) -> tuple[_Face, ...]:
    faces: list[_Face] = []
    seen: set[Path] = set()
    for code in order:
        path = fonts[code][index] if code in fonts else None
        if path is None or path in seen:
            continue
        seen.add(path)
        try:
            faces.append(_face(path))
        except OSError as error:
            log.warning("font %s cannot be used: %s", path.name, error)
    return (*faces, _embedded())


@functools.lru_cache(maxsize=32)
def _face(path: Path) -> _Face:
    return _Face(path)


@functools.lru_cache(maxsize=1)
def _embedded() -> _Face:
    return _Face(None)


def _face_for(character: str, faces: tuple[_Face, ...], current: _Face | None) -> _Face | None:
    """The font of a character: the one in use if it can, or the first that can; None for what nothing can draw."""
    if current is not None and (character.isspace() or _joins(character)):
        return current
    for face in faces[:-1]:
        if face.has(character):
            return face
    # The embedded font covers Latin; emoji and unknown scripts would show as boxes, so they are left out.
    return faces[-1] if ord(character) < 0x250 or character in "–—‘’“”…•₩€" else None


def _joins(character: str) -> bool:
    """Combining marks and joiners stay with what they modify."""
    return 0x0300 <= ord(character) <= 0x036F or character in _JOINERS
