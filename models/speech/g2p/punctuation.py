"""Punctuation that Kokoro reads as prosody, in the scripts of the ten markets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_TO_KOKORO = str.maketrans(
    {
        "。": ".", "．": ".", "｡": ".", "।": ".", "॥": ".", "、": ",", "，": ",", "､": ",", "！": "!", "？": "?",
        "：": ":", "；": ";", "「": "“", "」": "”", "『": "“", "』": "”", "《": "“", "》": "”", "«": "“", "»": "”",
        "（": "(", "）": ")", "【": "“", "】": "”", "～": "—", "〜": "—", "–": "—", "‥": "…", "・": " ", "·": " ",
        "¡": "", "¿": "", "„": "“", "/": " ", "[": "(", "]": ")",
    }
)  # fmt: skip
_MARKS = re.compile(r"([;:,.!?—…\"()“”])")


def to_kokoro(text: str) -> str:
    """Replace every script's punctuation by the marks Kokoro knows."""
    return text.translate(_TO_KOKORO).replace("...", "…")


def _chunks(text: str) -> Iterator[tuple[str, bool]]:
    for index, part in enumerate(_MARKS.split(text)):
        if part:
            yield part, index % 2 == 1


def around_marks(text: str, speak: Callable[[str], str]) -> str:
    """Phonemize the stretches between punctuation with `speak` and keep the marks where they were."""
    out = ""
    for part, is_mark in _chunks(to_kokoro(text)):
        if is_mark:
            out += f" {part}" if part[0] in "(“" else f"{part} "
        elif part.strip():
            out += f"{speak(part.strip())} "
    out = re.sub(r"\s+([;:,.!?…)”])", r"\1", re.sub(r"\s+", " ", out))
    return re.sub(r"([(“])\s+", r"\1", out).strip()
