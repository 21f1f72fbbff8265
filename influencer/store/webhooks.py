"""Endpoints that are told of events, and the deliveries to them: claimed, tried again, given up, forgotten."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.sql.dml import Delete

from influencer.errors import Conflict, NotFound
from influencer.store.accounts_schema import AuditRow
from influencer.store.outbox import new_delivery
from influencer.store.schema import columns
from influencer.store.webhooks_schema import WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow
from influencer.webhooks.events import TEST, EventType

MAX_ENDPOINTS = 20
"""Of one advertiser, and of the house."""
LEASE = timedelta(seconds=30)
"""How long a claimed delivery is nobody else's; after a crash it is sent again."""
DISABLED_AFTER = timedelta(days=3)
"""An endpoint that took nothing for so long is told nothing more."""
KEPT = timedelta(days=30)
UNKNOWN = "there is no such webhook"

DeliveryState = Literal["pending", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go. `advertiser_id` is None for the house's own; secrets are never shown again."""

    id: str
    advertiser_id: str | None
    url: str
    description: str
    events: tuple[EventType, ...]
    created_by: str
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: Literal["by hand", "failing"] | None
    previous_until: datetime | None
    secret: str = field(repr=False)
    previous_secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to an endpoint, or one that has arrived, or was given up."""

    id: int
    endpoint_id: str
    event_id: int
    type: str
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    """The next try."""
    tried_at: datetime | None
    status: int | None
    """The HTTP status of the last answer."""
    error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery to send now, with what it says and where it goes."""

    delivery: Delivery
    endpoint: Endpoint
    data: dict[str, Any]
    happened_at: datetime


class WebhookRepository:
    """Every method is one transaction. Whose an endpoint is, is for the caller to ask."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    # --- endpoints ---

    async def add(
        self, advertiser_id: str | None, url: str, events: Sequence[EventType], description: str, secret: str, by: str
    ) -> Endpoint:
        """Keep a new endpoint.

        Raises:
            Conflict: there are as many as allowed.
        """
        row = WebhookEndpointRow(
            id=f"wh_{secrets.token_hex(8)}", advertiser_id=advertiser_id, url=url, description=description,
            events=list(events), secret=secret, created_by=by, created_at=self._now(),
        )  # fmt: skip
        async with self._sessions.begin() as session:
            same = WebhookEndpointRow.advertiser_id.is_not_distinct_from(advertiser_id)
            count = await session.scalar(select(func.count()).select_from(WebhookEndpointRow).where(same)) or 0
            if count >= MAX_ENDPOINTS:
                raise Conflict(f"there are {MAX_ENDPOINTS} webhooks already; delete one first")
            session.add(row)
        return _endpoint(row)

    async def get(self, endpoint_id: str) -> Endpoint:
        """One endpoint.

        Raises:
            NotFound: there is none.
        """
        async with self._sessions() as session:
            return _endpoint(await _row(session, endpoint_id))

    async def all(self, advertiser_id: str | None = None) -> list[Endpoint]:
        """Endpoints, oldest first: of one advertiser, or everybody's."""
        query = select(WebhookEndpointRow).order_by(WebhookEndpointRow.created_at, WebhookEndpointRow.id)
        if advertiser_id is not None:
            query = query.where(WebhookEndpointRow.advertiser_id == advertiser_id)
        async with self._sessions() as session:
            return [_endpoint(row) for row in await session.scalars(query.limit(2_000))]

    async def change(self, endpoint_id: str, **values: Any) -> Endpoint:
        """Change the address, the events or the description.

        Raises:
            NotFound: there is none.
        """
        async with self._sessions.begin() as session:
            row = await _row(session, endpoint_id)
            for name, value in values.items():
                setattr(row, name, value)
        return _endpoint(row)

    async def rotate(self, endpoint_id: str, secret: str, overlap: timedelta) -> Endpoint:
        """Put a new secret in place of the old one, which signs beside it for a while."""
        async with self._sessions.begin() as session:
            row = await _row(session, endpoint_id)
            row.previous_secret, row.secret = row.secret, secret
            row.previous_until = self._now() + overlap
        return _endpoint(row)

    async def set_disabled(self, endpoint_id: str, disabled: bool) -> Endpoint:
        """Send nothing more, or go on: what was on its way when it was disabled goes on too."""
        async with self._sessions.begin() as session:
            row = await _row(session, endpoint_id)
            if disabled and row.disabled_at is None:
                row.disabled_at, row.disabled_because = self._now(), "by hand"
            elif not disabled:
                row.disabled_at = row.disabled_because = row.failing_since = None
        return _endpoint(row)

    async def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint with its deliveries."""
        async with self._sessions.begin() as session:
            await _row(session, endpoint_id)
            await session.execute(delete(WebhookEndpointRow).where(WebhookEndpointRow.id == endpoint_id))

    # --- deliveries ---

    async def test(self, endpoint_id: str) -> Delivery:
        """Put a test event on its way.

        Raises:
            Conflict: the endpoint is disabled.
        """
        now = self._now()
        async with self._sessions.begin() as session:
            endpoint = await _working(session, endpoint_id)
            data = {"webhook_id": endpoint_id, "text": "A test: this address is told of events."}
            event = WebhookEventRow(
                type=TEST, advertiser_id=endpoint.advertiser_id, key=None, data=data, created_at=now
            )
            session.add(event)
            await session.flush()
            row = new_delivery(endpoint_id, event.id, now)
            session.add(row)
        return _delivery(row, TEST)

    async def resend(self, endpoint_id: str, delivery_id: int) -> Delivery:
        """Put the event of a delivery on its way again, as a new delivery.

        Raises:
            NotFound: this endpoint has no such delivery.
            Conflict: the endpoint is disabled.
        """
        async with self._sessions.begin() as session:
            await _working(session, endpoint_id)
            before = await session.get(WebhookDeliveryRow, delivery_id)
            if before is None or before.endpoint_id != endpoint_id:
                raise NotFound("this webhook has no such delivery")
            event = await session.get_one(WebhookEventRow, before.event_id)
            row = new_delivery(endpoint_id, event.id, self._now())
            session.add(row)
        return _delivery(row, event.type)

    async def deliveries(self, endpoint_id: str, *, before: int | None = None, limit: int = 50) -> list[Delivery]:
        """The newest deliveries of an endpoint, newest first."""
        query = (
            select(WebhookDeliveryRow, WebhookEventRow.type)
            .join(WebhookEventRow, WebhookEventRow.id == WebhookDeliveryRow.event_id)
            .where(WebhookDeliveryRow.endpoint_id == endpoint_id)
        )
        if before is not None:
            query = query.where(WebhookDeliveryRow.id < before)
        async with self._sessions() as session:
            rows = (await session.execute(query.order_by(WebhookDeliveryRow.id.desc()).limit(limit))).all()
        return [_delivery(row, kind) for row, kind in rows]

    async def due_endpoints(self, busy: Collection[str], limit: int) -> list[str]:
        """Working endpoints with something to send now, but these; the longest due first."""
        first = func.min(WebhookDeliveryRow.due_at)
        query = (
            select(WebhookDeliveryRow.endpoint_id)
            .join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)
            .where(WebhookDeliveryRow.due_at <= self._now(), WebhookEndpointRow.disabled_at.is_(None))
            .where(WebhookDeliveryRow.endpoint_id.not_in(busy))
            .group_by(WebhookDeliveryRow.endpoint_id)
            .order_by(first, WebhookDeliveryRow.endpoint_id)
            .limit(limit)
        )
        async with self._sessions() as session:
            return list(await session.scalars(query))

    async def claim(self, endpoint_id: str) -> Claimed | None:
        """The oldest delivery of an endpoint that is due, for whoever asks first; None when there is none."""
        now = self._now()
        oldest = (
            select(WebhookDeliveryRow.id)
            .where(WebhookDeliveryRow.endpoint_id == endpoint_id, WebhookDeliveryRow.due_at <= now)
            .order_by(WebhookDeliveryRow.id)
            .limit(1)
            .scalar_subquery()
        )
        claim = (
            update(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.id == oldest, WebhookDeliveryRow.due_at <= now)
            .values(due_at=now + LEASE, attempts=WebhookDeliveryRow.attempts + 1, tried_at=now)
            .returning(WebhookDeliveryRow)
        )
        async with self._sessions.begin() as session:
            endpoint = await session.get(WebhookEndpointRow, endpoint_id)
            if endpoint is None or endpoint.disabled_at is not None:
                return None
            row = (await session.scalars(claim)).first()
            if row is None:
                return None
            event = await session.get_one(WebhookEventRow, row.event_id)
        return Claimed(_delivery(row, event.type), _endpoint(endpoint), event.data, event.created_at)

    async def delivered(self, claimed: Claimed, status: int) -> None:
        """Record that it arrived; the endpoint works."""
        done = {"state": "delivered", "due_at": None, "status": status, "error": None}
        async with self._sessions.begin() as session:
            await session.execute(_of(claimed).values(**done))
            works = update(WebhookEndpointRow).where(WebhookEndpointRow.id == claimed.endpoint.id)
            await session.execute(works.values(failing_since=None))

    async def failed(self, claimed: Claimed, status: int | None, error: str, again: timedelta | None) -> bool:
        """Record that it did not arrive, to be tried again after `again` (None: given up).

        Returns:
            Whether the endpoint was disabled, as it has taken nothing for days; the audit log tells it too.
        """
        now = self._now()
        values: dict[str, Any] = {"status": status, "error": error[:200]}
        values |= {"state": "failed", "due_at": None} if again is None else {"due_at": now + again}
        async with self._sessions.begin() as session:
            await session.execute(_of(claimed).values(**values))
            endpoint = await session.get(WebhookEndpointRow, claimed.endpoint.id)
            if endpoint is None:
                return False
            endpoint.failing_since = endpoint.failing_since or now
            if endpoint.disabled_at is not None or now - endpoint.failing_since < DISABLED_AFTER:
                return False
            endpoint.disabled_at, endpoint.disabled_because = now, "failing"
            since = endpoint.failing_since.isoformat(timespec="seconds")
            session.add(
                AuditRow(
                    at=now, action="webhook disabled", actor="webhooks", subject=endpoint.id, address="",
                    advertiser_id=endpoint.advertiser_id, detail={"failing_since": since, "error": error[:200]},
                )
            )  # fmt: skip
        return True

    async def forget_old(self) -> int:
        """Delete events older than `KEPT` with their deliveries; how many events."""
        async with self._sessions.begin() as session:
            done: Any = await session.execute(old_events(self._now()))
            return int(done.rowcount)


def old_events(now: datetime) -> Delete:
    """The statement that deletes what is too old; deliveries go with their events."""
    return delete(WebhookEventRow).where(WebhookEventRow.created_at < now - KEPT)


def _of(claimed: Claimed) -> Any:
    """The delivery as it was claimed: a later claimer's word counts more."""
    row = WebhookDeliveryRow
    return update(row).where(row.id == claimed.delivery.id, row.attempts == claimed.delivery.attempts)


async def _row(session: AsyncSession, endpoint_id: str) -> WebhookEndpointRow:
    row = await session.get(WebhookEndpointRow, endpoint_id)
    if row is None:
        raise NotFound(UNKNOWN)
    return row


async def _working(session: AsyncSession, endpoint_id: str) -> WebhookEndpointRow:
    row = await _row(session, endpoint_id)
    if row.disabled_at is not None:
        raise Conflict("this webhook is disabled; enable it first")
    return row


def _endpoint(row: WebhookEndpointRow) -> Endpoint:
    values = columns(row)
    return Endpoint(**values | {"events": tuple(values["events"])})


def _delivery(row: WebhookDeliveryRow, kind: str) -> Delivery:
    values = columns(row)
    values["state"] = cast("DeliveryState", row.state)
    return Delivery(type=kind, **values)
