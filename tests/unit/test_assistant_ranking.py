"""The learnt ranker: small, sure of what it says, and fitted by a method that finds the minimum."""

from pathlib import Path

import numpy as np
import pytest

import influencer.assistant
from influencer.assistant.ranking import TOPIC_OF, Clues, load_ranker
from influencer.errors import InvalidInput
from influencer.evaluate.fitting import minimise, read_askings

pytestmark = pytest.mark.unit

IDS = ("price", "shipping", "faq.one", "spec.two")


def _known(seed: int = 0):
    ranker, rng = load_ranker(), np.random.default_rng(seed)
    passages, statements, labels = (rng.normal(size=(len(IDS), ranker.dimensions)).astype(np.float32) for _ in "psl")
    return ranker, ranker.know(IDS, passages, statements, labels), rng.normal(size=ranker.dimensions).astype(np.float32)


def test_the_odds_of_all_facts_and_of_none_make_one():
    ranker, known, vector = _known()
    odds, none = ranker.rank(known, vector, Clues(np.zeros((4, 6), np.float32), np.ones(5, np.float32)))
    assert odds.shape == (4,)
    assert float(odds.sum()) + none == pytest.approx(1, abs=1e-5)


def test_what_the_words_found_is_likelier_than_without_them():
    ranker, known, vector = _known()
    clues = np.zeros((4, 6), np.float32)
    asks = np.array([1, 1, 0, 1, 0.5], np.float32)
    before = ranker.rank(known, vector, Clues(clues, asks))[0][2]
    clues[2] = (1, 0.9, 0.8, 1, 1, 0)
    assert ranker.rank(known, vector, Clues(clues, asks))[0][2] > before


def test_every_topic_is_a_property_it_knows():
    ranker = load_ranker()
    assert set(TOPIC_OF.values()) <= set(ranker.classes)
    assert 0.2 < ranker.threshold < 0.9


def test_what_was_learnt_is_under_a_megabyte():
    learnt = Path(influencer.assistant.__file__).parent / "learnt" / "ranker.npz"
    assert learnt.stat().st_size < 1_000_000


def test_the_fit_finds_the_minimum_of_a_long_valley():
    def valley(x: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = x
        slope = np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])
        return float((1 - a) ** 2 + 100 * (b - a * a) ** 2), slope

    assert minimise(valley, np.array([-1.2, 1.0]), 200) == pytest.approx([1, 1], abs=1e-3)


def test_askings_without_a_list_are_named(tmp_path):
    file = tmp_path / "askings.yaml"
    file.write_text("washing: can i wash it\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="washing"):
        read_askings(file)
