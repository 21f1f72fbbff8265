"""Accounts in Chromium: the first admin, a user of an advertiser, a key; and what axe says of the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from influencer.accounts.service import Accounts
from influencer.web import WebSettings
from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = (
    "/account",
    "/account/password",
    "/admin/users",
    "/admin/users/one?login=demo",
    "/admin/advertisers",
    "/admin/keys",
    "/admin/audit",
)
CHOSEN = "four unrelated words here"


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("accounts"), settings=WebSettings()) as running:
        yield running


@pytest.fixture(scope="module")
def first_password(house: Served) -> str:
    issued = asyncio.run_coroutine_threadsafe(Accounts(house.store).first_admin(), house.loop).result(60)
    assert issued is not None
    return issued.password


def test_from_the_first_admin_to_an_advertisers_user(house: Served, first_password: str, page: Page) -> None:
    page.goto(house.url + "/operator")
    expect(page).to_have_url(house.url + "/sign-in?next=%2Foperator")
    _sign_in(page, "admin", first_password)
    expect(page.get_by_text("You signed in with a one-time password.")).to_be_visible()
    _choose(page, first_password)
    expect(page.get_by_role("heading", name="Operator desk")).to_be_visible()

    page.get_by_role("link", name="Admin", exact=True).click()
    page.get_by_role("link", name="Advertisers").click()
    page.get_by_label("Name").fill("Halvenne & Co")
    page.get_by_label("Id").fill("halvenne")
    page.get_by_role("button", name="Make an advertiser").click()
    expect(page.get_by_role("rowheader", name="Halvenne & Co")).to_be_visible()
    page.get_by_role("link", name="Users").click()
    page.get_by_label("Sign-in name").fill("carla@halvenne.example")
    page.locator("select[name=role]").select_option("advertiser")
    page.locator("select[name=advertiser]").select_option("halvenne")
    page.get_by_role("button", name="Make a user").click()
    password = page.locator("#secret").inner_text()
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("row").filter(has_text="carla@halvenne.example")).to_contain_text("One-time password")
    page.get_by_role("button", name="Sign out").click()

    _sign_in(page, "carla@halvenne.example", password)
    _choose(page, password)
    page.goto(house.url + "/account")
    expect(page.get_by_text("advertiser of halvenne")).to_be_visible()
    answer = page.goto(house.url + "/admin/users")
    assert answer is not None
    assert answer.status == 403
    page.goto(house.url + "/account")
    page.get_by_label("What it is for").fill("nightly export")
    page.get_by_role("button", name="Make a key").click()
    assert page.locator("#secret").inner_text().startswith("vik_")
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("rowheader", name="nightly export")).to_be_visible()


def test_a_wrong_password_says_no_more_than_it_must(house: Served, page: Page) -> None:
    page.goto(house.url + "/sign-in")
    _sign_in(page, "nobody@halvenne.example", "wrong")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")


@pytest.mark.parametrize(("device", "theme"), [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")])
def test_axe_finds_nothing(browser: Browser, show: Served, device: dict[str, Any], theme: Any) -> None:
    context = browser.new_context(**device, color_scheme=theme, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    page = context.new_page()
    found = {}
    for path in PAGES:
        page.goto(show.url + path)
        page.wait_for_load_state("networkidle")
        found[path] = violations(page)
        width = page.evaluate("document.documentElement.scrollWidth")  # a phone widens innerWidth instead
        assert width <= device["viewport"]["width"], (path, "scrolls sideways")
    context.close()
    assert found == dict.fromkeys(PAGES, [])


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desktop"])
def test_axe_finds_nothing_on_the_sign_in_page(browser: Browser, house: Served, device: dict[str, Any]) -> None:
    context = browser.new_context(**device, reduced_motion="reduce")
    page = context.new_page()
    page.goto(house.url + "/sign-in", timeout=30_000)
    assert violations(page) == []
    context.close()


def _sign_in(page: Page, login: str, password: str) -> None:
    page.get_by_label("Name or e-mail").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def _choose(page: Page, old: str) -> None:
    page.get_by_label("Password of now").fill(old)
    page.get_by_label("New password", exact=True).fill(CHOSEN)
    page.get_by_label("New password again").fill(CHOSEN)
    page.get_by_role("button", name="Change password").click()
