"""The desk of a show in Chromium: lines are changed by two operators at once, and the page outlives its connection."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def at_the_desk(page: Page, show: Served) -> None:
    page.goto(show.url + "/operator")
    page.get_by_role("link", name="Open the desk").first.click()
    expect(page.locator("#lines li").first).to_be_visible()


def words(page: Page) -> list[str]:
    return page.locator("#lines .line-text").all_inner_texts()


def test_coming_lines_are_moved_edited_put_in_and_removed(page: Page, show: Served) -> None:
    at_the_desk(page, show)
    before = words(page)
    page.locator("#lines li").nth(1).get_by_role("button", name="Earlier").click()
    expect(page.locator("#lines .line-text").first).to_have_text(before[1])
    corner: Any = {"x": 12, "y": 12}  # beside the buttons
    page.locator("#lines li").nth(2).drag_to(page.locator("#lines li").first, source_position=corner)
    expect(page.locator("#lines .line-text").first).to_have_text(before[2])
    first = page.locator("#lines li").first
    first.get_by_role("button", name="Edit").click()
    first.locator("textarea").fill("Here comes a line of mine.")
    first.get_by_role("button", name="Keep").click()
    expect(page.locator("#lines .line-text").first).to_have_text("Here comes a line of mine.")
    page.locator("[data-insert] textarea").fill("And one more at the end.")
    page.get_by_role("button", name="Put it in").click()
    expect(page.locator("#lines .line-text").last).to_have_text("And one more at the end.")
    page.locator("#lines li").last.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("And one more at the end.")).to_have_count(0)


def test_two_operators_see_each_others_changes_and_lose_nothing(browser: Browser, show: Served) -> None:
    pages = [browser.new_context(**DESK).new_page() for _ in range(2)]
    for page in pages:
        at_the_desk(page, show)
    one, other = pages
    line = other.locator("#lines li").first
    line.get_by_role("button", name="Edit").click()
    line.locator("textarea").fill("Words that take a while to write.")
    third = words(one)[2]
    one.locator("#lines li").nth(2).get_by_role("button", name="Earlier").click()
    expect(one.locator("#lines .line-text").nth(1)).to_have_text(third)
    moved = words(one)
    expect(other.locator("#lines li").nth(1)).to_contain_text(moved[1])  # the socket has told it
    expect(other.locator("#lines li").first.locator("textarea")).to_have_value("Words that take a while to write.")
    other.get_by_role("button", name="Keep").click()
    expect(one.get_by_text("Words that take a while to write.")).to_be_visible()
    expect(other.get_by_text("Words that take a while to write.")).to_be_visible()
    assert len(words(one)) == len(moved)
    for page in pages:
        page.context.close()


def test_axe_finds_nothing_on_the_desk(browser: Browser, show: Served) -> None:
    found = {}
    for name, device, theme in (("phone", PHONE, "dark"), ("desktop", DESK, "light")):
        context = browser.new_context(**device, color_scheme=theme)
        page = context.new_page()
        at_the_desk(page, show)
        found[name] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, "scrolls sideways")
        page.goto(show.url + "/operator/programme")
        page.wait_for_load_state("networkidle")
        found[f"programme {name}"] = violations(page)
        context.close()
    assert found == dict.fromkeys(found, [])
