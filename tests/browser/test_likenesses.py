"""The likeness ledger in Chromium: staff make a link and correct a month; a person reads their page and withdraws."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, expect

from influencer.likeness.consent import ConsentRecord
from influencer.likeness.people import person_key
from influencer.store.airtime import Airtime
from tests.browser.accessibility import opened, violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
T = TypeVar("T")


def done(show: Served, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, show.loop).result(60)


def licensed(show: Served, person: str) -> str:
    """Somebody with a record and ten minutes on air; their key."""
    today = datetime.now(UTC).date()
    record = ConsentRecord.model_validate(
        {
            "person": person, "purposes": ("live-show", "portrait"), "markets": ("en-US", "ja-JP"),
            "personas": ("anna",), "signed_on": today - timedelta(days=1), "valid_until": today + timedelta(days=200),
            "price": "0", "currency": "USD", "no_copy": True, "no_training": True, "evidence_name": "agreement.pdf",
            "evidence_sha256": "0" * 64, "price_per_minute": 250, "minimum_fee": 500, "notice_days": 30,
            "exclusive": ({"category": "beauty", "brand": "Halvenne"},),
        }
    )  # fmt: skip

    async def work() -> None:
        consent = await show.store.consents.add(record)
        run = person_key(person) * 2
        await show.store.airtime.keep([Airtime(run, "demo", consent.id, "en-US", "anna", today, 600_000)])

    done(show, work())
    return person_key(person)


def test_axe_finds_nothing_on_any_page_on_phone_and_desktop_in_light_and_dark(browser: Browser, show: Served) -> None:
    key = licensed(show, "Axe Real")
    _, secret = done(show, show.store.likeness_links.make("Axe Real", timedelta(days=1), "ops"))
    month = f"{datetime.now(UTC):%Y-%m}"
    paths = (
        "/operator/likenesses",
        f"/operator/likenesses/{key}",
        f"/operator/likenesses/{key}/statements/{month}",
        f"/likeness/{secret}",
    )
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, device in (("phone", PHONE), ("desktop", DESK)):
        for theme in ("light", "dark"):
            page = opened(browser, show.url + "/operator", device, theme)
            for path in paths:
                page.goto(show.url + path)
                page.wait_for_load_state("networkidle")
                found[name, theme, path.replace(secret, "…")] = violations(page)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, path)
            page.context.close()
    assert found == dict.fromkeys(found, [])


def test_a_person_is_given_a_link_reads_it_in_their_language_and_withdraws(browser: Browser, show: Served) -> None:
    key = licensed(show, "Anna Real")
    staff = opened(browser, show.url + "/operator", DESK, "light")
    staff.goto(f"{show.url}/operator/likenesses")
    staff.get_by_role("link", name="Anna Real").click()
    form = staff.locator("#correction")
    form.get_by_label("Milliseconds").fill("-60000")
    form.get_by_label("Why").fill("a black picture")
    form.get_by_role("button", name="Add the correction").click()
    expect(staff.get_by_role("region", name="Corrections")).to_contain_text("a black picture")
    expect(staff.get_by_role("region", name="Months")).to_contain_text("22.50 USD")
    form.get_by_label("Milliseconds").fill("-600000")
    form.get_by_label("Why").fill("too much")
    form.get_by_role("button", name="Add the correction").click()
    expect(form).to_contain_text("at least -540000")
    staff.get_by_role("button", name="Make a link").click()
    expect(staff.get_by_label("The link")).to_be_visible()
    link = staff.get_by_label("The link").input_value()

    context = browser.new_context(**PHONE, locale="ja-JP")
    context.set_default_timeout(30_000)
    person = context.new_page()
    person.goto(link)
    expect(person.locator("h1")).to_contain_text("あなたの肖像")
    expect(person.locator("main")).to_contain_text("30日")
    expect(person.locator("main")).to_contain_text("$22.50")
    person.get_by_role("checkbox").focus()
    person.keyboard.press("Space")
    person.keyboard.press("Tab")
    person.keyboard.press("Enter")
    expect(person.locator("[role=status]")).to_contain_text("撤回しました")
    assert person.locator("form").count() == 0
    staff.goto(f"{show.url}/operator/likenesses/{key}")
    expect(staff.locator(".page-head")).to_contain_text("withdrawn")
    expect(staff.get_by_role("button", name="The person withdraws")).to_be_disabled()
    context.close()
    staff.context.close()
