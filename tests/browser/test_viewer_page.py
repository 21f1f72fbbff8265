"""The viewer page in Chromium, beside a show that is really on air."""

from __future__ import annotations

import asyncio

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from influencer.show.room import turn_event
from influencer.store import NewUtterance, SpokenFact
from tests.browser.conftest import PHONE
from tests.browser.on_air import Served
from tests.web_house import BRIEF

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# The page's policy forbids eval, so scripts are given as functions.
FRAME = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [45, 80];
  const context = canvas.getContext("2d");
  context.drawImage(document.querySelector("video"), 0, 0, 45, 80);
  return context.getImageData(0, 0, 45, 80).data.join();
}"""
LOUDNESS = """async () => {
  const audio = new AudioContext();
  const meter = audio.createAnalyser();
  audio.createMediaStreamSource(document.querySelector("video").srcObject).connect(meter);
  const samples = new Float32Array(meter.fftSize);
  for (let i = 0; i < 100; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    meter.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    if (loudness > 0.01) return loudness;
  }
  return 0;
}"""


def _watch(page: Page, show: Served, path: str = "/shows/demo") -> None:
    page.goto(show.url + path)
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=20_000)


def test_the_picture_moves_and_the_sound_is_heard(page: Page, show: Served) -> None:
    _watch(page, show)
    first = page.evaluate(FRAME)
    page.wait_for_function(f"(first) => ({FRAME})() !== first", arg=first)
    expect(page.locator("#sound")).to_be_visible()
    page.click("#sound")
    expect(page.locator("#sound")).to_be_hidden()
    assert page.evaluate("document.querySelector('video').muted") is False
    assert page.evaluate(LOUDNESS) > 0.01


def test_a_question_is_answered_on_both_screens_and_the_name_is_kept(
    context: BrowserContext, page: Page, show: Served
) -> None:
    _watch(page, show)
    late = context.new_page()
    page.fill("#name", "Ana")
    page.fill("#message", "how much is it?")
    page.press("#message", "Enter")
    _watch(late, show)
    for screen in (page, late):
        answer = screen.locator("[data-kind=answer]").last
        expect(answer.locator(".text")).to_have_text("It is $24.00.")
        expect(answer.locator(".reply")).to_have_text("@Ana")
    expect(page.locator("#message")).to_have_value("")
    page.reload()
    expect(page.locator("#name")).to_have_value("Ana")


def test_a_viewer_is_told_once_that_their_question_is_next(page: Page, show: Served) -> None:
    _watch(page, show)
    page.fill("#message", "how much is it?")
    page.press("#message", "Enter")
    question = page.locator("[data-kind=chat]").last
    expect(page.locator("[data-kind=answer]").last).to_be_visible()
    seq = int(question.get_attribute("data-seq") or 0)
    room = show.house.get("demo").chat

    def turn(now: list[int], next_: list[int]) -> None:
        show.loop.call_soon_threadsafe(room.publish, turn_event(now, next_))

    turn([], [seq])
    expect(question.locator(".turn")).to_have_text("Next on air")
    expect(page.locator("#notice")).to_have_text("Your question is next.")
    page.evaluate("() => { document.getElementById('notice').textContent = ''; }")
    turn([seq], [])
    expect(question.locator(".turn")).to_have_text("On air now")
    turn([], [seq])
    expect(question.locator(".turn")).to_have_text("Next on air")
    expect(page.locator("#notice")).to_have_text("")
    turn([], [])
    expect(page.locator(".turn")).to_have_count(0)


def test_markup_in_names_and_messages_is_shown_as_text(page: Page, show: Served) -> None:
    _watch(page, show)
    payloads = ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", '"><svg onload=alert(1)>']
    for payload in payloads:
        page.fill("#name", payload[:24])
        page.fill("#message", payload)
        page.press("#message", "Enter")
        expect(page.locator(".message .text").last).to_have_text(payload)
    assert page.locator(".messages img, .messages script, .messages svg").count() == 0


def test_an_order_shows_the_total_first_is_paid_in_another_tab_and_then_shows_its_number(
    page: Page, context: BrowserContext, show: Served
) -> None:
    _watch(page, show)
    page.click("#buy")
    expect(page.locator("#order-sum")).to_have_text("$21.60")
    page.fill("#order-quantity", "2")
    expect(page.locator("#order-sum")).to_have_text("$43.20")
    page.uncheck("#order-coupon")
    expect(page.locator("#order-sum")).to_have_text("$48.00")
    page.click("#order-confirm")
    expect(page.locator("#order-due")).to_have_text("$48.00")
    with context.expect_page() as opened:
        page.click("#order-pay")
    shop = opened.value
    shop.fill("[name=card_number]", "4000 0000 0000 0002")
    shop.click("#pay")
    expect(shop.locator("#pay-error")).to_have_text("This card was declined. Try another one.")
    shop.fill("[name=card_number]", "4242 4242 4242 4242")
    shop.click("#pay")
    expect(shop.locator("[role=status]")).to_have_text("Paid", timeout=30_000)
    expect(page.locator("#order-done")).to_be_visible(timeout=30_000)
    number = page.locator("#order-id").inner_text()
    (order,) = asyncio.run_coroutine_threadsafe(show.store.orders.latest("demo"), show.loop).result(10)
    assert (order.id, order.lines[0].quantity, order.total, order.state) == (number, 2, 4800, "paid")
    page.click("#order-close")
    expect(page.locator("#product-stock")).to_have_text("1 left")


def test_a_viewer_asks_why_this_may_be_said(page: Page, show: Served) -> None:
    _watch(page, show)
    page.click("#why")
    expect(page.locator("#why-empty")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#why")).to_be_focused()
    fact = SpokenFact("key_point.scent", "no <b>fragrance</b>", "INCI list 2026-03")
    line = NewUtterance(
        "demo", "It has no fragrance.", (fact.id,), BRIEF.id, "proof", "en-US", "v1", "template", 0, facts=(fact,)
    )
    asyncio.run_coroutine_threadsafe(show.store.utterances.append(line), show.loop).result(10)
    page.click("#why")
    said = page.locator("#why-said > li")
    expect(said).to_have_count(1)
    expect(said.locator("q")).to_have_text("It has no fragrance.")
    expect(said.locator("ul > li")).to_contain_text("no <b>fragrance</b>")  # a fact is text, never markup
    expect(said.locator("small")).to_have_text("Evidence: INCI list 2026-03")
    page.click("#why-dialog button")
    expect(page.locator("#why-dialog")).to_be_hidden()


def test_without_webrtc_the_page_falls_back_to_hls(page: Page, show: Served) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503)

    page.route("**/whep/**", refuse)
    page.goto(show.url + "/shows/demo")
    expect(page.locator("video")).to_have_attribute("data-state", "fallback", timeout=30_000)
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.5")
    expect(page.locator("#status")).to_have_text("Playing a few seconds behind")


def test_a_stalled_picture_makes_the_page_join_again(page: Page, show: Served) -> None:
    joins: list[str] = []
    page.on("request", lambda request: joins.append(request.method) if "/whep/" in request.url else None)
    _watch(page, show)

    async def cut() -> None:
        whep = show.house.get("demo").whep
        for peer in list(whep._peers.values()):
            for track in peer.tracks:
                track.stop()

    asyncio.run_coroutine_threadsafe(cut(), show.loop).result(10)
    expect(page.locator("video")).to_have_attribute("data-state", "connecting", timeout=30_000)
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=30_000)
    assert joins.count("POST") >= 2


def test_a_show_that_is_gone_ends_in_words_and_a_way_to_try_again(page: Page, show: Served) -> None:
    page.route("**/whep/**", lambda route: route.fulfill(status=404))
    page.goto(show.url + "/shows/demo")
    expect(page.locator("video")).to_have_attribute("data-state", "failed")
    expect(page.locator("#status")).to_have_text("The video cannot be played here.")
    page.unroute("**/whep/**")
    page.click("#retry")
    expect(page.locator("video")).to_have_attribute("data-state", "playing", timeout=20_000)


def test_a_switch_of_market_changes_the_pages_language(page: Page, show: Served) -> None:
    _watch(page, show)
    live = show.house.get("demo")
    asyncio.run_coroutine_threadsafe(live.switch_market("ko-KR"), show.loop).result(10)
    expect(page.locator("html")).to_have_attribute("lang", "ko-KR")
    expect(page.locator("#product-price")).to_have_text("29,000원")
    asyncio.run_coroutine_threadsafe(live.switch_market("en-US"), show.loop).result(10)
    expect(page.locator("html")).to_have_attribute("lang", "en-US")


def test_on_a_phone_everything_can_be_reached_and_nothing_scrolls_sideways(page: Page, show: Served) -> None:
    browser = page.context.browser
    assert browser is not None
    phone = browser.new_context(**PHONE)
    hand = phone.new_page()
    _watch(hand, show)
    assert hand.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in ("#buy", "#message", ".send", "#share", "#mute", "#captions-toggle"):
        expect(hand.locator(part)).to_be_in_viewport()
        box = hand.locator(part).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    phone.close()


def test_the_operator_commands_a_show_from_the_page(page: Page, show: Served) -> None:
    page.goto(show.url + "/operator")
    box = page.locator('[data-show="demo"]')
    box.locator("form[data-command=pause] button").click()
    expect(box.locator("[data-field=state]")).to_have_text("paused")
    box.locator("form[data-command=resume] button").click()
    expect(box.locator("[data-field=state]")).to_have_text("live")
    box.locator("textarea").fill("It is a miracle")
    box.locator("form[data-command=say] button").click()
    expect(box.locator(".result").first).to_have_text("'miracle' is never said here")
    box.locator("textarea").fill("Welcome, everybody!")
    box.locator("form[data-command=say] button").click()
    expect(box.locator(".result").first).to_have_text("Done.")
    assert show.house.get("demo").said == ["Welcome, everybody!"]


def test_the_page_works_with_the_keyboard_alone(page: Page, show: Served) -> None:
    _watch(page, show)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_be_focused()
    page.locator("#buy").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#order")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#order")).to_be_hidden()
    expect(page.locator("#buy")).to_be_focused()
