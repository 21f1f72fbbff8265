"""Every route by every caller: what the application really does is what tests/access.yaml says, cell by cell."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI

from influencer.accounts.roles import Role
from influencer.accounts.service import Accounts
from influencer.sales.design import Experiment
from influencer.store import NewOrder, OrderLine, Store
from influencer.store.budgets import NewBudget
from influencer.store.proposals import NewProposal
from influencer.web.auth import UNDECLARED, declared_routes
from tests.integration.conftest import ORIGIN, TOKEN
from tests.people import key_of, person, sign_in_as
from tests.web_house import AT, BRIEF

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
PEOPLE = {
    "viewer": (Role.VIEWER, None),
    "advertiser": (Role.ADVERTISER, "mine"),
    "operator": (Role.OPERATOR, None),
    "admin": (Role.ADMIN, None),
}
CALLERS = ["nobody", *(f"{name} {how}" for name in PEOPLE for how in ("cookie", "key")), "operator token"]
ENDING = ("/sign-out", "/account/sessions", "/account/password")
"""Where a session may end: after it the caller signs in again."""
TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[1] / "access.yaml").read_text("utf-8"))
GROUPS: dict[str, list[str]] = TABLE["groups"]

SHARED = {
    "show_id", "product_id", "session_id", "name", "line_id", "provider", "intent_id", "held_id", "mute_id", "code",
    "delivery_id",
    "token", "month", "utterance_id",
}  # fmt: skip
"""Path parameters that name what viewers see anyhow (ids of WHEP sessions and tokens of likenesses are secrets)."""

Maker = Callable[[Store], Awaitable[str]]


async def _order(store: Store) -> str:
    """An order of another viewer."""
    line = OrderLine(BRIEF.id, BRIEF.sku, 1, 2400)
    sold = NewOrder("demo", "en-US", "o" * 24, "key-00000001", "one", "USD", (line,), AT + timedelta(minutes=15))
    return (await store.orders.place(sold)).order.id


async def _key(store: Store) -> str:
    return (await key_of(store, await _stranger(store)))["Authorization"].split("_")[1]


async def _sign_in(store: Store) -> str:
    stranger = await store.users.find(await _stranger(store))
    assert stranger is not None
    return (await Accounts(store, now=lambda: AT).open_session(stranger, "192.0.2.9")).sign_in.id


async def _stranger(store: Store) -> str:
    found = await store.users.by_login("stranger")
    return found[0].id if found else await person(store, Role.ADVERTISER, "theirs", login="stranger")


async def _brief(store: Store) -> str:
    """A brief of another advertiser's."""
    found = await store.briefs.page(advertiser_id="theirs")
    return found[0].brief_id if found else (await store.briefs.create("theirs", "mug", {"id": "mug"}, "them")).brief_id


async def _experiment(store: Store) -> str:
    """An experiment by another advertiser's rules."""
    arms = [{"id": host, "text": host, "persona": host} for host in ("mina", "theo")]
    design = Experiment.model_validate({"id": "hosts", "kind": "persona", "advertiser": "theirs", "arms": arms})
    return (await store.experiments.begin("hosts", design.model_dump(mode="json"))).id


async def _webhook(store: Store) -> str:
    """A webhook of another advertiser's."""
    await store.advertisers.ensure("theirs", "theirs")
    found = await store.webhooks.all("theirs")
    if found:
        return found[0].id
    return (await store.webhooks.add("theirs", "https://theirs.test/", ("order.paid",), "", "whsec_1", "them")).id


async def _budget(store: Store) -> str:
    """A budget of another advertiser's; each call ends the one before."""
    brief = await _brief(store)
    for old in await store.budgets.of((brief,)):
        await store.budgets.end(old.id)
    new = NewBudget(brief, 1_000, "USD", 25, AT, AT + timedelta(days=1))
    return (await store.budgets.add(new, "them")).id


async def _proposal(store: Store) -> str:
    """A time that another advertiser proposed."""
    new = NewProposal(await _brief(store), "en-US", AT.date(), None, (), "19:00", "22:00", 60)
    return (await store.proposals.add(new, "them")).id


OWNED: dict[str, Maker] = {
    "budget_id": _budget,
    "proposal_id": _proposal,
    "experiment_id": _experiment,
    "order_id": _order,
    "key_id": _key,
    "sign_in_id": _sign_in,
    "brief_id": _brief,
    "webhook_id": _webhook,
}
"""Path parameters that name somebody's thing, with how to make one that is another's (of the advertiser `theirs`)."""
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /api/budgets/{budget_id}": {"amount": 100},
    "PUT /api/briefs/{brief_id}": {"document": {"id": "mug"}, "version": 1, "revision": 1},
    "POST /api/briefs/{brief_id}/submit": {"version": 1},
    "POST /api/briefs/{brief_id}/withdraw": {"version": 1},
    "POST /api/briefs/{brief_id}/look": {"market": "en-US"},
}
"""A body that a route would take, where an empty one is refused before the id is looked at."""


def test_the_table_has_every_route_and_no_other(app: FastAPI) -> None:
    entered = [route for routes in TABLE["routes"].values() for route in routes]
    declared = {f"{route.method} {route.path}" for route in declared_routes(app) if route.path not in UNDECLARED}
    assert declared - set(entered) == set(), "enter them into tests/access.yaml, under whom they let in"
    assert sorted(entered) == sorted(declared)
    assert list(TABLE["routes"]) == list(GROUPS)
    assert {caller for callers in GROUPS.values() for caller in callers} <= set(CALLERS)
    for routes in TABLE["routes"].values():
        assert routes == sorted(routes, key=lambda route: route.split(" ")[::-1])


async def test_every_cell_is_as_the_table_says(app: FastAPI, client: httpx.AsyncClient, store: Store) -> None:
    headers = await _callers(store)
    wrong = []
    for group, routes in TABLE["routes"].items():
        for route in routes:
            for caller in CALLERS:
                let_in = await _let_in(app, client, store, route, caller, headers)
                if let_in is not (caller in GROUPS[group]):
                    wrong.append(f"{route}: {caller} is {'let in' if let_in else 'kept out'}")
    assert wrong == []


async def test_whoever_owns_nothing_learns_nothing_of_anothers_things(
    app: FastAPI, client: httpx.AsyncClient, store: Store
) -> None:
    await store.advertisers.ensure("theirs", "theirs")
    mine = await person(store, Role.ADVERTISER, "mine", login="me")
    client.cookies.set("viewer", "v" * 24)
    tried = 0
    for route in declared_routes(app):
        names = set(re.findall(r"{(\w+)(?::\w+)?}", route.path))
        owned = names & OWNED.keys()
        allowed = all(access.roles is None or Role.ADVERTISER in access.roles for access in route.accesses)
        unknown = names - SHARED - OWNED.keys() if allowed else ()
        assert not unknown, f"{route.path}: enter {unknown} into SHARED or OWNED"
        if not owned or not allowed or route.method in {"WEBSOCKET", "OPTIONS", "HEAD"}:
            continue
        query = "?market=en-US" if route.path.endswith("/preview") else ""
        answers = []
        for ids in ({name: await OWNED[name](store) for name in owned}, dict.fromkeys(owned, "no-such-thing")):
            csrf = await sign_in_as(client, store, mine)
            app.state.web.limiters.commands._buckets.clear()  # how often one may ask is another test's matter
            path = re.sub(r"{(\w+)(?::\w+)?}", lambda found: ids.get(found[1], "demo"), route.path)  # noqa: B023
            body = None if route.method == "GET" else BODIES.get(f"{route.method} {route.path}", {})
            answer = await client.request(route.method, path + query, headers={"X-CSRF-Token": csrf}, json=body)
            answers.append((answer.status_code, answer.text.replace(path, "").replace(next(iter(ids.values())), "")))
        tried += 1
        assert answers[0][0] == 404, (route, answers)
        assert answers[0] == answers[1], route
    assert tried


async def _callers(store: Store) -> dict[str, dict[str, str]]:
    """What each caller sends to show who they are."""
    headers: dict[str, dict[str, str]] = {"nobody": {}, "operator token": {"Authorization": f"Bearer {TOKEN}"}}
    for name, (role, advertiser) in PEOPLE.items():
        user = await person(store, role, advertiser, login=name)
        headers[f"{name} key"] = await key_of(store, user)
        async with httpx.AsyncClient() as browser:
            headers[f"{name} cookie"] = await _cookie(browser, store, name)
    return headers


async def _cookie(browser: httpx.AsyncClient, store: Store, login: str) -> dict[str, str]:
    found = await store.users.by_login(login)
    assert found is not None
    csrf = await sign_in_as(browser, store, found[0].id)
    return {"X-CSRF-Token": csrf, "Cookie": f"viewer={'v' * 24}; session={browser.cookies['session']}"}


async def _let_in(
    app: FastAPI, client: httpx.AsyncClient, store: Store, route: str, caller: str, headers: dict[str, dict[str, str]]
) -> bool:
    """Whether the caller gets past the door; what the route then says about an unknown id is its own matter."""
    method, path = route.split(" ")
    path = re.sub(r"{\w+(?::\w+)?}", "nothing-here", path)
    client.cookies.clear()
    sent = {"Cookie": f"viewer={'v' * 24}"} | headers[caller]
    if method == "WEBSOCKET":
        return await _socket_opens(app, path, sent)
    answer = await client.request(method, path, headers=sent, json={} if method != "GET" else None)
    if caller.endswith(" cookie") and path.startswith(ENDING):
        headers[caller] = await _cookie(client, store, caller.split(" ")[0])
    return answer.status_code not in {401, 403}


async def _socket_opens(app: FastAPI, path: str, headers: dict[str, str]) -> bool:
    named = {"host": ORIGIN.removeprefix("http://"), "origin": ORIGIN} | headers
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0"},
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "subprotocols": [],
        "client": ("192.0.2.7", 1),
        "server": ("shop.test", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
    }
    arriving = [{"type": "websocket.connect"}]
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return arriving.pop() if arriving else {"type": "websocket.disconnect", "code": 1001}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app(scope, receive, send)
    return sent[0] == "websocket.accept"
