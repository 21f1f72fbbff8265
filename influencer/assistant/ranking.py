"""Which fact answers a question, and how sure that is: a small learnt ranker over the vectors of the encoder.

It adds up, for every fact, how alike question and fact are, whether both speak of the same property (a linear
classifier over the encoder's vectors), what the words say, and weighs that against "the brief does not say". The
numbers are fitted by `influencer eval fit-answers` on the tuning questions and stand in learnt/ranker.npz.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from influencer.assistant.values import Topic

Floats = NDArray[np.float32]

KINDS = (
    "faq", "key_point", "spec", "shipping", "returns", "price", "list_price", "discount", "coupon", "stock",
    "ingredients", "how_to_use", "audience", "summary", "coupon_value", "coupon_price", "offer_ends",
)  # fmt: skip
TOPIC_OF: Mapping[str, Topic] = {
    "shipping": "shipping", "returns": "returns", "price": "price", "list_price": "discount", "discount": "discount",
    "coupon": "offer", "coupon_value": "offer", "coupon_price": "offer", "offer_ends": "offer", "stock": "stock",
    "ingredients": "ingredients", "how_to_use": "how_to_use", "audience": "suitability", "summary": "what_is_it",
}  # fmt: skip
"""Facts that there is one of, and the topic they answer."""
SHARPNESS = 8.0
"""How much the classifier's unit vectors are stretched before the softmax."""
_AGREED, _HINTED = 0.25, 0.5
"""How likely the best fact must be where the words named it outright, and where they only hinted at it."""
_FLOOR = 0.01
_FOUND, _SURELY = 3, 4
"""Columns of the clues: words found the fact, and named its topic outright."""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts of a product, ready to be compared; one row a fact in every array."""

    ids: tuple[str, ...]
    passages: Floats
    labels: Floats
    properties: Floats
    kinds: Floats


@dataclass(frozen=True, slots=True)
class Clues:
    """What words say of a question: one row a fact of six numbers, and five about the question itself."""

    facts: Floats
    question: Floats

    def enough(self, row: int, alone: float) -> float:
        """How likely a fact must be to be said: less than `alone` where the words found it too."""
        if self.facts[row, _SURELY]:
            return min(alone, _AGREED)
        return min(alone, _HINTED) if self.facts[row, _FOUND] else alone


@dataclass(frozen=True, slots=True)
class Ranker:
    """Everything that was fitted. Pure and thread-safe."""

    classes: tuple[str, ...]
    arrays: Mapping[str, Floats]
    threshold: float
    """How likely the best fact must be where the words did not find it."""

    @property
    def dimensions(self) -> int:
        """Of the encoder it was fitted to."""
        return len(self.arrays["query_mean"])

    def properties(self, vectors: Floats) -> Floats:
        """How likely sentences, embedded as queries, are about each property: (n, properties), rows sum to 1."""
        get = self.arrays
        scores = SHARPNESS * unit(vectors - get["class_mean"]) @ get["class_weights"].T + get["class_bias"]
        odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)

    def know(self, ids: Sequence[str], passages: Floats, statements: Floats, labels: Floats) -> Known:
        """Prepare a product's facts.

        Args:
            ids: the facts' ids.
            passages: their texts, embedded as passages, (n, dimensions).
            statements: the same texts embedded as queries.
            labels: FAQ questions and labels of specifications as queries; the statement where a fact has none.
        """
        properties = np.asarray((self.properties(statements) + self.properties(labels)) / 2, np.float32)
        kinds = np.zeros((len(ids), len(KINDS)), np.float32)
        for row, fact_id in enumerate(ids):
            kinds[row, KINDS.index(fact_id.split(".")[0])] = 1
            if fact_id in TOPIC_OF:
                properties[row] = 0
                properties[row, self.classes.index(TOPIC_OF[fact_id])] = 1
        get = self.arrays
        return Known(
            tuple(ids), unit(passages - get["passage_mean"]), unit(labels - get["label_mean"]), properties, kinds
        )

    def likeness(self, known: Known, vector: Floats) -> Floats:
        """Four numbers a fact that need no fitted weights but the classifier's: (facts, 4)."""
        query = unit(vector - self.arrays["query_mean"])
        agree = known.properties @ self.properties(vector[None])[0]
        return np.stack([known.passages @ query, known.labels @ query, agree, np.log((agree + _FLOOR) / _FLOOR)], 1)

    def rank(self, known: Known, vector: Floats, clues: Clues) -> tuple[Floats, float]:
        """How likely each fact is the answer, and how likely none is; together they sum to 1."""
        get = self.arrays
        query = unit(vector - get["query_mean"])
        scores = (
            self.likeness(known, vector) @ get["likeness"] + clues.facts @ get["words"] + known.kinds @ get["kinds"]
        )
        scores = scores + known.passages @ ((query @ get["passage_left"]) @ get["passage_right"])
        scores = scores + known.labels @ ((query @ get["label_left"]) @ get["label_right"])
        every = np.append(scores, clues.question @ get["none"])
        odds = np.exp(every - every.max())
        odds = odds / odds.sum()
        return np.asarray(odds[:-1], np.float32), float(odds[-1])


def unit(vectors: Any) -> Floats:
    """Rows of length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


@lru_cache(maxsize=1)
def load_ranker() -> Ranker:
    """Read what was fitted, once for the life of the process. Blocks for a few milliseconds."""
    with files("influencer.assistant").joinpath("learnt/ranker.npz").open("rb") as file, np.load(file) as data:
        arrays = {name: data[name].astype(np.float32) for name in data.files if name not in {"classes", "threshold"}}
        return Ranker(tuple(map(str, data["classes"])), arrays, float(data["threshold"]))
