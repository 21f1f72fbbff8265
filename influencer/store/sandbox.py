"""The books of the test payment provider: intents, refunds and the webhooks it still has to send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.sandbox_schema import SandboxEventRow, SandboxIntentRow, SandboxRefundRow
from influencer.store.schema import columns


@dataclass(frozen=True, slots=True)
class SandboxIntent:
    """An intent in the provider's books; amounts in minor units. Of a card only `last4` is ever written."""

    id: str
    idempotency_key: str
    fingerprint: str
    amount: int
    currency: str
    reference: str
    description: str
    return_url: str
    market: str
    client_secret: str
    created_at: datetime
    updated_at: datetime
    state: str = "requires_payment_method"
    failure: str | None = None
    declines: int = 0
    last4: str | None = None
    webhooks: str = "normal"
    settles_at: datetime | None = None
    settles_to: str | None = None
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class SandboxEvent:
    """A webhook to send, `copies` times, from `due_at` on; None: never."""

    id: str
    intent_id: str
    kind: str
    payload: dict[str, Any]
    created_at: datetime
    due_at: datetime | None
    copies: int = 1
    attempts: int = 0
    delivered_at: datetime | None = None
    last_error: str | None = None


class SandboxRepository:
    """Every method is one transaction; a change of an intent and its webhook are written together."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, intent: SandboxIntent) -> SandboxIntent:
        """Write an intent; the same idempotency key returns the first one."""
        row = SandboxIntentRow(**{name: getattr(intent, name) for name in SandboxIntent.__dataclass_fields__})
        try:
            async with self._sessions.begin() as session:
                session.add(row)
        except IntegrityError:
            query = select(SandboxIntentRow).where(SandboxIntentRow.idempotency_key == intent.idempotency_key)
            async with self._sessions() as session:
                return _intent((await session.scalars(query)).one())
        return intent

    async def get(self, intent_id: str) -> SandboxIntent | None:
        """One intent."""
        async with self._sessions() as session:
            row = await session.get(SandboxIntentRow, intent_id)
        return None if row is None else _intent(row)

    async def change(
        self, intent_id: str, states: Sequence[str], values: dict[str, Any], event: SandboxEvent | None
    ) -> bool:
        """Change an intent that is in one of `states`, and queue the webhook that tells of it."""
        change = (
            update(SandboxIntentRow)
            .where(SandboxIntentRow.id == intent_id, SandboxIntentRow.state.in_(states))
            .values(updated_at=self._now(), **values)
            .returning(SandboxIntentRow.id)
        )
        async with self._sessions.begin() as session:
            if (await session.execute(change)).first() is None:
                return False
            if event is not None:
                session.add(_event_row(event))
        return True

    async def settling(self, limit: int = 50) -> list[SandboxIntent]:
        """Intents whose processing is over."""
        query = (
            select(SandboxIntentRow)
            .where(SandboxIntentRow.settles_at <= self._now(), SandboxIntentRow.state == "processing")
            .limit(limit)
        )
        async with self._sessions() as session:
            return [_intent(row) for row in await session.scalars(query)]

    async def refund(self, refund_id: str, intent_id: str, amount: int, key: str, event: SandboxEvent) -> int | None:
        """Give back `amount`; the same key returns the amount of the first refund. None: so much was never paid."""
        row = SandboxRefundRow(
            id=refund_id, intent_id=intent_id, idempotency_key=key, amount=amount, created_at=self._now()
        )
        paid_back = (
            update(SandboxIntentRow)
            .where(SandboxIntentRow.id == intent_id, SandboxIntentRow.state == "succeeded")
            .where(SandboxIntentRow.refunded + amount <= SandboxIntentRow.amount)
            .values(refunded=SandboxIntentRow.refunded + amount, updated_at=self._now())
            .returning(SandboxIntentRow.id)
        )
        async with self._sessions() as session:
            before = await session.get(SandboxRefundRow, refund_id)
        if before is not None:
            return before.amount
        try:
            async with self._sessions.begin() as session:
                if (await session.execute(paid_back)).first() is None:
                    return None
                session.add_all([row, _event_row(event)])
        except IntegrityError:
            return amount  # the same request came twice at once
        return amount

    async def due(self, limit: int = 50) -> list[SandboxEvent]:
        """Webhooks to send now, the longest due first."""
        query = (
            select(SandboxEventRow)
            .where(SandboxEventRow.due_at <= self._now())
            .order_by(SandboxEventRow.due_at, SandboxEventRow.id)
            .limit(limit)
        )
        async with self._sessions() as session:
            return [_event(row) for row in await session.scalars(query)]

    async def stuck(self, tries: int) -> int:
        """Webhooks that are still to be sent after so many tries."""
        row = SandboxEventRow
        query = select(func.count()).select_from(row).where(row.due_at.is_not(None), row.attempts >= tries)
        async with self._sessions() as session:
            return await session.scalar(query.where(row.delivered_at.is_(None))) or 0

    async def events(self, intent_id: str) -> list[SandboxEvent]:
        """Every webhook of an intent, oldest first."""
        query = select(SandboxEventRow).where(SandboxEventRow.intent_id == intent_id)
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(SandboxEventRow.created_at, SandboxEventRow.id).limit(100))
            return [_event(row) for row in rows]

    async def sent(self, event_id: str, **values: Any) -> None:
        """Record how sending a webhook went."""
        async with self._sessions.begin() as session:
            await session.execute(update(SandboxEventRow).where(SandboxEventRow.id == event_id).values(**values))


def _intent(row: SandboxIntentRow) -> SandboxIntent:
    return SandboxIntent(**columns(row))


def _event(row: SandboxEventRow) -> SandboxEvent:
    return SandboxEvent(**columns(row))


def _event_row(event: SandboxEvent) -> SandboxEventRow:
    return SandboxEventRow(**{name: getattr(event, name) for name in SandboxEvent.__dataclass_fields__})
