"""The reports page in Chromium: what is drawn is what the API says, by keyboard, on phone and desktop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from influencer.sales.events import Airing, EventKind, NewEvent
from influencer.store import NewUtterance
from tests.browser.accessibility import opened, violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.on_air import Served
from tests.browser.test_orders import ORDER
from tests.web_house import BRIEF

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PICTURES = os.environ.get("REPORT_PICTURES")
"""A folder for pictures of the page, to look at."""
SEGMENTS = ("hook", "product", "offer", "questions", "call-to-action")
KINDS: tuple[EventKind, ...] = ("view", "watch", "question", "product-click", "cart")
MEASURES: dict[str, Callable[[Any], float]] = {
    "viewers": lambda point: point["viewers"],
    "watched": lambda point: round(point["watch_seconds"] / 60, 2),
    "questions": lambda point: point["questions"],
    "clicks": lambda point: point["clicks"],
    "carts": lambda point: point["carts"],
    "orders": lambda point: point["orders"],
    "revenue-usd": lambda point: point["revenue"].get("USD", 0) / 100,
}
CELLS = """panel => [...document.querySelectorAll(`#panel-${panel} figure[data-chart=lines] tbody tr`)].map((row) => [
  row.cells[0].textContent, row.cells[1].dataset.value])"""
DOTS = "#panel-{} figure[data-chart=lines] circle.dot"


async def _hours(show: Served) -> None:
    """An hour of sentences, and viewers who come and go; nothing at all in its middle."""
    now = datetime.now(UTC)
    for minute in range(100, 0, -4):
        at, segment = now - timedelta(minutes=minute), SEGMENTS[minute // 4 % len(SEGMENTS)]
        if 40 < minute < 60:
            continue
        line = NewUtterance(
            "demo", f"Said {minute}.", (), BRIEF.id, segment, "en-US", segment, "template", minute, "mina"
        )
        said = await show.store.utterances.append(line)
        on_air = Airing(said.id, BRIEF.id, segment, "mina", "en-US", segment)
        await show.store.events.append(
            [
                NewEvent(kind, "demo", f"viewer-{n}", f"{kind}-{minute}", at, on_air, "", 20_000 * (kind == "watch"))
                for n in range(1 + minute * 7 % 11)
                for kind in KINDS[: 2 + (n + minute) % 4]
            ]
        )


def _bought(page: Page, show: Served) -> None:
    page.goto(show.url + "/shows/demo")
    order = page.evaluate(ORDER, "key-of-the-report")
    page.goto(show.url + order["payment"]["url"])
    page.fill("[name=card_number]", "4242 4242 4242 4242")
    page.click("#pay")
    expect(page.locator("[role=status]")).to_have_text("Paid", timeout=60_000)


def test_what_is_drawn_is_what_the_api_says(page: Page, show: Served) -> None:
    page.goto(show.url + "/advertiser/reports")
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    expect(page.locator("figure.chart")).to_have_count(0)

    _bought(page, show)
    asyncio.run_coroutine_threadsafe(_hours(show), show.loop).result(60)
    page.goto(show.url + "/advertiser/reports?show_id=demo")
    report = page.evaluate("() => fetch('/api/reports?show_id=demo').then((found) => found.json())")
    points = report["over_time"]["points"]
    assert report["over_time"]["step_s"] == 300
    assert len(points) >= 12
    for name, value in MEASURES.items():
        cells = page.evaluate(CELLS, name)
        assert [float(cell) for _, cell in cells if cell != ""] == [value(point) for point in points], name
        assert [text[-5:] for text, cell in cells if cell != ""] == [point["start"][11:16] for point in points]
        assert any(cell == "" for _, cell in cells), "the stretch without a show is a gap"
        for title, dimension in (("Products", "product"), ("Segments", "segment")):
            figure = page.locator(f"#panel-{name} figure[data-chart=bars]", has_text=f"by {title.lower()}")
            drawn = figure.locator("tbody tr").evaluate_all(
                "rows => rows.map((row) => [row.cells[0].textContent, Number(row.cells[1].dataset.value)])"
            )
            told = {row["key"] or "no sentence": value(row) for row in report["by"][dimension] if value(row)}
            assert dict(drawn) == told, (name, title)

    viewers, questions = page.get_by_role("tab", name="Viewers"), page.get_by_role("tab", name="Questions")
    expect(page.locator(DOTS.format("viewers"))).to_have_count(len(points))
    viewers.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(questions).to_be_focused()
    expect(page.locator("#panel-viewers")).to_be_hidden()
    expect(page.locator(DOTS.format("questions"))).to_have_count(len(points))
    on_air = {segment for point in points for segment in point["on_air"]}
    assert on_air == set(SEGMENTS)
    banded = page.locator("#panel-questions rect.band")
    expect(banded).to_have_count(sum(len(point["on_air"]) for point in points))
    page.get_by_role("link", name="Shared by time").click()
    expect(page).to_have_url(show.url + "/advertiser/reports?show_id=demo&rule=time-decay")
    page.get_by_role("link", name="All shows").click()
    expect(page.locator(DOTS.format("viewers"))).to_have_count(len(points))
    expect(page.locator("rect.band")).to_have_count(0)


def test_axe_finds_nothing_on_phone_and_desktop_in_light_and_dark(browser: Browser, show: Served) -> None:
    found: dict[str, list[str]] = {}
    for name, device in (("phone", PHONE), ("desktop", DESK)):
        for theme in ("light", "dark"):
            page = opened(browser, show.url + "/advertiser", device, theme)
            page.goto(show.url + "/advertiser/reports?show_id=demo")
            for tab in ("Viewers", "Revenue in USD"):
                page.get_by_role("tab", name=tab).click()
                expect(page.locator("[role=tabpanel]:not([hidden]) svg .line").first).to_be_visible()
                found[f"{name} {theme} {tab}"] = violations(page)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= device["viewport"]["width"], (name, tab)
                if PICTURES:
                    page.screenshot(path=Path(PICTURES) / f"{name}-{theme}-{tab}.png", full_page=True)
            page.context.close()
    assert found == dict.fromkeys(found, [])
