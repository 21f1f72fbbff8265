"""A person speaks on the desk, in Chromium with its fake microphone, and a viewer's page says so."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from influencer.accounts.roles import Role
from influencer.show.control import StartRequest
from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_accounts import _choose, _sign_in
from tests.browser.whole_house import WholeHouse, whole_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PATIENT = 60_000
"""Milliseconds: a show starts, and is on air, on a machine that may be busy."""


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHouse]:
    with whole_house(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """What a page is told comes over sockets, from a machine that may be busy."""
    expect.set_options(timeout=PATIENT)
    yield
    expect.set_options(timeout=5_000)


def at_the_desk(page: Page, house: WholeHouse, login: str, show: str) -> None:
    page.set_default_timeout(PATIENT)
    password = house.password_of_new(login, Role.OPERATOR)
    page.goto(f"{house.url}/sign-in")
    _sign_in(page, login, password)
    _choose(page, password)
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{house.url}/operator/shows/{show}")


def started(house: WholeHouse) -> str:
    starting = house.house.start(StartRequest(("stone-mug",), "en-US"))
    return asyncio.run_coroutine_threadsafe(starting, house.loop).result(60).id


def test_an_operator_speaks_is_heard_and_hands_back(browser: Browser, house: WholeHouse, tmp_path: Path) -> None:
    show = started(house)
    page = browser.new_context(**DESK).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    at_the_desk(page, house, "ann@example.com", show)
    expect(page.locator("[data-field=state]")).to_have_text("live", timeout=PATIENT)
    page.get_by_role("button", name="Speak").click()
    expect(page.locator("#mic-state")).to_have_text("You are on air.", timeout=PATIENT)
    expect(page.locator("#mic-muted")).to_have_text("Muted")
    expect(page.locator("#mic-heard")).to_have_text("Viewers hear silence")
    expect(page.locator("[data-field=mode]")).to_have_text("taken over")
    viewer = browser.new_context(**PHONE).new_page()
    viewer.context.add_cookies([{"name": "language", "value": "ko-KR", "url": house.url}])
    viewer.set_default_timeout(PATIENT)
    viewer.goto(f"{house.url}/shows/{show}")
    expect(viewer.locator("#person")).to_be_hidden()
    # held by the key, and silent again when it is let go
    page.locator("#mic-talk").focus()
    page.keyboard.down("Space")
    expect(page.locator("#mic-muted")).to_have_text("Your microphone is live")
    expect(page.locator("#mic-heard")).to_have_text("Viewers hear a voice")
    expect(viewer.locator("#person")).to_have_text("지금은 사람이 말하고 있어요")
    expect(viewer.locator("#caption")).to_have_text("지금은 사람이 말하고 있어요")
    assert float(page.locator("#mic-level").evaluate("meter => meter.value")) >= -60
    page.keyboard.up("Space")
    expect(page.locator("#mic-muted")).to_have_text("Muted")
    expect(page.locator("#mic-heard")).to_have_text("Viewers hear silence")
    expect(viewer.locator("#person")).to_be_hidden()
    expect(viewer.locator("#caption")).to_have_text("")
    # latched
    page.get_by_role("button", name="Keep it on").click()
    expect(page.get_by_role("button", name="Keep it on")).to_have_attribute("aria-pressed", "true")
    expect(viewer.locator("#person")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")  # what lies under the bar at the top is scrolled there, not placed there
    assert violations(page) == []
    page.screenshot(path=tmp_path / "desk.png", full_page=True)
    viewer.screenshot(path=tmp_path / "viewer.png")
    # a second operator sees who speaks and cannot
    other = browser.new_context(**DESK).new_page()
    at_the_desk(other, house, "ben@example.com", show)
    expect(other.locator("#mic-state")).to_have_text(re.compile("ann@example.com is at the microphone"))
    expect(other.locator("#mic-speak")).to_be_disabled()
    # a closed page ends it: the show stays taken over
    page.get_by_role("button", name="Hand back").click()
    expect(page.locator("#mic-open")).to_be_hidden()
    expect(page.locator("[data-field=mode]")).to_be_hidden()
    expect(page.locator("#mic-speak")).to_be_enabled()
    page.get_by_role("button", name="Speak").click()
    expect(page.locator("#mic-state")).to_have_text("You are on air.", timeout=PATIENT)
    page.close()
    expect(other.locator("#mic-state")).to_have_text(re.compile("The microphone is closed"), timeout=PATIENT)
    expect(other.locator("[data-field=mode]")).to_have_text("taken over")
    viewer.locator("#why").click()
    expect(viewer.locator("#why-said")).to_contain_text("마이크로 직접 말했어요")
    assert errors == []
