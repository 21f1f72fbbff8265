"""The bandit: bounds are kept, the better arm is found, equals stay equals, and the hour of day misleads nobody."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from influencer.evaluate.bandit import CASES, as_data, as_markdown, evaluate, experiment_of, wilson
from influencer.sales.bandit import bounded, lift, plan, stand, weights
from influencer.sales.design import Experiment
from influencer.sales.evidence import Slot, weigh
from influencer.sales.shoppers import Crowd, run

pytestmark = pytest.mark.unit


def design(**more: Any) -> Experiment:
    arms = [{"id": name, "text": name, "tells": ["audience"]} for name in ("a", "b")]
    return Experiment.model_validate({"id": "x", "kind": "wording", "segment": "hook", "arms": arms} | more)


def slots(rate_a: float, rate_b: float, blocks: int = 20, exposure: float = 500.0) -> list[Slot]:
    found = []
    for block in range(blocks):
        for arm, rate in (("a", rate_a), ("b", rate_b)):
            found += [Slot(str(block), arm, exposure, round(rate * exposure)) for _ in range(2)]
    return found


def test_a_clear_difference_ends_with_its_winner() -> None:
    standing = stand(design(), weigh(("a", "b"), slots(0.02, 0.03)), seed=1)
    assert (standing.ending, standing.best) == ("winner", "b")
    assert standing.shares == pytest.approx((0.1, 0.9))
    assert standing.evidence.log_ratios[0, 1] > standing.needed == pytest.approx(log(1 / 0.05))


def test_equal_rates_end_without_a_winner_and_share_evenly() -> None:
    standing = stand(design(), weigh(("a", "b"), slots(0.02, 0.02, blocks=40)), seed=1)
    assert (standing.ending, standing.shares) == ("no-difference", pytest.approx((0.5, 0.5)))
    assert standing.evidence.log_ratios[0, 1] < 0


def test_little_data_decides_nothing_and_time_ends_it() -> None:
    few = weigh(("a", "b"), slots(0.02, 0.024, blocks=2, exposure=100))
    assert stand(design(), few, seed=1).ending is None
    assert stand(design(), few, seed=1, days=14).ending == "time-over"
    assert stand(design(), weigh(("a", "b"), []), seed=1).shares == pytest.approx((0.5, 0.5), abs=0.05)


def test_the_hour_of_day_does_not_make_a_winner() -> None:
    """Equal arms; one is on air mostly in the good hours. Pooled, it looks 60 % better."""
    found = []
    for block in range(40):
        good = block % 2 == 0
        rate = 0.04 if good else 0.01
        for arm, exposure in (("a", 9_000 if good else 1_000), ("b", 1_000 if good else 9_000)):
            found += [Slot(str(block), arm, exposure / 2, round(rate * exposure / 2)) for _ in range(2)]
    evidence = weigh(("a", "b"), found)
    pooled = evidence.counts / evidence.exposures
    assert pooled[0] / pooled[1] > 1.6
    assert evidence.rates[0] / evidence.rates[1] == pytest.approx(1, abs=0.1)
    assert stand(design(), evidence, seed=1).ending != "winner"


def test_scatter_beyond_chance_weakens_the_evidence() -> None:
    calm = slots(0.02, 0.03)
    wild = [
        Slot(one.block, one.arm, one.exposure, one.count + (8 if index % 2 else -8)) for index, one in enumerate(calm)
    ]
    assert weigh(("a", "b"), calm).scatter == 1.0
    swung = weigh(("a", "b"), wild)
    assert swung.scatter > 3
    assert swung.log_ratios[0, 1] < weigh(("a", "b"), calm).log_ratios[0, 1] / 3


def test_slots_of_unknown_arms_and_without_viewers_do_not_count() -> None:
    evidence = weigh(("a", "b"), [Slot("1", "gone", 10, 5), Slot("1", "a", 0, 3), Slot("1", "a", 10, 1)])
    assert (list(evidence.counts), list(evidence.exposures)) == ([1, 0], [10, 0])
    assert list(evidence.rates) == [0.1, 0]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.data())
def test_shares_stay_within_bounds_and_add_up(wanted: list[float], data: st.DataObject) -> None:
    size = len(wanted)
    bounds = [
        (data.draw(st.floats(0, 1 / size)), data.draw(st.floats(1 / size, 1))) for _ in range(size)
    ]  # fmt: skip
    shares = bounded(wanted, bounds)
    assert sum(shares) == pytest.approx(1)
    for share, (least, most) in zip(shares, bounds, strict=True):
        assert least - 1e-6 <= share <= most + 1e-6


def test_shares_that_are_allowed_are_not_moved() -> None:
    assert bounded([0.3, 0.7], [(0.1, 0.9)] * 2) == pytest.approx((0.3, 0.7))
    assert bounded([1.0, 0.0, 0.0], [(0.1, 0.6), (0.1, 0.9), (0.2, 0.2)]) == pytest.approx((0.6, 0.2, 0.2))


def test_a_frozen_arm_keeps_its_share_whoever_wins() -> None:
    arms = [
        {"id": "a", "text": "a", "tells": ["audience"], "frozen": 0.4},
        {"id": "b", "text": "b", "tells": ["summary"], "max_share": 0.6},
    ]
    standing = stand(design(arms=arms), weigh(("a", "b"), slots(0.02, 0.05)), seed=1)
    assert (standing.ending, standing.shares) == ("winner", pytest.approx((0.4, 0.6)))


def test_a_block_gives_every_arm_its_share_and_the_holdout_its_part() -> None:
    planned = plan(design(holdout=0.25), (0.1, 0.9), 40, seed=3)
    held = [one.arm for one in planned if one.holdout]
    assert (len(held), held.count("a")) == (10, 5)
    shared = [one.arm for one in planned if not one.holdout]
    assert shared.count("a") == 3
    assert plan(design(holdout=0.25), (0.1, 0.9), 40, seed=3) == planned
    assert plan(design(), (0.5, 0.5), 0, seed=1) == []


def test_lift_is_told_with_how_sure_it_is() -> None:
    more, less = weigh(("a", "b"), slots(0.03, 0.03)), weigh(("a", "b"), slots(0.02, 0.02))
    found = lift(more, less, seed=1)
    assert found is not None
    middle, low, high = found
    assert low < middle < high and middle == pytest.approx(1.5, rel=0.05) and low > 1.2
    assert lift(more, weigh(("a", "b"), []), seed=1) is None


def test_weights_of_a_run_of_show_follow_shares() -> None:
    assert weights({"serum": 0.75, "mug": 0.25}) == {"serum": 1.5, "mug": 0.5}
    assert weights({"serum": 1.0, "mug": 0.0})["mug"] == 0.1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"segment": None}, "segment"),
        ({"arms": [{"id": "a", "text": "a", "tells": ["x"]}] * 2}, "different id"),
        ({"arms": [{"id": "a", "text": "a", "tells": ["x"]}, {"id": "b", "text": "b"}]}, "tells or lacks"),
        ({"arms": [{"id": n, "text": n, "tells": ["x"], "min_share": 0.6} for n in "ab"]}, "1 lies between"),
        ({"arms": [{"id": n, "text": n, "tells": ["x"], "max_share": 0.3} for n in "ab"]}, "1 lies between"),
        ({"alpha": 0}, "alpha"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_an_experiment_that_cannot_be_run_is_refused_by_its_field(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        design(**more)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_simulated_experiment_is_the_same_for_the_same_seed(seed: int) -> None:
    case = CASES[6]
    assert run(experiment_of(case), case.effects, case.crowd, seed) == run(
        experiment_of(case), case.effects, case.crowd, seed
    )


def test_shoppers_who_prefer_one_variant_are_understood() -> None:
    case = CASES[5]
    outcomes = [run(experiment_of(case), case.effects, Crowd(), 31 * seed) for seed in range(12)]
    assert sum(one.winner == "b" for one in outcomes) >= 10
    assert sum(one.winner == "a" for one in outcomes) == 0
    assert np.mean([one.earned for one in outcomes]) > 1.03


def test_shoppers_without_a_preference_do_not_make_a_winner() -> None:
    case = CASES[0]
    design_ = experiment_of(case).model_copy(update={"max_days": 3})
    outcomes = [run(design_, case.effects, Crowd(), 17 * seed) for seed in range(24)]
    assert sum(one.winner is not None for one in outcomes) <= 4  # 24 at 5 %: five or more in 1 of 200 runs
    assert sum(one.naive_stop for one in outcomes) > 6


def test_the_evaluation_reports_what_happened() -> None:
    (result,) = evaluate(6, [CASES[6]])
    assert result.right_winner + result.wrong_winner + result.no_difference + result.time_over == pytest.approx(1)
    assert CASES[6].best == "b" and CASES[0].best is None
    assert "60 % better" in as_markdown([result]) and as_data([result])[0]["seeds"] == 6
    assert wilson(0, 100) == pytest.approx(0.037, abs=0.001)
