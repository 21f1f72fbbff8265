"""Signing in with an identity provider, against a real one on loopback that can be told to lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from blockbuster import blockbuster_ctx
from joserfc.jwk import RSAKey
from prometheus_client import CollectorRegistry

from influencer.accounts.oidc import OidcSettings
from influencer.accounts.passwords import Passwords
from influencer.accounts.roles import Role
from influencer.accounts.service import COMMAND_LINE, Accounts
from influencer.errors import InvalidInput
from influencer.store import Store
from influencer.web import WebSettings, create_app
from influencer.web.config import Rate, Rates
from tests.integration.identity_server import CLIENT, SECRET, Provider, identity_server
from tests.people import person
from tests.web_house import AT, RoomHouse

pytestmark = pytest.mark.integration
CALLBACK = "/sign-in/oidc/callback"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with identity_server() as running:
        yield running


@pytest.fixture
async def browser(
    house: RoomHouse, store: Store, passwords: Passwords, provider: Provider
) -> AsyncIterator[httpx.AsyncClient]:
    settings = WebSettings(
        oidc=OidcSettings(provider.url, CLIENT, SECRET, "Halvenne"), rates=Rates(logins=Rate(100, 1.0))
    )
    registry = CollectorRegistry()
    app = await asyncio.to_thread(
        lambda: create_app(house, store, settings, registry=registry, now=lambda: AT, passwords=passwords)
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        with blockbuster_ctx():
            yield client


async def _at_the_provider(browser: httpx.AsyncClient, target: str = "/operator") -> str:
    """Go there, sign in there, and give the address it sends the browser back to, as a path of ours."""
    away = await browser.get("/sign-in/oidc", params={"next": target})
    assert away.status_code == 303, away.text
    async with httpx.AsyncClient(trust_env=False, verify=False) as outside:
        back = await outside.get(away.headers["location"])
    parts = urlsplit(back.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://shop.test{CALLBACK}"
    return f"{parts.path}?{parts.query}"


async def test_the_account_of_the_verified_address_is_connected_and_stays_so(
    browser: httpx.AsyncClient, store: Store, provider: Provider, passwords: Passwords
) -> None:
    issued = await Accounts(store, passwords, lambda: AT).add_user("olga@house.test", Role.OPERATOR, actor=COMMAND_LINE)
    assert "Sign in with Halvenne" in (await browser.get("/sign-in")).text
    back = await browser.get(await _at_the_provider(browser))
    assert (back.status_code, back.headers["location"]) == (303, "/operator")
    assert (await browser.get("/api/catalogue")).status_code == 200
    # The unused one-time password has ended with it.
    assert await Accounts(store, passwords, lambda: AT).sign_in("olga@house.test", issued.password, "") is None
    browser.cookies.clear()
    provider.person |= {"email": "renamed@house.test"}  # the subject stays
    assert (await browser.get(await _at_the_provider(browser))).status_code == 303
    assert (await browser.get("/api/catalogue")).status_code == 200
    actions = [entry.action for entry in await store.audit.latest()]
    assert actions == ["signed in", "sign-in refused", "signed in", "identity connected", "user added"]


@pytest.mark.parametrize(
    "person_says",
    [
        {"email": "stranger@house.test"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
    ],
)
async def test_nobody_gets_an_account_or_anothers_in_this_way(
    browser: httpx.AsyncClient, store: Store, provider: Provider, person_says: dict[str, Any]
) -> None:
    await person(store, Role.OPERATOR, login="olga@house.test")
    provider.person |= person_says
    back = await browser.get(await _at_the_provider(browser))
    assert (back.status_code, "no account for you here" in back.text) == (422, True)
    assert "session" not in browser.cookies
    assert await store.users.count() == 1


async def test_a_disabled_user_and_a_second_identity_stay_out(
    browser: httpx.AsyncClient, store: Store, provider: Provider
) -> None:
    olga = await person(store, Role.OPERATOR, login="olga@house.test")
    assert (await browser.get(await _at_the_provider(browser))).status_code == 303
    provider.person |= {"sub": "somebody-else"}
    second = await browser.get(await _at_the_provider(browser))
    assert (second.status_code, "belongs to another identity" in second.text) == (422, True)
    provider.person |= {"sub": "person-7"}
    await store.users.set_disabled(olga, True)
    assert (await browser.get(await _at_the_provider(browser))).status_code == 422


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another-client"},
        {"nonce": "x" * 43},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"aud": [CLIENT, "another"], "azp": "another"},
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(
    browser: httpx.AsyncClient, store: Store, provider: Provider, lies: dict[str, Any]
) -> None:
    await person(store, Role.OPERATOR, login="olga@house.test")
    provider.lies = lies
    back = await browser.get(await _at_the_provider(browser))
    assert (back.status_code, "token is not good" in back.text) == (422, True), back.text
    assert "session" not in browser.cookies


async def test_a_token_that_is_not_signed_by_the_provider_is_refused(
    browser: httpx.AsyncClient, store: Store, provider: Provider
) -> None:
    await person(store, Role.OPERATOR, login="olga@house.test")
    forged = RSAKey.generate_key(2048, {"kid": "first"})
    for algorithm, key in (("none", None), ("HS256", None), ("RS256", forged)):
        provider.algorithm, provider.signs_with = algorithm, key
        back = await browser.get(await _at_the_provider(browser))
        assert (back.status_code, "token is not good" in back.text) == (422, True), algorithm
    provider.algorithm, provider.signs_with = "RS256", None
    assert (await browser.get(await _at_the_provider(browser))).status_code == 303


async def test_new_keys_of_the_provider_are_fetched_when_they_are_needed(
    browser: httpx.AsyncClient, store: Store, provider: Provider
) -> None:
    await person(store, Role.OPERATOR, login="olga@house.test")
    for _ in range(2):
        assert (await browser.get(await _at_the_provider(browser))).status_code == 303
    assert provider.key_requests == 1
    provider.rotate()
    assert (await browser.get(await _at_the_provider(browser))).status_code == 303
    assert provider.key_requests == 2


async def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    browser: httpx.AsyncClient, store: Store
) -> None:
    await person(store, Role.OPERATOR, login="olga@house.test")
    answer = await _at_the_provider(browser)
    asked = dict(browser.cookies)
    browser.cookies.clear()
    assert (await browser.get(answer)).status_code == 422  # another browser: no cookie
    other = await _at_the_provider(browser)
    assert (await browser.get(answer)).status_code == 422  # the cookie of another question
    assert (await browser.get(other)).status_code == 422  # that question is over
    browser.cookies.update(asked)
    for query in ({"error": "access_denied"}, {"code": "x"}, {"state": "x"}, {}):
        assert (await browser.get(f"{CALLBACK}?{urlencode(query)}")).status_code == 422


async def test_a_provider_that_is_away_or_not_itself_is_told_plainly(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    provider.issuer = "https://somebody-else.test"
    away = await browser.get("/sign-in/oidc")
    assert (away.status_code, "describes itself as somebody else" in away.text) == (503, True)
    provider.issuer = ""
    answer = await _at_the_provider(browser)
    provider.codes.clear()
    refused = await browser.get(answer)
    assert (refused.status_code, "refused this sign-in" in refused.text) == (422, True)


async def test_without_a_provider_there_is_no_such_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/sign-in/oidc")).status_code == 404
    assert (await client.get(CALLBACK)).status_code == 404
    assert "Sign in with" not in (await client.get("/sign-in")).text


def test_settings_that_cannot_work_are_refused() -> None:
    for issuer in ("http://id.example", "id.example", "ftp://id.example"):
        with pytest.raises(InvalidInput, match=r"oidc\.issuer: got .*; allowed: an https URL"):
            OidcSettings(issuer, CLIENT)
    with pytest.raises(InvalidInput, match=r"oidc\.client_id"):
        OidcSettings("https://id.example", "")
