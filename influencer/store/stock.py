"""Units left of each SKU: what can still be sold, so without what pending orders hold."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.errors import Conflict, NotFound
from influencer.store.commerce_schema import ReservationRow
from influencer.store.schema import StockRow


class StockRepository:
    """Reads, seeding, and the one atomic way down."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def seed(self, sku: str, units: int) -> None:
        """Give a SKU its first stock; one that is known keeps what it has (a restart must not restock)."""
        try:
            async with self._sessions.begin() as session:
                if await session.get(StockRow, sku) is None:
                    session.add(StockRow(sku=sku, units=units))
        except IntegrityError:
            return  # another process seeded it between the look and the insert

    async def restock(self, sku: str, units: int) -> None:
        """Set what is really there now; what pending orders hold of it stays theirs.

        Raises:
            NotFound: the SKU was never seeded.
            Conflict: pending orders hold more than that.
        """
        held = await self.held(sku)
        if units < held:
            raise Conflict(
                f"{held} units of {sku!r} are held by orders that wait for their payment; allowed: {held} up"
            )
        async with self._sessions.begin() as session:
            changed = await session.execute(
                update(StockRow).where(StockRow.sku == sku).values(units=units - _held(sku)).returning(StockRow.sku)
            )
            if changed.first() is None:
                raise NotFound(f"no stock is kept for SKU {sku!r}")

    async def held(self, sku: str) -> int:
        """Units that pending orders hold."""
        async with self._sessions() as session:
            return (await session.scalars(select(_held(sku)))).one()

    async def units(self, sku: str) -> int:
        """Units left.

        Raises:
            NotFound: the SKU was never seeded.
        """
        levels = await self.levels([sku])
        if sku not in levels:
            raise NotFound(f"no stock is kept for SKU {sku!r}")
        return levels[sku]

    async def levels(self, skus: Iterable[str]) -> dict[str, int]:
        """Units left of each known SKU among `skus`."""
        query = select(StockRow).where(StockRow.sku.in_(list(skus)))
        async with self._sessions() as session:
            return {row.sku: row.units for row in await session.scalars(query)}


def _held(sku: str) -> ScalarSelect[int]:
    query = select(func.coalesce(func.sum(ReservationRow.quantity), 0))
    return query.where(ReservationRow.sku == sku, ReservationRow.state == "held").scalar_subquery()


async def give_back(session: AsyncSession, sku: str, quantity: int) -> None:
    """Put units back inside the caller's transaction."""
    await session.execute(update(StockRow).where(StockRow.sku == sku).values(units=StockRow.units + quantity))


async def take(session: AsyncSession, sku: str, quantity: int) -> int:
    """Take units inside the caller's transaction; one statement, so two buyers cannot take the same unit.

    Returns:
        Units left.

    Raises:
        Conflict: fewer are left than asked for (or the SKU is not sold at all).
    """
    taken = await session.execute(
        update(StockRow)
        .where(StockRow.sku == sku, StockRow.units >= quantity)
        .values(units=StockRow.units - quantity)
        .returning(StockRow.units)
    )
    after = taken.first()
    if after is None:
        left = (await session.scalars(select(StockRow.units).where(StockRow.sku == sku))).first()
        raise Conflict(shortage(left or 0))
    return int(after[0])


def shortage(left: int) -> str:
    """What a buyer is told who wants more than is there."""
    return f"only {left} left" if left else "sold out"
