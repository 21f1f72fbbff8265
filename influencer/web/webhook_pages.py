"""The pages of webhooks, on the advertiser's side and on the operator's. They use the JSON API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from influencer.accounts.principal import Principal, advertiser_filter
from influencer.accounts.roles import STAFF, Role
from influencer.web.auth import PrincipalDep, access
from influencer.web.context import Web, WebDep
from influencer.web.webhooks_api import PAGE, Before, delivery_out, own_webhook
from influencer.webhooks.events import EVENT_TYPES, FOR_ADVERTISERS

router = APIRouter(include_in_schema=False)
_BOTH, _STAFF = [access(Role.ADVERTISER, *STAFF)], [access(*STAFF)]
_NO_STORE = {"Cache-Control": "no-store"}
BADGES = {"pending": "warn", "delivered": "good", "failed": "bad"}
WebhookId = Annotated[str, Path(max_length=40)]


@router.get("/advertiser/webhooks", dependencies=_BOTH)
async def advertiser_list(request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """An advertiser's webhooks, and a form for another one."""
    return await _list(request, web, principal, "advertiser")


@router.get("/advertiser/webhooks/{webhook_id}", dependencies=_BOTH)
async def advertiser_page(
    webhook_id: WebhookId, request: Request, web: WebDep, principal: PrincipalDep, before: Before = None
) -> Response:
    """One webhook with its deliveries."""
    return await _one(request, web, principal, "advertiser", webhook_id, before)


@router.get("/operator/webhooks", dependencies=_STAFF)
async def operator_list(request: Request, web: WebDep, principal: PrincipalDep) -> Response:
    """Everybody's webhooks, and a form for one of the house."""
    return await _list(request, web, principal, "operator")


@router.get("/operator/webhooks/{webhook_id}", dependencies=_STAFF)
async def operator_page(
    webhook_id: WebhookId, request: Request, web: WebDep, principal: PrincipalDep, before: Before = None
) -> Response:
    """One webhook with its deliveries."""
    return await _one(request, web, principal, "operator", webhook_id, before)


async def _list(request: Request, web: Web, principal: Principal, side: str) -> Response:
    page: dict[str, Any] = {
        "side": side,
        "base": f"/{side}/webhooks",
        "endpoints": await web.store.webhooks.all(advertiser_filter(principal)),
        "types": EVENT_TYPES if principal.is_staff else FOR_ADVERTISERS,
    }
    return web.templates.TemplateResponse(request, "webhooks.html", page, headers=_NO_STORE)


async def _one(
    request: Request, web: Web, principal: Principal, side: str, webhook_id: str, before: int | None
) -> Response:
    endpoint = await own_webhook(web, principal, webhook_id)
    found = await web.store.webhooks.deliveries(endpoint.id, before=before, limit=PAGE + 1)
    page: dict[str, Any] = {
        "side": side,
        "base": f"/{side}/webhooks",
        "endpoint": endpoint,
        "old_secret_until": endpoint.previous_until if _is_later(endpoint.previous_until, web) else None,
        "types": FOR_ADVERTISERS if endpoint.advertiser_id is not None else EVENT_TYPES,
        "deliveries": [delivery_out(one) for one in found[:PAGE]],
        "more": found[PAGE - 1].id if len(found) > PAGE else None,
        "badges": BADGES,
    }
    return web.templates.TemplateResponse(request, "webhook.html", page, headers=_NO_STORE)


def _is_later(at: Any, web: Web) -> bool:
    return at is not None and bool(at > web.now())
