"""Coupons that people set up beside the offers of briefs: their rules, and how often each was used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.commerce.coupons import Coupon
from influencer.errors import Conflict, NotFound
from influencer.store.commerce_schema import CouponRow


@dataclass(frozen=True, slots=True)
class StoredCoupon:
    """A coupon and its use: `uses` orders are paid with it or may still be."""

    rule: Coupon
    uses: int
    created_at: datetime
    disabled_at: datetime | None


class CouponRepository:
    """Add, read and disable coupons; uses are counted where orders are placed."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, rule: Coupon) -> StoredCoupon:
        """Store a new coupon.

        Raises:
            Conflict: the code exists.
        """
        values = asdict(rule) | {"products": list(rule.products), "markets": list(rule.markets)}
        del values["unit_price"], values["counted"]
        row = CouponRow(**values, uses=0, created_at=self._now(), disabled_at=None)
        try:
            async with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            raise Conflict(f"there is a coupon {rule.code!r} already") from None
        return _value(row)

    async def get(self, code: str) -> StoredCoupon | None:
        """A coupon by its code."""
        async with self._sessions() as session:
            row = await session.get(CouponRow, code)
        return None if row is None else _value(row)

    async def usable(self, code: str) -> Coupon | None:
        """The rule of a coupon that was not disabled and is not used up; None otherwise."""
        stored = await self.get(code)
        if stored is None or stored.disabled_at is not None:
            return None
        if stored.rule.max_uses is not None and stored.uses >= stored.rule.max_uses:
            return None
        return stored.rule

    async def list(self, limit: int = 100) -> list[StoredCoupon]:
        """The newest coupons, newest first."""
        query = select(CouponRow).order_by(CouponRow.created_at.desc(), CouponRow.code).limit(limit)
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def disable(self, code: str) -> None:
        """Take a coupon out of use; orders that have it keep it.

        Raises:
            NotFound: there is no such coupon.
        """
        change = update(CouponRow).where(CouponRow.code == code).values(disabled_at=self._now())
        async with self._sessions.begin() as session:
            if (await session.execute(change.returning(CouponRow.code))).first() is None:
                raise NotFound(f"there is no coupon {code!r}")


def _value(row: CouponRow) -> StoredCoupon:
    rule = Coupon(
        row.code, row.starts, row.ends, row.percent_off, row.amount_off, row.currency, row.minimum,
        tuple(row.products), cast("tuple[MarketId, ...]", tuple(row.markets)), row.once_per_viewer, row.max_uses,
        counted=True,
    )  # fmt: skip
    return StoredCoupon(rule, row.uses, row.created_at, row.disabled_at)
