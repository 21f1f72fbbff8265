"""Alerts on the operator's pages and the pages of webhooks, in Chromium."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from influencer.outbound import Outbound
from influencer.store.alerts import NewAlert
from influencer.webhooks.registering import Webhooks
from influencer.webhooks.sender import WebhookSender
from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served
from tests.webhook_receiver import receiver

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SHOTS = os.environ.get("INFLUENCER_SHOTS")


def do(show: Served, what: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run_coroutine_threadsafe(what, show.loop).result(30)


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("path", ["/operator", "/operator/shows/demo", "/operator/alerts"])
def test_an_alert_is_shown_at_once_said_and_acknowledged(page: Page, show: Served, path: str) -> None:
    page.goto(show.url + "/operator")
    page.goto(show.url + path)
    expect(page.locator("#alerts")).to_be_hidden()
    page.wait_for_timeout(1_500)  # the socket has told the first list
    new = NewAlert("stock-out", "demo dew-serum", "warning", "A product on air is sold out", "Dew <b>Serum</b>", 1.0)
    do(show, show.store.alerts.open(new))
    row = page.locator("#alerts [data-alert]")
    expect(row).to_have_count(1, timeout=15_000)
    expect(row).to_contain_text("Dew <b>Serum</b>")  # text, never markup
    expect(page.locator("#alerts-said")).to_have_text("A product on air is sold out: demo dew-serum.")
    shoot(page, "alert" + path.replace("/", "-"))
    assert violations(page) == []
    page.get_by_role("button", name="Acknowledge").focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Seen by", timeout=15_000)
    do(show, show.store.alerts.resolve("stock-out", "demo dew-serum"))
    expect(page.locator("#alerts")).to_be_hidden(timeout=15_000)


def test_a_webhook_is_added_tested_rotated_and_deleted(page: Page, show: Served) -> None:
    with receiver() as hooks:
        outbound = Outbound(trusted_hosts=("127.0.0.1",), trusted_ports=(hooks.port,))
        web = show.app.state.web
        object.__setattr__(web, "webhooks", Webhooks(show.store, outbound))
        page.goto(show.url + "/operator")
        page.goto(show.url + "/operator/webhooks")
        page.get_by_label("Address").fill("https://10.0.0.1/x")
        page.get_by_label("order.paid").check()
        page.get_by_role("button", name="Add").click()
        expect(page.locator("#f-url")).to_have_attribute("aria-invalid", "true")
        page.get_by_label("Address").fill(hooks.url)
        page.get_by_role("button", name="Add").click()
        expect(page.locator("#secret")).to_contain_text("whsec_")
        shoot(page, "webhook-added")
        page.get_by_role("link", name="Go on to the webhook").click()
        page.get_by_role("button", name="Send a test event").click()
        expect(page.get_by_text("webhook.test")).to_be_visible()
        expect(page.locator("tbody .badge")).to_have_text("pending")
        do(show, WebhookSender(show.store, outbound).deliver_due())
        page.reload()
        expect(page.locator("tbody .badge")).to_have_text("delivered")
        assert hooks.types == ["webhook.test"]
        shoot(page, "webhook")
        assert violations(page) == []
        page.get_by_role("button", name="New secret").click()
        page.get_by_role("button", name="Yes").click()
        expect(page.locator("#secret")).to_contain_text("whsec_")
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_text("No webhooks")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_the_pages_fit_and_nothing_is_wrong_with_them(
    browser: Browser, show: Served, theme: str, device: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    context = browser.new_context(**device, color_scheme=theme)  # type: ignore[arg-type]
    opened = context.new_page()
    opened.goto(show.url + "/operator")
    for path in ("/advertiser/webhooks", "/operator/webhooks", "/operator/alerts"):
        opened.goto(show.url + path)
        assert violations(opened) == []
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        shoot(opened, f"{request.node.callspec.id}{path.replace('/', '-')}")
    context.close()
