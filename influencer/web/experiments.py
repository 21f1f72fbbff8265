"""Experiments over HTTP: where each one is, in numbers and in plain words, and stopping one by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from fastapi import APIRouter
from pydantic import ValidationError

from influencer.accounts.principal import Principal, owned_by, owns
from influencer.accounts.roles import STAFF, Role
from influencer.errors import Conflict, NotFound
from influencer.sales.bandit import Ending, Standing, lift, shares_after
from influencer.sales.design import Experiment
from influencer.sales.evidence import weigh
from influencer.sales.explain import explained
from influencer.sales.runner import judged
from influencer.store.experiments import StoredExperiment
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep

router = APIRouter(prefix="/api/experiments", tags=["reports"], dependencies=[access(Role.ADVERTISER, *STAFF)])
_UNKNOWN = "there is no experiment with this id"


@router.get("")
async def list_experiments(web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """Every experiment that has begun, newest first; advertisers see those that run by their own rules."""
    found = [(stored, _design(stored)) for stored in await web.store.experiments.all()]
    return {
        "experiments": [
            {"id": stored.id, "kind": design.kind, "began_at": stored.began_at.isoformat(), "ending": stored.ending,
             "winner": stored.winner}
            for stored, design in found
            if design is not None and owns(principal, design.advertiser)
        ]
    }  # fmt: skip


async def told(web: Web, principal: Principal, most: int = 5) -> list[dict[str, Any]]:
    """The newest experiments somebody may see, in plain words: what a report says of them."""
    found = []
    for stored in await web.store.experiments.all():
        design = _design(stored)
        if design is not None and owns(principal, design.advertiser):
            standing, lifted = await _standing(web, stored, design)
            words = explained(design, standing, lifted)
            found.append({"id": stored.id, "ending": stored.ending, "winner": stored.winner, "in_words": words})
        if len(found) == most:
            break
    return found


async def _standing(
    web: Web, stored: StoredExperiment, design: Experiment
) -> tuple[Standing, tuple[float, float, float] | None]:
    standing = await judged(web.store, design, stored.began_at, web.now())
    slots = await web.store.experiments.slots(design.id)
    arms = [arm.id for arm in design.arms]
    shared, held = ([slot for slot in slots if slot.holdout is one] for one in (False, True))
    lifted = lift(weigh(arms, shared), weigh(arms, held), seed=0)
    return _as_stored(design, standing, stored), lifted


@router.get("/{experiment_id}")
async def read_experiment(experiment_id: str, web: WebDep, principal: PrincipalDep) -> dict[str, Any]:
    """One experiment: its arms with counts, rates and shares, and what it means."""
    stored, design = await _owned(experiment_id, web, principal)
    standing, lifted = await _standing(web, stored, design)
    return {
        "id": stored.id,
        "kind": design.kind,
        "outcome": design.outcome,
        "began_at": stored.began_at.isoformat(),
        "ended_at": None if stored.ended_at is None else stored.ended_at.isoformat(),
        "ending": stored.ending,
        "winner": stored.winner,
        "blocks": standing.evidence.blocks,
        "scatter": round(standing.evidence.scatter, 3),
        "arms": [_arm(design, standing, index) for index in range(len(design.arms))],
        "lift": None if lifted is None else dict(zip(("ratio", "low", "high"), lifted, strict=True)),
        "in_words": explained(design, standing, lifted),
    }


@router.post("/{experiment_id}/stop", status_code=204)
async def stop_experiment(experiment_id: str, web: WebDep, principal: PrincipalDep) -> None:
    """End an experiment now; its arms get an even share again within seconds."""
    await _owned(experiment_id, web, principal)
    if not await web.store.experiments.end(experiment_id, "stopped"):
        raise Conflict("this experiment is over already")


async def _owned(experiment_id: str, web: WebDep, principal: PrincipalDep) -> tuple[StoredExperiment, Experiment]:
    stored = await web.store.experiments.get(experiment_id)
    design = None if stored is None else _design(stored)
    if stored is None or design is None:
        raise NotFound(_UNKNOWN)
    owned_by(principal, design.advertiser, _UNKNOWN)
    return stored, design


def _design(stored: StoredExperiment) -> Experiment | None:
    """None for one that was begun under rules this version does not know any more."""
    try:
        return Experiment.model_validate(stored.design)
    except ValidationError:
        return None


def _as_stored(design: Experiment, standing: Standing, stored: StoredExperiment) -> Standing:
    """With the ending that was written down, whatever the numbers would say by now."""
    ending = cast("Ending | None", stored.ending)
    if ending is None:
        return replace(standing, ending=None)
    best = stored.winner if stored.winner in standing.arms else standing.best
    return replace(standing, ending=ending, best=best, shares=shares_after(design, ending, stored.winner))


def _arm(design: Experiment, standing: Standing, index: int) -> dict[str, Any]:
    evidence, arm = standing.evidence, design.arms[index]
    return {
        "id": arm.id,
        "text": arm.text,
        "outcomes": int(evidence.counts[index]),
        "viewer_minutes": round(float(evidence.exposures[index]), 1),
        "rate": round(float(evidence.rates[index]), 6),
        "probability_best": round(standing.probability_best[index], 4),
        "expected_loss": round(standing.expected_loss[index], 4),
        "share": round(standing.shares[index], 4),
        "frozen": arm.frozen is not None,
    }
