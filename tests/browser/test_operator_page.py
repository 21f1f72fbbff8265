"""The operator's page in Chromium: questions for a person."""

from __future__ import annotations

import asyncio

import pytest
from playwright.sync_api import Page, expect

from influencer.store.handoffs import NewHandOff
from tests.browser.on_air import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_question_for_a_person_is_taken_answered_and_gone(page: Page, show: Served) -> None:
    new = NewHandOff("demo", "v1", "Ana", "My order <b>never</b> came!", "en", "order_help", None, 3)
    asyncio.run_coroutine_threadsafe(show.store.hand_offs.add(new), show.loop).result(30)
    page.goto(show.url + "/operator")
    section = page.locator("[data-hand-offs=demo]")
    expect(section.locator("li")).to_have_count(1, timeout=30_000)
    expect(section.locator("q")).to_have_text("My order <b>never</b> came!")  # a stranger's words are text
    section.get_by_role("button", name="Take").click()
    expect(section.locator(".who")).to_contain_text("with", timeout=30_000)
    expect(section.get_by_role("button", name="Take")).to_be_hidden()
    section.get_by_role("button", name="Answer in the chat").click()
    expect(section.locator(".result")).to_have_text("Write the answer first.")
    section.locator("textarea").fill("We are looking into it.")
    section.get_by_role("button", name="Answer in the chat").click()
    expect(section.locator("li")).to_have_count(0, timeout=30_000)
    page.goto(show.url + "/shows/demo")
    expect(page.locator("[data-kind=answer] .text").last).to_have_text("We are looking into it.", timeout=30_000)
    expect(page.locator("[data-kind=answer] .author").last).to_have_text("Team")
