"""Fixtures shared by the tests of the web side: a house, a store, an HTTP client on the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from influencer.accounts.passwords import Passwords
from influencer.payments.delivery import WebhookDelivery
from influencer.store import Store, open_store
from influencer.web import WebSettings, create_app
from streaming.clock import ManualClock
from tests.databases import database_url
from tests.integration import postgres
from tests.web_house import AT, BRIEF, RoomHouse

TOKEN = "operator-token-for-tests"
ORIGIN = "http://shop.test"


@pytest.fixture
def web_settings() -> WebSettings:
    return WebSettings(operator_token=TOKEN, allowed_origins=("https://partner.test",))


@pytest.fixture
async def house() -> AsyncIterator[RoomHouse]:
    house = RoomHouse()
    house.add("demo")
    yield house
    await house.aclose()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await open_store(database_url(tmp_path), now=lambda: AT) as opened:
        await opened.shows.create("demo", (BRIEF.id,), "en-US", "mina")
        await opened.stock.seed(BRIEF.sku, BRIEF.stock)
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def passwords() -> Passwords:
    """Tests check what argon2 is asked, not how slow it is."""
    return Passwords(memory_kib=64, passes=1)


@pytest.fixture
def app(house: RoomHouse, store: Store, web_settings: WebSettings, clock: ManualClock, passwords: Passwords) -> FastAPI:
    registry = CollectorRegistry()
    return create_app(house, store, web_settings, registry=registry, clock=clock, now=lambda: AT, passwords=passwords)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.7", 1234))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as connected:
        yield connected


@pytest.fixture
def buy(app: FastAPI, client: httpx.AsyncClient, store: Store) -> Callable[..., Awaitable[str]]:
    """Order units of the demo product as the viewer of a client and pay them: the order's number."""

    async def buy(quantity: int = 1, key: str = "key-00000001", *, by: httpx.AsyncClient = client, **more: Any) -> str:
        order = {"lines": [{"product_id": BRIEF.id, "quantity": quantity}], **more}
        placed = await by.post("/api/shows/demo/orders", json=order, headers={"Idempotency-Key": key})
        assert placed.status_code == 201, placed.text
        payment = placed.json()["payment"]
        if payment is not None:
            await by.post(payment["url"], data={"card_number": "4242424242424242"})
        provider = app.state.web.till.provider
        path = f"/api/payments/{provider.name}/webhook"
        await WebhookDelivery(provider, store, by, path, now=lambda: AT).deliver_due()
        return str(placed.json()["id"])

    return buy


@pytest.fixture(scope="session")
def server() -> Iterator[str | None]:
    """A PostgreSQL server for the tests that run on both databases; None where it is not installed."""
    binaries = postgres.binaries()
    if binaries is None:
        yield None
        return
    with postgres.cluster(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, server: str | None) -> str:
    """An empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/show.db"
    return await postgres.emptied(server)
