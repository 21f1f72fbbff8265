"""Which fact of a brief is closest to a question: character n-grams, and the property both speak of.

Character n-grams tolerate endings and typing mistakes in all ten languages without a model (Cavnar and Trenkle,
"N-Gram-Based Text Categorization", 1994); concepts bridge languages ("battery" finds "배터리").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Literal

from influencer.assistant.folding import dice, fold, ngrams
from influencer.assistant.lexicon import Concept, load_lexicon
from influencer.assistant.triage import Triage, triage
from influencer.assistant.values import Language, Topic
from influencer.brief import Brief, LocalText, MarketId

EntryKind = Literal["faq", "key_point", "spec"]

_CONCEPT_BONUS = 0.35
_SAME_WORDS = 0.45
_OTHER_TOPIC = 0.3
"""Taken off when the question and the FAQ are clearly about different things ("return it" / "use it")."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact as it can be asked for, in one language. `text` is an FAQ's question, a spec's label, a key point."""

    fact_id: str
    kind: EntryKind
    grams: frozenset[str]
    concepts: frozenset[Concept]
    subject: Topic | None
    told: frozenset[str] = frozenset()
    """N-grams of everything the fact says, the answer of an FAQ and the value of a spec too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, ready to be compared in its own language."""

    language: Language
    grams: frozenset[str]
    concepts: frozenset[Concept]
    subject: Topic | None


def market_of(brief: Brief, language: Language) -> MarketId | None:
    """The brief's market whose texts are in a language."""
    return next((market for market in brief.name if market.split("-")[0] == language), None)


def asked(text: str, language: Language, sorted_: Triage) -> Asked:
    """Prepare a question."""
    return Asked(language, _grams(text, language), sorted_.concepts, sorted_.subject)


def index(brief: Brief, language: Language) -> tuple[Entry, ...]:
    """Everything of a brief that can be found in a language; empty when the brief is not written in it."""
    market = market_of(brief, language)
    if market is None:
        return ()
    texts: list[tuple[str, EntryKind, str, str]] = []
    texts += [
        (f"faq.{faq.id}", "faq", faq.question[market], faq.answer.get(market, ""))
        for faq in brief.faq
        if market in faq.question
    ]
    texts += [(f"key_point.{p.id}", "key_point", p.text[market], "") for p in brief.key_points if market in p.text]
    texts += [
        (f"spec.{spec.id}", "spec", spec.label[market], _value(spec.value, market))
        for spec in brief.specs
        if market in spec.label
    ]
    return tuple(_entry(fact_id, kind, text, more, language) for fact_id, kind, text, more in texts)


def _value(value: str | LocalText, market: MarketId) -> str:
    return value if isinstance(value, str) else value.get(market, "")


def coverage(question: Asked, entries: Sequence[Entry]) -> dict[str, float]:
    """How much of a question each entry speaks of, 0 to 1: rare n-grams count more than those of many entries."""
    among = [(entry.fact_id, entry.told) for entry in entries]
    weights = {gram: log((1 + len(among)) / (0.5 + sum(gram in told for _, told in among))) for gram in question.grams}
    total = sum(weights.values())
    if not total:
        return {}
    return {fact_id: sum(weights[gram] for gram in question.grams & told) / total for fact_id, told in among}


def similarity(question: Asked, entry: Entry) -> float:
    """0 to about 1.35: how likely the entry is what was asked."""
    score = dice(question.grams, entry.grams)
    if question.concepts & entry.concepts:
        return score + _CONCEPT_BONUS
    if question.concepts and entry.concepts:
        score -= _OTHER_TOPIC
    if entry.kind == "faq" and question.subject and question.subject != entry.subject:
        score -= _OTHER_TOPIC
    return score


def alike(question: Asked, entry: Entry) -> bool:
    """Whether the entry is near enough to be what was meant: the same property, or much the same words."""
    return similarity(question, entry) >= (_CONCEPT_BONUS if question.concepts & entry.concepts else _SAME_WORDS)


def _entry(fact_id: str, kind: EntryKind, text: str, more: str, language: Language) -> Entry:
    subject = None if kind == "key_point" else triage(text, language).subject
    concepts = load_lexicon(language).concepts(fold(text))
    told = _grams(f"{text} {more}", language) if more else _grams(text, language)
    return Entry(fact_id, kind, _grams(text, language), concepts, subject, told)


@lru_cache(maxsize=1024)
def _grams(text: str, language: Language) -> frozenset[str]:
    lexicon = load_lexicon(language)
    content = lexicon.content(fold(text))
    if lexicon.data.spaced:
        return ngrams(content, 3)
    return ngrams(content.replace(" ", ""), 2)
