"""Fits the assistant's ranker to the tuning questions: `influencer eval fit-answers`. Convex: always the same numbers.

First a linear classifier "sentence to property" (phrases of the ten lexicons and tests/eval/askings.yaml), then a
softmax over a product's facts and "none". How good that is, is told by products that were left out of the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from influencer.assistant.language import detect
from influencer.assistant.lexicon import load_lexicon
from influencer.assistant.matching import asked
from influencer.assistant.meaning import Encoder, known
from influencer.assistant.ranking import KINDS, SHARPNESS, Clues, Floats, Known, Ranker, unit
from influencer.assistant.retrieval import Retriever
from influencer.assistant.triage import triage
from influencer.assistant.values import HAND_OFFS, LANGUAGES, TOPICS, Intent
from influencer.brief import Brief
from influencer.errors import InvalidInput, Mistake
from influencer.evaluate.answers import NOW, STOCK, Row
from influencer.evaluate.sets import read_set
from influencer.loading import load_market
from influencer.script.facts import FactSheet

FOLDS = 6
RANK = 48
"""Of the two learnt products of question and fact, after the fit."""
_NEVER: frozenset[Intent] = frozenset({*HAND_OFFS, "injection", "abuse", "greeting", "small_talk", "ai_host", "buying"})
_BANK_WEIGHT = 4.0
"""A sentence as viewers type it counts as four phrases."""
_PENALTY = {"likeness": 0.02, "words": 0.02, "kinds": 0.2, "none": 0.02, "passage": 0.08, "label": 0.08}
_GROUND = 0.8
_STEPS = np.arange(0.3, 0.75, 0.02)
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question, ready to be fitted. `clues` is None for what triage never lets the ranker see."""

    row: Row
    known: Known
    vector: Floats
    clues: Clues | None
    words_right: bool
    words_answer: bool

    @property
    def gold(self) -> Floats:
        """1 for each fact that answers it."""
        return np.array([fact_id in self.row.gold for fact_id in self.known.ids], np.float32)


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of questions whose product was left out."""

    threshold: float
    right: int
    other: int
    none: int
    refused: int
    without_ground: int


def read_askings(file: Path) -> list[tuple[str, str]]:
    """Sentences with the property they are about.

    Raises:
        InvalidInput: it is no YAML file of property: [sentence, ...].
    """
    data, mistakes = read_set(file, "a YAML file of property: [sentence, ...]")
    wrong = [str(name) for name, lines in data.items() if not isinstance(lines, list)] if not mistakes else []
    mistakes += [Mistake(name, "no list", "[sentence, ...]") for name in wrong]
    if mistakes:
        raise InvalidInput(str(file), mistakes)
    return [(str(line), str(name)) for name, lines in data.items() for line in lines]


def fit(
    rows: Sequence[Row], products: Mapping[str, Brief], askings: Sequence[tuple[str, str]], encoder: Encoder
) -> tuple[Ranker, list[Counts], Counts]:
    """The ranker, its counts on left-out products for each threshold, and those of words alone.

    The threshold is the lowest at which a fifth less is answered without ground than by words alone.
    """
    bare = _classifier(askings, encoder)
    bare, examples = _examples(rows, products, bare, encoder)
    groups = sorted({one.row.product for one in examples})
    fold = {group: number % FOLDS for number, group in enumerate(groups)}
    odds: list[tuple[Example, Floats]] = []
    for number in range(FOLDS):
        ranker = _fitted([one for one in examples if fold[one.row.product] != number], bare)
        held = [one for one in examples if fold[one.row.product] == number]
        odds += [(one, ranker.rank(one.known, one.vector, one.clues)[0]) for one in held if one.clues is not None]
        odds += [(one, np.zeros(len(one.known.ids), np.float32)) for one in held if one.clues is None]
    words = _words(examples)
    table = [_counts(odds, float(step)) for step in _STEPS]
    chosen = next((each for each in table if each.without_ground <= _GROUND * words.without_ground), table[-1])
    return replace(_fitted(examples, bare), threshold=chosen.threshold), table, words


def save(ranker: Ranker, file: Path) -> None:
    """Write it as half-precision numbers, about 200 kB."""
    small = {name: array.astype(np.float16) for name, array in ranker.arrays.items()}
    np.savez_compressed(
        file, allow_pickle=False, classes=np.array(ranker.classes), threshold=np.array(ranker.threshold), **small
    )


def as_markdown(table: Sequence[Counts], words: Counts) -> str:
    """The counts as a table, words alone first."""
    lines = [
        "| threshold | right | other fact | no answer | refused right | answered without ground |",
        "|" + " --- |" * 6,
    ]
    for one in (words, *table):
        name = f"{one.threshold:.2f}" if one is not words else "words alone"
        lines.append(f"| {name} | {one.right} | {one.other} | {one.none} | {one.refused} | {one.without_ground} |")
    return "\n".join(lines)


def _classifier(askings: Sequence[tuple[str, str]], encoder: Encoder) -> Ranker:
    said = [(line, name, _BANK_WEIGHT) for line, name in askings]
    for language in LANGUAGES:
        data = load_lexicon(language).data
        named = [(name, phrases.strong) for name, phrases in data.topics.items() if name != "spec"]
        for name, phrases in [*named, *data.concepts.items()]:
            said += [(phrase.replace("*", "").split("!")[0], name, 1.0) for phrase in phrases]
    classes = tuple(sorted({name for _, name, _ in said} | (set(TOPICS) - {"spec"})))
    raw = encoder.embed([line for line, _, _ in said], query=True)
    mean = raw.mean(axis=0)
    x, y = unit(raw - mean).astype(np.float64), np.array([classes.index(name) for _, name, _ in said])
    weight = np.array([each for _, _, each in said])
    weight /= weight.sum()
    size = (len(classes), x.shape[1])

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        w, b = flat[: size[0] * size[1]].reshape(size), flat[size[0] * size[1] :]
        scores = SHARPNESS * x @ w.T + b
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        total = odds.sum(axis=1, keepdims=True)
        value = float(weight @ (np.log(total[:, 0]) - scores[np.arange(len(y)), y]) + 2e-3 * (w * w).sum())
        odds /= total
        odds[np.arange(len(y)), y] -= 1
        odds *= weight[:, None]
        return value, np.concatenate([(SHARPNESS * odds.T @ x + 4e-3 * w).ravel(), odds.sum(axis=0)])

    flat = minimise(loss, np.zeros(size[0] * size[1] + size[0]), 120)
    arrays = {
        "class_weights": flat[: size[0] * size[1]].reshape(size).astype(np.float32),
        "class_bias": flat[size[0] * size[1] :].astype(np.float32),
        "class_mean": mean,
        **{name: np.zeros_like(mean) for name in ("query_mean", "passage_mean", "label_mean")},
    }
    return Ranker(classes, arrays, 0.0)


def _examples(
    rows: Sequence[Row], products: Mapping[str, Brief], bare: Ranker, encoder: Encoder
) -> tuple[Ranker, list[Example]]:
    """The questions, and the classifier with the means of what was embedded."""
    kept = _Kept(encoder)
    for _ in range(2):  # the first round only for the means
        kept.passages.clear()
        kept.queries.clear()
        shows: dict[tuple[str, str], tuple[FactSheet, Known, Retriever]] = {}
        for row in rows:
            brief, market = products[row.product], load_market(row.market)
            if (row.market, row.product) not in shows:
                sheet = FactSheet.build(brief, market, now=NOW, stock=STOCK)
                home = next(language for language in LANGUAGES if language == market.language)
                shows[row.market, row.product] = sheet, known(brief, sheet, home, kept, bare), Retriever(brief, home)
        vectors = encoder.embed([row.question for row in rows], query=True) if not kept.asked.size else kept.asked
        kept.asked = vectors
        means = {"query_mean": vectors.mean(axis=0)}
        means["passage_mean"] = np.concatenate(kept.passages).mean(axis=0)
        means["label_mean"] = np.concatenate(kept.queries).mean(axis=0)
        bare = replace(bare, arrays={**bare.arrays, **means})
    return bare, [
        _example(row, *shows[row.market, row.product], vector) for row, vector in zip(rows, vectors, strict=True)
    ]


class _Kept:
    """The encoder, remembering what it was asked."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._done: dict[tuple[str, bool], Floats] = {}
        self.passages: list[Floats] = []
        self.queries: list[Floats] = []
        self.asked: Floats = np.empty((0, 0), np.float32)

    def embed(self, texts: Sequence[str], *, query: bool) -> Floats:
        """As the encoder does."""
        new = [text for text in dict.fromkeys(texts) if (text, query) not in self._done]
        for text, vector in zip(new, self._encoder.embed(new, query=query), strict=True):
            self._done[text, query] = vector
        found = np.stack([self._done[text, query] for text in texts])
        (self.queries if query else self.passages).append(found)
        return found


def _example(row: Row, sheet: FactSheet, known_: Known, retriever: Retriever, vector: Floats) -> Example:
    language = detect(row.question, next(each for each in LANGUAGES if each == row.market.split("-")[0]))
    sorted_ = triage(row.question, language)
    if sorted_.intent in _NEVER:
        return Example(row, known_, vector, None, words_right=False, words_answer=False)
    compared = asked(row.question, language, sorted_)
    found = retriever.find(compared, sorted_, sheet)
    stated = {fact_id for finding in found for fact_id in finding.states}
    clues = retriever.clues(compared, sorted_, found, known_.ids, len(row.question.split()))
    return Example(row, known_, vector, clues, bool(stated & set(row.gold)), bool(found))


def _fitted(examples: Sequence[Example], bare: Ranker) -> Ranker:
    """The weights of the softmax over facts and "none", by maximum likelihood with a penalty."""
    used = [one for one in examples if one.clues is not None]
    markets = {one.row.product: len({x.row.market for x in used if x.row.product == one.row.product}) for one in used}
    weight = np.array([markets[one.row.product] ** -0.5 for one in used])  # translations are no new questions
    n, most, size = len(used), max(len(one.known.ids) for one in used), bare.dimensions
    like, words, kinds = np.zeros((n, most, 4)), np.zeros((n, most, 6)), np.zeros((n, most, len(KINDS)))
    passages, labels = np.zeros((n, most, size)), np.zeros((n, most, size))
    gold, absent, none = np.zeros((n, most + 1)), np.full((n, most), -1e9), np.zeros((n, 5))
    for i, one in enumerate(used):
        rows = len(one.known.ids)
        assert one.clues is not None
        like[i, :rows], words[i, :rows] = bare.likeness(one.known, one.vector), one.clues.facts
        kinds[i, :rows], passages[i, :rows], labels[i, :rows] = one.known.kinds, one.known.passages, one.known.labels
        gold[i, :rows], absent[i, :rows], none[i] = one.gold, 0, one.clues.question
        gold[i, most] = not one.row.gold
    queries = unit(np.stack([one.vector for one in used]) - bare.arrays["query_mean"]).astype(np.float64)
    shapes = {
        "likeness": (4,),
        "words": (6,),
        "kinds": (len(KINDS),),
        "none": (5,),
        "passage": (size, size),
        "label": (size, size),
    }

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        get = _split(flat, shapes)
        scores = like @ get["likeness"] + words @ get["words"] + kinds @ get["kinds"] + absent
        scores += np.matmul(passages, (queries @ get["passage"])[:, :, None])[..., 0]
        scores += np.matmul(labels, (queries @ get["label"])[:, :, None])[..., 0]
        every = np.concatenate([scores, (none @ get["none"])[:, None]], axis=1)
        every -= every.max(axis=1, keepdims=True)
        odds = np.exp(every)
        odds /= odds.sum(axis=1, keepdims=True)
        right = odds * gold
        sure = np.maximum(right.sum(axis=1), 1e-30)
        slope = weight[:, None] * (odds - right / sure[:, None])
        value = -float(weight @ np.log(sure))
        facts = slope[:, :-1]
        slopes = {
            "likeness": np.einsum("nm,nmk->k", facts, like),
            "words": np.einsum("nm,nmk->k", facts, words),
            "kinds": np.einsum("nm,nmk->k", facts, kinds),
            "none": slope[:, -1] @ none,
            "passage": queries.T @ np.matmul(facts[:, None], passages)[:, 0],
            "label": queries.T @ np.matmul(facts[:, None], labels)[:, 0],
        }
        for name, array in get.items():
            value += _PENALTY[name] / 2 * float((array * array).sum())
            slopes[name] = slopes[name] + _PENALTY[name] * array
        return value, np.concatenate([slopes[name].ravel() for name in shapes])

    start = np.zeros(sum(int(np.prod(shape)) for shape in shapes.values()))
    get = _split(minimise(loss, start, 60), shapes)
    arrays = dict(bare.arrays)
    for name in ("likeness", "words", "kinds", "none"):
        arrays[name] = get[name].astype(np.float32)
    for name in ("passage", "label"):
        left, strength, right_ = np.linalg.svd(get[name])
        arrays[f"{name}_left"] = (left[:, :RANK] * strength[:RANK]).astype(np.float32)
        arrays[f"{name}_right"] = right_[:RANK].astype(np.float32)
    return replace(bare, arrays=arrays)


def _split(flat: Doubles, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Doubles]:
    found, at = {}, 0
    for name, shape in shapes.items():
        width = int(np.prod(shape))
        found[name] = flat[at : at + width].reshape(shape)
        at += width
    return found


def _counts(odds: Sequence[tuple[Example, Floats]], threshold: float) -> Counts:
    tally = dict.fromkeys(("right", "other", "none", "refused", "without_ground"), 0)
    for one, each in odds:
        best = int(each.argmax())
        answered = one.clues is not None and bool(each[best] >= one.clues.enough(best, threshold))
        if not one.row.gold:
            tally["without_ground" if answered else "refused"] += 1
        elif not answered:
            tally["none"] += 1
        else:
            tally["right" if one.gold[best] else "other"] += 1
    return Counts(threshold, **tally)


def _words(examples: Sequence[Example]) -> Counts:
    answerable = [one for one in examples if one.row.gold]
    right = sum(one.words_right for one in answerable)
    told = sum(one.words_answer for one in answerable)
    without = sum(one.words_answer for one in examples if not one.row.gold)
    silent = len(examples) - len(answerable) - without
    return Counts(0.0, right, told - right, len(answerable) - told, silent, without)


def minimise(loss: Callable[[Doubles], tuple[float, Doubles]], start: Doubles, steps: int) -> Doubles:
    """L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithm 7.5) with backtracking.

    `loss` gives the slope too.
    """
    x, (value, slope) = start, loss(start)
    pairs: list[tuple[Doubles, Doubles]] = []
    for _ in range(steps):
        way, alphas = slope.copy(), []
        for s, y in reversed(pairs):
            alphas.append(s @ way / (y @ s))
            way -= alphas[-1] * y
        way *= (
            pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1])
            if pairs
            else 1 / max(1.0, float(np.linalg.norm(slope)))
        )
        for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
            way += s * (alpha - y @ way / (y @ s))
        step, drop = 1.0, float(way @ slope)
        while step > 1e-10:
            new, (after, bent) = x - step * way, loss(x - step * way)
            if after <= value - 1e-4 * step * drop:
                break
            step /= 2
        else:
            return x
        if (new - x) @ (bent - slope) > 1e-12:
            pairs = [*pairs, (new - x, bent - slope)][-8:]
        x, value, slope = new, after, bent
    return x
