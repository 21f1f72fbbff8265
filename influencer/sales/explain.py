"""An experiment in plain words: what was tried, what is known, what happens now, and why."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from influencer.sales.bandit import Standing
from influencer.sales.design import Experiment

_OUTCOMES = {
    "product-click": "looked at the product", "cart": "put it into the cart", "checkout": "went to the checkout",
    "order": "bought",
}  # fmt: skip


def explained(
    experiment: Experiment, standing: Standing, lifted: tuple[float, float, float] | None = None
) -> list[str]:
    """Sentences for people.

    Args:
        experiment: what was tried.
        standing: where it is.
        lifted: what the bandit brings beside the holdout (`influencer.sales.bandit.lift`).
    """
    texts = {arm.id: arm.text for arm in experiment.arms}
    evidence = standing.evidence
    done = _OUTCOMES[experiment.outcome]
    lines = [
        f"Tried: {_listed([texts[arm] for arm in standing.arms])}. "
        f"Counted: viewers who {done}, for each thousand minutes watched."
    ]
    for index, arm in enumerate(standing.arms):
        lines.append(
            f"{texts[arm]}: {1000 * evidence.rates[index]:.1f} ({evidence.counts[index]:.0f} in "
            f"{evidence.exposures[index]:.0f} minutes); best with {standing.probability_best[index]:.0%}; "
            f"{standing.shares[index]:.0%} of the time from now on."
        )
    if experiment.holdout and lifted is not None:
        middle, low, high = lifted
        lines.append(
            f"Beside the {experiment.holdout:.0%} of the time that is given out evenly, the rest brought "
            f"{middle - 1:+.0%} (90 % sure: {low - 1:+.0%} to {high - 1:+.0%})."
        )
    if evidence.scatter >= 1.5:
        lines.append(
            f"Stretches of the show differ {evidence.scatter:.1f} times as much as chance alone would have it, "
            "so the numbers count for less."
        )
    lines += [
        f"{texts[arm.id]} is held at {arm.frozen:.0%} by the rules."
        for arm in experiment.arms
        if arm.frozen is not None
    ]
    lines.append(_verdict(experiment, standing, texts[standing.best]))
    return lines


def _verdict(experiment: Experiment, standing: Standing, best: str) -> str:
    match standing.ending:
        case "winner":
            return (
                f"It is over: {best} is better. Between equals, an experiment like this ends with a winner in at most "
                f"{experiment.alpha:.0%} of cases, however often it is looked at."
            )
        case "no-difference":
            return (
                f"It is over: the difference is too small to matter (less than {experiment.loss:.0%}), so all get an "
                "even share."
            )
        case "time-over":
            return f"It is over after {experiment.max_days:g} days without a clear answer; all get an even share."
        case "stopped":
            return "It was stopped by hand; all get an even share."
    if experiment.kind == "product":
        return "Airtime follows these numbers, within the rules, until somebody stops it."
    place = standing.arms.index(standing.best)
    against = [ratio for index, ratio in enumerate(standing.evidence.log_ratios[place]) if index != place]
    weakest = exp(min(max(min(against), -50.0), 50.0))
    return (
        f"It goes on. The evidence for {best} is {weakest:.2g} to 1 and must be {exp(standing.needed):.0f} to 1 "
        "before it is called better."
    )


def _listed(texts: Sequence[str]) -> str:
    quoted = [f"“{text}”" for text in texts]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
