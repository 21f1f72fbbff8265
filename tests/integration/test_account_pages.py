"""The account page and the admin's pages, as a browser would use them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from blockbuster import blockbuster_ctx

from influencer.accounts.roles import Role
from influencer.store import Store
from influencer.web.account import browser_name
from tests.people import person, sign_in_as

pytestmark = pytest.mark.integration
SECRET = re.compile(r'<code id="secret">([^<]+)</code>')


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(client: httpx.AsyncClient) -> Iterator[None]:
    with blockbuster_ctx():
        yield


async def _secret(answer: httpx.Response, status: int = 201) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found = SECRET.search(answer.text)
    assert found
    return found[1]


async def test_a_key_is_shown_once_works_and_is_revoked(client: httpx.AsyncClient, store: Store) -> None:
    csrf = await sign_in_as(client, store, await person(store, Role.OPERATOR, login="olga"))
    made = await client.post("/account/keys", data={"csrf": csrf, "name": "<b>feed</b>", "days": "30"})
    key = await _secret(made)
    page = (await client.get("/account")).text
    assert "&lt;b&gt;feed&lt;/b&gt;" in page
    assert "<b>feed" not in page
    assert key.rpartition("_")[2] not in page
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {key}"}
    assert (await client.get("/api/catalogue", headers=bearer)).status_code == 200
    assert (await client.post("/api/shows/demo/pause", headers=bearer)).status_code == 204  # no CSRF token needed
    assert (await client.get("/account", headers=bearer)).status_code == 403
    found = await store.users.by_login("olga")
    assert found is not None
    csrf = await sign_in_as(client, store, found[0].id)
    gone = await client.post(f"/account/keys/{key.split('_')[1]}/revoke", data={"csrf": csrf})
    assert gone.status_code == 303
    client.cookies.clear()
    assert (await client.get("/api/catalogue", headers=bearer)).status_code == 401
    entries = await store.audit.latest()
    made_entry = next(entry for entry in entries if entry.action == "key made")
    assert (made_entry.actor, made_entry.address) == ("olga", "192.0.2.7")
    by_key = next(entry for entry in entries if entry.action == "POST /api/shows/{show_id}/pause")
    assert (by_key.actor, by_key.detail["via"]) == ("olga/<b>feed</b>", "key")


@pytest.mark.parametrize(
    ("data", "status", "told"),
    [
        ({"name": " "}, 422, "name: got"),
        ({"name": "x", "role": "admin"}, 422, "role: got &#39;admin&#39;; allowed: operator"),
        ({"name": "x", "advertiser": "mine"}, 422, "none for a key of the role operator"),
        ({"name": "x", "days": "9999"}, 422, "less than or equal to 730"),
    ],
)
async def test_a_key_that_cannot_be_is_refused_on_the_page(
    client: httpx.AsyncClient, store: Store, data: dict[str, str], status: int, told: str
) -> None:
    csrf = await sign_in_as(client, store, await person(store, Role.OPERATOR))
    answer = await client.post("/account/keys", data={"csrf": csrf, **data}, headers={"Accept": "text/html"})
    assert (answer.status_code, told in answer.text) == (status, True), answer.text


async def test_an_admin_makes_a_lesser_key_for_an_advertiser(client: httpx.AsyncClient, store: Store) -> None:
    await store.advertisers.add("mine", "Mine")
    csrf = await sign_in_as(client, store, await person(store, Role.ADMIN))
    data = {"csrf": csrf, "name": "export", "role": "advertiser", "advertiser": "mine"}
    key = await _secret(await client.post("/account/keys", data=data))
    client.cookies.clear()
    assert (await client.get("/api/catalogue", headers={"Authorization": f"Bearer {key}"})).status_code == 403


async def test_one_session_or_all_are_ended(client: httpx.AsyncClient, store: Store) -> None:
    olga = await person(store, Role.OPERATOR, login="olga")
    await sign_in_as(client, store, olga)
    other = client.cookies["session"]
    csrf = await sign_in_as(client, store, olga)
    mine = client.cookies["session"]
    page = (await client.get("/account")).text
    assert page.count("This one") == 1
    end = re.search(r'action="(/account/sessions/S-\w+/end)"', page)
    assert end
    assert (await client.post(end[1], data={"csrf": csrf})).status_code == 303
    client.cookies.set("session", other)
    assert (await client.get("/account")).status_code == 401
    client.cookies.set("session", mine)
    assert (await client.post("/account/sessions/end", data={"csrf": csrf})).status_code == 303
    client.cookies.set("session", mine)
    assert (await client.get("/account")).status_code == 401


async def test_an_admin_makes_resets_disables_and_enables_a_user(client: httpx.AsyncClient, store: Store) -> None:
    csrf = {"csrf": await sign_in_as(client, store, await person(store, Role.ADMIN, login="ann"))}
    made = await client.post("/admin/advertisers", data=csrf | {"advertiser": "Halvenne", "name": "Halvenne & Co"})
    assert made.status_code == 303
    assert "Halvenne &amp; Co" in (await client.get("/admin/advertisers")).text
    again = await client.post("/admin/advertisers", data=csrf | {"advertiser": "halvenne", "name": "Other"})
    assert (again.status_code, "with the id" in again.text) == (409, True)
    carla = {"login": "carla", "role": "advertiser", "advertiser": "halvenne"}
    first = await _secret(await client.post("/admin/users", data=csrf | carla))
    twice = await client.post("/admin/users", data=csrf | carla)
    assert (twice.status_code, "already" in twice.text) == (409, True)
    second = await _secret(await client.post("/admin/users/reset", data=csrf | {"login": "carla"}), 200)
    assert first != second
    assert (await client.post("/admin/users/disable", data=csrf | {"login": "carla"})).status_code == 303
    assert "Disabled" in (await client.get("/admin/users")).text
    assert (await client.post("/admin/users/enable", data=csrf | {"login": "carla"})).status_code == 303
    last = await client.post("/admin/users/disable", data=csrf | {"login": "ann"})
    assert (last.status_code, "last admin" in last.text) == (409, True)
    assert (await client.post("/admin/users/reset", data=csrf | {"login": "nobody"})).status_code == 404
    log = (await client.get("/admin/audit")).text
    for action in ("advertiser added", "user added", "password reset", "user disabled", "user enabled"):
        assert action in log
    assert first not in log
    assert "user added" in (await client.get("/admin/audit", params={"advertiser": "halvenne"})).text
    assert "signed in" not in (await client.get("/admin/audit", params={"advertiser": "halvenne"})).text


async def test_an_admin_revokes_anybodys_key(client: httpx.AsyncClient, store: Store) -> None:
    csrf = await sign_in_as(client, store, await person(store, Role.OPERATOR, login="olga"))
    key = await _secret(await client.post("/account/keys", data={"csrf": csrf, "name": "feed"}))
    csrf = await sign_in_as(client, store, await person(store, Role.ADMIN, login="ann"))
    assert "olga" in (await client.get("/admin/keys")).text
    gone = await client.post(f"/admin/keys/{key.split('_')[1]}/revoke", data={"csrf": csrf})
    assert gone.status_code == 303
    client.cookies.clear()
    assert (await client.get("/api/catalogue", headers={"Authorization": f"Bearer {key}"})).status_code == 401


async def test_long_lists_have_more_pages(client: httpx.AsyncClient, store: Store) -> None:
    await sign_in_as(client, store, await person(store, Role.ADMIN, login="a-admin"))
    for n in range(101):
        await person(store, Role.VIEWER, login=f"user-{n:03}")
    first = (await client.get("/admin/users")).text
    assert "user-098" in first
    assert "user-099" not in first
    assert "user-100" in (await client.get("/admin/users", params={"after": "user-098"})).text
    assert 'href="/admin/users?after=user-098"' in first


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on macOS"),
        ("curl/8.0", "curl/8.0"),
        ("", "Unknown"),
    ],
)
def test_a_browser_is_named_in_few_words(agent: str, name: str) -> None:
    assert browser_name(agent) == name
