"""From an advertiser's brief to the sentence that sold it, on the pages, by three people in real Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from influencer.accounts.roles import Role
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_accounts import _choose, _sign_in
from tests.browser.whole_house import WholeHouse, whole_house
from tests.unit.test_intake import ROW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PATIENT = 90_000
"""Milliseconds: a show starts, and is on air, on a machine that may be busy."""
OFFER = {
    "offer.coupon": "DEW10",
    "offer.percent_off": "10",
    "offer.starts": "2026-01-01T00:00:00Z",
    "offer.ends": "2036-01-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHouse]:
    with whole_house(tmp_path_factory.mktemp("whole")) as running:
        yield running


@pytest.mark.parametrize(("device", "name"), [(DESK, "desk"), (PHONE, "phone")], ids=["desktop", "phone"])
def test_a_brief_becomes_a_show_becomes_an_order_on_its_sentence(
    browser: Browser, house: WholeHouse, device: dict[str, Any], name: str
) -> None:
    advertiser, operator, viewer = (_page(browser, device) for _ in range(3))
    _enter(advertiser, house, f"carla@{name}.example", Role.ADVERTISER, name)
    brief = _submits(advertiser, house, name)
    _enter(operator, house, f"oskar@{name}.example", Role.OPERATOR)
    _approves(operator, house, brief)
    show = _schedules(operator, house, brief)
    number = _watches_asks_and_buys(viewer, house, show)
    _finds_the_sentence(advertiser, house, number)
    for page in (advertiser, operator, viewer):
        page.context.close()
    asyncio.run_coroutine_threadsafe(house.house.stop(show), house.loop).result(60)


def _page(browser: Browser, device: dict[str, Any]) -> Page:
    context = browser.new_context(**device, reduced_motion="reduce")
    context.set_default_timeout(PATIENT)
    return context.new_page()


def _enter(page: Page, house: WholeHouse, login: str, role: Role, advertiser: str | None = None) -> None:
    password = house.password_of_new(login, role, advertiser)
    page.goto(f"{house.url}/sign-in")
    _sign_in(page, login, password)
    _choose(page, password)
    expect(page.locator("h1")).to_be_visible()


def _submits(page: Page, house: WholeHouse, name: str) -> str:
    page.goto(f"{house.url}/advertiser/briefs/new")
    page.get_by_label("English (US) (en-US)").check()
    page.get_by_role("button", name="Add a key point").click()
    for path, text in {**ROW, **OFFER, "id": "dew-serum", "stock": "5"}.items():
        control = page.locator(f'[name="{path}"]')
        if path == "markets":
            continue
        if control.evaluate("node => node.tagName") == "SELECT":
            control.select_option(text)
        else:
            control.fill(text)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator(".badge").first).to_have_text("submitted", timeout=PATIENT)
    return f"{name}-dew-serum"


def _approves(page: Page, house: WholeHouse, brief: str) -> None:
    page.goto(f"{house.url}/advertiser/briefs/{brief}")
    expect(page.locator(".script-line").first).to_be_visible(timeout=PATIENT)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".badge").first).to_have_text("approved", timeout=PATIENT)


def _schedules(page: Page, house: WholeHouse, brief: str) -> str:
    page.goto(f"{house.url}/operator/programme")
    now = datetime.now(ZoneInfo("America/New_York"))
    page.locator('[name="brief_ids"]').select_option(brief)
    page.locator('[name="market"]').select_option("en-US")
    page.locator('[name="first_day"]').fill(f"{now:%Y-%m-%d}")
    page.locator('[name="starts"]').fill(f"{now:%H:%M}")
    entries = page.locator("[data-ends]").count()
    page.get_by_role("button", name="Put into the programme").click()
    expect(page.locator("[data-ends]")).to_have_count(entries + 1, timeout=PATIENT)
    for _ in range(90):
        if any(brief in one.brief_ids for one in house.house.shows()):
            break
        page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("tr", has=page.get_by_text("on air", exact=True)).first).to_be_visible(timeout=PATIENT)
    (show,) = [one.id for one in house.house.shows() if brief in one.brief_ids]
    return show


def _watches_asks_and_buys(page: Page, house: WholeHouse, show: str) -> str:
    page.goto(f"{house.url}/shows/{show}")
    expect(page.locator("#product-price")).to_have_text("$24.00", timeout=PATIENT)
    page.fill("#name", "Mina")
    page.fill("#message", "how much is it?")
    page.click(".send")
    expect(page.locator(".message .text", has_text="$24.00").first).to_be_visible(timeout=PATIENT)
    page.wait_for_function("() => document.querySelector('video')?.currentTime > 1", timeout=PATIENT)
    page.click("#buy")
    expect(page.locator("#order-sum")).to_have_text("$21.60", timeout=PATIENT)
    page.click("#order-confirm")
    expect(page.locator("#order-due")).to_have_text("$21.60", timeout=PATIENT)
    with page.context.expect_page() as opened:
        page.click("#order-pay")
    opened.value.fill("[name=card_number]", "4242 4242 4242 4242")
    opened.value.click("#pay")
    expect(page.locator("#order-done")).to_be_visible(timeout=PATIENT)
    return page.locator("#order-id").inner_text()


def _finds_the_sentence(page: Page, house: WholeHouse, number: str) -> None:
    page.goto(f"{house.url}/advertiser/reports")
    sold = page.get_by_role("region", name="Sentences").locator("tr", has=page.get_by_text("USD 21.60"))
    expect(sold).to_have_count(1)
    said = page.evaluate("number => fetch(`/api/reports/orders/${number}/said`).then((found) => found.json())", number)
    best = max(said["said"], key=lambda line: (line["share"] > 0, line["seconds"] if line["seconds"] <= 0 else -1e9))
    assert best["share"] > 0
    before = [line for line in said["said"] if line["seconds"] <= 0]
    assert sold.locator("th").inner_text() == before[-1]["text"]
