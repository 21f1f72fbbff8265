"""The desk's socket: what it tells, to whom, and that it ends with the session."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI

from influencer.accounts.roles import Role
from influencer.accounts.service import Accounts
from influencer.store import Store
from influencer.web import live_socket
from tests.integration.conftest import ORIGIN
from tests.people import person
from tests.web_house import RoomHouse

pytestmark = pytest.mark.integration


class Browser:
    """One socket on the real application, as a browser of our own page opens it."""

    def __init__(self, app: FastAPI, cookie: str, path: str = "/operator/shows/demo/live") -> None:
        self._app, self._cookie, self._path = app, cookie, path
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def run(self) -> None:
        self._in.put_nowait({"type": "websocket.connect"})
        headers = {"host": ORIGIN.removeprefix("http://"), "origin": ORIGIN, "cookie": f"session={self._cookie}"}
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "ws",
            "subprotocols": [],
            "client": ("192.0.2.7", 1),
            "server": ("shop.test", 80),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

        async def send(message: Any) -> None:
            self.out.put_nowait(message)

        await self._app(scope, self._in.get, send)

    def leave(self) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            return await self.out.get()


async def _cookie(store: Store) -> tuple[str, Accounts]:
    accounts = Accounts(store, now=store.users._now)
    user = await store.users.find(await person(store, Role.OPERATOR))
    assert user is not None
    return (await accounts.open_session(user, "192.0.2.7", "tests")).token, accounts


async def test_it_tells_what_has_changed_and_nothing_twice(app: FastAPI, store: Store, house: RoomHouse) -> None:
    token, _ = await _cookie(store)
    browser = Browser(app, token)
    async with asyncio.TaskGroup() as group:
        group.create_task(browser.run())
        assert (await browser.next())["type"] == "websocket.accept"
        first = json.loads((await browser.next())["text"])
        assert (first["desk"]["show"]["state"], len(first["lines"]["lines"]) > 0) == ("live", True)
        await house.get("demo").pause()
        assert json.loads((await browser.next())["text"])["desk"]["show"]["state"] == "paused"
        assert browser.out.empty()
        browser.leave()


async def test_it_ends_with_the_show(app: FastAPI, store: Store, house: RoomHouse) -> None:
    token, _ = await _cookie(store)
    browser = Browser(app, token)
    async with asyncio.TaskGroup() as group:
        group.create_task(browser.run())
        for _ in range(2):
            await browser.next()
        await house.stop("demo")
        closed = await browser.next()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4404)


async def test_it_ends_with_the_session(app: FastAPI, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_socket, "CHECK_LOOKS", 1)
    token, accounts = await _cookie(store)
    browser = Browser(app, token)
    async with asyncio.TaskGroup() as group:
        group.create_task(browser.run())
        for _ in range(2):
            await browser.next()
        principal = await accounts.of_session(token)
        assert principal is not None
        await accounts.sign_out(principal, "192.0.2.7")
        closed = await browser.next()
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)
