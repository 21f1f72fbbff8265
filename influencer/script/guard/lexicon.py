"""What claims look like in each language: the data of ../lexicons/<language>.yaml, compiled.

Phrases are written as people write them and folded like the lines are. Where words are separated by spaces a phrase
matches whole words, and a trailing `*` any ending ("moistur*"); Korean, Japanese and Chinese phrases match anywhere,
spaces ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from babel import Locale
from pydantic import BaseModel, ConfigDict, Field

from influencer.script.guard.folding import fold
from influencer.strings import load_strings

Strength = Literal["strong", "plain", "topic", "word", "wording"]
"""What must support a claim word.

"plain": any fact that speaks of the same thing; "topic": one that does so about the same subject (free *shipping*);
"word": any fact with the very word; "wording": the very word about the same subject (superlatives); "strong": the same
in a key point proven by a test, study or certificate.
"""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Concept(_Data):
    """Words that claim the same thing ("moisture": hydrat*, moistur*)."""

    strength: Strength
    words: list[str] = Field(min_length=1)


class LexiconData(_Data):
    """The whole of lexicons/<language>.yaml."""

    language: str
    spaced: bool
    function: list[str]
    """Words that carry no meaning of their own: ignored when two sentences are compared."""
    negators: list[str]
    numbers: dict[str, Decimal]
    """Spelled-out numbers that CLDR and num2words do not give."""
    ambiguous: list[str] = []
    """Number words that mean something else too: a number only before a unit."""
    scales: dict[str, Decimal]
    ranges: list[str]
    """Words between the two ends of a range."""
    percent: list[str]
    money: dict[str, list[str]]
    units: dict[str, list[str]]
    over: list[str]
    up_to: list[str]
    saving: list[str]
    coupon: list[str]
    regular: list[str]
    ratios: dict[str, list[str]]
    urgency: dict[Literal["ends_today", "ends_soon", "limited", "low_stock", "sold_out"], list[str]]
    claims: dict[str, Concept]
    ingredients: dict[str, list[str]]
    allowed: list[str] = []
    """Idioms that look like a claim and are none."""


class Phrases:
    """One alternation for many phrases; finds spans in folded text."""

    def __init__(self, phrases: Iterable[str], *, spaced: bool, after_number: bool = False) -> None:
        folded = {text: phrase.endswith("*") for phrase in phrases if (text := fold(phrase.rstrip("*")).text.strip())}
        words = [_body(text, open_end, spaced=spaced) for text, open_end in _longest_first(folded) if _is_word(text)]
        signs = [
            _body(text, open_end, spaced=spaced) for text, open_end in _longest_first(folded) if not _is_word(text)
        ]
        if words and spaced and not after_number:
            words = [
                f"{_WORD_START}(?:{'|'.join(words)})"
            ]  # one look back for all of them: most places fail it at once
        self._pattern = re.compile("|".join([*words, *signs])) if words or signs else None

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where a phrase stands, first to last, no overlaps."""
        if self._pattern is not None:
            yield from (found.span() for found in self._pattern.finditer(text))

    def within(self, text: str) -> bool:
        """Whether any phrase occurs."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def match(self, text: str, at: int) -> int | None:
        """The end of a phrase that starts at `at`."""
        found = self._pattern.match(text, at) if self._pattern is not None else None
        return found.end() if found else None


_MARKS = "\u0900-\u0963\u0971-\u097f"
"""Devanagari vowel signs are no \\w: a word boundary must know them."""
_WORD_START = rf"(?<![^\W_])(?<![{_MARKS}])"
_WORD_END = rf"(?![^\W_])(?![{_MARKS}])"


def _ascii_word(words: str) -> str:
    """A Latin word in a text without spaces: it may touch the letters of the other script."""
    start = r"(?<![a-z])" if words[0].isalpha() else ""
    end = r"(?![a-z0-9])" if words[-1].isalnum() else ""
    return start + re.escape(words) + end


def _longest_first(phrases: dict[str, bool]) -> list[tuple[str, bool]]:
    return sorted(phrases.items(), key=lambda item: len(item[0]), reverse=True)


def _is_word(text: str) -> bool:
    return text[0].isalnum()


def _body(words: str, open_end: bool, *, spaced: bool) -> str:
    """The pattern of one folded phrase without what must stand before it."""
    if not spaced and not words.isascii():
        start = r"(?<!\d)" if words[0].isdigit() else ""
        return start + r" ?".join(re.escape(char) for char in words.replace(" ", ""))
    if not spaced:
        return _ascii_word(words)
    inner = r"[ -]".join(re.escape(word) for word in re.split(r"[ -]", words) if word) or re.escape(words)
    if open_end:
        return rf"{inner}[\w{_MARKS}]*"
    ends_in_letter = words[-1].isalnum() or unicodedata.category(words[-1]) in {"Mn", "Mc"}
    return f"{inner}{_WORD_END}" if ends_in_letter else inner


@dataclass(frozen=True)
class Lexicon:
    """One language, ready to match folded text."""

    data: LexiconData
    function: frozenset[str]
    negators: Phrases
    over: Phrases
    up_to: Phrases
    saving: Phrases
    coupon: Phrases
    regular: Phrases
    ratios: dict[str, Phrases]
    urgency: dict[str, Phrases]
    claims: dict[str, tuple[Strength, Phrases]]
    ingredients: dict[str, Phrases]
    allowed: Phrases

    @property
    def spaced(self) -> bool:
        """Whether words are separated by spaces."""
        return self.data.spaced

    def phrases(self, words: Iterable[str]) -> Phrases:
        """More phrases of this language."""
        return Phrases(words, spaced=self.data.spaced)


@lru_cache(maxsize=16)
def load_lexicon(language: str) -> Lexicon:
    """Read a language once for the life of the process. Blocks on the first call (about 20 ms)."""
    text = files("influencer.script").joinpath(f"lexicons/{language}.yaml").read_text("utf-8")
    # The base loader leaves every scalar a string: `no` and `on` are words here.
    return _compiled(LexiconData.model_validate(load_strings(text)))


def _compiled(data: LexiconData) -> Lexicon:
    def phrases(words: Iterable[str]) -> Phrases:
        return Phrases(words, spaced=data.spaced)

    claims: dict[str, tuple[Strength, Phrases]] = {
        name: (concept.strength, phrases(concept.words)) for name, concept in data.claims.items()
    }
    claims["weekday"] = ("word", phrases(Locale(data.language).days["format"]["wide"].values()))
    return Lexicon(
        data=data,
        function=frozenset(fold(word).text.strip() for word in data.function),
        negators=phrases(data.negators),
        over=phrases(data.over),
        up_to=phrases(data.up_to),
        saving=phrases(data.saving),
        coupon=phrases(data.coupon),
        regular=phrases(data.regular),
        ratios={ratio: phrases(words) for ratio, words in data.ratios.items()},
        urgency={kind: phrases(words) for kind, words in data.urgency.items()},
        claims=claims,
        ingredients={name: phrases(words) for name, words in data.ingredients.items()},
        allowed=phrases(data.allowed),
    )
