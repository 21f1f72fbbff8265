"""Which syllables stand out in languages whose phonemes carry no stress marks: the loud vowels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.base import VisemeSpan
from models.speech.audio import Wave

_VOWELS = frozenset(("aa", "E", "I", "O", "U"))
_FULL_STRESS_DB = 6.0
"""A vowel this much louder than the sentence's median vowel is fully stressed."""


def with_stress(spans: Sequence[VisemeSpan], wave: Wave) -> tuple[VisemeSpan, ...]:
    """`spans` as they are when any is stressed; else each vowel's stress by its loudness in `wave` (24 kHz)."""
    if any(span.stress for span in spans):
        return tuple(spans)
    levels = {index: _level(span, wave) for index, span in enumerate(spans) if span.viseme in _VOWELS}
    if not levels:
        return tuple(spans)
    median = float(np.median(list(levels.values())))
    return tuple(
        replace(span, stress=round(min(1.0, max(0.0, (levels[index] - median) / _FULL_STRESS_DB)), 3))
        if index in levels
        else span
        for index, span in enumerate(spans)
    )


def _level(span: VisemeSpan, wave: Wave) -> float:
    """Decibels of the span; the model's rate is half of the spans'."""
    part = wave[span.start // 2 : span.end // 2]
    power = float(np.square(part, dtype=np.float64).mean()) if part.size else 0.0
    return 10 * float(np.log10(power + 1e-10))
