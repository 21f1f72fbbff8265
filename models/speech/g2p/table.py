"""Language -> phonemizer, each made at its first use (imports of dictionaries are slow)."""

from __future__ import annotations

from collections.abc import Callable

from models.errors import UnsupportedLanguage
from models.speech.espeak import EspeakProcess
from models.speech.g2p.base import Phonemizer
from models.speech.g2p.espeak import ENGLISH, OTHERS, EspeakPhonemizer, Replacements


def _espeak(voice: str, replacements: Replacements = OTHERS) -> Callable[[EspeakProcess], Phonemizer]:
    return lambda process: EspeakPhonemizer(process, voice, replacements)


def _chinese(process: EspeakProcess) -> Phonemizer:
    from models.speech.g2p.chinese import ChinesePhonemizer

    return ChinesePhonemizer(process)


def _japanese(process: EspeakProcess) -> Phonemizer:
    from models.speech.g2p.japanese import JapanesePhonemizer

    return JapanesePhonemizer(process)


def _korean(process: EspeakProcess) -> Phonemizer:
    from models.speech.g2p.korean import KoreanPhonemizer

    return KoreanPhonemizer(process)


_TABLE: dict[str, Callable[[EspeakProcess], Phonemizer]] = {
    "en": _espeak("en-us", ENGLISH),
    "es": _espeak("es-419"),
    "fr": _espeak("fr"),
    "hi": _espeak("hi"),
    "id": _espeak("id"),
    "it": _espeak("it"),
    "ja": _japanese,
    "ko": _korean,
    "pt": _espeak("pt-br"),
    "zh": _chinese,
}


def primary(language: str) -> str:
    """The first subtag of a BCP 47 tag: "ko-KR" gives "ko"."""
    return language.replace("_", "-").split("-")[0].lower()


def supported_languages() -> tuple[str, ...]:
    """ISO 639-1 codes that can be spoken."""
    return tuple(sorted(_TABLE))


def phonemizer_for(language: str, process: EspeakProcess) -> Phonemizer:
    """A new phonemizer for a BCP 47 tag.

    Raises:
        models.errors.UnsupportedLanguage: no phonemizer; the message lists the known languages.
    """
    make = _TABLE.get(primary(language))
    if make is None:
        known = ", ".join(supported_languages())
        raise UnsupportedLanguage(f"cannot speak {language!r}; languages: {known}")
    return make(process)
