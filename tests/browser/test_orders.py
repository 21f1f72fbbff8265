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
            for path in (f"/orders/{order['id']}", order["payment"]["url"]):
                page.goto(show.url + path)
                found[name, theme, path.split("/")[1]] = violations(page)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, path)
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
