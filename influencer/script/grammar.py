"""Small grammar that depends on the word a slot is filled with: Korean particles, elision, capitals."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_HANGUL_FIRST, _HANGUL_LAST, _FINALS = 0xAC00, 0xD7A3, 28
_FINAL_RIEUL = 8
_DIGITS_WITH_FINAL = "013678"
"""영 일 삼 육 칠 팔 end in a consonant when read aloud, and 십, 백, 천, 만 do as well."""
_DIGITS_WITH_RIEUL = "178"
_LATIN_WITH_FINAL = "bcgklmnpt"
"""Final letters that Korean transcriptions close with a consonant (Tap 탭, Mug 머그 being the usual exceptions)."""
_VOWELS = "aeiouh"

_PARTICLES = {
    "은는": ("은", "는"),
    "이가": ("이", "가"),
    "을를": ("을", "를"),
    "과와": ("과", "와"),
    "으로로": ("으로", "로"),
    "이에요예요": ("이에요", "예요"),
    "이고고": ("이고", "고"),
    "이라서라서": ("이라서", "라서"),
    "이라라": ("이라", "라"),
    "이니까니까": ("이니까", "니까"),
    "이나나": ("이나", "나"),
    "이죠죠": ("이죠", "죠"),
    "이었습니다였습니다": ("이었습니다", "였습니다"),
}


def inflected(text: str, form: str) -> str | None:
    """`text` in the form a slot asks for ({name|은는}, {summary|cap}); None when there is no such form."""
    if form in _PARTICLES:
        return text + _particle(text, form)
    change = _FORMS.get(form)
    return change(text) if change else None


def _particle(text: str, form: str) -> str:
    closed, open_ = _PARTICLES[form]
    final, rieul = _final_sound(text)
    if form == "으로로":
        return closed if final and not rieul else open_
    return closed if final else open_


def _final_sound(text: str) -> tuple[bool, bool]:
    """Whether the last sound of a word is a consonant, and whether that is ㄹ."""
    letters = [c for c in text if unicodedata.category(c)[0] in "LN"]
    last = letters[-1].lower() if letters else ""
    if not last:
        return False, False
    if _HANGUL_FIRST <= ord(last) <= _HANGUL_LAST:
        final = (ord(last) - _HANGUL_FIRST) % _FINALS
        return final != 0, final == _FINAL_RIEUL
    if last.isdigit() and text.rstrip().endswith("%"):
        return False, False  # 퍼센트
    if last.isdigit():
        return last in _DIGITS_WITH_FINAL, last in _DIGITS_WITH_RIEUL
    return last in _LATIN_WITH_FINAL, last == "l"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _without_stop(text: str) -> str:
    return text.rstrip().rstrip(".。।")


def _starts_with_vowel(text: str) -> bool:
    return unicodedata.normalize("NFD", text[:1]).lower()[:1] in _VOWELS


def _english_article(text: str) -> str:
    return f"an {text}" if _starts_with_vowel(text) and text[:1].lower() != "h" else f"a {text}"


def _french_de(text: str) -> str:
    return f"d'{text}" if _starts_with_vowel(text) else f"de {text}"


def _italian_e(text: str) -> str:
    return f"ed {text}" if text[:1].lower() == "e" else f"e {text}"


def _spanish_y(text: str) -> str:
    start = unicodedata.normalize("NFD", text[:3]).lower()
    return f"e {text}" if start.startswith(("i", "hi")) and not start.startswith(("hie", "ia", "ie")) else f"y {text}"


_FORMS: dict[str, Callable[[str], str]] = {
    "cap": _capitalised,
    "bare": _without_stop,
    "a": _english_article,
    "de": _french_de,
    "ed": _italian_e,
    "y": _spanish_y,
}

FORMS = frozenset(_PARTICLES) | frozenset(_FORMS)
"""Every form a slot may ask for."""

_OF_LANGUAGE = {"en": ("cap", "bare"), "fr": ("cap", "bare", "de"), "it": ("cap", "bare", "ed"),
                "es": ("cap", "bare", "y"), "pt": ("cap", "bare"), "id": ("cap", "bare"),
                "ko": ("bare", *_PARTICLES)}  # fmt: skip


def forms_of(language: str) -> tuple[str, ...]:
    """The forms a model may use in a language (ISO 639-1); articles are left out: it puts them before plurals."""
    return _OF_LANGUAGE.get(language, ("bare",))
