"""The JSON API of accounts."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from blockbuster import blockbuster_ctx
from fastapi import FastAPI

from influencer.accounts.roles import Role
from influencer.store import Store
from influencer.web.auth import declared_routes
from tests.people import key_of, person, sign_in_as

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(client: httpx.AsyncClient) -> Iterator[None]:
    with blockbuster_ctx():
        yield


async def test_a_program_learns_whose_key_it_has(client: httpx.AsyncClient, store: Store) -> None:
    carla = await person(store, Role.ADVERTISER, "mine", login="carla")
    told = (await client.get("/api/me", headers=await key_of(store, carla))).json()
    assert told == {
        "name": "carla/tests",
        "role": "advertiser",
        "user_id": carla,
        "advertiser_id": "mine",
        "via": "key",
    }
    nobody = await client.get("/api/me", headers={"Accept": "text/html"})
    assert nobody.headers["content-type"] == "application/problem+json"
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    token = {"Authorization": "Bearer operator-token-for-tests"}
    assert (await client.get("/api/me", headers=token)).json()["via"] == "token"


async def test_an_admin_makes_advertisers_and_the_log_says_so(client: httpx.AsyncClient, store: Store) -> None:
    headers = await key_of(store, await person(store, Role.ADMIN, login="ann"))
    body = {"id": "halvenne", "name": "Halvenne & Co"}
    made = await client.post("/api/advertisers", json=body, headers=headers)
    assert (made.status_code, made.json()["id"]) == (201, "halvenne")
    assert (await client.post("/api/advertisers", json=body, headers=headers)).status_code == 409
    wrong = await client.post("/api/advertisers", json={"id": "Hal venne", "name": "x"}, headers=headers)
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "advertiser id")
    listed = (await client.get("/api/advertisers", headers=headers)).json()["advertisers"]
    assert [one["name"] for one in listed] == ["Halvenne & Co"]
    log = (await client.get("/api/audit", params={"advertiser_id": "halvenne"}, headers=headers)).json()
    assert [(entry["action"], entry["actor"]) for entry in log["entries"]] == [("advertiser added", "ann/tests")]


async def test_lists_are_read_a_page_at_a_time(client: httpx.AsyncClient, store: Store) -> None:
    for n in range(3):
        await person(store, Role.VIEWER, login=f"user-{n}")
    await sign_in_as(client, store, await person(store, Role.ADMIN, login="ann"))
    for path, items, key, parameter in (
        ("/api/users", "users", "login", "after"),
        ("/api/audit", "entries", "id", "after"),
    ):
        everything = [one[key] for one in (await client.get(path)).json()[items]]
        paged, more = [], {}
        while True:
            page = (await client.get(path, params={"limit": 1, **more})).json()
            paged += [one[key] for one in page[items]]
            if page["next"] is None:
                break
            more = {parameter: page["next"]}
        assert paged == everything, path
    users = (await client.get("/api/users")).text
    assert "hash" not in users
    assert (await client.get("/api/audit", params={"limit": 0})).status_code == 422


def test_the_description_says_which_calls_need_a_bearer_token(app: FastAPI) -> None:
    described = app.openapi()
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            accesses = next(r.accesses for r in declared_routes(app) if (r.method, r.path) == (method.upper(), path))
            closed = any(access.roles is not None for access in accesses)
            assert operation.get("security", []) == ([{"bearer": []}] if closed else []), (method, path)
