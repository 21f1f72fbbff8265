"""Airtime: every sentence that was heard, with its exact length: budgets count it, replays are cut by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.air_schema import HeardRow


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence of a line of the ledger, as long as it was heard: `pts` and `samples` in 1/48000 s of the show clock.

    `charged` says whether it counts against a budget; `at` is when it began.
    """

    utterance_id: int
    show_id: str
    product_id: str
    pts: int
    samples: int
    charged: bool
    at: datetime


_NAMES = tuple(field.name for field in fields(Heard))


class HeardRepository:
    """Add and read; there is no way to change or remove a row."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def add(self, heard: Heard) -> bool:
        """Write a sentence down; False when it is known: nothing is counted twice."""
        try:
            async with self._sessions.begin() as session:
                session.add(HeardRow(**asdict(heard)))
        except IntegrityError:
            return False
        return True

    async def charged(self, product_id: str, start: datetime, end: datetime) -> int:
        """Samples (1/48000 s) about a product that began in [start, end), over all shows and processes."""
        query = select(func.coalesce(func.sum(HeardRow.samples), 0)).where(
            HeardRow.product_id == product_id,
            HeardRow.charged,
            HeardRow.at >= start,
            HeardRow.at < end,
        )
        async with self._sessions() as session:
            return int((await session.scalars(query)).one())

    async def of_shows(self, product_id: str, show_ids: Iterable[str]) -> dict[str, int]:
        """Charged samples about a product in each of some shows."""
        query = (
            select(HeardRow.show_id, func.sum(HeardRow.samples))
            .where(HeardRow.product_id == product_id, HeardRow.charged, HeardRow.show_id.in_(set(show_ids)))
            .group_by(HeardRow.show_id)
        )
        async with self._sessions() as session:
            return {show: int(samples) for show, samples in (await session.execute(query)).all()}

    async def of_line(self, utterance_id: int) -> list[Heard]:
        """What was heard of one line of the ledger, in order."""
        query = select(HeardRow).where(HeardRow.utterance_id == utterance_id).order_by(HeardRow.pts)
        async with self._sessions() as session:
            rows = list(await session.scalars(query))
        return [Heard(**{name: getattr(row, name) for name in _NAMES}) for row in rows]

    async def lines(self, utterance_ids: Iterable[int]) -> set[int]:
        """Which of these lines were heard, at least in part."""
        query = select(HeardRow.utterance_id).where(HeardRow.utterance_id.in_(sorted(set(utterance_ids)))).distinct()
        async with self._sessions() as session:
            return set(await session.scalars(query))
