"""How long a line takes to say, before any speech is made."""

from __future__ import annotations

import re

_CHARACTERS_A_SECOND = {
    "en": 15.0, "ko": 6.0, "ja": 7.0, "zh": 4.5, "es": 15.0, "pt": 14.5, "fr": 14.5, "it": 14.5, "hi": 12.5, "id": 14.0,
}  # fmt: skip
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
