"""The word lists of words/<language>.yaml: whole words where the script has words, allowed words taken out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from influencer.moderation.spelling import Written, bare, drawn, pieces, readings, starred
from influencer.script.guard.folding import fold

WordReason = Literal["profanity", "sexual", "hate", "promotion"]
_REASONS: tuple[WordReason, ...] = ("profanity", "sexual", "hate", "promotion")
_OTHER_KEYS = ("allow", "at", "dot", "orders", "phones")
_WORDLESS = frozenset({"ko", "ja", "zh"})
_UNSPACED = frozenset({"ja", "zh"})
_PAUSE = re.compile(r"[,.;:!?()।]")
_LEAST_SPELLED = 4
"""Letters of a listed word that is looked for within letters that stand alone: "I f u c k"."""


@dataclass(frozen=True, slots=True)
class WordList:
    """One language's words, folded. `alone` has those that are bad only when nothing else is written beside them."""

    words: dict[str, WordReason]
    allow: frozenset[str]
    whole_words: bool
    spaced: bool = True
    """Whether the script has spaces between words; where not, a space within one is a disguise."""
    phrases: dict[str, WordReason] = field(default_factory=dict)
    """Of several words: the words with single spaces between them."""
    alone: dict[str, WordReason] = field(default_factory=dict)
    at: tuple[str, ...] = ()
    """What people write for the sign in an address, folded; `dot` for the dot; `orders` and `phones` before
    the number of an order or a telephone."""
    dot: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()

    def find(self, text: str) -> list[tuple[WordReason, int, int]]:
        """The reason and the span in `text` of each listed word. Never raises."""
        return self._words(text) if self.whole_words else self._parts(text)

    def _words(self, text: str) -> list[tuple[WordReason, int, int]]:
        folded = drawn(text)
        found: list[tuple[WordReason, int, int]] = []
        plain: list[Written] = []
        for piece in pieces(folded.text):
            if bare(piece.text) in self.allow:
                continue
            plain += [] if piece.spelled else [piece]
            if reason := self._reason(piece):
                found.append((reason, *folded.origin(piece.start, piece.end)))
        for start, end, reason in self._in_phrases(plain, folded.text):
            found.append((reason, *folded.origin(start, end)))
        return found

    def _reason(self, piece: Written) -> WordReason | None:
        for form in readings(piece.text):
            if form in self.words:
                return self.words[form]
        if piece.spelled:
            letters = bare(piece.text)
            return next(
                (why for word, why in self.words.items() if len(word) >= _LEAST_SPELLED and word in letters), None
            )
        if pattern := starred(piece.text):
            return next((why for word, why in self.words.items() if pattern.fullmatch(word)), None)
        return None

    def _in_phrases(self, words: list[Written], text: str) -> list[tuple[int, int, WordReason]]:
        """Where listed words stand one after the other; a hyphen between them counts as a space."""
        if not self.phrases:
            return []
        joined, starts, ends, before = "", dict[int, int](), dict[int, int](), 0
        for word in words:
            if not (form := bare(word.text)):
                continue
            joined += "| " if _PAUSE.search(text[before : word.start]) else ""
            before = word.end
            starts[len(joined)] = word.start
            joined += form + " "
            ends[len(joined) - 1] = word.end
        return [
            (starts[match.start()], ends[match.end()], reason)
            for phrase, reason in self.phrases.items()
            for match in re.finditer(rf"(?<!\S){re.escape(phrase)}(?!\S)", joined)
        ]

    def _parts(self, text: str) -> list[tuple[WordReason, int, int]]:
        folded = drawn(text)
        kept = [index for index, char in enumerate(folded.text) if unicodedata.category(char)[0] in "LM"]
        letters = "".join(folded.text[index] for index in kept)
        for word in self.allow:
            letters = letters.replace(word, " " * len(word))
        found: list[tuple[WordReason, int, int]] = []
        for words, alone in ((self.words, False), (self.alone, True)):
            for word, reason in words.items():
                for match in re.finditer(re.escape(word), letters):
                    start, end = kept[match.start()], kept[match.end() - 1] + 1
                    if self._counts(folded.text, start, end, alone=alone, anywhere=reason == "promotion"):
                        found.append((reason, *folded.origin(start, end)))
        return found

    def _counts(self, text: str, start: int, end: int, *, alone: bool, anywhere: bool) -> bool:
        """Whether listed letters are the listed word there."""
        if alone:
            return _stands_alone(text, start, end)
        return anywhere or not self.spaced or _is_one_word(text, start, end)


@lru_cache
def load_words(language: str) -> WordList:
    """The list of one language (ISO 639-1).

    Raises:
        ValueError: the file has a key other than profanity, sexual, hate, promotion, allow, at, dot, orders and phones.
    """
    path = Path(__file__).parent / "words" / f"{language}.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    if unknown := document.keys() - {*_REASONS, *_OTHER_KEYS}:
        raise ValueError(f"{path.name}: got {sorted(unknown)}; allowed are {', '.join((*_REASONS, *_OTHER_KEYS))}")
    whole_words = language not in _WORDLESS
    words, phrases, alone = dict[str, WordReason](), dict[str, WordReason](), dict[str, WordReason]()
    for reason in _REASONS:
        for entry in map(str, document.get(reason) or ()):
            kept = " ".join(form for word in re.split(r"[\s'’-]+", entry) if (form := bare(fold(word).text)))
            if entry.startswith("="):
                alone[bare(kept)] = reason
            elif " " in kept and whole_words:
                phrases[kept] = reason
            else:
                words[bare(kept)] = reason
    allow = frozenset(bare(fold(str(word)).text) for word in document.get("allow") or ())
    at, dot, orders, phones = (
        tuple(fold(str(word)).text for word in document.get(key) or ()) for key in _OTHER_KEYS[1:]
    )
    return WordList(words, allow, whole_words, language not in _UNSPACED, phrases, alone, at, dot, orders, phones)


def _is_one_word(text: str, start: int, end: int) -> bool:
    """Whether a match has no space in it, or stands alone: two words that meet are not one."""
    return " " not in text[start:end] or (text[:start][-1:] in {"", " "} and text[end : end + 1] in {"", " "})


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit comes right before or after."""
    return not any(char.isalnum() for char in (*text[:start][-1:], *text[end : end + 1]))
