"""The design system in Chromium: components behave, charts say what their tables say, axe finds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import SHIFTS, opened, violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def style(page: Page, show: Served) -> Page:
    """The style page, for an operator (the demo signs in by itself)."""
    page.goto(show.url + "/operator")
    page.goto(show.url + "/operator/style")
    expect(page.locator(".chart-plot svg").first).to_be_visible()
    return page


@pytest.mark.parametrize("path", ["/", "/operator", "/operator/style", "/no-such-page"])
def test_axe_finds_nothing_on_phone_and_desktop_in_light_and_dark(browser: Browser, show: Served, path: str) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for name, device in (("phone", PHONE), ("desktop", DESK)):
        for theme in ("light", "dark"):
            page = opened(browser, show.url + "/operator", device, theme)
            page.goto(show.url + path)
            page.wait_for_load_state("networkidle")
            found[name, theme] = violations(page)
            wide = page.evaluate("document.documentElement.scrollWidth")  # innerWidth grows with what is too wide
            assert wide <= device["viewport"]["width"], (name, path, "scrolls sideways")
            page.context.close()
    assert found == dict.fromkeys(found, [])


def test_what_is_too_wide_for_a_phone_would_be_found(browser: Browser, show: Served) -> None:
    page = opened(browser, show.url + "/", PHONE, "light")
    page.evaluate("() => document.body.append(document.createElement('hr'))")
    page.evaluate("() => (document.body.lastChild.style.width = '900px')")
    assert page.evaluate("document.documentElement.scrollWidth") > PHONE["viewport"]["width"]
    page.context.close()


def test_axe_would_find_something(style: Page) -> None:
    style.evaluate("() => document.querySelector('.note').append(document.createElement('button'))")
    style.evaluate("() => (document.querySelector('h1').style.color = '#eee8')")
    found = violations(style)
    assert [line.split(" on ")[0] for line in found] == ["critical: button-name", "serious: color-contrast"]


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desktop"])
def test_nothing_moves_while_the_page_loads(browser: Browser, show: Served, device: dict[str, Any]) -> None:
    page = opened(browser, show.url + "/operator", device, "light")
    page.goto(show.url + "/operator/style")
    expect(page.locator(".chart-plot svg").first).to_be_visible()
    assert page.evaluate(SHIFTS) == 0
    page.context.close()


def test_a_chart_draws_what_its_table_says_and_leaves_gaps_open(style: Page) -> None:
    bars = style.locator('[data-chart="bars"]')
    widths = [float(bar.get_attribute("width") or 0) for bar in bars.locator(".bar").all()]
    assert widths[1] / widths[0] == pytest.approx(1190 / 2384.5, abs=0.001)
    assert widths[2] / widths[0] == pytest.approx(410 / 2384.5, abs=0.001)
    expect(bars.locator(".value").first).to_have_text("$2,384.50")
    lines = style.locator('[data-chart="lines"]')
    pieces = [(lines.locator(f'path[data-series="{n}"]').get_attribute("d") or "").count("M") for n in (1, 2)]
    assert pieces == [1, 2], "a gap is not drawn over"
    assert lines.locator("circle").count() == 11
    picture = lines.locator("svg[role=img]")
    expect(picture).to_have_attribute("aria-label", "Viewers by the hour")
    expect(picture.locator("> desc")).to_contain_text("Today: lowest 12 (09:00), highest 91 (14:00).")
    lines.locator("summary").click()
    expect(lines.locator("table")).to_contain_text("13:00")


def test_a_chart_follows_new_rows(style: Page) -> None:
    style.evaluate("""async () => {
      const { fill } = await import("/static/js/chart.js");
      fill(document.querySelector('[data-chart="bars"]'), [["A", 1], ["B", { value: 2, text: "two" }], ["C", null]]);
    }""")
    bars = style.locator('[data-chart="bars"]')
    widths = [float(bar.get_attribute("width") or 0) for bar in bars.locator(".bar").all()]
    assert widths[0] == pytest.approx(widths[1] / 2)
    assert widths[2] == 0
    expect(bars.locator("tbody tr").nth(1)).to_have_text("Btwo")


def test_axis_marks_are_round_and_hold_every_value(style: Page) -> None:
    marks = style.evaluate("""async () => {
      const { ticks } = await import("/static/js/chart.js");
      return [ticks(0, 91), ticks(-3, 7), ticks(0, 0), ticks(0, 0.07)];
    }""")
    assert marks[:3] == [[0, 50, 100], [-5, 0, 5, 10], [0, 1]]
    assert marks[3][-1] >= 0.07


def test_tabs_are_one_stop_and_arrows_move_between_them(style: Page) -> None:
    style.locator("#tab-a").focus()
    style.keyboard.press("ArrowRight")
    expect(style.locator("#tab-b")).to_be_focused()
    expect(style.locator("#panel-b")).to_be_visible()
    expect(style.locator("#panel-a")).to_be_hidden()
    style.keyboard.press("Tab")
    expect(style.locator("#panel-b")).to_be_focused()


def test_dialogs_questions_and_toasts(style: Page) -> None:
    style.click("[data-opens=example]")
    expect(style.locator("#example")).to_be_visible()
    assert violations(style, "#example") == []
    style.keyboard.press("Escape")
    expect(style.locator("[data-opens=example]")).to_be_focused()
    style.click("[data-asks]")
    expect(style.get_by_role("button", name="Cancel")).to_be_focused()  # the harmless answer comes first
    style.keyboard.press("Enter")
    expect(style.locator(".toast")).to_have_count(0)
    style.click("[data-asks]")
    style.get_by_role("button", name="Stop it").click()
    expect(style.locator("[role=status] .toast")).to_have_text("It would have stopped.")


def test_the_chosen_theme_is_kept_and_is_there_before_any_script(style: Page) -> None:
    style.emulate_media(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = style.evaluate(ground)
    style.click("[data-theme-toggle]")
    assert style.evaluate(ground) != light
    answer = style.request.get(style.url)
    assert 'data-theme="dark"' in answer.text()
