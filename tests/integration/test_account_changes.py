"""Roles change at once, the last admin stays one, idle sessions end: over HTTP and on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from influencer.accounts.changes import change_role
from influencer.accounts.roles import Role
from influencer.accounts.service import COMMAND_LINE, IDLE_TIMEOUT, SESSION_LIFETIME, Accounts
from influencer.errors import Conflict
from influencer.store import Store, open_store
from tests.people import key_of, person, sign_in_as
from tests.web_house import AT

pytestmark = pytest.mark.integration


async def test_a_changed_role_ends_sessions_and_keys_at_once_and_is_in_the_log(
    client: httpx.AsyncClient, store: Store
) -> None:
    admin = await key_of(store, await person(store, Role.ADMIN, login="ann"))
    carla = await person(store, Role.ADVERTISER, "mine", login="carla@house.test")
    await store.advertisers.ensure("theirs", "theirs")
    key = await key_of(store, carla)
    await sign_in_as(client, store, carla)
    secret = client.cookies["session"]
    client.cookies.clear()
    for who in ({"Cookie": f"session={secret}"}, key):
        assert (await client.get("/api/briefs", headers=who)).status_code == 200
    body = {"role": "advertiser", "advertiser_id": "theirs"}
    changed = await client.patch("/api/users/carla@house.test", json=body, headers=admin)
    assert changed.status_code == 200, changed.text
    assert changed.json()["user"]["advertiser_id"] == "theirs"
    assert (changed.json()["sessions_ended"], changed.json()["keys_ended"]) == (1, 1)
    for who in ({"Cookie": f"session={secret}"}, key):
        assert (await client.get("/api/briefs", headers=who)).status_code == 401
    (entry,) = [one for one in await store.audit.latest() if one.action == "role changed"]
    assert (entry.subject, entry.actor) == ("carla@house.test", "ann/tests")
    assert (entry.detail["from"], entry.detail["to"]) == ("advertiser of mine", "advertiser of theirs")
    again = await client.patch("/api/users/carla@house.test", json=body, headers=admin)
    assert (again.status_code, again.json()["sessions_ended"]) == (200, 0)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"role": "advertiser"}, 422, "advertiser"),
        ({"role": "operator", "advertiser_id": "mine"}, 422, "advertiser"),
        ({"role": "advertiser", "advertiser_id": "nobody"}, 404, None),
        ({"role": "emperor"}, 422, "role"),
        ({}, 422, "role"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, store: Store, body: dict[str, str], status: int, field: str | None
) -> None:
    admin = await key_of(store, await person(store, Role.ADMIN, login="ann"))
    await person(store, Role.ADVERTISER, "mine", login="carla")
    answer = await client.patch("/api/users/carla", json=body, headers=admin)
    assert answer.status_code == status
    assert field is None or answer.json()["fields"][0]["field"] == field
    found = await store.users.by_login("carla")
    assert found is not None
    assert (found[0].role, found[0].advertiser_id) == (Role.ADVERTISER, "mine")


async def test_the_last_admin_who_can_sign_in_stays_one(client: httpx.AsyncClient, store: Store) -> None:
    ann = await person(store, Role.ADMIN, login="ann")
    admin = await key_of(store, ann)
    bob = await person(store, Role.ADMIN, login="bob")
    await store.users.set_disabled(bob, True)
    refused = await client.patch("/api/users/ann", json={"role": "viewer"}, headers=admin)
    assert (refused.status_code, "last admin" in refused.json()["detail"]) == (409, True)
    assert (await client.get("/api/me", headers=admin)).status_code == 200
    await store.users.set_disabled(bob, False)
    assert (await client.patch("/api/users/ann", json={"role": "viewer"}, headers=admin)).status_code == 200
    assert (await client.get("/api/me", headers=admin)).status_code == 401


async def test_two_admins_who_take_each_others_role_at_once_leave_one(url: str) -> None:
    async with await open_store(url, now=lambda: AT) as store:
        for _ in range(5):
            accounts = Accounts(store, now=lambda: AT)
            for name in ("ann", "bob"):
                found = await store.users.by_login(name)
                if found is None:
                    await person(store, Role.ADMIN, login=name)
                else:
                    await change_role(accounts, store, name, Role.ADMIN, None, COMMAND_LINE)
            changes = [change_role(accounts, store, name, Role.VIEWER, None, COMMAND_LINE) for name in ("ann", "bob")]
            done = await asyncio.gather(*changes, return_exceptions=True)
            assert [isinstance(one, Conflict) for one in done].count(True) == 1, done
            assert await store.users.working_admins() == 1


async def test_a_session_that_is_not_used_ends_and_one_that_is_used_does_not(url: str) -> None:
    now = [AT]
    async with await open_store(url, now=lambda: now[0]) as store:
        user = await store.users.find(await person(store, Role.OPERATOR, login="olga"))
        assert user is not None
        accounts = Accounts(store, now=lambda: now[0])
        idle, used = [await accounts.open_session(user, f"192.0.2.{n}") for n in (1, 2)]
        minutes = 0
        while now[0] < AT + SESSION_LIFETIME - timedelta(minutes=1):
            assert await accounts.of_session(used.token) is not None, f"after {minutes} minutes"
            minutes += 1
            now[0] = AT + timedelta(minutes=minutes)
            if now[0] == AT + IDLE_TIMEOUT - timedelta(minutes=1):
                assert len(await store.sign_ins.of_user(user.id, accounts.idle)) == 2
            if now[0] == AT + IDLE_TIMEOUT * 1.1:
                assert await accounts.of_session(idle.token) is None
                assert len(await store.sign_ins.of_user(user.id, accounts.idle)) == 1
        now[0] = AT + SESSION_LIFETIME
        assert await accounts.of_session(used.token) is None, "however much it is used"


@pytest.mark.parametrize("used_after", [timedelta(0), timedelta(minutes=4), timedelta(minutes=7)])
async def test_a_session_never_ends_before_its_idle_time_is_over(store: Store, used_after: timedelta) -> None:
    now = [AT]
    store.sign_ins._now = lambda: now[0]
    user = await store.users.find(await person(store, Role.OPERATOR, login="olga"))
    assert user is not None
    accounts = Accounts(store, now=lambda: now[0])
    opened = await accounts.open_session(user, "192.0.2.1")
    now[0] += used_after
    assert await accounts.of_session(opened.token) is not None
    now[0] += IDLE_TIMEOUT - timedelta(seconds=1)
    assert await accounts.of_session(opened.token) is not None


async def test_sessions_are_listed_with_their_last_use_and_ended(client: httpx.AsyncClient, store: Store) -> None:
    olga = await person(store, Role.OPERATOR, login="olga")
    csrf = await sign_in_as(client, store, olga)
    other = await sign_in_as(client, store, olga)
    own = (await client.get("/api/me/sessions")).json()
    assert own["idle_minutes"] == 120
    assert [one["this_one"] for one in own["sessions"]].count(True) == 1
    assert own["sessions"][0]["last_used_at"] == AT.isoformat().replace("+00:00", "Z")
    assert csrf != other
    first = next(one["id"] for one in own["sessions"] if not one["this_one"])
    headers = {"X-CSRF-Token": other}
    assert (await client.delete(f"/api/me/sessions/{first}", headers=headers)).status_code == 204
    assert (await client.delete(f"/api/me/sessions/{first}", headers=headers)).status_code == 404
    client.cookies.clear()
    admin = await key_of(store, await person(store, Role.ADMIN, login="ann"))
    listed = (await client.get("/api/users/olga/sessions", headers=admin)).json()["sessions"]
    assert len(listed) == 1
    ended = await client.delete("/api/users/olga/sessions", headers=admin)
    assert ended.json() == {"sessions_ended": 1}
    assert (await client.get("/api/users/olga/sessions", headers=admin)).json()["sessions"] == []
    assert (await client.get("/api/users/nobody/sessions", headers=admin)).status_code == 404


async def test_the_admins_page_changes_a_role_and_says_what_ended(client: httpx.AsyncClient, store: Store) -> None:
    await store.advertisers.ensure("mine", "mine")
    olga = await person(store, Role.OPERATOR, login="olga")
    await key_of(store, olga)
    csrf = await sign_in_as(client, store, await person(store, Role.ADMIN, login="ann"))
    assert 'href="/admin/users/one?login=olga"' in (await client.get("/admin/users")).text
    assert (await client.get("/admin/users/one?login=olga")).status_code == 200
    data = {"csrf": csrf, "login": "olga", "role": "advertiser", "advertiser": ""}
    wrong = await client.post("/admin/users/role", data=data)
    assert wrong.status_code == 422
    done = await client.post("/admin/users/role", data=data | {"advertiser": "mine"})
    assert "olga is advertiser now; 0 sessions and 1 keys ended." in done.text
    last = await client.post("/admin/users/role", data={"csrf": csrf, "login": "ann", "role": "viewer"})
    assert (last.status_code, "last admin" in last.text) == (409, True)
    assert (await client.get("/admin/users/one?login=nobody")).status_code == 404
