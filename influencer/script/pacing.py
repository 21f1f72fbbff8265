"""How long a line takes to say, before any speech is made."""

from __future__ import annotations

import re

_CHARACTERS_A_SECOND = {
    "en": 17.5, "ko": 8.3, "ja": 6.3, "zh": 6.1, "es": 15.3, "pt": 16.7, "fr": 18.1, "it": 16.0, "hi": 13.7, "id": 14.3,
}  # fmt: skip
"""Measured: six lines of a show in each market, spoken by Kokoro with the market's own voice at speed 1."""
_PAUSE_S = 0.35
_SENTENCE_END = re.compile(r"[.!?。！？।]+(?:\s|$)|[。！？]")
_DIGIT_WEIGHT = 3.0
"""A digit is one character on paper and about three when read aloud."""


def seconds_of(text: str, language: str) -> float:
    """Seconds a bound line takes at speed 1, sentence pauses included: within a fifth, enough for a time budget."""
    digits = sum(char.isdigit() for char in text)
    length = len(text) - digits + digits * (_DIGIT_WEIGHT if language not in {"ko", "ja", "zh"} else 1.5)
    pauses = max(1, len(_SENTENCE_END.findall(text)))
    return length / _CHARACTERS_A_SECOND[language] + pauses * _PAUSE_S
