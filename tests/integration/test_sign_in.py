"""Signing in: sessions, the page's token, one-time passwords, limits, and what nobody learns."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from blockbuster import blockbuster_ctx
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from influencer.accounts.passwords import Passwords, require_good
from influencer.accounts.principal import DEMO_USER
from influencer.accounts.roles import Role
from influencer.accounts.service import COMMAND_LINE, SESSION_LIFETIME, Accounts, Issued
from influencer.accounts.tokens import digest
from influencer.errors import InvalidInput
from influencer.store import Store
from influencer.store.accounts_schema import SignInRow
from influencer.web import WebSettings, create_app
from influencer.web.auth import access, require_declarations
from influencer.web.sign_in import own_path
from streaming.clock import ManualClock
from tests.web_house import AT, RoomHouse

pytestmark = pytest.mark.integration
PAGE = {"Accept": "text/html"}
GOOD = "correct horse battery"


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(client: httpx.AsyncClient) -> Iterator[None]:
    with blockbuster_ctx():
        yield


@pytest.fixture
async def accounts(store: Store, passwords: Passwords) -> Accounts:
    return Accounts(store, passwords, lambda: AT)


@pytest.fixture
async def olga(accounts: Accounts) -> Issued:
    return await accounts.add_user("Olga@house.test", Role.OPERATOR, actor=COMMAND_LINE, name="Olga")


async def _sign_in(client: httpx.AsyncClient, login: str, password: str, **more: str) -> httpx.Response:
    return await client.post("/sign-in", data={"login": login, "password": password, **more})


def _app(house: RoomHouse, store: Store, settings: WebSettings, passwords: Passwords) -> FastAPI:
    return create_app(house, store, settings, registry=CollectorRegistry(), now=lambda: AT, passwords=passwords)


async def _csrf(client: httpx.AsyncClient, path: str = "/account/password") -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', (await client.get(path)).text)
    assert found
    return found[1]


async def _signed_in(client: httpx.AsyncClient, user: Issued) -> str:
    """Sign in, change the one-time password, and give the page's token."""
    await _sign_in(client, user.user.login, user.password)
    csrf = await _csrf(client)
    data = {"old": user.password, "new": GOOD, "again": GOOD, "csrf": csrf}
    assert (await client.post("/account/password", data=data)).status_code == 303
    return await _csrf(client)


async def test_a_one_time_password_lets_in_only_to_be_changed(client: httpx.AsyncClient, olga: Issued) -> None:
    answer = await _sign_in(client, " olga@HOUSE.test ", olga.password, next="/operator")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
    assert (await client.get("/api/catalogue")).status_code == 403
    page = await client.get("/operator", headers=PAGE)
    assert (page.status_code, page.headers["location"]) == (303, "/account/password")
    csrf = await _csrf(client)
    for new, again, told in (
        ("short", "short", "12 to 200 characters"),
        (GOOD, GOOD + "!", "differ"),
        (olga.password, olga.password, "a new one"),
    ):
        data = {"old": olga.password, "new": new, "again": again, "csrf": csrf}
        refused = await client.post("/account/password", data=data)
        assert (refused.status_code, told in refused.text) == (422, True)
    wrong = {"old": "wrong", "new": GOOD, "again": GOOD, "csrf": csrf}
    assert "old password: got a wrong one" in (await client.post("/account/password", data=wrong)).text
    right = {"old": olga.password, "new": GOOD, "again": GOOD, "csrf": csrf}
    assert (await client.post("/account/password", data=right)).status_code == 303
    assert (await client.get("/api/catalogue")).status_code == 200


async def test_the_cookie_is_closed_to_scripts_and_kept_as_a_hash_only(
    client: httpx.AsyncClient, olga: Issued, store: Store
) -> None:
    cookie = (await _sign_in(client, olga.user.login, olga.password)).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    secret = client.cookies["session"]
    found = await store.sign_ins.find(digest(secret))
    assert found is not None
    async with store.users._sessions() as session:  # what really is in the table
        row = await session.get(SignInRow, found[0].id)
        assert row is not None
        assert secret not in {str(getattr(row, column.key)) for column in SignInRow.__table__.columns}


async def test_over_tls_the_cookie_is_for_this_host_alone(
    house: RoomHouse, store: Store, passwords: Passwords, olga: Issued
) -> None:
    app = await asyncio.to_thread(_app, house, store, WebSettings(https=True), passwords)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://shop.test") as client:
        cookie = (await _sign_in(client, olga.user.login, olga.password)).headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


async def test_a_change_needs_the_pages_token_and_our_own_page(
    client: httpx.AsyncClient, house: RoomHouse, olga: Issued
) -> None:
    token = {"X-CSRF-Token": await _signed_in(client, olga)}
    for headers in (
        {},
        {"X-CSRF-Token": "x"},
        token | {"Origin": "https://evil.test"},
        token | {"Origin": "https://partner.test"},
        token | {"Origin": "null"},
        token | {"Sec-Fetch-Site": "cross-site"},
    ):
        assert (await client.post("/api/shows/demo/pause", headers=headers)).status_code == 403, headers
    assert house.get("demo").state == "live"
    assert (await client.post("/api/shows/demo/pause", headers=token)).status_code == 204


async def test_nobody_learns_whether_an_account_exists(
    client: httpx.AsyncClient,
    accounts: Accounts,
    passwords: Passwords,
    olga: Issued,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked: list[str] = []
    matches = passwords._matches

    def counted(kept: str, password: str) -> bool:
        checked.append(kept)
        return matches(kept, password)

    monkeypatch.setattr(passwords, "_matches", counted)
    await accounts.add_user("gone", Role.OPERATOR, actor=COMMAND_LINE)
    await accounts.set_disabled("gone", True, COMMAND_LINE)
    tried = [(olga.user.login, "wrong"), ("nobody@house.test", "wrong"), ("gone", "wrong"), ("", "")]
    answers = [await _sign_in(client, *pair) for pair in tried]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.text for answer in answers}) == 1
    assert len(checked) == len(tried)  # the same slow work each time


async def test_guessing_is_slowed_down_by_address_and_by_account(
    client: httpx.AsyncClient, app: FastAPI, olga: Issued, clock: ManualClock
) -> None:
    statuses = [(await _sign_in(client, f"user{n}", "x")).status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]

    async def from_address(n: int) -> int:
        transport = httpx.ASGITransport(app, client=(f"192.0.2.{n + 10}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as other:
            return (await _sign_in(other, olga.user.login, "x")).status_code

    assert [await from_address(n) for n in range(11)] == [422] * 10 + [429]
    clock.advance(60_000_000_000)
    assert (await _sign_in(client, olga.user.login, olga.password)).status_code == 303


async def test_sessions_survive_a_restart_end_with_time_and_at_sign_out(
    client: httpx.AsyncClient, house: RoomHouse, store: Store, passwords: Passwords, olga: Issued
) -> None:
    csrf = await _signed_in(client, olga)
    secret = client.cookies["session"]
    later = AT + SESSION_LIFETIME
    for now, status in ((AT, 200), (later - timedelta(seconds=1), 200), (later, 401)):
        store.sign_ins._now = lambda now=now: now  # type: ignore[misc]
        app = await asyncio.to_thread(_app, house, store, WebSettings(session_idle=SESSION_LIFETIME), passwords)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as again:
            again.cookies.set("session", secret)
            assert (await again.get("/api/catalogue")).status_code == status
    store.sign_ins._now = lambda: AT
    assert (await client.post("/sign-out", data={"csrf": "x"})).status_code == 403
    assert (await client.post("/sign-out", data={"csrf": csrf})).status_code == 303
    client.cookies.set("session", secret)
    assert (await client.get("/api/catalogue")).status_code == 401


async def test_a_session_gets_a_new_secret_at_sign_in_and_at_a_new_password(
    client: httpx.AsyncClient, olga: Issued, store: Store
) -> None:
    await _sign_in(client, olga.user.login, olga.password)
    planted = client.cookies["session"]
    await _sign_in(client, olga.user.login, olga.password)
    assert client.cookies["session"] != planted
    assert await store.sign_ins.find(digest(planted)) is None
    before = client.cookies["session"]
    data = {"old": olga.password, "new": GOOD, "again": GOOD, "csrf": await _csrf(client)}
    await client.post("/account/password", data=data)
    assert await store.sign_ins.find(digest(before)) is None
    assert len(await store.sign_ins.of_user(olga.user.id)) == 1


async def test_who_is_not_signed_in_is_sent_to_the_form_and_back(client: httpx.AsyncClient, olga: Issued) -> None:
    away = await client.get("/operator", headers=PAGE)
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=%2Foperator")
    assert 'name="next" value="/operator"' in (await client.get(away.headers["location"])).text
    assert (await client.get("/operator")).status_code == 401
    await _signed_in(client, olga)
    back = await _sign_in(client, olga.user.login, GOOD, next="/operator")
    assert back.headers["location"] == "/operator"
    desk = await client.get("/operator")
    assert 'name="csrf-token" content="' in desk.text


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("/operator?a=1", "/operator?a=1"),
        ("//evil.test", ""),
        ("/\\evil.test", ""),
        ("https://evil.test/", ""),
        ("javascript:alert(1)", ""),
        ("/\n/evil.test", ""),
        ("/a\\..\\b", ""),
        ("", ""),
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(given: str, taken: str) -> None:
    assert own_path(given) == taken


async def test_a_demo_signs_in_by_itself_and_its_sessions_are_void_elsewhere(
    house: RoomHouse, store: Store, passwords: Passwords
) -> None:
    async def browser(settings: WebSettings) -> httpx.AsyncClient:
        app = await asyncio.to_thread(_app, house, store, settings, passwords)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", headers=PAGE)

    async with await browser(WebSettings(demo=True)) as client:
        assert (await client.get("/api/catalogue")).status_code == 401
        desk = await client.get("/operator", follow_redirects=True)
        assert (desk.status_code, desk.url.path) == (200, "/operator")
        assert (await client.get("/api/catalogue")).status_code == 200
        secret = client.cookies["session"]
    assert (await store.users.find(DEMO_USER)).has_password is False  # type: ignore[union-attr]
    async with await browser(WebSettings()) as client:
        client.cookies.set("session", secret)
        assert (await client.get("/api/catalogue")).status_code == 401
        assert (await _sign_in(client, DEMO_USER, "")).status_code == 422
    assert await Accounts(store, passwords, lambda: AT).first_admin() is not None


async def test_a_void_one_time_password_and_a_disabled_user_stay_out(
    client: httpx.AsyncClient, store: Store, accounts: Accounts, passwords: Passwords, olga: Issued
) -> None:
    late = Accounts(store, passwords, lambda: AT + timedelta(hours=72))
    assert await late.sign_in(olga.user.login, olga.password, "") is None
    csrf = await _signed_in(client, olga)
    await accounts.set_disabled(olga.user.login, True, COMMAND_LINE)
    assert (await client.post("/api/shows/demo/pause", headers={"X-CSRF-Token": csrf})).status_code == 401
    assert await accounts.sign_in(olga.user.login, GOOD, "") is None


async def test_the_audit_log_tells_who_did_what_and_no_secret(
    client: httpx.AsyncClient, store: Store, olga: Issued
) -> None:
    await _sign_in(client, olga.user.login, "hunter2-wrong")
    await _sign_in(client, "typed-my-password-here", "x")
    csrf = await _signed_in(client, olga)
    await client.post("/api/shows/demo/say", json={"text": "Hello!"}, headers={"X-CSRF-Token": csrf})
    await client.post("/api/shows/demo/say", json={"text": "Hello!"}, headers={"X-CSRF-Token": "x"})
    entries = await store.audit.latest()
    actions = [entry.action for entry in entries]
    assert actions[:2] == ["POST /api/shows/{show_id}/say"] * 2
    assert [entry.detail["status"] for entry in entries[:2]] == [403, 202]
    assert entries[0].subject == "/api/shows/demo/say"
    assert (entries[0].actor, entries[0].address, entries[0].at) == ("olga@house.test", "192.0.2.7", AT)
    assert actions.count("sign-in refused") == 2
    assert {"signed in", "password changed", "user added"} <= set(actions)
    everything = repr(entries)
    for secret in (olga.password, GOOD, "hunter2", "typed-my-password", csrf, client.cookies["session"]):
        assert secret not in everything


def test_an_application_with_an_undeclared_route_is_not_built(app: FastAPI) -> None:
    require_declarations(app)
    router = APIRouter(prefix="/extra")

    @router.get("/open")
    def forgotten() -> None: ...

    @router.get("/closed", dependencies=[access(Role.ADMIN)])
    def declared() -> None: ...

    @router.websocket("/socket")
    async def socket() -> None: ...

    app.include_router(router)
    app.add_route("/plain", lambda request: None)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match=r"GET /extra/open, WEBSOCKET /extra/socket, GET /plain, HEAD /plain"):
        require_declarations(app)


@pytest.mark.parametrize(
    "bad", ["elevenchars", "aaaaaaaaaaaaaaaa", "olga-olga-olga-x", "password12345", "x" * 201, "            "]
)
def test_weak_passwords_are_refused_without_repeating_them(bad: str) -> None:
    with pytest.raises(InvalidInput) as told:
        require_good(bad, "olga@house.test")
    assert bad not in str(told.value)
