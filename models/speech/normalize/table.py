"""Language -> speller, each imported at its first use."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from models.errors import UnsupportedLanguage
from models.speech.normalize.speller import Speller

_CLASSES = {
    "en": "english.English",
    "es": "spanish.Spanish",
    "fr": "french.French",
    "hi": "hindi.Hindi",
    "id": "indonesian.Indonesian",
    "it": "italian.Italian",
    "ja": "japanese.Japanese",
    "ko": "korean.Korean",
    "pt": "portuguese.Portuguese",
    "zh": "chinese.Chinese",
}


@cache
def _make(language: str) -> Speller:
    module, name = _CLASSES[language].split(".")
    found: type[Speller] = getattr(import_module(f"models.speech.normalize.{module}"), name)
    return found()


def speller_for(language: str) -> Speller:
    """The rules of a BCP 47 tag's language.

    Raises:
        models.errors.UnsupportedLanguage: no rules; the message lists the known languages.
    """
    primary = language.replace("_", "-").split("-")[0].lower()
    if primary not in _CLASSES:
        raise UnsupportedLanguage(f"cannot spell out {language!r}; languages: {', '.join(sorted(_CLASSES))}")
    return _make(primary)
