"""The viewer's page for everybody: axe, keyboard, quiet live regions, reduced motion, nothing that moves on loading."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import FIRST_VIEW, SHIFTS, opened, violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DEVICES = [pytest.param(PHONE, id="phone"), pytest.param(DESK, id="desktop")]
SHEETS = {
    "#bag": "#tray",
    "#buy": "#order",
    "#why": "#why-dialog",
    "#ai": "#ai-dialog",
    "#settings": "#settings-dialog",
}


def _watch(page: Page) -> Page:
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=60_000)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_on_the_page_or_in_its_sheets(
    browser: Browser, show: Served, device: dict[str, Any], theme: str
) -> None:
    page = _watch(opened(browser, show.url + "/shows/demo", device, theme))
    page.fill("#message", "how much is it?")
    page.press("#message", "Enter")
    expect(page.locator("[data-kind=answer]").first).to_be_visible(timeout=30_000)
    found = {"page": violations(page)}
    for button, sheet in SHEETS.items():
        page.click(button)
        expect(page.locator(sheet)).to_be_visible()
        found[sheet] = violations(page, sheet)
        page.keyboard.press("Escape")
        expect(page.locator(button)).to_be_focused()
    assert found == dict.fromkeys(found, [])
    page.context.close()


@pytest.mark.parametrize("device", DEVICES)
def test_nothing_moves_while_the_page_loads(browser: Browser, show: Served, device: dict[str, Any]) -> None:
    show.house.get("demo").offer_ends = "2030-01-01T00:00:00+00:00"
    page = _watch(opened(browser, show.url + "/shows/demo", device, "light"))
    first_view = page.evaluate(FIRST_VIEW)
    shift = page.evaluate(SHIFTS)
    print(f"\nfirst view ({device['viewport']['width']} px wide): {first_view:.0f} ms, layout shift {shift:.4f}")
    assert shift <= 0.01
    page.context.close()


def test_every_control_has_a_name_a_place_in_the_order_and_a_finger_s_size(browser: Browser, show: Served) -> None:
    page = _watch(opened(browser, show.url + "/shows/demo", PHONE, "dark"))
    order: list[str] = []
    for _ in range(20):
        page.keyboard.press("Tab")
        order.append(page.evaluate("() => document.activeElement.id || document.activeElement.className"))
        if order[-1] == "send":
            break
    wanted = "skip round ai sound like share mute captions-toggle settings buy why name bag message send"
    assert [part for part in order if part != "messages"] == wanted.split()
    expect(page.locator(".name-row")).to_have_css("opacity", "1")  # it is seen while one writes
    page.focus("#buy")
    expect(page.locator(".name-row")).to_have_css("opacity", "0")
    for part in (
        "#sound",
        "#like",
        "#share",
        "#mute",
        "#captions-toggle",
        "#settings",
        "#buy",
        "#bag",
        ".send",
        ".bar a",
    ):
        expect(page.locator(part)).to_be_in_viewport(timeout=60_000)
        box = page.locator(part).bounding_box()
        assert box is not None, part
        assert min(box["width"], box["height"]) >= 44, part
    page.context.close()


@pytest.mark.parametrize("size", [(320, 568), (390, 844), (844, 390)], ids=["small", "phone", "sideways"])
def test_everything_fits_on_small_screens_with_large_text(
    browser: Browser, show: Served, size: tuple[int, int]
) -> None:
    small = {**PHONE, "viewport": {"width": size[0], "height": size[1]}}
    page = _watch(opened(browser, show.url + "/shows/demo", small, "dark"))
    page.evaluate("() => { document.documentElement.style.fontSize = '20px'; }")  # the viewer's own text size
    for part in ("#bag", "#message", ".send", "#buy", "#like", "#settings"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    page.context.close()


def test_live_regions_say_what_concerns_the_viewer_and_not_the_whole_chat(page: Page, show: Served) -> None:
    page.goto(show.url + "/shows/demo")
    _watch(page)
    expect(page.locator("[role=log]")).to_have_attribute("aria-live", "off")
    page.fill("#name", "Ana")
    page.fill("#message", "how much is it, please?")
    page.press("#message", "Enter")
    expect(page.locator("#chat-news")).to_have_text("Mina: It is $24.00.")
    for timer in page.locator("[role=timer]").all():
        expect(timer).to_have_attribute("aria-live", "off")


def test_with_reduced_motion_nothing_floats_or_breathes(browser: Browser, show: Served) -> None:
    page = _watch(opened(browser, show.url + "/shows/demo", PHONE, "dark"))
    page.click("#like")
    assert page.locator(".heart").count() == 0
    assert page.evaluate("() => document.getAnimations().length") == 0
    page.context.close()
