"""What the web side does while nobody asks: orders that wait are swept, the test provider sends its webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import structlog
from fastapi import FastAPI

from influencer.alerts.keeper import AlertKeeper
from influencer.alerts.rules import AlertRules
from influencer.alerts.show_gauges import ShowGauges
from influencer.alerts.store_gauges import StoreGauges
from influencer.commerce.till import keep_till
from influencer.payments.delivery import WebhookDelivery
from influencer.payments.sandbox import SandboxProvider
from influencer.show.control import House
from influencer.show.supervise import supervise
from influencer.store import Store
from influencer.web.context import Web
from streaming.clock import Clock

log = structlog.get_logger(__name__)
_OURSELVES = "http://localhost"


@asynccontextmanager
async def kept_till(app: FastAPI, store: Store, clock: Clock) -> AsyncIterator[None]:
    """Keep the till of an application in the background, restarted when it crashes, until the context is left."""
    web: Web = app.state.web
    provider = web.till.provider
    host = next(iter(web.settings.allowed_hosts), None)
    base = _OURSELVES if host is None else f"http://{host}"
    # The test provider calls the webhook as anybody would, signature and all, but without a socket.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        delivery = None
        if isinstance(provider, SandboxProvider):
            delivery = WebhookDelivery(provider, store, client, f"/api/payments/{provider.name}/webhook")

        async def keep() -> None:
            await keep_till(web.till, delivery, clock)

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(supervise("till", keep, clock=clock, on_restart=_restarted), name="till")
            try:
                yield
            finally:
                task.cancel()


def _restarted(stage: str) -> None:
    log.warning("till restarted", stage=stage)


def alert_keeper(app: FastAPI, house: House, store: Store, rules: AlertRules, clock: Clock) -> AlertKeeper:
    """What looks at the alert rules for an application. The disk is the one the process works on."""
    web: Web = app.state.web
    shows = ShowGauges(house, web.registry, web.now)
    of_the_house = StoreGauges(store, Path.cwd(), lambda: web.till.settlement.refused, web.now)
    return AlertKeeper(rules, shows, of_the_house, store, clock)
