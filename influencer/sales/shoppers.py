"""Simulated shoppers: a show's slots with a known truth, to see whether the bandit finds it and keeps calm without one.

Shoppers are harder to read than coins: the audience grows and shrinks with the hour, rates have their own daily course,
slots differ by more than chance (a raid, a joke, a lull), and some act only after the next slot has begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi

import numpy as np

from influencer.sales.bandit import Ending, plan, stand
from influencer.sales.design import Experiment
from influencer.sales.evidence import Slot, Weighing

_HOURS = 24


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who shops. `rate`: outcomes a viewer minute of the first arm, at an average hour."""

    viewers: float = 60.0
    rate: float = 0.02
    audience_swing: float = 0.6
    """How far the number of viewers swings over a day, as a part of it."""
    rate_swing: float = 0.4
    """Likewise the rate, with its peak six hours later."""
    scatter: float = 0.25
    """Coefficient of variation between slots beyond Poisson."""
    late: float = 0.1
    """The part of outcomes that falls into the slot after the one that earned it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one simulated experiment went."""

    ending: Ending
    winner: str | None
    blocks: int
    counts: tuple[int, ...]
    earned: float
    """Outcomes in all, beside what an even split would have brought in the same time on average."""
    naive_stop: bool
    """Whether "stop once some arm is best with 95 %" would have stopped it on the way."""


def run(experiment: Experiment, effects: Sequence[float], crowd: Crowd, seed: int) -> Outcome:
    """One experiment until it stops by itself.

    Args:
        experiment: its arms and rules.
        effects: the true rate of each arm beside the first one's (1.0).
        crowd: who shops.
        seed: decides everything.
    """
    random = np.random.default_rng(seed)
    per_block = max(2, experiment.block_minutes // experiment.slot_minutes)
    weighing = Weighing([arm.id for arm in experiment.arms])
    standing = stand(experiment, weighing.evidence(), seed=seed)
    earned = even = 0.0
    late = 0
    naive = False
    block = 0
    while standing.ending is None:
        slots = []
        for index, planned in enumerate(plan(experiment, standing.shares, per_block, seed + 7 * block)):
            hour = (block * experiment.block_minutes + index * experiment.slot_minutes) / 60
            exposure, rate = _moment(crowd, hour, experiment.slot_minutes, random)
            effect = effects[standing.arms.index(planned.arm)]
            came = int(random.poisson(rate * effect * exposure))
            spilled = int(random.binomial(came, crowd.late))
            slots.append(Slot(str(block), planned.arm, exposure, came - spilled + late, planned.holdout))
            late = spilled
            earned += rate * effect * exposure
            even += rate * float(np.mean(effects)) * exposure
        block += 1
        weighing.add(slots)
        days = block * experiment.block_minutes / 60 / _HOURS
        standing = stand(experiment, weighing.evidence(), seed=seed + block, days=days)
        naive = naive or (block >= 2 and max(standing.probability_best) >= 0.95)
    winner = standing.best if standing.ending == "winner" else None
    counts = tuple(int(count) for count in standing.evidence.counts)
    return Outcome(standing.ending, winner, block, counts, earned / even, naive)


def _moment(crowd: Crowd, hour: float, minutes: int, random: np.random.Generator) -> tuple[float, float]:
    """Viewer minutes and rate of a slot."""
    viewers = crowd.viewers * (1 + crowd.audience_swing * cos(2 * pi * hour / _HOURS))
    rate = crowd.rate * (1 + crowd.rate_swing * cos(2 * pi * (hour - 6) / _HOURS))
    shape = 1 / crowd.scatter**2 if crowd.scatter else None
    frailty = random.gamma(shape, 1 / shape) if shape else 1.0
    return max(1.0, float(random.normal(viewers, viewers**0.5))) * minutes, rate * frailty
