"""Fixtures shared by the tests of the web side: a house, a store, an HTTP client on the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from influencer.accounts.passwords import Passwords
from influencer.store import Store, open_store
from influencer.web import WebSettings, create_app
from streaming.clock import ManualClock
from tests.databases import database_url
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
