"""The page tells what its viewer does, and lights up what the host names."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from influencer.sales.events import Airing, Event, EventKind
from influencer.show.room import caption_event
from influencer.store import NewUtterance
from influencer.store.events import Window
from streaming.media import Caption
from tests.browser.on_air import Served
from tests.web_house import BRIEF

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LINE = NewUtterance("demo", "Use DEW10.", (), BRIEF.id, "offer", "en-US", "offer-1", "template", 0, "mina")


def _events(show: Served, kinds: Sequence[EventKind], count: int) -> list[Event]:
    """Wait until so many events of these kinds are stored."""
    until = time.monotonic() + 90
    while True:
        reading = asyncio.run_coroutine_threadsafe(show.store.events.read(Window(), kinds), show.loop)
        found = reading.result(30)
        if len(found) >= count or time.monotonic() > until:
            return found
        time.sleep(0.5)


def test_what_a_viewer_does_is_stored_with_the_sentence_they_heard(page: Page, show: Served) -> None:
    async def say() -> int:
        said = await show.store.utterances.append(LINE)
        live = show.house.get("demo")
        live.utterance_id = said.id
        airing = Airing(said.id, BRIEF.id, "offer", "mina", "en-US")
        event = caption_event(Caption("Use DEW10.", "en-US", 0, 48_000 * 120), airing, ("coupon", "price"))
        live.chat.publish(event)
        return said.id

    page.goto(show.url + "/shows/demo")
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=60_000)
    said = asyncio.run_coroutine_threadsafe(say(), show.loop).result(30)
    expect(page.locator("#product-coupon")).to_have_attribute("data-cued", "", timeout=30_000)
    expect(page.locator("#product-price")).to_have_attribute("data-cued", "")
    expect(page.locator("#buy")).not_to_have_attribute("data-cued", "")
    page.locator("#buy").click()
    (click, *_) = _events(show, ["product-click"], 1)
    assert (click.product_id, click.airing.utterance_id, click.airing.segment) == (BRIEF.id, said, "offer")
    (view, *_) = _events(show, ["view"], 1)
    assert view.viewer == click.viewer != ""
    (watched, *_) = _events(show, ["watch"], 1)
    assert 0 < watched.milliseconds <= 60_000


def test_what_was_not_told_yet_is_told_when_the_page_is_left(page: Page, show: Served) -> None:
    page.goto(show.url + "/shows/demo")
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=60_000)
    before = len(_events(show, ["why"], 0))
    page.locator("#why").dispatch_event("click")
    page.goto("about:blank")
    assert len(_events(show, ["why"], before + 1)) == before + 1
