"""Which fact of a brief means what a question asks, whatever the words and the languages of both.

A learnt ranker (ranking.py) weighs the meaning and what the words found. With an encoder that it was not fitted to,
meaning is asked only where words found nothing: the vectors of a small encoder are all somewhat alike, so how far the
best fact stands out from the others decides, and where none does, nothing is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from influencer.assistant.matching import market_of
from influencer.assistant.ranking import KINDS, Clues, Known, Ranker, load_ranker
from influencer.assistant.retrieval import Finding
from influencer.assistant.values import Language, Topic
from influencer.brief import Brief
from influencer.script.facts import FactSheet

_AHEAD = 0.01
"""How much more alike the best fact must be than the best of any other."""
_STANDS_OUT = 0.07
"""How much more alike it must be than the facts are on average."""

_FRAMES: dict[str, Topic] = {
    "shipping": "shipping", "returns": "returns", "ingredients": "ingredients", "how_to_use": "how_to_use",
    "audience": "suitability",
}  # fmt: skip
"""Facts with a wording of their own."""


class Encoder(Protocol):
    """Turns sentences of any language into unit vectors: `models.language.e5.E5` is one."""

    def embed(self, texts: Sequence[str], *, query: bool) -> Any:
        """An array (len(texts), dimensions) of float32; `query` tells questions from what is searched."""
        ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """The fact that is most likely the answer; `sure` when that is likely enough to say it."""

    fact_id: str
    probability: float
    sure: bool


def known(brief: Brief, sheet: FactSheet, home: Language, encoder: Encoder, ranker: Ranker) -> Known:
    """Encode every fact that can be an answer, in the show's language: two or three texts a fact, 15 ms each."""
    market = market_of(brief, home)
    labels = {f"faq.{faq.id}": faq.question.get(market, "") for faq in brief.faq if market}
    labels |= {f"spec.{spec.id}": spec.label.get(market, "") for spec in brief.specs if market}
    ids = [fact_id for fact_id in sheet.facts if fact_id.split(".")[0] in KINDS]
    texts = [sheet.facts[fact_id].text for fact_id in ids]
    statements = encoder.embed(texts, query=True)
    labelled = np.array(statements)
    rows = [row for row, fact_id in enumerate(ids) if labels.get(fact_id)]
    if rows:
        labelled[rows] = encoder.embed([labels[ids[row]] for row in rows], query=True)
    return ranker.know(ids, encoder.embed(texts, query=False), statements, labelled)


class Meanings:
    """The facts of one product as vectors. Thread-safe when the encoder is."""

    def __init__(self, brief: Brief, sheet: FactSheet, home: Language, encoder: Encoder) -> None:
        """Encode every fact in the show's language, as the ranker needs them or, for another encoder, those that can be
        quoted: 15 to 45 ms a fact."""
        self._encoder = encoder
        ranker = load_ranker()
        fits = encoder.embed([brief.id], query=False).shape[1] == ranker.dimensions
        self._ranker = ranker if fits else None
        self._known = known(brief, sheet, home, encoder, ranker) if fits else None
        self._ids: list[str] = []
        if not fits:
            self._encode_quotable(brief, sheet, home)

    def _encode_quotable(self, brief: Brief, sheet: FactSheet, home: Language) -> None:
        """For `find`, which the ranker has no use for."""
        market = market_of(brief, home)
        quoted = [id_ for id_ in sheet.facts if id_ in _FRAMES or id_.split(".")[0] in {"faq", "key_point", "spec"}]
        asked = [(f"faq.{faq.id}", faq.question[market]) for faq in brief.faq if market and market in faq.question]
        texts = [*((id_, sheet.facts[id_].text) for id_ in quoted), *asked]
        self._ids = [fact_id for fact_id, _ in texts]
        self._vectors = self._encoder.embed([text for _, text in texts], query=False)

    @property
    def ids(self) -> tuple[str, ...]:
        """The facts that are ranked, in the order of clues; none when no ranker was fitted to the encoder."""
        return self._known.ids if self._known else ()

    def ranked(self, question: str, clues: Clues) -> Ranked | None:
        """The likeliest answer. About 15 ms; None when no ranker was fitted to the encoder."""
        if self._ranker is None or self._known is None:
            return None
        odds, _ = self._ranker.rank(self._known, self._encoder.embed([question], query=True)[0], clues)
        best = int(odds.argmax())
        enough = clues.enough(best, self._ranker.threshold)
        return Ranked(self._known.ids[best], float(odds[best]), sure=float(odds[best]) >= enough)

    def find(self, question: str) -> Finding | None:
        """The fact that surely means what is asked, or None. About 30 ms; only for an encoder without a ranker."""
        fact_id = stands_out(self.scores(question))
        if fact_id is None:
            return None
        if fact_id in _FRAMES:
            return Finding(_FRAMES[fact_id], _FRAMES[fact_id], (fact_id,))
        kind = fact_id.split(".")[0]
        if kind == "faq":
            return Finding("faq", "faq", (fact_id,))
        return Finding("spec", "spec", (fact_id,)) if kind == "spec" else Finding("feature", "feature", (fact_id,))

    def scores(self, question: str) -> dict[str, float]:
        """How alike each fact is to the question: the best of its texts."""
        likeness = (self._vectors @ self._encoder.embed([question], query=True)[0]).tolist()
        best: dict[str, float] = {}
        for fact_id, score in zip(self._ids, likeness, strict=True):
            best[fact_id] = max(score, best.get(fact_id, score))
        return best


def stands_out(scores: dict[str, float]) -> str | None:
    """The one fact that is well above the others; None when there is no such fact, or too few to compare."""
    ranked = sorted(scores, key=lambda fact_id: -scores[fact_id])
    if len(ranked) < 4:
        return None
    best, mean = scores[ranked[0]], sum(scores.values()) / len(scores)
    return ranked[0] if best - scores[ranked[1]] >= _AHEAD and best - mean >= _STANDS_OUT else None
