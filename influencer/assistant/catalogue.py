"""The whole catalogue: which products a message names, and which one fits what somebody looks for, with the reason.

The show's products and the others of the same shop that are sold in the market. Finds nothing rather than something
doubtful: a product is recommended for a fact that fits the question better than the facts of every other product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from influencer.assistant.folding import fold, ngrams
from influencer.assistant.lexicon import Concept, load_lexicon
from influencer.assistant.matching import Asked, market_of
from influencer.assistant.meaning import Encoder
from influencer.assistant.values import Language
from influencer.brief import Brief, MarketId, Spec

_SHARE_OF_NAME = 0.5
"""Part of a name's words that names a product of the show; the others are named in full only."""
_CONCEPT_BONUS = 0.35
_LEAST_WORDS, _AHEAD_WORDS = 0.3, 0.08
_AHEAD_MEANING = 0.012
"""How much closer the best product must be than the second: multilingual-e5-small puts all texts within 0.15."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A product that fits, and the fact that says so."""

    product_id: str
    fact_id: str


@dataclass(frozen=True, slots=True)
class _Text:
    """A fact in one language, ready to be compared."""

    product_id: str
    fact_id: str
    grams: frozenset[str]
    concepts: frozenset[Concept]


class Shelf:
    """Products by id: those of the show, and the others. One caller at a time."""

    def __init__(
        self, shown: Sequence[Brief], others: Sequence[Brief], home: Language, encoder: Encoder | None = None
    ) -> None:
        self.shown = {brief.id: brief for brief in shown}
        self.all = {**{brief.id: brief for brief in others}, **self.shown}
        self._home = home
        self._encoder = encoder if len(self.all) > 1 else None
        self._texts: dict[Language, tuple[_Text, ...]] = {}
        self._vectors: Any = None
        self._facts: list[tuple[str, str]] = []

    def named(self, text: str) -> tuple[str, ...]:
        """The products a message names, in any language their briefs have; the show's own by half of their name."""
        folded = fold(text)
        joined = folded.replace(" ", "")
        scores = {
            brief.id: max(_named(folded, joined, name) for name in brief.name.values()) for brief in self.all.values()
        }
        full = tuple(product for product, score in scores.items() if score == 1.0)
        if full:
            return full
        best = max((scores[product] for product in self.shown), default=0.0)
        half = tuple(product for product in self.shown if scores[product] == best)
        return half if best >= _SHARE_OF_NAME and len(half) == 1 and len(self.shown) > 1 else ()

    def best_for(self, text: str, question: Asked) -> Choice | None:
        """The product whose facts fit best what somebody looks for; None when none stands out."""
        if len(self.all) < 2:
            return None
        return self._by_words(text, question) or self._by_meaning(text)

    def _by_words(self, asked: str, question: Asked) -> Choice | None:
        lexicon = load_lexicon(question.language)
        wanted = _ngrams(lexicon.wanted(fold(asked)), question.language)
        found: dict[str, tuple[float, str]] = {}
        for text in self._in(question.language):
            score = len(wanted & text.grams) / max(1, len(wanted))
            score += _CONCEPT_BONUS * bool(question.concepts & text.concepts)
            if score > found.get(text.product_id, (0.0, ""))[0]:
                found[text.product_id] = score, text.fact_id
        return _ahead(found, _AHEAD_WORDS, _LEAST_WORDS)

    def _by_meaning(self, text: str) -> Choice | None:
        if self._encoder is None:
            return None
        if self._vectors is None:  # when it is wanted first: 60 ms a product would be missed at a show's start
            said = [(id_, fact_id, text) for id_ in self.all for fact_id, text in _gist(self.all[id_], self._home)]
            self._facts = [(product_id, fact_id) for product_id, fact_id, _ in said]
            self._vectors = self._encoder.embed([text for *_, text in said], query=False)
        likeness = (self._vectors @ self._encoder.embed([text], query=True)[0]).tolist()
        found: dict[str, tuple[float, str]] = {}
        for (product_id, fact_id), score in zip(self._facts, likeness, strict=True):
            if score > found.get(product_id, (-1.0, ""))[0]:
                found[product_id] = score, fact_id
        return _ahead(found, _AHEAD_MEANING, 0.0)

    def _in(self, language: Language) -> tuple[_Text, ...]:
        if language not in self._texts:
            self._texts[language] = tuple(
                _Text(brief.id, fact_id, _grams(text, language), load_lexicon(language).concepts(fold(text)))
                for brief in self.all.values()
                for fact_id, text in (*_gist(brief, language), *_points(brief, language))
            )
        return self._texts[language]


def _ahead(found: dict[str, tuple[float, str]], ahead: float, least: float) -> Choice | None:
    ranked = sorted(found, key=lambda product: -found[product][0])
    if not ranked or found[ranked[0]][0] < least:
        return None
    second = found[ranked[1]][0] if len(ranked) > 1 else 0.0
    if found[ranked[0]][0] - second < ahead:
        return None
    return Choice(ranked[0], found[ranked[0]][1])


def _gist(brief: Brief, language: Language) -> list[tuple[str, str]]:
    """What a product is and whom it is for."""
    market = market_of(brief, language)
    texts = (("audience", brief.audience), ("summary", brief.summary))
    return [(fact_id, text[market]) for fact_id, text in texts if market is not None and text and market in text]


def _points(brief: Brief, language: Language) -> list[tuple[str, str]]:
    market = market_of(brief, language)
    if market is None:
        return []
    points = [
        (f"key_point.{point.id}", point.text[market])
        for point in brief.key_points
        if market in point.text and point.valid_in(market)
    ]
    specs = [
        (f"spec.{spec.id}", f"{spec.label[market]} {_value(spec, market)}")
        for spec in brief.specs
        if market in spec.label
    ]
    return points + specs


def _value(spec: Spec, market: MarketId) -> str:
    return spec.value if isinstance(spec.value, str) else spec.value.get(market, "")


@lru_cache(maxsize=4096)
def _grams(text: str, language: Language) -> frozenset[str]:
    return _ngrams(load_lexicon(language).content(fold(text)), language)


def _ngrams(content: str, language: Language) -> frozenset[str]:
    return ngrams(content, 3) if load_lexicon(language).data.spaced else ngrams(content.replace(" ", ""), 2)


def _named(folded: str, joined: str, name: str) -> float:
    """Share of a product name's words that occur in the message; 1 when it is there as it is written."""
    words = fold(name).split()
    if "".join(words) in joined:
        return 1.0
    return min(0.99, sum(f" {word} " in folded for word in words) / max(1, len(words)))
