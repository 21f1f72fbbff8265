"""Which of the ten languages a chat message is in, from a handful of characters.

Chat messages are too short for statistical detectors ("price?", "ongkir?"), so scripts decide first and then what
each language's lexicon recognises. What stays undecided is in the show's own language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from influencer.assistant.folding import fold
from influencer.assistant.lexicon import load_lexicon
from influencer.assistant.values import Language

_LATIN: tuple[Language, ...] = ("en", "es", "pt", "fr", "it", "id", "hi")
"""Hindi is often typed in Latin letters ("kitne ka hai")."""
_ACCENTS: dict[Language, str] = {
    "es": "ñ¿¡", "pt": "ãõâêôç", "fr": "èêëçœùûîïàâ", "it": "òìùàè", "en": "", "id": "", "hi": "",
}  # fmt: skip
_JAPANESE_KANJI = frozenset("価円発売気込届働匂済変対応実読広様楽")
_SIMPLIFIED = frozenset("价钱货买卖发这么吗个们贵优惠码运费质适过敏还没仓库级")
_HOME_BONUS = 0.3
_LEAST = 0.4


def scripts(text: str) -> Counter[str]:
    """Letters of each script that matters here: latin, hangul, kana, han, devanagari, other."""
    return Counter(_script(char) for char in unicodedata.normalize("NFKC", text) if char.isalpha())


def _script(char: str) -> str:
    name = unicodedata.name(char, "")
    for prefix, script in (
        ("LATIN", "latin"), ("HANGUL", "hangul"), ("HIRAGANA", "kana"), ("KATAKANA", "kana"), ("CJK", "han"),
        ("DEVANAGARI", "devanagari"),
    ):  # fmt: skip
        if name.startswith(prefix):
            return script
    return "other"


def detect(text: str, home: Language) -> Language:
    """The language of a message; `home`, the show's, when nothing tells."""
    found = scripts(text)
    # One syllable block or ideograph says as much as two Latin letters. Japanese is written in kana and han together.
    weights = Counter[str]()
    for script, count in found.items():
        weights["han" if script == "kana" else script] += count * (1 if script == "latin" else 2)
    if not weights:
        return home
    main = max(weights, key=lambda script: weights[script])
    if main == "hangul":
        return "ko"
    if main == "han":
        return _kana_or_han(text, found, home)
    if main == "devanagari":
        return "hi"
    return _latin(text, home) if main == "latin" else home


def _kana_or_han(text: str, found: Counter[str], home: Language) -> Language:
    if found["kana"]:
        return "ja"
    japanese, simplified = (sum(char in signs for char in text) for signs in (_JAPANESE_KANJI, _SIMPLIFIED))
    if japanese != simplified:
        return "ja" if japanese > simplified else "zh"
    return "ja" if home == "ja" else "zh"


def _latin(text: str, home: Language) -> Language:
    folded, lowered = fold(text), text.lower()
    scores: dict[Language, float] = {}
    for language in _LATIN:
        score = load_lexicon(language).familiarity(folded)
        score += 0.25 * bool(set(_ACCENTS[language]) & set(lowered))
        if language == "fr" and re.search(r"\b(?:c|d|l|qu|j|n|s)['’]", lowered):
            score += 0.25
        scores[language] = score + (_HOME_BONUS if language == home else 0.0)
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] >= _LEAST else home
