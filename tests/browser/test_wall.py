"""The wall in Chromium: a tile lives, and survives without a reload that its connection was lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def on_the_wall(page: Page, show: Served) -> None:
    page.goto(show.url + "/operator/wall")
    expect(page.locator("#wall [data-show]")).to_have_count(1)


def test_a_tile_tells_of_its_show_and_leads_to_its_desk(page: Page, show: Served) -> None:
    on_the_wall(page, show)
    tile = page.locator("#wall [data-show]")
    expect(tile.locator(".badge").first).to_have_text("live")
    page.wait_for_function("document.querySelector('#wall img').naturalWidth > 0")
    first = tile.locator("img").get_attribute("src")
    expect(tile.locator("img")).not_to_have_attribute("src", first or "")
    tile.get_by_role("link").last.click()
    expect(page.locator("#lines li").first).to_be_visible()


def test_axe_finds_nothing_on_the_wall(browser: Browser, show: Served) -> None:
    found = {}
    for name, device, theme in (("phone", PHONE, "dark"), ("desktop", DESK, "light")):
        context = browser.new_context(**device, color_scheme=theme)
        page = context.new_page()
        on_the_wall(page, show)
        found[name] = violations(page)
        wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= seen, (name, "scrolls sideways")
        context.close()
    assert found == dict.fromkeys(found, [])
