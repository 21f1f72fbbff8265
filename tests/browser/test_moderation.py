"""A held message in Chromium: the viewer is told, an operator decides on the desk, the viewer is told again."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desktop"])
def test_a_held_message_goes_to_the_desk_and_back(browser: Browser, show: Served, device: dict[str, Any]) -> None:
    viewer, operator = browser.new_context(**device), browser.new_context(**device)
    for context in (viewer, operator):
        context.set_default_timeout(30_000)
    page, desk = viewer.new_page(), operator.new_page()
    page.goto(show.url + "/shows/demo")
    desk.goto(show.url + "/operator")
    section = desk.locator(".moderation").first
    for text, button, notice in (
        ("buy <b>it</b> at cheap-serum.shop", "Let in", "A moderator let your message in."),
        ("send nudes", "Keep out", "A moderator did not let your message in."),
        ("follow my channel", "Mute here", "You cannot write for now."),
    ):
        page.locator("#message").fill(text)
        page.locator("#message").press("Enter")
        expect(page.locator("#notice")).to_have_text("Your message waits for a moderator.")
        item = section.locator("[data-part=held] li").filter(has_text=text)
        expect(item).to_be_visible(timeout=30_000)
        desk.evaluate("scrollTo(0, 0)")  # what lies under the bar at the top is scrolled there, not placed there
        assert violations(desk) == []
        item.get_by_role("button", name=button).click()
        expect(page.locator("#notice")).to_contain_text(notice)
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("#messages")).to_contain_text("buy <b>it</b> at cheap-serum.shop")
    expect(page.locator("#messages")).not_to_contain_text("send nudes")
    section.get_by_role("button", name="Let write again").first.click()
    expect(page.locator("#notice")).to_have_text("You can write again.")
    viewer.close()
    operator.close()
