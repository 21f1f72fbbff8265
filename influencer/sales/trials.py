"""The experiments on disk: configs/experiments/<id>.yaml, read and checked like every other file people write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import structlog

from influencer.errors import InvalidInput, Mistake
from influencer.loading import load_value
from influencer.paths import configs_dir
from influencer.sales.design import Experiment

log = structlog.get_logger(__name__)


def load_experiment(path: Path) -> Experiment:
    """The experiment in a YAML or JSON file.

    Raises:
        InvalidInput: with every mistake found.
    """
    experiment = load_value(path, Experiment)
    if experiment.id != path.stem:
        raise InvalidInput(str(path), [Mistake("id", experiment.id, f"the file's own name, {path.stem}")])
    return experiment


def experiments() -> list[Experiment]:
    """All experiments on disk, by id; one that is wrong is left out and logged."""
    found = []
    for path in sorted((configs_dir() / "experiments").glob("*.yaml")):
        try:
            found.append(load_experiment(path))
        except InvalidInput as error:
            log.warning("experiment left out", experiment=path.stem, mistakes=[str(one) for one in error.mistakes])
    return found


def of_show(market: str, products: Sequence[str]) -> list[Experiment]:
    """The experiments that concern a show."""
    return [one for one in experiments() if one.concerns(market, list(products))]
