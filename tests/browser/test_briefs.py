"""The advertiser's pages in Chromium: a brief is written, checked, previewed, approved, and can be put on air."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served
from tests.unit.test_intake import ROW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def filled(page: Page, show: Served, name: str) -> None:
    """The form, filled in by hand, with a picture; the last field is still missing."""
    page.goto(show.url + "/advertiser")
    page.goto(show.url + "/advertiser/briefs/new")
    page.get_by_label("English (US) (en-US)").check()
    page.get_by_role("button", name="Add a key point").click()
    for path, text in ROW.items():
        if path in {"markets", "returns.en-US"}:
            continue
        control = page.locator(f'[name="{path}"]')
        value = name if path == "id" else text
        if control.evaluate("node => node.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    picture = BytesIO()
    Image.new("RGB", (300, 300), "#7a3350").save(picture, "PNG")
    page.get_by_label("Add a picture").set_input_files(
        {"name": "serum.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    expect(page.get_by_alt_text("Picture 1")).to_be_visible()


def test_a_brief_is_written_checked_previewed_and_approved(page: Page, show: Served) -> None:
    filled(page, show, "dew-serum")
    returns = page.locator('[name="returns.en-US"]')
    expect(returns).to_have_attribute("aria-invalid", "true", timeout=15_000)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator("#state")).to_have_text("1 fields to go")
    returns.fill("Within 30 days.")
    expect(page.locator("#state")).to_have_text("Nothing is missing", timeout=15_000)
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator(".badge").first).to_have_text("submitted")
    line = page.locator(".script-line", has_text="fragrance").first
    line.get_by_text("Why can we say this?").click()
    expect(line).to_contain_text("Label, revision 4")
    expect(page.locator("#cost")).to_contain_text("USD")
    page.get_by_label("What I would spend, in USD").fill("10")
    expect(page.locator("#budget-says")).to_contain_text("0 h 40 min")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".badge").first).to_have_text("approved")


def test_what_is_typed_while_a_save_is_on_its_way_is_saved_too(page: Page, show: Served) -> None:
    filled(page, show, "slow-serum")
    summary = page.locator('[name="summary.en-US"]')
    waiting: list[Route] = []
    page.route("**/api/briefs", lambda route: waiting.append(route))
    with page.expect_request("**/api/briefs"):
        page.get_by_role("button", name="Save draft").click()
    summary.fill("Typed meanwhile")
    page.wait_for_timeout(0)  # lets the route be handed over
    waiting[0].continue_()
    expect(page).to_have_url(re.compile("/edit$"))
    page.unroute("**/api/briefs")
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.get_by_role("button", name="Save draft").click()
    assert saved.value.ok
    page.goto(page.url)
    expect(summary).to_have_value("Typed meanwhile")


def test_a_file_is_imported_and_its_gaps_are_named(page: Page, show: Served) -> None:
    page.goto(show.url + "/advertiser")
    page.get_by_role("button", name="Import").first.click()
    yaml = b"id: stone-mug\nbrand: Terra\nname: {en-US: Stone Mug}\n"
    page.locator('input[name="file"]').set_input_files(
        {"name": "mug.yaml", "mimeType": "application/yaml", "buffer": yaml}
    )
    page.locator("[data-import] button[type=submit]").click()
    expect(page.locator("[data-imported]")).to_contain_text("draft, incomplete")
    page.locator('select[name="kind"]').select_option("feed")
    page.get_by_role("textbox", name="Address").fill("http://127.0.0.1/products.json")
    page.locator("[data-import] button[type=submit]").click()
    expect(page.locator("[data-import] .mistake", has_text="public host")).to_be_visible()


def test_axe_finds_nothing_on_the_advertisers_pages(browser: Browser, show: Served) -> None:
    found: dict[str, list[str]] = {}
    for device, theme in ((PHONE, "light"), (DESK, "dark")):
        context = browser.new_context(**device, color_scheme=theme)
        page = context.new_page()
        filled(page, show, f"serum-{theme}")
        page.get_by_role("button", name="Save draft").click()
        expect(page.locator("#state")).to_contain_text("Saved")
        found[f"form {theme}"] = violations(page)
        for path in (
            "/advertiser",
            f"/advertiser/briefs/demo-serum-{theme}",
            "/advertiser/reports",
            "/advertiser/orders",
        ):
            page.goto(show.url + path)
            page.wait_for_load_state("networkidle")
            found[f"{path} {theme}"] = violations(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, "scrolls sideways")
        context.close()
    assert found == dict.fromkeys(found, [])
