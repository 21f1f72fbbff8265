"""The outbox: an event is written in the transaction of what it tells, with a delivery for each endpoint that wants it.

What nobody wants to hear is not written at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from influencer.store.briefs_schema import BriefRow
from influencer.store.webhooks_schema import WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow
from influencer.webhooks.events import EventType

HOUSE = None
"""The audience that hears of everything."""


async def is_heard(session: AsyncSession, kind: EventType) -> bool:
    """Whether anybody wants to hear of such events: look before something is gathered for it."""
    query = select(WebhookEndpointRow.events).where(WebhookEndpointRow.disabled_at.is_(None))
    return any(kind in chosen for chosen in await session.scalars(query))


async def tell(
    session: AsyncSession,
    kind: EventType,
    told: Mapping[str | None, dict[str, Any]],
    at: datetime,
    key: str | None = None,
) -> None:
    """Write an event in the caller's transaction.

    Args:
        session: in a transaction.
        kind: what happened.
        told: what each audience is told: an advertiser by id, and `HOUSE`.
        at: when.
        key: what makes it one event, for whoever might tell it again; the second time nothing is written.
    """
    named = [owner for owner in told if owner is not None]
    mine: ColumnElement[bool] = WebhookEndpointRow.advertiser_id.in_(named)
    if HOUSE in told:
        mine = or_(mine, WebhookEndpointRow.advertiser_id.is_(None))
    query = select(WebhookEndpointRow).where(WebhookEndpointRow.disabled_at.is_(None), mine)
    wanting: dict[str | None, list[str]] = {}
    for endpoint in await session.scalars(query.order_by(WebhookEndpointRow.id)):
        if kind in endpoint.events:
            wanting.setdefault(endpoint.advertiser_id, []).append(endpoint.id)
    for audience, endpoints in wanting.items():
        whole_key = None if key is None else f"{kind}:{key}:{audience or ''}"
        if whole_key is not None and await _is_written(session, whole_key):
            continue
        event = WebhookEventRow(
            type=kind, advertiser_id=audience, key=whole_key, data=told[audience], created_at=at
        )  # fmt: skip
        session.add(event)
        await session.flush()
        session.add_all(new_delivery(endpoint, event.id, at) for endpoint in endpoints)


def new_delivery(endpoint_id: str, event_id: int, at: datetime) -> WebhookDeliveryRow:
    """A delivery that is due now."""
    return WebhookDeliveryRow(
        endpoint_id=endpoint_id, event_id=event_id, state="pending", attempts=0, due_at=at, tried_at=None, status=None,
        error=None, created_at=at,
    )  # fmt: skip


async def owners(session: AsyncSession, product_ids: Iterable[str]) -> dict[str, str]:
    """Whose products these are; the house's own are left out."""
    query = select(BriefRow.id, BriefRow.advertiser_id).where(BriefRow.id.in_(set(product_ids)))
    return {str(product): str(owner) for product, owner in (await session.execute(query)).all()}


async def _is_written(session: AsyncSession, key: str) -> bool:
    return (await session.scalars(select(WebhookEventRow.id).where(WebhookEventRow.key == key))).first() is not None
