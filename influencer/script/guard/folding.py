"""Text made comparable, with the way back: spelling tricks disappear, and every folded letter knows where it was."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_LOOKALIKES = str.maketrans(
    "аеорсухіѕјһԁɡոӏкмтвнαορνικτυχγβεηωµ", "aeopcyxisjhdgnlkmtbhaopviktuxybenwm"
)  # fmt: skip
"""Cyrillic, Greek and Armenian letters drawn like Latin ones (Unicode TR 39, the common ones)."""
_NUKTA = "\u093c"
_CHANDRABINDU, _ANUSVARA = "\u0901", "\u0902"
_APOSTROPHES = "'’ʼ‘`´"
_DASHES = "-‐‑‒–—―−ー〜～~"
_JAPANESE_LONG = "ー"


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; `at[i]` is the index in the original of folded character i, and `at` has one more for the end."""

    text: str
    at: tuple[int, ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that a span of the folded text comes from."""
        return self.at[start], (self.at[end - 1] + 1 if end > start else self.at[start])


@lru_cache(maxsize=8192)
def fold(text: str) -> Folded:
    """Lower case, compatible forms (NFKC), no accents, no invisible characters, look-alikes undone; spaces stay single.

    Punctuation stays, as numbers need it. Devanagari keeps its vowel signs but loses the nukta, as people write both.
    """
    out: list[str] = []
    at: list[int] = []
    for index, char in enumerate(text):
        for piece in _folded_char(char):
            if piece == " " and out and out[-1] == " ":
                continue
            out.append(piece)
            at.append(index)
    at.append(len(text))
    return Folded("".join(out), tuple(at))


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """Letters and digits only, digits and signs that stand for letters undone: for finding banned words in disguise."""
    return "".join(c for c in fold(text).text if unicodedata.category(c)[0] in "LNM" or c in "%+")


@lru_cache(maxsize=4096)
def _folded_char(char: str) -> str:
    if char in _APOSTROPHES:
        return "'"
    if char in _DASHES and char != _JAPANESE_LONG:
        return "-"
    if unicodedata.category(char) in {"Cf", "Cc", "Mn"} and _invisible_or_accent(char):
        return " " if char in "\t\n\r" else ""
    if unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))  # full-width, Devanagari, Arabic-Indic …
    plain = unicodedata.normalize("NFKC", char).casefold().translate(_LOOKALIKES)
    decomposed = unicodedata.normalize("NFD", plain)
    kept = "".join(c for c in decomposed if not ("\u0300" <= c <= "\u036f" or c == _NUKTA))
    joined = unicodedata.normalize("NFC", kept).replace(_CHANDRABINDU, _ANUSVARA)
    return " " if joined.isspace() else joined


def _invisible_or_accent(char: str) -> bool:
    return unicodedata.category(char) in {"Cf", "Cc"} or "\u0300" <= char <= "\u036f" or char == _NUKTA
