"""What the numbers of an experiment say: rates free of the hour of day, their scatter, and evidence.

The unit is a *slot*: a stretch of one show with one arm on air, its exposure in viewer minutes, and how many viewers
did what is hoped for. Slots are compared within *blocks* of time, whose shares were set before they began:

- Rates: n ~ Poisson(block x arm x exposure), fitted by iterative proportional fitting. What is common to a block (the
  evening, a crowded show) cancels out.
- Scatter: slots of one arm in one block differ more than Poisson allows; the Pearson ratio phi >= 1 of that scatter
  divides all evidence (quasi-likelihood, McCullagh and Nelder 1989, ch. 9).
- Evidence that two arms differ: given what both brought in a block, the split is binomial and knows nothing of the
  block's own rate. A likelihood ratio against "no difference", mixed over log rate ratios N(0, 0.5^2), is a
  nonnegative martingale, so P(it ever exceeds 1/alpha) <= alpha: it may be looked at after each block (Robbins 1970;
  Johari et al. 2017, "Peeking at A/B tests"; Howard et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_SPREAD = 0.5
"""Standard deviation of the log rate ratios that are reckoned with: most are between 1 : 2.7 and 2.7 : 1."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
_DELTAS: Floats = _NODES * _SPREAD
_LOG_WEIGHTS: Floats = np.log(_WEIGHTS / _WEIGHTS.sum())
_ROUNDS = 12
_CAUTION = 10.0
"""Degrees of freedom of scatter as Poisson has it that are put to what was seen: little data does not swing."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch with one arm on air. `exposure`: viewer minutes; `count`: viewers who did what is hoped for."""

    block: str
    arm: str
    exposure: float
    count: int
    holdout: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of each arm, in the order of `arms`."""

    arms: tuple[str, ...]
    counts: Floats
    exposures: Floats
    """Viewer minutes as they were."""
    adjusted: Floats
    """Viewer minutes as if every block had been an average one: `counts / adjusted` compares arms fairly."""
    scatter: float
    """phi: 1 as Poisson has it, above when slots differ by more."""
    log_ratios: Floats
    """[a, b]: log evidence that arms a and b differ, scatter reckoned with; 0 on the diagonal."""
    blocks: int

    @property
    def rates(self) -> Floats:
        """Outcomes a viewer minute; 0 for an arm without exposure."""
        return np.divide(self.counts, self.adjusted, out=np.zeros_like(self.counts), where=self.adjusted > 0)


class Weighing:
    """Adds blocks up; each block is given once, with all its slots."""

    def __init__(self, arms: Sequence[str]) -> None:
        self._arms = tuple(arms)
        self._place = {arm: index for index, arm in enumerate(self._arms)}
        self._counts: list[Floats] = []
        self._exposures: list[Floats] = []
        self._squares = self._freedom = _CAUTION
        size = len(self._arms)
        self._exponents: Floats = np.zeros((size, size, len(_DELTAS)))

    def add(self, slots: Sequence[Slot]) -> None:
        """One block. Slots of arms that are not named (an arm was taken out) and without exposure do not count."""
        counts, exposures = np.zeros(len(self._arms)), np.zeros(len(self._arms))
        groups: dict[int, list[Slot]] = {}
        for slot in slots:
            if slot.arm in self._place and slot.exposure > 0:
                groups.setdefault(self._place[slot.arm], []).append(slot)
        for at, group in groups.items():
            counts[at] = sum(slot.count for slot in group)
            exposures[at] = sum(slot.exposure for slot in group)
            self._scatter(group, counts[at], exposures[at])
        if not groups:
            return
        self._counts.append(counts)
        self._exposures.append(exposures)
        for a in groups:
            for b in groups:
                if a < b:
                    part = exposures[a] / (exposures[a] + exposures[b])
                    both = counts[a] + counts[b]
                    self._exponents[a, b] += counts[a] * _DELTAS - both * np.log(part * np.exp(_DELTAS) + 1 - part)

    def _scatter(self, group: Sequence[Slot], count: float, exposure: float) -> None:
        if count == 0 or len(group) < 2:
            return
        expected = [count * slot.exposure / exposure for slot in group]
        self._squares += sum((slot.count - mean) ** 2 / mean for slot, mean in zip(group, expected, strict=True))
        self._freedom += len(group) - 1

    def evidence(self) -> Evidence:
        """What all blocks so far say."""
        size = len(self._arms)
        counts = np.array(self._counts).reshape(-1, size)
        exposures = np.array(self._exposures).reshape(-1, size)
        scatter = max(1.0, self._squares / self._freedom)
        exponents = self._exponents / scatter + _LOG_WEIGHTS  # dividing before mixing keeps a mixture of likelihoods
        top = exponents.max(axis=2)
        mixed = top + np.log(np.exp(exponents - top[:, :, None]).sum(axis=2))
        upper = np.triu(mixed, 1)
        return Evidence(
            self._arms, counts.sum(0), exposures.sum(0), _adjusted(counts, exposures), scatter, upper + upper.T,
            len(counts),
        )  # fmt: skip


def weigh(arms: Sequence[str], slots: Sequence[Slot]) -> Evidence:
    """Put the slots of any number of blocks together."""
    blocks: dict[str, list[Slot]] = {}
    for slot in slots:
        blocks.setdefault(slot.block, []).append(slot)
    weighing = Weighing(arms)
    for block in blocks.values():
        weighing.add(block)
    return weighing.evidence()


def _adjusted(counts: Floats, exposures: Floats) -> Floats:
    """Exposures weighted by how good their block was, arms reckoned out; their sum is that of the plain exposures."""
    per_arm, per_block = counts.sum(0), counts.sum(1)
    plain: Floats = exposures.sum(0)
    if per_block.sum() == 0:
        return plain
    arm = np.ones(counts.shape[1])
    block = np.ones(counts.shape[0])
    for _ in range(_ROUNDS):
        block = per_block / np.maximum(exposures @ arm, 1e-12)
        arm = per_arm / np.maximum(block @ exposures, 1e-12)
    weighted: Floats = block @ exposures
    whole = weighted.sum()
    return weighted * float(exposures.sum() / whole) if whole > 0 else plain
