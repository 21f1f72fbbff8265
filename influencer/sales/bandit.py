"""Thompson sampling: how much of the time each arm gets, within bounds, and when there is nothing more to learn. Pure.

An arm's rate (outcomes a viewer minute) has a Gamma posterior: counts are Poisson, scatter divides both its parameters.
An arm's share is the probability that its rate is the highest, as Thompson sampling gives on average (Thompson 1933;
Chapelle and Li 2011; Russo et al. 2018), moved into the bounds its advertiser set. Stopping is by evidence that may be
looked at after every block (`influencer.sales.evidence`), not by that probability: it exceeds 95 % sooner or later
between equals, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np

from influencer.sales.design import Experiment
from influencer.sales.evidence import Evidence, Floats

_DRAWS = 4_000
_SLOTS = 1_000
MIN_BLOCKS = 2

Ending = Literal["winner", "no-difference", "time-over", "stopped"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an experiment is. Arms in the order of the experiment; `ending` None: it goes on."""

    arms: tuple[str, ...]
    best: str
    probability_best: tuple[float, ...]
    expected_loss: tuple[float, ...]
    """Of playing only this arm: how much lower its rate is than the best one's, as a part of it, on average."""
    shares: tuple[float, ...]
    """Of the next block."""
    ending: Ending | None
    needed: float
    """Log evidence that makes a winner; what there is is in `evidence`."""
    evidence: Evidence


def stand(experiment: Experiment, evidence: Evidence, *, seed: int, days: float = 0.0) -> Standing:
    """Judge an experiment after a block.

    Args:
        experiment: its arms and rules.
        evidence: of all finished blocks.
        seed: of the draws; the same seed gives the same shares.
        days: since it began.
    """
    rates = _draws(evidence, seed)
    best_rates = rates.max(axis=1, keepdims=True)
    probability = np.bincount(rates.argmax(axis=1), minlength=rates.shape[1]) / len(rates)
    losses = ((best_rates - rates) / best_rates).mean(axis=0)
    best = int(losses.argmin())
    arms, size = experiment.arms, len(experiment.arms)
    needed = log(size * (size - 1) / 2 / experiment.alpha)
    ending = _ending(experiment, evidence, best, float(losses.max()), needed, days)
    shares = shares_after(experiment, ending, arms[best].id) if ending else None
    return Standing(
        tuple(arm.id for arm in arms),
        arms[best].id,
        tuple(map(float, probability)),
        tuple(map(float, losses)),
        shares or bounded(list(map(float, probability)), [arm.bounds for arm in arms]),
        ending,
        needed,
        evidence,
    )


def shares_after(experiment: Experiment, ending: Ending, winner: str | None) -> tuple[float, ...]:
    """How the time is shared when an experiment is over: as much to a winner as its bounds allow, else evenly."""
    arms = experiment.arms
    even = [1 / len(arms)] * len(arms)
    wanted = [float(arm.id == winner) for arm in arms] if ending == "winner" else even
    return bounded(wanted, [arm.bounds for arm in arms])


def _ending(
    experiment: Experiment, evidence: Evidence, best: int, worst_loss: float, needed: float, days: float
) -> Ending | None:
    if experiment.kind == "product":
        return None  # airtime is shared among products for as long as they are sold
    if evidence.blocks >= MIN_BLOCKS:
        against = np.delete(evidence.log_ratios[best], best)
        if (against >= needed).all() and evidence.rates[best] >= evidence.rates.max():
            return "winner"
        if worst_loss < experiment.loss and (evidence.exposures > 0).all():
            return "no-difference"
    return "time-over" if days >= experiment.max_days else None


def _draws(evidence: Evidence, seed: int) -> Floats:
    """[draw, arm]: rates from the posteriors, with one outcome at the rate of all arms together as prior."""
    whole, counted = evidence.exposures.sum(), evidence.counts.sum()
    common = max(counted, 1.0) / whole if whole > 0 else 1.0
    shape = 1 + evidence.counts / evidence.scatter
    rate = 1 / common + evidence.adjusted / evidence.scatter
    return np.random.default_rng(seed).gamma(shape, 1 / rate, size=(_DRAWS, len(shape)))


def bounded(wanted: Sequence[float], bounds: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """The shares nearest to those wanted (least squares) within their bounds, adding up to 1.

    The bounds allow it: their lower ends add up to 1 at most, their upper ends to 1 at least.
    """
    low, high = -1.0, 1.0

    def moved(by: float) -> list[float]:
        return [min(max(share + by, least), most) for share, (least, most) in zip(wanted, bounds, strict=True)]

    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(moved(middle)) < 1 else (low, middle)
    shares = moved(high)
    return tuple(share / sum(shares) for share in shares)


@dataclass(frozen=True, slots=True)
class Planned:
    """One slot to come."""

    arm: str
    holdout: bool


def plan(experiment: Experiment, shares: Sequence[float], slots: int, seed: int) -> list[Planned]:
    """Give out the slots of a block in a random order, each arm about its share of them, the holdout evenly.

    Systematic sampling: an arm gets its share of the slots rounded up or down, never a streak of bad luck.
    """
    random = np.random.default_rng(seed)
    held = int(slots * experiment.holdout + random.random())
    even = bounded([1 / len(experiment.arms)] * len(experiment.arms), [arm.bounds for arm in experiment.arms])
    arms = [arm.id for arm in experiment.arms]
    planned = [Planned(arms[index], True) for index in _systematic(even, held, random)]
    planned += [Planned(arms[index], False) for index in _systematic(shares, slots - held, random)]
    return [planned[index] for index in random.permutation(len(planned))]


def _systematic(shares: Sequence[float], slots: int, random: np.random.Generator) -> list[int]:
    if slots <= 0:
        return []
    points = (np.arange(slots) + random.random()) / slots
    edges = np.cumsum(shares) / sum(shares)
    return [int(index) for index in np.minimum(np.searchsorted(edges, points, side="right"), len(shares) - 1)]


def lift(slots_with: Evidence, slots_without: Evidence, seed: int) -> tuple[float, float, float] | None:
    """What the bandit brings beside the holdout: the ratio of rates (middle, and where 90 % of it lies).

    None while either has brought nothing.
    """
    counts = slots_with.counts.sum(), slots_without.counts.sum()
    exposures = slots_with.exposures.sum(), slots_without.exposures.sum()
    if min(counts) == 0 or min(exposures) == 0:
        return None
    random = np.random.default_rng(seed)
    scatter = max(slots_with.scatter, slots_without.scatter)
    drawn = [
        random.gamma(0.5 + count / scatter, scatter / exposure, _SLOTS * 4)
        for count, exposure in zip(counts, exposures, strict=True)
    ]
    low, middle, high = np.quantile(drawn[0] / drawn[1], (0.05, 0.5, 0.95))
    return float(middle), float(low), float(high)


def weights(shares: Mapping[str, float], *, least: float = 0.1, most: float = 10.0) -> dict[str, float]:
    """Shares of the airtime as the weights a run-of-show takes: 1 for an even share."""
    return {product: min(max(share * len(shares), least), most) for product, share in shares.items()}
