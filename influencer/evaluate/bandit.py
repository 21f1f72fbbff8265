"""Whether the bandit finds the better variant and keeps calm between equals: simulated experiments, `eval bandit`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from influencer.sales.design import Experiment
from influencer.sales.shoppers import Crowd, Outcome, run

_ARMS = "abcdefgh"


@dataclass(frozen=True, slots=True)
class Case:
    """A truth to be found: the rates of the arms beside the first."""

    name: str
    effects: tuple[float, ...]
    crowd: Crowd = Crowd()
    loss: float = 0.05
    max_days: float = 14

    @property
    def best(self) -> str | None:
        """The arm that is really best; None where all are equal."""
        top = max(self.effects)
        return None if min(self.effects) == top else _ARMS[self.effects.index(top)]


CASES = (
    Case("equal, 2 arms", (1.0, 1.0)),
    Case("equal, 2 arms, told only of winners, 4 days", (1.0, 1.0), loss=1e-6, max_days=4),
    Case("equal, 2 arms, slots differ much more", (1.0, 1.0), Crowd(scatter=0.6)),
    Case("equal, 4 arms", (1.0, 1.0, 1.0, 1.0), max_days=7),
    Case("one of 2 is 15 % better", (1.0, 1.15)),
    Case("one of 2 is 30 % better", (1.0, 1.3)),
    Case("one of 2 is 60 % better", (1.0, 1.6)),
    Case("one of 4 is 30 % better", (1.0, 0.9, 1.3, 1.0)),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case, as parts of the seeds."""

    case: str
    seeds: int
    right_winner: float
    wrong_winner: float
    wrong_winner_up_to: float
    """The upper end of the 95 % Wilson interval of `wrong_winner`."""
    no_difference: float
    time_over: float
    stopped_by_naive_rule: float
    median_hours: float
    outcomes_counted: int
    """Median number of outcomes until it stopped."""
    earned: float
    """Beside an even split over the same time."""


def experiment_of(case: Case) -> Experiment:
    """The experiment of a case: five-minute slots, hourly blocks, a holdout of 10 %, shares from 5 to 95 %."""
    arms = [
        {"id": _ARMS[index], "text": f"arm {_ARMS[index]}", "tells": ["audience"], "min_share": 0.05, "max_share": 0.95}
        for index in range(len(case.effects))
    ]
    return Experiment.model_validate(
        {"id": "simulated", "kind": "wording", "segment": "hook", "arms": arms, "slot_minutes": 5,
         "loss": case.loss, "max_days": case.max_days}
    )  # fmt: skip


def evaluate(seeds: int, cases: Sequence[Case] = CASES) -> Iterator[Result]:
    """Run every case for that many seeds."""
    for case in cases:
        experiment = experiment_of(case)
        yield _result(case, [run(experiment, case.effects, case.crowd, 10_007 * seed) for seed in range(seeds)])


def _result(case: Case, outcomes: Sequence[Outcome]) -> Result:
    size = len(outcomes)
    wrong = sum(one.winner not in (None, case.best) for one in outcomes)
    middle = size // 2
    return Result(
        case.name,
        size,
        sum(one.winner is not None and one.winner == case.best for one in outcomes) / size,
        wrong / size,
        round(wilson(wrong, size), 4),
        sum(one.ending == "no-difference" for one in outcomes) / size,
        sum(one.ending == "time-over" for one in outcomes) / size,
        sum(one.naive_stop for one in outcomes) / size,
        float(sorted(one.blocks for one in outcomes)[middle]),
        sorted(sum(one.counts) for one in outcomes)[middle],
        round(sum(one.earned for one in outcomes) / size, 3),
    )


def wilson(hits: int, size: int, z: float = 1.96) -> float:
    """The upper end of Wilson's interval of a part."""
    part = hits / size
    middle = part + z * z / (2 * size)
    return (middle + z * sqrt(part * (1 - part) / size + z * z / (4 * size * size))) / (1 + z * z / size)


def as_data(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The results for JSON."""
    return [asdict(result) for result in results]


def as_markdown(results: Sequence[Result]) -> str:
    """The results as a table."""
    rows = [
        "| truth | seeds | found the better | wrong winner (at most, 95 %) | no difference | time over | "
        "P(best) ≥ 95 % would have stopped | hours, median | outcomes, median | earned beside an even split |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    rows += [
        f"| {one.case} | {one.seeds} | {one.right_winner:.1%} | {one.wrong_winner:.1%} "
        f"({one.wrong_winner_up_to:.1%}) | {one.no_difference:.1%} | {one.time_over:.1%} | "
        f"{one.stopped_by_naive_rule:.0%} | {one.median_hours:g} | {one.outcomes_counted} | {one.earned - 1:+.1%} |"
        for one in results
    ]
    return "\n".join(rows)
