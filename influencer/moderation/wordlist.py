"""The word lists of words/<language>.yaml: whole words where the script has words, allowed words taken out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from influencer.script.guard.folding import fold

WordReason = Literal["profanity", "sexual", "hate"]
_REASONS: tuple[WordReason, ...] = ("profanity", "sexual", "hate")
_WORDLESS = frozenset({"ko", "ja", "zh"})
_LEET = str.maketrans("@013457$!|", "aoieastsil")
_RUN = re.compile(r"(.)\1{2,}")
_SPELLED = re.compile(r"(?<![^\W_])[^\W_](?:[ .*_-]+[^\W_](?![^\W_])){2,}")
"""Single letters with spaces or signs between them: "f u c k"."""


@dataclass(frozen=True, slots=True)
class WordList:
    """One language's words, folded."""

    words: dict[str, WordReason]
    allow: frozenset[str]
    whole_words: bool

    def find(self, text: str) -> list[tuple[WordReason, int, int]]:
        """The reason and the span in `text` of each listed word. Never raises."""
        return self._words(text) if self.whole_words else self._parts(text)

    def _words(self, text: str) -> list[tuple[WordReason, int, int]]:
        folded = fold(text)
        found: list[tuple[WordReason, int, int]] = []
        spans = [*_tokens(folded.text), *(match.span() for match in _SPELLED.finditer(folded.text))]
        for start, end in spans:
            word = "".join(char for char in folded.text[start:end].translate(_LEET) if _is_letter(char))
            if word in self.allow:
                continue
            for form in (word, _RUN.sub(r"\1\1", word), _RUN.sub(r"\1", word)):
                if form in self.words:
                    found.append((self.words[form], *folded.origin(start, end)))
                    break
        return found

    def _parts(self, text: str) -> list[tuple[WordReason, int, int]]:
        folded = fold(text)
        kept = [index for index, char in enumerate(folded.text) if unicodedata.category(char)[0] in "LM"]
        letters = "".join(folded.text[index] for index in kept)
        for word in self.allow:
            letters = letters.replace(word, " " * len(word))
        return [
            (reason, *folded.origin(kept[match.start()], kept[match.end() - 1] + 1))
            for word, reason in self.words.items()
            for match in re.finditer(re.escape(word), letters)
            if _is_one_word(folded.text, kept[match.start()], kept[match.end() - 1] + 1)
        ]


@lru_cache
def load_words(language: str) -> WordList:
    """The list of one language (ISO 639-1).

    Raises:
        ValueError: the file has a key other than profanity, sexual, hate and allow.
    """
    path = Path(__file__).parent / "words" / f"{language}.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if unknown := document.keys() - {*_REASONS, "allow"}:
        raise ValueError(f"{path.name}: got {sorted(unknown)}; allowed are {', '.join(_REASONS)} and allow")
    words = {_bare(word): reason for reason in _REASONS for word in document.get(reason, ())}
    return WordList(words, frozenset(_bare(word) for word in document.get("allow", ())), language not in _WORDLESS)


def _is_one_word(text: str, start: int, end: int) -> bool:
    """Whether a match has no space in it, or stands alone: two words that meet are not one."""
    return " " not in text[start:end] or (text[:start][-1:] in {"", " "} and text[end : end + 1] in {"", " "})


def _bare(word: str) -> str:
    return "".join(char for char in fold(word).text if _is_letter(char))


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM"


def _tokens(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    start = -1
    for index, char in enumerate(text + " "):
        inside = unicodedata.category(char)[0] in "LMN" or char in "@$!|"
        if inside and start < 0:
            start = index
        elif not inside and start >= 0:
            # "!" also ends a sentence: signs at the end of a word are not letters
            end = start + len(text[start:index].rstrip("!|"))
            if end > start:
                spans.append((start, end))
            start = -1
    return spans
