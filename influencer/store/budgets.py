"""Budgets: what an advertiser will spend on a brief's airtime in a period. Money in minor units, times in UTC."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, NotFound
from influencer.store.air_schema import BudgetRow
from influencer.store.briefs_schema import BriefRow
from influencer.store.schema import columns

UNKNOWN = "there is no such budget"
MOST = 500
Told = Literal["warned_at", "used_up_at"]


@dataclass(frozen=True, slots=True)
class NewBudget:
    """`amount` minor units for a brief's airtime that begins in [starts, ends), at `airtime_minute` a minute."""

    brief_id: str
    amount: int
    currency: str
    airtime_minute: int
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Budget(NewBudget):
    """A stored budget, and when people were told that it was nearly (`warned_at`) or wholly used up."""

    id: str
    made_by: str
    made_at: datetime
    ended_at: datetime | None
    warned_at: datetime | None
    used_up_at: datetime | None


class BudgetRepository:
    """Budgets by id. Every method is one transaction."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, new: NewBudget, made_by: str) -> Budget:
        """Set a budget.

        Raises:
            Conflict: another one of the brief has a part of this period: no second may count against two.
        """
        row = BudgetRow(
            id=f"B-{secrets.token_hex(4).upper()}", made_by=made_by, made_at=self._now(), ended_at=None,
            warned_at=None, used_up_at=None, **asdict(new),
        )  # fmt: skip
        overlapping = select(BudgetRow.id).where(
            BudgetRow.brief_id == new.brief_id,
            BudgetRow.ended_at.is_(None),
            BudgetRow.starts < new.ends,
            BudgetRow.ends > new.starts,
        )
        async with self._sessions.begin() as session:
            # The brief's row stands for all its budgets: two that are set at once wait for each other.
            await session.execute(select(BriefRow.id).where(BriefRow.id == new.brief_id).with_for_update())
            other = (await session.scalars(overlapping.limit(1))).first()
            if other is not None:
                raise Conflict(f"budget {other} of this brief has a part of this period; change or end it first")
            session.add(row)
        return _value(row)

    async def get(self, budget_id: str) -> Budget:
        """One budget.

        Raises:
            NotFound: there is none.
        """
        async with self._sessions() as session:
            row = await session.get(BudgetRow, budget_id)
        if row is None:
            raise NotFound(UNKNOWN)
        return _value(row)

    async def of(self, brief_ids: Iterable[str] | None) -> list[Budget]:
        """Budgets of some briefs, None: of all, that were not ended; newest period first."""
        query = select(BudgetRow).where(BudgetRow.ended_at.is_(None))
        if brief_ids is not None:
            query = query.where(BudgetRow.brief_id.in_(sorted(set(brief_ids))))
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(BudgetRow.starts.desc(), BudgetRow.id).limit(MOST))
            return [_value(row) for row in rows]

    async def running(self, brief_ids: Iterable[str], at: datetime) -> list[Budget]:
        """The budgets of these briefs whose period has `at`; at most one a brief."""
        query = select(BudgetRow).where(
            BudgetRow.brief_id.in_(sorted(set(brief_ids))),
            BudgetRow.ended_at.is_(None),
            BudgetRow.starts <= at,
            BudgetRow.ends > at,
        )
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def change(self, budget_id: str, amount: int) -> Budget:
        """Set another amount; people are told anew when that is used up.

        Raises:
            Conflict: it was ended.
        """
        values = {"amount": amount, "warned_at": None, "used_up_at": None}
        return await self._changed(budget_id, values)

    async def end(self, budget_id: str) -> Budget:
        """Take a budget away: airtime is not limited by it any more.

        Raises:
            Conflict: it was ended before.
        """
        return await self._changed(budget_id, {"ended_at": self._now()})

    async def told(self, budget_id: str, what: Told) -> bool:
        """Note that people are told; False when they were told before, by whomever."""
        column = getattr(BudgetRow, what)
        change = update(BudgetRow).where(BudgetRow.id == budget_id, column.is_(None)).values({what: self._now()})
        async with self._sessions.begin() as session:
            return (await session.execute(change.returning(BudgetRow.id))).first() is not None

    async def _changed(self, budget_id: str, values: Mapping[str, object]) -> Budget:
        change = update(BudgetRow).where(BudgetRow.id == budget_id, BudgetRow.ended_at.is_(None)).values(**values)
        async with self._sessions.begin() as session:
            changed = await session.scalars(change.returning(BudgetRow), execution_options={"populate_existing": True})
            row = changed.first()
            if row is None:
                raise Conflict("the budget was ended before")
            return _value(row)


def _value(row: BudgetRow) -> Budget:
    return Budget(**columns(row))
