"""Small grammar that depends on the word a slot is filled with: Korean particles, elision, capitals."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from influencer.script.korean import final_sound

_VOWELS = "aeiou"
_ASPIRATED = (
    "hach", "haie", "hall", "hamac", "hamburger", "hanche", "handball", "hangar", "haricot", "harnais", "hasard",
    "haut", "herbier", "hero", "heriss", "hibou", "hockey", "homard", "honte", "hors", "housse", "hublot", "huit",
    "hurle", "husky", "onz", "oui", "ouistiti", "yaourt", "yoga",
)  # fmt: skip
"""French words that begin as if with a consonant: no elision before them (de haute tenue, le onze)."""

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
    final, rieul = final_sound(text)
    if form == "으로로":
        return closed if final and not rieul else open_
    return closed if final else open_


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _without_stop(text: str) -> str:
    return text.rstrip().rstrip(".。।")


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def _english_article(text: str) -> str:
    return f"an {text}" if _plain(text)[:1] in _VOWELS else f"a {text}"


def _elides(text: str) -> bool:
    """Whether French drops the vowel before a word: a vowel or a mute h, and none of the aspirated."""
    plain = _plain(text).replace("œ", "o").replace("æ", "a")
    return plain[:1] in {*_VOWELS, "h"} and plain != "" and not plain.startswith(_ASPIRATED)


def _french(word: str) -> Callable[[str], str]:
    """ "de" and "que" before a slot, elided where they must be."""
    return lambda text: f"{word[:-1]}'{text}" if _elides(text) else f"{word} {text}"


def _italian(vowel: str) -> Callable[[str], str]:
    """ "e" and "a" before a slot, with the euphonic d before the same vowel."""
    return lambda text: f"{vowel}d {text}" if _plain(text)[:1] == vowel else f"{vowel} {text}"


def _spanish_y(text: str) -> str:
    start = _plain(text[:3])
    return f"e {text}" if start.startswith(("i", "hi")) and not start.startswith(("hie", "ia", "ie")) else f"y {text}"


def _spanish_o(text: str) -> str:
    return f"u {text}" if _plain(text[:2]).startswith(("o", "ho")) else f"o {text}"


_FORMS: dict[str, Callable[[str], str]] = {
    "cap": _capitalised,
    "bare": _without_stop,
    "a": _english_article,
    "de": _french("de"),
    "que": _french("que"),
    "ed": _italian("e"),
    "ad": _italian("a"),
    "y": _spanish_y,
    "o": _spanish_o,
}

FORMS = frozenset(_PARTICLES) | frozenset(_FORMS)
"""Every form a slot may ask for."""

_OF_LANGUAGE = {"en": ("cap", "bare"), "fr": ("cap", "bare", "de", "que"), "it": ("cap", "bare", "ed", "ad"),
                "es": ("cap", "bare", "y", "o"), "pt": ("cap", "bare"), "id": ("cap", "bare"),
                "ko": ("bare", *_PARTICLES)}  # fmt: skip


def forms_of(language: str) -> tuple[str, ...]:
    """The forms a model may use in a language (ISO 639-1); articles are left out: it puts them before plurals."""
    return _OF_LANGUAGE.get(language, ("bare",))
