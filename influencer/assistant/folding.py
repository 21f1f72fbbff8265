"""Making spellings comparable: one form for "Precio", "PRECIO???", "précio" and full-width "ｐｒｅｃｉｏ"."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from streaming.chat_policy import clean_text

_HOMOGLYPHS = str.maketrans("аеорсухіѕјһԁɡոαορνικτ", "aeopcyxisjhdgnaopvikt")
"""Cyrillic, Armenian and Greek letters that look Latin (Unicode TR 39 confusables, the common ones)."""
_LEET = str.maketrans("013457@$!|", "oieastasii")
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
_NUKTA, _CHANDRABINDU, _ANUSVARA = "\u093c", "\u0901", "\u0902"
_SPACED_LETTERS = re.compile(r"(?<= )(?:[^\W\d_] ){4,}")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower-case words without accents or punctuation, one space between and around them: " how much is it ".

    Devanagari keeps its vowel signs but loses the nukta (क़ = क), as people type it both ways. A letter three or
    more times in a row becomes one ("priceeee"). Currency and percent signs stay, as words.
    """
    plain = unicodedata.normalize("NFKC", clean_text(text)).casefold()
    out: list[str] = []
    for char in unicodedata.normalize("NFD", plain):
        kind = unicodedata.category(char)
        if kind == "Mn" and _is_accent(char):
            continue
        if kind == "Sc" or char == "%":
            out.append(f" {char} ")
        else:
            out.append(char if kind[0] in "LMN" else " ")
    joined = unicodedata.normalize("NFC", "".join(out)).replace(_CHANDRABINDU, _ANUSVARA)
    return " " + " ".join(_STRETCH.sub(r"\1", joined).split()) + " "


def _is_accent(char: str) -> bool:
    """Combining marks of Latin text and the nukta; not the Japanese voicing marks nor Devanagari vowels."""
    return "\u0300" <= char <= "\u036f" or char == _NUKTA


def unmask(text: str) -> str:
    """Folded text with look-alike letters, digits for letters and s p a c e d letters undone, to find commands."""
    plain = unicodedata.normalize("NFKC", clean_text(text)).casefold().translate(_HOMOGLYPHS)
    words = (word.rstrip("!|.,?") for word in plain.split())
    folded = fold(" ".join(word if word.isdigit() else word.translate(_LEET) for word in words))
    return _SPACED_LETTERS.sub(lambda run: run.group().replace(" ", "") + " ", folded)


def ngrams(folded: str, size: int) -> frozenset[str]:
    """Character n-grams of folded text, words padded by spaces."""
    return frozenset(folded[i : i + size] for i in range(len(folded) - size + 1))


def dice(one: frozenset[str], other: frozenset[str]) -> float:
    """Sørensen-Dice similarity of two sets, 0 to 1; 0 when either is empty."""
    if not one or not other:
        return 0.0
    return 2 * len(one & other) / (len(one) + len(other))
