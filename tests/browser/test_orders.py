"""The pages of an order and of the test payment in Chromium: axe finds nothing, and they follow the payment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import opened, violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served
from tests.web_house import BRIEF

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ORDER = """async (key) => {
  const body = JSON.stringify({ lines: [{ product_id: "dew-serum", quantity: 1 }] });
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  return (await fetch("/api/shows/demo/orders", { method: "POST", headers, body })).json();
}"""


def _restock(show: Served) -> None:
    asyncio.run_coroutine_threadsafe(show.store.stock.restock(BRIEF.sku, 50), show.loop).result(30)


def _ordered(page: Page, key: str) -> Any:
    order = page.evaluate(ORDER, key)
    assert order["state"] == "pending", order
    return order


def test_axe_finds_nothing_on_phone_and_desktop_in_light_and_dark(browser: Browser, show: Served) -> None:
    _restock(show)
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, device in (("phone", PHONE), ("desktop", DESK)):
        for theme in ("light", "dark"):
            page = opened(browser, show.url + "/shows/demo", device, theme)
            order = _ordered(page, f"axe-{name}-{theme}")
            page.goto(show.url + "/orders")
            page.get_by_role("button", name="Cancel order").first.click()
            found[name, theme, "cancel"] = violations(page)
            for path in ("/orders", f"/orders/{order['id']}", order["payment"]["url"]):
                page.goto(show.url + path)
                found[name, theme, path[: path.rindex("/") + 1] + path[-4:]] = violations(page)
                width = page.evaluate("document.documentElement.scrollWidth")  # a phone widens innerWidth instead
                assert width <= device["viewport"]["width"], (name, path)
            page.fill("[name=card_number]", "4000 0000 0000 0002")
            page.click("#pay")
            expect(page.locator("#pay-error")).not_to_be_empty()
            found[name, theme, "declined"] = violations(page)
            page.context.close()
    assert found == dict.fromkeys(found, [])


def test_the_page_of_an_order_follows_a_slow_payment_by_itself(page: Page, show: Served) -> None:
    _restock(show)
    page.goto(show.url + "/shows/demo")
    order = _ordered(page, "slow-payment")
    page.goto(show.url + order["payment"]["url"])
    page.fill("[name=card_number]", "4000 0000 0000 3063")
    page.click("#pay")
    expect(page.locator("[role=status]")).to_have_text("Waiting for the payment")
    expect(page.locator("[role=status]")).to_have_text("Paid", timeout=60_000)
    expect(page.locator("#order-pay")).to_have_count(0)
    page.goto(show.url + order["payment"]["url"])
    expect(page).to_have_url(show.url + f"/orders/{order['id']}")  # nothing is left to pay


def test_an_order_is_given_up_on_the_page_of_orders_by_keyboard(page: Page, show: Served) -> None:
    _restock(show)
    page.goto(show.url + "/shows/demo")
    order = _ordered(page, "given-up")
    page.goto(show.url + "/orders")
    give_up = page.get_by_role("button", name=f"Cancel order: {order['id']}")
    give_up.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Cancel this order?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(give_up).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel order", exact=True).click()
    card = page.get_by_role("listitem").filter(has_text=order["id"])
    expect(card).to_contain_text("Cancelled: nothing was charged")
    expect(give_up).to_have_count(0)


def test_an_order_that_was_paid_meanwhile_is_not_given_up_and_says_so(page: Page, show: Served) -> None:
    _restock(show)
    page.goto(show.url + "/shows/demo")
    order = _ordered(page, "paid-meanwhile")
    page.goto(show.url + "/orders")
    page.get_by_role("button", name=f"Cancel order: {order['id']}").click()
    other = page.context.new_page()
    other.goto(show.url + order["payment"]["url"])
    other.fill("[name=card_number]", "4242 4242 4242 4242")
    other.click("#pay")
    expect(other.locator("[role=status]")).to_have_text("Paid", timeout=60_000)
    page.get_by_role("button", name="Cancel order", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("could not be cancelled")
