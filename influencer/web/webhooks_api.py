"""The JSON API of webhooks: advertisers manage their own, staff those of the house, and see everybody's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from influencer.accounts.principal import Principal, advertiser_filter, owned_by
from influencer.accounts.roles import STAFF, Role
from influencer.store.webhooks import UNKNOWN, Delivery, DeliveryState, Endpoint
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep, within_rate
from influencer.webhooks.events import event_id

router = APIRouter(
    prefix="/api/webhooks", tags=["webhooks"], dependencies=[access(Role.ADVERTISER, *STAFF), Depends(within_rate)]
)
PAGE = 50
Url = Annotated[str, Field(min_length=1, max_length=2_000)]
Chosen = Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=40)]
Description = Annotated[str, Field(max_length=120)]
DeliveryId = Annotated[int, Path(ge=1, le=1 << 53)]
Before = Annotated[int | None, Query(ge=1, le=1 << 53)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class WebhookBody(_Model):
    """An address to tell of events."""

    url: Url
    events: Chosen
    description: Description = ""


class ChangeBody(_Model):
    """What is to be different; what is left out stays."""

    url: Url | None = None
    events: Chosen | None = None
    description: Description | None = None
    enabled: bool | None = None


class WebhookOut(_Model):
    """A webhook. `advertiser_id` is null for the house's own; `previous_until`: the old secret signs until then."""

    id: str
    advertiser_id: str | None
    url: str
    events: list[str]
    description: str
    created_by: str
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None
    previous_until: datetime | None


class WithSecretOut(WebhookOut):
    """A webhook with its signing secret, which is shown in this answer only."""

    secret: str


class WebhooksOut(_Model):
    """Webhooks, oldest first."""

    webhooks: list[WebhookOut]


class DeliveryOut(_Model):
    """An event on its way, or one that has arrived (delivered), or was given up (failed). `due_at`: the next try."""

    id: int
    event: str
    type: str
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    tried_at: datetime | None
    status: int | None
    error: str | None
    created_at: datetime


class DeliveriesOut(_Model):
    """A page of deliveries, newest first; `next` is the `before` of the next page."""

    deliveries: list[DeliveryOut]
    next: int | None


async def own_webhook(web: Web, principal: Principal, webhook_id: str) -> Endpoint:
    """A webhook of whoever asks; anybody's for staff.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await web.store.webhooks.get(webhook_id)
    owned_by(principal, found.advertiser_id, UNKNOWN)
    return found


async def _own(webhook_id: str, web: WebDep, principal: PrincipalDep) -> Endpoint:
    return await own_webhook(web, principal, webhook_id)


OwnWebhook = Annotated[Endpoint, Depends(_own)]


@router.get("")
async def list_webhooks(web: WebDep, principal: PrincipalDep) -> WebhooksOut:
    """Your webhooks; for staff everybody's."""
    found = await web.store.webhooks.all(advertiser_filter(principal))
    return WebhooksOut(webhooks=[_out(one) for one in found])


@router.post("", status_code=201)
async def add_webhook(body: WebhookBody, web: WebDep, principal: PrincipalDep) -> WithSecretOut:
    """Register an address: an advertiser's for what is theirs, or, by staff, for everything in the house."""
    owner = advertiser_filter(principal)
    made = await web.webhooks.register(owner, body.url, body.events, body.description, by=principal.name)
    return _with_secret(made)


@router.get("/{webhook_id}")
async def webhook(endpoint: OwnWebhook) -> WebhookOut:
    """One webhook."""
    return _out(endpoint)


@router.patch("/{webhook_id}")
async def change_webhook(endpoint: OwnWebhook, body: ChangeBody, web: WebDep) -> WebhookOut:
    """Change a webhook, disable it, or enable it again: what was on its way then goes on."""
    changed = await web.webhooks.change(endpoint, url=body.url, events=body.events, description=body.description)
    if body.enabled is not None:
        changed = await web.store.webhooks.set_disabled(endpoint.id, not body.enabled)
    return _out(changed)


@router.delete("/{webhook_id}", status_code=204)
async def delete_webhook(endpoint: OwnWebhook, web: WebDep) -> None:
    """Delete a webhook and its deliveries."""
    await web.store.webhooks.delete(endpoint.id)


@router.post("/{webhook_id}/rotate")
async def rotate_secret(endpoint: OwnWebhook, web: WebDep) -> WithSecretOut:
    """Make a new secret. For 24 hours every delivery carries a signature of each, so that nothing is refused."""
    return _with_secret(await web.webhooks.rotate(endpoint.id))


@router.post("/{webhook_id}/test", status_code=202)
async def send_test(endpoint: OwnWebhook, web: WebDep) -> DeliveryOut:
    """Send a test event; the delivery log tells what came of it."""
    return delivery_out(await web.store.webhooks.test(endpoint.id))


@router.get("/{webhook_id}/deliveries")
async def deliveries(
    endpoint: OwnWebhook, web: WebDep, before: Before = None, limit: Annotated[int, Query(ge=1, le=200)] = PAGE
) -> DeliveriesOut:
    """What was sent in the last 30 days and what came of it, newest first."""
    found = await web.store.webhooks.deliveries(endpoint.id, before=before, limit=limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    return DeliveriesOut(deliveries=[delivery_out(one) for one in found[:limit]], next=more)


@router.post("/{webhook_id}/deliveries/{delivery_id}/resend", status_code=202)
async def resend(endpoint: OwnWebhook, delivery_id: DeliveryId, web: WebDep) -> DeliveryOut:
    """Send an event again, under the same id, as a new delivery."""
    return delivery_out(await web.store.webhooks.resend(endpoint.id, delivery_id))


def delivery_out(one: Delivery) -> DeliveryOut:
    """A delivery as the API tells it."""
    return DeliveryOut(
        id=one.id, event=event_id(one.event_id), type=one.type, state=one.state, attempts=one.attempts,
        due_at=one.due_at, tried_at=one.tried_at, status=one.status, error=one.error, created_at=one.created_at,
    )  # fmt: skip


def _values(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in WebhookOut.model_fields} | {"events": list(endpoint.events)}


def _out(endpoint: Endpoint) -> WebhookOut:
    return WebhookOut(**_values(endpoint))


def _with_secret(endpoint: Endpoint) -> WithSecretOut:
    return WithSecretOut(**_values(endpoint), secret=endpoint.secret)
