"""Spells out numbers, money, units, dates and codes, so that a phonemizer only meets words."""

from __future__ import annotations

from models.speech.normalize.passes import spell
from models.speech.normalize.table import speller_for

__all__ = ["spell_out"]


def spell_out(text: str, language: str) -> str:
    """`text` as a host would say it in `language` (BCP 47): no digit, currency sign or unit symbol is left.

    Raises:
        models.errors.UnsupportedLanguage: no rules for the language.
    """
    return spell(text, speller_for(language))
