"""How long a line takes to say, before any speech is made: a fit to the speech model's own timings.

The coefficients are data (pacing.yaml), one set a language, written by `influencer eval pacing`. A language that was
not measured so yet is predicted from a rate of characters, within a fifth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from models.speech.normalize import spell_out
from models.speech.sentences import sentences

FEATURES = ("sentence", "letters", "ideographs", "words", "clauses")
"""What a sentence is counted in, numbers spelled out: itself, characters, Han characters among them, words and the
marks at which a voice pauses."""
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_CLAUSE = re.compile(r"[,;:，、；：—]")
_CHARACTERS_A_SECOND = {
    "en": 17.5, "ko": 8.3, "ja": 6.3, "zh": 6.1, "es": 15.3, "pt": 16.7, "fr": 18.1, "it": 16.0, "hi": 13.7, "id": 14.3,
}  # fmt: skip
"""Measured on six lines of a show in each market; what a language without coefficients goes by."""
_PAUSE_S = 0.35
_SENTENCE_END = re.compile(r"[.!?。！？।]+(?:\s|$)|[。！？]")
_DIGIT_WEIGHT = 3.0
"""A digit is one character on paper and about three when read aloud."""


def features_of(sentence: str, language: str) -> tuple[float, ...]:
    """The counts of one sentence, in the order of `FEATURES`."""
    spoken = spell_out(sentence, language)
    letters = sum(char.isalnum() or "\u0900" <= char <= "\u0963" for char in spoken)
    marks = len(_CLAUSE.findall(spoken))
    words = 0 if language in {"ja", "zh"} else len(spoken.split())  # a space there is within a brand, not between words
    return 1.0, float(letters), float(len(_IDEOGRAPH.findall(spoken))), float(words), float(marks)


def seconds_of(text: str, language: str) -> float:
    """Seconds a bound line takes at speed 1, sentence pauses included. `pacing.yaml` says how far off it was on lines
    that were not fitted."""
    weights = coefficients().get(language)
    if weights is None:
        return _by_rate(text, language)
    return sum(_predicted(sentence, language, weights) for sentence in sentences(text))


@lru_cache(maxsize=1)
def coefficients() -> Mapping[str, tuple[float, ...]]:
    """Language -> seconds for each of `FEATURES`. Blocks on the first call."""
    text = files("influencer.script").joinpath("pacing.yaml").read_text("utf-8")
    raw: dict[str, Any] = yaml.safe_load(text)
    return {language: tuple(fit["seconds"][name] for name in FEATURES) for language, fit in raw.items()}


def _by_rate(text: str, language: str) -> float:
    digits = sum(char.isdigit() for char in text)
    length = len(text) - digits + digits * (_DIGIT_WEIGHT if language not in {"ko", "ja", "zh"} else 1.5)
    pauses = max(1, len(_SENTENCE_END.findall(text)))
    return length / _CHARACTERS_A_SECOND[language] + pauses * _PAUSE_S


@lru_cache(maxsize=4096)
def _predicted(sentence: str, language: str, weights: tuple[float, ...]) -> float:
    counts = features_of(sentence, language)
    return max(0.3, sum(count * weight for count, weight in zip(counts, weights, strict=True)))
