"""What a viewer can do beside watching: products, countdowns, likes, captions, sharing, and getting back on air."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from influencer.show.control import CardView
from influencer.show.room import caption_event, card_event
from streaming.chat_hub import ChatEvent
from streaming.media import Caption
from tests.browser.accessibility import violations
from tests.browser.on_air import Served, served
from tests.web_house import BRIEF, RoomShow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SECOND = 48_000


@pytest.fixture
def live(show: Served) -> RoomShow:
    """The show, as a test may change it; put back by nobody, so a test sets what it needs."""
    return show.house.get("demo")


def _watch(page: Page, show: Served) -> None:
    page.goto(show.url + "/shows/demo")
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=60_000)


def _tell(show: Served, event: ChatEvent) -> None:
    """Publish in the room, from the server's own loop."""

    async def publish() -> None:
        show.house.get("demo").chat.publish(event)

    asyncio.run_coroutine_threadsafe(publish(), show.loop).result(30)


def _card(live: RoomShow) -> CardView:
    card = live.card()
    assert card is not None
    return card


def test_the_tray_has_every_product_the_one_on_air_first(page: Page, show: Served, live: RoomShow) -> None:
    cream = replace(
        _card(live), product_id="night-cream", name="Night <b>Cream</b>", price="$48.00", list_price=None,
        discount=None, coupon=None, coupon_code=None, coupon_price=None, sold_out=True, stock="Sold out",
        has_image=False,
    )  # fmt: skip
    live.more_cards = [cream]
    _watch(page, show)
    expect(page.locator("#bag-count")).to_have_text("2")
    page.click("#bag")
    items = page.locator("#tray-list > li")
    expect(items).to_have_count(2)
    expect(items.nth(0)).to_contain_text("On air now")
    expect(items.nth(0).locator(".coupon")).to_have_text("DEW10 → $21.60")
    expect(items.nth(1).locator("h3")).to_have_text("Night <b>Cream</b>")  # text, never markup
    expect(items.nth(1).locator(".primary")).to_be_disabled()
    # It sells out while the tray is open: the focus stays where it was.
    buy = items.nth(0).locator(".primary")
    buy.focus()
    card = replace(_card(live), stock="1 left")
    _tell(show, card_event(card, [card, cream]))
    expect(items.nth(0).locator(".stock")).to_have_text("1 left")
    expect(buy).to_be_focused()
    buy.click()
    expect(page.locator("#order-name")).to_have_text("Dew Serum")
    page.click("#order-cancel")
    items.nth(1).get_by_role("button", name="What was said").click()
    expect(page.locator("#why-product")).to_have_text("Night <b>Cream</b>")
    live.more_cards = []


def test_a_cart_is_priced_by_the_server_and_checked_out(page: Page, show: Served) -> None:
    _watch(page, show)
    page.click("#bag")
    add = page.locator("#tray-list").get_by_role("button", name="Add to cart").first
    add.click()
    expect(page.locator("#cart-count")).to_have_text("1")
    expect(page.locator(".toast")).to_have_text("In your cart")
    page.click("#cart-open")
    expect(page.locator("#cart-total")).to_have_text("$24.00")
    page.fill("#cart-code", "dew10")
    page.press("#cart-code", "Enter")
    expect(page.locator("#cart-discount")).to_have_text("−$2.40")
    expect(page.locator("#cart-total")).to_have_text("$21.60")
    units = page.locator("#cart-lines input")
    units.fill("4")
    units.press("Tab")
    expect(page.locator("#cart-lines .mistake")).to_have_text(re.compile(r"^Only \d left$"))  # the stock is the truth
    expect(page.locator("#cart-checkout")).to_be_disabled()
    units.fill("2")
    units.press("Tab")
    expect(page.locator("#cart-total")).to_have_text("$43.20")
    assert violations(page, "#cart") == []
    page.click("#cart-checkout")
    expect(page.locator("#order-due")).to_have_text("$43.20")
    with page.context.expect_page() as paying:
        page.click("#order-pay")
    paying.value.click("#pay")
    expect(page.locator("#order-done")).to_be_visible(timeout=60_000)
    number = page.locator("#order-id").inner_text()
    order = asyncio.run_coroutine_threadsafe(show.store.orders.latest("demo"), show.loop).result(30)[0]
    assert (order.id, order.total, order.state, order.lines[0].quantity) == (number, 4320, "paid", 2)
    page.click("#order-close")
    page.goto(f"{show.url}/orders/{number}")
    assert violations(page) == []
    expect(page.locator("main")).to_contain_text("$43.20")


def test_an_offer_is_counted_down_by_the_servers_clock_and_goes_when_it_ends(
    page: Page, show: Served, live: RoomShow
) -> None:
    page.add_init_script(
        "const real = Date.now; Date.now = () => real() - 86400000;"
    )  # the viewer's clock is a day slow
    live.offer_ends = (datetime.now(UTC) + timedelta(hours=2, minutes=1)).isoformat()
    page.goto(show.url + "/shows/demo")
    expect(page.locator("#product-ends")).to_have_text(re.compile(r"^Ends in 02:00:\d\d$"), timeout=30_000)
    live.offer_ends = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    page.reload()
    expect(page.locator("#product-ends")).to_contain_text("Until ")  # nobody is hurried by a clock of weeks
    live.offer_ends = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    page.reload()
    expect(page.locator("#product-ends")).to_contain_text("Ends in 00:00:0")
    live.offer_ends = None
    expect(page.locator("#product-ends")).to_be_empty(timeout=30_000)


def test_likes_are_the_servers_number_on_every_page(
    context: BrowserContext, page: Page, show: Served, live: RoomShow
) -> None:
    _watch(page, show)
    other = context.new_page()
    _watch(other, show)
    before = int(page.locator("#likes").get_attribute("data-count") or 0)
    for _ in range(3):
        page.click("#like")
    for screen in (page, other):
        expect(screen.locator("#likes")).to_have_attribute("data-count", str(before + 3), timeout=30_000)
    expect(page.locator("#likes .sr")).to_have_text(f"{before + 3} likes")
    stored = asyncio.run_coroutine_threadsafe(show.store.likes.of("demo"), show.loop).result(30)
    assert stored == before + 3
    page.route("**/likes", lambda route: route.fulfill(status=429))
    page.click("#like")
    expect(page.locator("#likes")).to_have_attribute("data-count", str(before + 4))
    expect(page.locator("#likes")).to_have_attribute("data-count", str(before + 3))  # refused is not counted


def test_captions_come_in_the_viewers_language_or_the_page_says_that_they_do_not(
    page: Page, show: Served, live: RoomShow
) -> None:
    live.translations = {"fr-FR": "Voici Dew Serum."}
    _watch(page, show)
    page.click("#settings")
    page.select_option("#language", "fr-FR")
    expect(page.locator("html")).to_have_attribute("lang", "fr-FR")
    expect(page.locator("#buy")).to_have_text("Acheter")
    expect(page.locator("#product-price")).to_have_text("$24.00")  # the show's own price
    caption, note = page.locator("#caption"), page.locator("#caption-note")
    line = Caption("This is Dew Serum.", "en-US", 0, 600 * SECOND)
    _tell(show, caption_event(line, translated={"fr-FR": "Voici Dew Serum, un sérum léger."}))
    expect(caption).to_have_text("Voici Dew Serum, un sérum léger.")
    expect(caption).to_have_attribute("lang", "fr-FR")
    expect(note).to_be_empty()
    _tell(show, caption_event(replace(line, text="Ask me anything."), translated={"fr-FR": None}))
    expect(caption).to_have_text("Ask me anything.")
    expect(caption).to_have_attribute("lang", "en-US")
    expect(note).to_have_text("Uniquement en anglais")
    assert live.readers == {"fr-FR"}
    page.click("#captions-toggle")
    expect(page.locator("body:not(.captions-on)")).to_have_count(1)
    page.context.clear_cookies()


def test_what_the_host_is_is_explained(page: Page, show: Served) -> None:
    _watch(page, show)
    page.click("#ai")
    expect(page.locator("#ai-dialog")).to_contain_text("The host is a virtual character made with AI.")
    expect(page.locator("#ai-dialog")).to_contain_text("only what the seller has evidence for")
    page.keyboard.press("Enter")
    expect(page.locator("#ai")).to_be_focused()


def test_a_link_is_shared_by_the_system_the_clipboard_or_by_hand(page: Page, show: Served) -> None:
    page.add_init_script("navigator.share = (link) => { window.shared = link; return Promise.resolve(); }")
    _watch(page, show)
    page.click("#share")
    assert page.evaluate("() => window.shared.url") == show.url + "/shows/demo"
    page.evaluate(
        "() => { navigator.share = undefined; navigator.clipboard.writeText = (text) => { window.copied = text; }; }"
    )
    page.click("#share")
    expect(page.locator(".toast")).to_have_text("Link copied")
    assert page.evaluate("() => window.copied") == show.url + "/shows/demo"
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); }")
    page.click("#share")
    expect(page.locator("#share-link")).to_have_value(show.url + "/shows/demo")


def test_the_connection_is_measured(page: Page, show: Served) -> None:
    _watch(page, show)
    expect(page.locator("#settings")).to_have_attribute("data-level", "good", timeout=60_000)
    expect(page.locator("#settings")).to_have_attribute("aria-label", "Settings. Connection: good")
    page.click("#settings")
    numbers = page.locator("#quality-numbers")
    expect(numbers).to_contain_text("WebRTC")
    expect(numbers).to_contain_text("360 × 640")
    levels = page.evaluate("""async () => {
      const { levelOf } = await import("/static/js/quality.js");
      const fine = { lost: 0, frames: 25, delay: 0.2 };
      const cases = [fine, { ...fine, lost: 0.02 }, { ...fine, frames: 10 }, { ...fine, delay: 2 }, { delay: 8 }];
      return cases.map(levelOf);
    }""")
    assert levels == ["good", "fair", "poor", "poor", "poor"]


def test_from_hls_the_page_finds_back_to_webrtc_without_a_reload(page: Page, show: Served) -> None:
    page.add_init_script("window.first = true")
    page.clock.install()
    page.clock.resume()
    page.route("**/whep/**", lambda route: route.fulfill(status=503))
    page.goto(show.url + "/shows/demo")
    expect(page.locator("video")).to_have_attribute("data-state", "fallback", timeout=60_000)
    page.evaluate("() => (window.stayed = true)")
    page.unroute("**/whep/**")
    page.clock.fast_forward(31_000)
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=60_000)
    page.wait_for_function("() => document.querySelector('video').srcObject !== null")
    assert page.evaluate("() => window.stayed") is True


def test_a_restarted_server_is_found_again_without_a_reload(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    with served(tmp_path) as first:
        port = int(first.url.rsplit(":", 1)[1])
        page = browser.new_page()
        page.goto(first.url + "/shows/demo")
        expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=60_000)
        page.evaluate("() => (window.stayed = true)")
    expect(page.locator("#notice")).not_to_be_empty(timeout=60_000)
    with served(tmp_path / "again", port=port) as again:
        expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=90_000)
        expect(page.locator("#notice")).to_be_empty(timeout=60_000)
        page.fill("#message", f"how much is {BRIEF.name['en-US']}?")
        page.press("#message", "Enter")
        expect(page.locator("[data-kind=answer]").last).to_contain_text("$24.00", timeout=30_000)
        assert page.evaluate("() => window.stayed") is True
        assert again.url == first.url
    page.close()
