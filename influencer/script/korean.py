"""Which sound a word ends in when Korean reads it aloud: Hangul, numbers, codes, units and Latin words. Pure.

A particle follows the sound, not the spelling: RIPPLE is read 리플 and takes 을, USB 유에스비 and takes 를. Latin
words go by the habits of the transcription rules (외래어 표기법); where those fail, `korean_readings.yaml` names the
reading.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from influencer.strings import load_strings

_HANGUL_FIRST, _HANGUL_LAST, _FINALS = 0xAC00, 0xD7A3, 28
_FINAL_RIEUL = 8
_DIGITS_WITH_FINAL = "013678"
"""영 일 삼 육 칠 팔 end in a consonant when read aloud, and 십, 백, 천, 만 do as well."""
_DIGITS_WITH_RIEUL = "178"
_VOWELS = "aeiouy"
_TAIL = re.compile(r"([^\W\d_]+|\d|[%℃°])[^\w%℃°]*$")
_SHORT_CODE = 3
"""Capitals of no more letters are a code: LED, SPF, AI."""

Ending = tuple[bool, bool]
"""Whether the last sound is a consonant, and whether that is ㄹ."""


class Readings(BaseModel):
    """The whole of korean_readings.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: dict[str, str]
    units: dict[str, str]
    letters: dict[str, str]


def final_sound(text: str) -> Ending:
    """The last sound of a text; an open one when there is nothing to read."""
    found = _TAIL.search(text)
    if found is None:
        return False, False
    last = found.group(1)
    before = text[: found.start(1)].rstrip()
    if last.isdigit():
        return last in _DIGITS_WITH_FINAL, last in _DIGITS_WITH_RIEUL
    if _is_hangul(last[-1]):
        return _of_syllable(last[-1])
    if not last.isascii() or not last.isalpha():
        unit = load_readings().units.get(last)
        return _of_syllable(unit[-1]) if unit else (False, False)
    return _of_latin(last, after_digit=before[-1:].isdigit())


def _of_latin(word: str, *, after_digit: bool) -> Ending:
    readings = load_readings()
    low = word.lower()
    if after_digit and low in readings.units:
        return _of_syllable(readings.units[low][-1])
    if low in readings.words:
        return _of_syllable(readings.words[low][-1])
    if _is_code(word) or after_digit:
        return _of_syllable(readings.letters[low[-1]][-1]) if low[-1] in readings.letters else (False, False)
    return _of_word(low)


def _is_code(word: str) -> bool:
    """Whether it is said letter by letter: without a vowel, or a few capitals."""
    few_capitals = word.isupper() and len(word) <= _SHORT_CODE
    return few_capitals or not set(word.lower()) & set(_VOWELS)


def _of_word(word: str) -> Ending:
    """By the last letters: what transcription closes, and what it opens with 으 or 이."""
    if word.endswith(("l", "le", "ll")):
        return True, True
    if word.endswith(("m", "n", "ng", "me", "ne")):
        return True, False
    if word.endswith("ck"):
        return True, False
    stem, last = word[:-1], word[-1]
    if last in "pkcb":
        return _short_vowel_before(stem), False
    if last == "t":  # one syllable is opened (set 세트), more are closed (robot 로봇)
        return _short_vowel_before(stem) and _syllables(word) > 1, False
    return False, False


def _short_vowel_before(stem: str) -> bool:
    """Whether a single vowel stands before the last consonant, or "oo": cap, book, but not soap or mask."""
    if not stem or stem[-1] not in _VOWELS:
        return False
    return stem.endswith("oo") or len(stem) < 2 or stem[-2] not in _VOWELS


def _syllables(word: str) -> int:
    return len(re.findall(f"[{_VOWELS}]+", word))


def _is_hangul(char: str) -> bool:
    return _HANGUL_FIRST <= ord(char) <= _HANGUL_LAST


def _of_syllable(char: str) -> Ending:
    final = (ord(char) - _HANGUL_FIRST) % _FINALS
    return final != 0, final == _FINAL_RIEUL


@lru_cache(maxsize=1)
def load_readings() -> Readings:
    """The readings, read once for the life of the process.

    Raises:
        ValueError: the file is malformed; the message names the field.
    """
    text = files("influencer.script").joinpath("korean_readings.yaml").read_text("utf-8")
    return Readings.model_validate(load_strings(text))
