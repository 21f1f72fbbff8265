"""Experiments and their assignments: which arm was on air when, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import distinct, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict
from influencer.sales.evidence import Slot
from influencer.store.events import Window, inside
from influencer.store.events_schema import EventRow
from influencer.store.experiments_schema import AssignmentRow, ExperimentRow
from influencer.store.schema import columns

LATE = timedelta(seconds=75)
"""Events may wait a minute in a page: a stretch is counted when this much time has passed."""
MAX_SLOTS = 50_000
_SETTLED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class StoredExperiment:
    """An experiment as it is stored. `ending` None: it runs."""

    id: str
    design: dict[str, Any]
    began_at: datetime
    ending: str | None
    winner: str | None
    ended_at: datetime | None


class ExperimentRepository:
    """Every method is one transaction."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def begin(self, experiment_id: str, design: dict[str, Any]) -> StoredExperiment:
        """The experiment of this id, begun now if it never was.

        Raises:
            Conflict: it was begun with other arms or rules: what was counted would mean something else.
        """
        row = ExperimentRow(id=experiment_id, design=design, began_at=self._now())
        try:
            async with self._sessions.begin() as session:
                found = await session.get(ExperimentRow, experiment_id)
                if found is None:
                    session.add(row)
                    found = row
        except IntegrityError:  # another show began it between the look and the insert
            async with self._sessions() as session:
                found = await session.get_one(ExperimentRow, experiment_id)
        if found.design != design:
            raise Conflict(
                f"experiment {experiment_id!r} was begun with other arms or rules; give the new one a new id"
            )
        return StoredExperiment(**columns(found))

    async def get(self, experiment_id: str) -> StoredExperiment | None:
        """One experiment."""
        async with self._sessions() as session:
            row = await session.get(ExperimentRow, experiment_id)
        return None if row is None else StoredExperiment(**columns(row))

    async def all(self, limit: int = 200) -> list[StoredExperiment]:
        """The newest experiments, newest first."""
        query = select(ExperimentRow).order_by(ExperimentRow.began_at.desc(), ExperimentRow.id).limit(limit)
        async with self._sessions() as session:
            return [StoredExperiment(**columns(row)) for row in await session.scalars(query)]

    async def end(self, experiment_id: str, ending: str, winner: str | None = None) -> bool:
        """Write the ending, once: False when there is one already (or no such experiment)."""
        change = (
            update(ExperimentRow)
            .where(ExperimentRow.id == experiment_id, ExperimentRow.ending.is_(None))
            .values(ending=ending, winner=winner, ended_at=self._now())
            .returning(ExperimentRow.id)
        )
        async with self._sessions.begin() as session:
            return (await session.scalars(change)).first() is not None

    async def assign(self, experiment_id: str, show_id: str, arm: str, block: int, *, holdout: bool) -> None:
        """An arm goes on air now; the one that was ends."""
        now = self._now()
        async with self._sessions.begin() as session:
            await session.execute(_close(now).where(_open(experiment_id, show_id)))
            session.add(
                AssignmentRow(
                    experiment_id=experiment_id, show_id=show_id, arm=arm, holdout=holdout, block=block, began_at=now
                )
            )

    async def close(self, show_id: str, experiment_id: str | None = None) -> None:
        """No arm is on air any more: of one experiment, or of all of a show (it stopped, or was killed before)."""
        change = _close(self._now()).where(AssignmentRow.show_id == show_id, AssignmentRow.ended_at.is_(None))
        if experiment_id is not None:
            change = change.where(AssignmentRow.experiment_id == experiment_id)
        async with self._sessions.begin() as session:
            await session.execute(change)

    async def settle(
        self, experiment_id: str, outcome: str, products: Sequence[str] = (), own: Mapping[str, str] | None = None
    ) -> int:
        """Count what came of stretches that are over: watch time, and different viewers with the outcome.

        Args:
            experiment_id: which.
            outcome: the kind of event that is hoped for.
            products: of which products; of all when empty.
            own: arm -> its product, where products are the arms.

        Returns how many were counted; call it again when it was as many as one call takes.
        """
        over = (
            select(AssignmentRow)
            .where(
                AssignmentRow.experiment_id == experiment_id,
                AssignmentRow.outcomes.is_(None),
                AssignmentRow.ended_at < self._now() - LATE,
            )
            .order_by(AssignmentRow.id)
            .limit(_SETTLED_AT_ONCE)
        )
        async with self._sessions.begin() as session:
            rows = list(await session.scalars(over))
            for row in rows:
                about = (own[row.arm],) if own and row.arm in own else tuple(products) or None
                window = Window(row.began_at, row.ended_at, row.show_id, about)
                watched = inside(select(func.coalesce(func.sum(EventRow.milliseconds), 0)), window)
                acted = inside(select(func.count(distinct(EventRow.viewer))), window)
                exposure = await session.scalar(watched.where(EventRow.kind == "watch"))
                outcomes = await session.scalar(acted.where(EventRow.kind == outcome))
                row.exposure_ms, row.outcomes = int(exposure or 0), int(outcomes or 0)
        return len(rows)

    async def slots(self, experiment_id: str, before_block: int | None = None, limit: int = MAX_SLOTS) -> list[Slot]:
        """The counted stretches of an experiment, oldest first. A block is a show's hour: shows are not mixed."""
        query = (
            select(AssignmentRow)
            .where(AssignmentRow.experiment_id == experiment_id, AssignmentRow.outcomes.is_not(None))
            .order_by(AssignmentRow.id)
            .limit(limit)
        )
        if before_block is not None:
            query = query.where(AssignmentRow.block < before_block)
        async with self._sessions() as session:
            return [
                Slot(f"{row.show_id}/{row.block}", row.arm, row.exposure_ms / 60_000, row.outcomes, row.holdout)
                for row in await session.scalars(query)
                if row.exposure_ms is not None and row.outcomes is not None
            ]


def _open(experiment_id: str, show_id: str) -> Any:
    return (
        (AssignmentRow.experiment_id == experiment_id)
        & (AssignmentRow.show_id == show_id)
        & AssignmentRow.ended_at.is_(None)
    )


def _close(at: datetime) -> Any:
    return update(AssignmentRow).values(ended_at=at)
