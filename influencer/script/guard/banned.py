"""Check: what a brief forbids and a market's taboos are never said, however they are spelled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from influencer.script.guard.folding import fold, skeleton
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.lexicon import load_lexicon
from influencer.script.guard.view import Finding, LineView

_LEET = str.maketrans("013457@$!|", "oieastasii")
_SPACED_LETTERS = re.compile(r"(?<![^\W_])(?:[^\W\d_][ ._*·-]{1,2}){3,}[^\W\d_](?![^\W_])")
_TOKEN = re.compile(r"[^\W_\u0900-\u0963\u0971-\u097f][^\s,.;:!?()\"]*|[\u0900-\u0963\u0971-\u097f]+|%")
_ENDINGS = re.compile(r"(?:ings?|e[sd]|s|e|a|o|os|as|ados?|adas?|ando|endo)$")
_SHORTEST_STEM = 3
_GAP = 2
"""Function words that may stand inside a banned phrase: "removes *all your* wrinkles"."""
_KOREAN_PARTICLES = str.maketrans("", "", "을를")


def check_banned(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each banned phrase; slots and quotations are no excuse."""
    for phrase, why in _phrases(grounds):
        if _said(phrase, view.text, grounds.language):
            yield Finding(0, len(view.text), reason=f'"{phrase}": {why}')


def _phrases(grounds: Grounds) -> Iterator[tuple[str, str]]:
    yield from ((phrase, "the brief forbids this claim") for phrase in grounds.sheet.brief.forbidden_claims)
    yield from ((phrase, f"never said in {grounds.market.id}") for phrase in grounds.market.taboo_claims)


def _said(phrase: str, line: str, language: str) -> bool:
    if not skeleton(phrase).isascii() and not load_lexicon(language).spaced:
        return _squashed(phrase, language) in _squashed(line, language)
    if _is_dense(phrase):  # a Chinese phrase in an English show
        return skeleton(phrase) in skeleton(line)
    wanted = _tokens(phrase)
    return any(_in_order(wanted, tokens, language) for tokens in _readings(line))


def _is_dense(phrase: str) -> bool:
    return re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", phrase) is not None


@lru_cache(maxsize=2048)
def _squashed(text: str, language: str) -> str:
    plain = skeleton(text)
    return plain.translate(_KOREAN_PARTICLES) if language == "ko" else plain


@lru_cache(maxsize=2048)
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_stem(token) for token in _TOKEN.findall(fold(text).text.replace("-", " ").replace("'", " ")))


def _stem(word: str) -> str:
    if not word.isascii() or word.isdigit():
        return word
    cut = _ENDINGS.sub("", word)
    return cut if len(cut) >= _SHORTEST_STEM else word


@lru_cache(maxsize=512)
def _readings(line: str) -> tuple[tuple[str, ...], ...]:
    """The line as written, with s p a c e d letters joined, and with digits read as letters."""
    joined = _SPACED_LETTERS.sub(lambda run: re.sub(r"[^\w]|_", "", run.group()), line)
    plain = re.sub(r"[^\s]*[^\W\d_][^\s]*", lambda word: word.group().translate(_LEET), joined)
    return tuple(_tokens(reading) for reading in dict.fromkeys((line, joined, plain)))


def _in_order(wanted: tuple[str, ...], tokens: tuple[str, ...], language: str) -> bool:
    """Whether the wanted tokens stand in the line, next to each other but for function words."""
    if not wanted:
        return False
    function = load_lexicon(language).function
    starts = (index for index, token in enumerate(tokens) if token == wanted[0])
    return any(_follows(wanted, tokens, start, function) for start in starts)


def _follows(wanted: tuple[str, ...], tokens: tuple[str, ...], start: int, function: frozenset[str]) -> bool:
    at = start
    for word in wanted[1:]:
        gap = 0
        at += 1
        while at < len(tokens) and tokens[at] != word and tokens[at] in function and gap < _GAP:
            at, gap = at + 1, gap + 1
        if at >= len(tokens) or tokens[at] != word:
            return False
    return True
