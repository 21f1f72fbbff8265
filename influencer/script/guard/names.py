"""Check: no brand, product or foreign name that the brief does not know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

import yaml

from influencer.script.guard.folding import fold
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.lexicon import Phrases
from influencer.script.guard.view import BLANK, Finding, LineView

_WORD = re.compile(r"[^\W\d_][\w'’&.-]*[^\W_]|[^\W\d_]")
_LATIN_OR_OTHER = re.compile(r"[A-Za-zＡ-Ｚａ-ｚÀ-ÿ][A-Za-zＡ-Ｚａ-ｚÀ-ÿ'’&.-]*|[^\W\d_]")
"""Words of a text in another script, where Latin words touch its letters: couponは."""
_SENTENCE_START = re.compile(r"(?:^|[.!?:…。！？\"“”«¿¡(—–-])[\s\"“”«¿¡('-]*$")
_LATIN_LANGUAGES = {"en", "es", "pt", "fr", "it", "id"}
_HARMLESS = {"i", "ai", "ok", "okay", "live", "q", "a", "faq", "sns", "ia", "anda", "kak", "kakak", "tv", "dm", "id"}
"""Words that are written with capitals, or in Latin letters, in any market."""
_SCRIPTS = {
    "ko": ("HANGUL",), "ja": ("HIRAGANA", "KATAKANA", "CJK", "HALFWIDTH", "FULLWIDTH"), "zh": ("CJK", "FULLWIDTH"),
    "hi": ("DEVANAGARI",),
}  # fmt: skip


def check_names(view: LineView, line: str, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each unknown name. `line` is the bound line itself: capitals matter here."""
    known = _vocabulary(grounds)
    for found in (span for brands in _brands() for span in brands.spans(view.unchecked)):
        if not _in(known, view.text[slice(*found)]):
            yield Finding(*found, reason=f'"{view.words(*found)}": a brand that is not in the brief')
    trusted = _trusted(view, len(line))
    words = _WORD if grounds.language in _LATIN_LANGUAGES else _LATIN_OR_OTHER
    for word in words.finditer(line):
        if any(trusted[word.start() : word.end()]) or _is_quantity(word, line) or _in(known, fold(word.group()).text):
            continue
        why = _why_unknown(word, line, grounds.language)
        if why is not None:
            yield Finding(word.start(), word.end(), reason=f'"{word.group()}": {why}')


def _why_unknown(word: re.Match[str], line: str, language: str) -> str | None:
    text = word.group()
    folded = fold(text).text
    if folded in _HARMLESS or folded.split("'")[0] in _HARMLESS:
        return None
    if not _expected_script(text, language):
        return "letters of another script"
    if language in _LATIN_LANGUAGES:
        starts = _SENTENCE_START.search(line[: word.start()]) is not None
        inner_capital = any(char.isupper() for char in text[1:])
        unknown = (text[0].isupper() and not starts) or inner_capital
        return "a name that is not in the brief" if unknown else None
    latin = folded.isascii() and len(folded) > 1
    return "a word in Latin letters that is not in the brief" if latin else None


def _is_quantity(word: re.Match[str], line: str) -> bool:
    """A code, or a unit right after its number: the number check reads those."""
    return any(char.isdigit() for char in word.group()) or line[word.start() - 1 : word.start()].isdigit()


def _expected_script(text: str, language: str) -> bool:
    expected = ("LATIN", *_SCRIPTS.get(language, ()))
    letters = (char for char in text if char.isalpha())
    return all(unicodedata.name(char, "").startswith(expected) for char in letters)


def _trusted(view: LineView, length: int) -> list[bool]:
    trusted = [False] * length
    for index, char in enumerate(view.unchecked):
        if char == BLANK:
            trusted[view.folded.at[index]] = True
    return trusted


def _in(vocabulary: str, word: str) -> bool:
    return f" {word} " in vocabulary


@lru_cache(maxsize=64)
def _words_of(texts: tuple[str, ...]) -> str:
    words = {word for text in texts for word in re.findall(r"[\w'&-]+", text)}
    parts = {part for word in words for part in re.split(r"['-]", word)}
    return " " + "  ".join(sorted(words | parts)) + " "


def _vocabulary(grounds: Grounds) -> str:
    market = grounds.market
    spoken = (*market.own_texts, market.language_name)
    return _words_of((*(ground.text for ground in grounds.facts), *(fold(text).text for text in spoken)))


@lru_cache(maxsize=1)
def _brands() -> tuple[Phrases, Phrases]:
    """Well-known brands in the spellings of all ten markets: in Latin letters, and in others."""
    text = files("influencer.script").joinpath("lexicons/brands.yaml").read_text("utf-8")
    names: list[str] = yaml.safe_load(text)["brands"]
    latin = [name for name in names if name.isascii()]
    return Phrases(latin, spaced=True), Phrases([name for name in names if not name.isascii()], spaced=False)
