"""What a sentence is about: the stems two sentences are compared by, and whether a word in them is denied."""

from __future__ import annotations

import re
from functools import lru_cache

from influencer.script.guard.lexicon import Lexicon, Phrases, load_lexicon

_STEM = 5
_SENTENCE = re.compile(r"[^.!?。！？।]*(?:\.(?=\d)[^.!?。！？।]*)*[.!?。！？।]*")
_CLAUSE_END = re.compile(r"[.!?。！？।,，、;；:：](?!\d)")
_NEGATION_TOKENS = 7
_NEGATION_CHARS = {"ko": (3, 14), "ja": (3, 14), "zh": (8, 4)}
"""Characters before and after a word where a negator denies it: 香料を加えていません, but 不添加香精."""


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence of folded text that holds a span."""
    for found in _SENTENCE.finditer(text):
        if found.start() <= start < found.end():
            return found.group()
    return text[start:end]


@lru_cache(maxsize=8192)
def stems(text: str, language: str) -> frozenset[str]:
    """What folded text is about: word beginnings, or two-character pieces where words are not separated.

    Function words, numbers and units carry nothing. Claim words count by their concept, so "hydrated" and "moisture"
    are the same subject.
    """
    lexicon = load_lexicon(language)
    concepts = {f"={name}" for name, (_, phrases) in lexicon.claims.items() if phrases.within(text)}
    if lexicon.spaced:
        words = re.findall(r"[^\W\d_][\w\u0900-\u0963\u0971-\u097f']*", text)
        return frozenset(concepts | {w[:_STEM] for w in words if len(w) > 2 and w not in lexicon.function})
    if language == "ko":
        words = [w for w in re.findall(r"[가-힣a-z]+", text) if w not in lexicon.function]
        return frozenset(concepts | {w[:2] for w in words if len(w) > 1 and w[:2] not in lexicon.function})
    pieces = (run[i : i + 2] for run in re.findall(r"[\u4e00-\u9fff\u30a0-\u30ff]+", text) for i in range(len(run) - 1))
    return frozenset(concepts | {piece for piece in pieces if piece not in lexicon.function})


def same_subject(claim: str, fact: str, language: str, *, besides: frozenset[str] = frozenset()) -> bool:
    """Whether a sentence is about what a fact says: they share a stem; a long sentence must share two."""
    ours = stems(claim, language) - besides
    shared = ours & stems(fact, language)
    return len(shared) >= (2 if len(ours) > _LONG else 1)


_LONG = 6


def sentences(text: str) -> list[str]:
    """The sentences of folded text."""
    return [found.group() for found in _SENTENCE.finditer(text) if found.group().strip()]


def retells(sentence: str, fact: str, language: str, *, besides: frozenset[str]) -> bool:
    """Whether a sentence says mostly what a fact says: two stems or more, and half of its own, are the fact's."""
    ours = stems(sentence, language) - besides
    shared = ours & stems(fact, language)
    return len(shared) >= _RETOLD and 2 * len(shared) >= len(ours)


_RETOLD = 2


def denied(
    text: str, start: int, end: int, lexicon: Lexicon, *, reach: int = 1, besides: Phrases | None = None
) -> bool:
    """Whether the word at a span is negated: "no fragrance", "fragrance-free", 향료를 넣지 않은, 香料不使用.

    `reach` words behind it may deny it where words are separated by spaces ("-free"); `besides` are more negators.
    """
    left, right = _clause(text, start, end)
    before, after = text[left:start], text[end:right]
    if lexicon.spaced:
        follows = _NEGATION_TOKENS if lexicon.data.language == "hi" else reach
        before = " ".join(before.split()[-_NEGATION_TOKENS:])
        after = " ".join(after.replace("-", " ").split()[:follows])
    else:
        ahead, behind = _NEGATION_CHARS[lexicon.data.language]
        before, after = before[-ahead:], after[:behind]
    negators = (lexicon.negators, besides) if besides is not None else (lexicon.negators,)
    return any(phrases.within(before) or phrases.within(after) for phrases in negators)


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    left = max((found.end() for found in _CLAUSE_END.finditer(text, 0, start)), default=0)
    right = _CLAUSE_END.search(text, end)
    return left, right.start() if right else len(text)
