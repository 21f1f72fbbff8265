"""Check: lines that nobody wrote beforehand hold no word that neither the brief nor everybody's talk knows.

The other checks know claims by their words, and a claim in words that no list has would pass them. This one turns it
round, for lines of a language model or an operator: what is said is in the facts, was judged by another check, or is an
everyday word (`../lexicons/everyday.yaml` and the words of the templates); every other word refuses the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from influencer.script.guard.families import load_families
from influencer.script.guard.folding import fold
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.lexicon import Phrases, load_lexicon
from influencer.script.guard.mentions import find_mentions
from influencer.script.guard.view import BLANK, Finding, LineView
from influencer.script.templates import load_phrases, load_templates
from influencer.script.templates.loader import PARTS
from influencer.strings import load_strings

_WORD = re.compile(r"[^\W\d_][\w\u0900-\u0963\u0971-\u097f]*")
_HANGUL = re.compile(r"[가-힣]+")
_HAN = re.compile(r"[\u3400-\u9fff\u3005]+")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]+")
_SLOT = re.compile(r"\{[^{}]*\}")
_STEM = 5
_SHORT = 2
"""Letters of a word that is not looked at: articles and particles."""
_PARTICLES = re.compile(
    r"(?<=[가-힣])(?:에서|으로|까지|부터|하고|이나|이라|처럼|보다|은|는|이|가|을|를|에|의|도|로|와|과|만)$"
)
_ZH_PARTICLES = frozenset(
    "的了是在有我你您它他她这那也都就和与跟很呢吗吧啊哦呀嗯把被给对从到上下里外前后来去看听说讲问想要会能可不没别让用做放取为以而但且只还再又才或个款种件次位点些么着过得地等请先中大小多少一二两三几"
)


class EverydayData(BaseModel):
    """Everyday words of one language, and words of the templates that describe and so are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: list[str] = Field(min_length=1)
    describing: list[str]


@dataclass(frozen=True)
class Everyday:
    """One language, ready to match folded text. `pieces` are what `_pieces` finds in the templates."""

    phrases: tuple[Phrases, ...]
    pieces: frozenset[str]


def check_vocabulary(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each word that is in no fact, in no list of another check, and no everyday word."""
    text, language = view.unchecked, grounds.language
    everyday = load_everyday(language)
    known = _judged(text, grounds, everyday)
    texts = (*(ground.text for ground in grounds.facts), *(fold(own).text for own in grounds.market.own_texts))
    pieces = everyday.pieces | _fact_pieces(texts, language)
    for start, end in _unknown(text, known, pieces, language):
        said = view.words(start, end)
        yield Finding(
            start, end, reason=f'"{said}": neither in the brief nor an everyday word; say it as the brief does'
        )


def _judged(text: str, grounds: Grounds, everyday: Everyday) -> list[bool]:
    """Which characters other checks judge, or everyday phrases hold."""
    known = [char == BLANK for char in text]
    quantities = [(one.start, one.end) for one in find_mentions(text, grounds.language, grounds.currency)]
    phrases = [*_judging(grounds.language), *everyday.phrases]
    for start, end in (*quantities, *(span for one in phrases for span in one.spans(text))):
        known[start:end] = [True] * (end - start)
    return known


def _unknown(text: str, known: list[bool], pieces: frozenset[str], language: str) -> Iterator[tuple[int, int]]:
    if language in {"ja", "zh"}:
        yield from _uncovered(text, known, pieces, language)
        return
    for found in (_HANGUL if language == "ko" else _WORD).finditer(text):
        start, end = found.span()
        if language == "ko" and (known[start] or _is_glued(text, start)):
            continue
        if not all(known[start:end]) and not _is_known(found.group(), pieces, language):
            yield start, end


def _is_glued(text: str, start: int) -> bool:
    """Whether Korean letters end a word that a number, a Latin word or a slot begins: particles and "이에요"."""
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] in {BLANK, "%"})


def _is_known(word: str, pieces: frozenset[str], language: str) -> bool:
    if language == "ko":
        return _korean_stem(word) in pieces
    if len(word) <= _SHORT or word in pieces:
        return True
    return len(word) >= _STEM and f"{word[:_STEM]}*" in pieces


def _uncovered(text: str, known: list[bool], pieces: frozenset[str], language: str) -> Iterator[tuple[int, int]]:
    """Stretches of Han characters and katakana that no known word covers; hiragana is grammar, or another check's."""
    covered = list(known)
    for run in _HAN.finditer(text):
        for at in range(*run.span()):
            two = text[at : at + 2] in pieces and at + 2 <= run.end()
            covered[at : at + 2] = [True, True] if two else covered[at : at + 2]
            covered[at] |= text[at] in pieces or (language == "zh" and text[at] in _ZH_PARTICLES)
    for run in _KATAKANA.finditer(text):
        if run.group() in pieces:
            covered[run.start() : run.end()] = [True] * len(run.group())
    for run in (*_HAN.finditer(text), *_KATAKANA.finditer(text)):
        missing = [at for at in range(*run.span()) if not covered[at]]
        if missing:
            yield missing[0], missing[-1] + 1


def _pieces(text: str, language: str) -> Iterator[str]:
    """What a text makes known: words and beginnings of long ones, or pairs of characters and whole runs."""
    if language in {"ja", "zh"}:
        for run in (*_HAN.findall(text), *_KATAKANA.findall(text)):
            yield run
            yield from (run[at : at + 2] for at in range(len(run) - 1))
    elif language == "ko":
        yield from (_korean_stem(word) for word in _HANGUL.findall(text))
    else:
        for word in _WORD.findall(text):
            yield word
            yield f"{word[:_STEM]}*"


def _korean_stem(word: str) -> str:
    return _PARTICLES.sub("", word)[:2] or word[:2]


@lru_cache(maxsize=64)
def _fact_pieces(texts: tuple[str, ...], language: str) -> frozenset[str]:
    return frozenset(piece for text in texts for piece in _pieces(text, language))


@lru_cache(maxsize=16)
def load_everyday(language: str) -> Everyday:
    """The everyday words of a language, read once for the life of the process.

    Raises:
        ValueError: the file is malformed; the message names the field.
    """
    data, lexicon = _data()[language], load_lexicon(language)
    describing = {piece for word in data.describing for piece in _pieces(fold(word).text, language)}
    said = {piece for text in _templates(language) for piece in _template_pieces(fold(text).text, language)}
    words = [word for word in data.words if language != "ko" or len(word) > 1]
    said |= set(data.words)  # "손" is a word of its own only
    plain: Iterable[str] = (
        *words, *lexicon.data.function, *lexicon.data.negators, *lexicon.data.over, *lexicon.data.up_to,
        *lexicon.data.ranges, *lexicon.data.allowed,
    )  # fmt: skip
    return Everyday((lexicon.phrases(plain),), frozenset(said - describing))


def _templates(language: str) -> Iterator[str]:
    kinds = (load_templates(language), *(load_phrases(language, part) for part in PARTS))
    for by_kind in kinds:
        yield from (_SLOT.sub(" ", template.text) for templates in by_kind.values() for template in templates)


def _template_pieces(text: str, language: str) -> Iterator[str]:
    """As `_pieces`, but a word of a template makes none known that only begins like it."""
    return (piece for piece in _pieces(text, language) if not piece.endswith("*"))


@lru_cache(maxsize=16)
def _judging(language: str) -> tuple[Phrases, ...]:
    """The words that other checks look for: a line that holds one wrongly is refused by them."""
    lexicon = load_lexicon(language)
    return (
        *(phrases for _, phrases in lexicon.claims.values()),
        *lexicon.ingredients.values(),
        *lexicon.urgency.values(),
        *lexicon.ratios.values(),
        *(phrases for family in load_families(language) for phrases in family.levels),
        lexicon.saving, lexicon.coupon, lexicon.regular,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _data() -> dict[str, EverydayData]:
    text = files("influencer.script").joinpath("lexicons/everyday.yaml").read_text("utf-8")
    return {language: EverydayData.model_validate(one) for language, one in load_strings(text).items()}
