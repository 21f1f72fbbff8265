"""The product as a newcomer meets it: the demo's page in a real Chromium, watched, listened to and asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from influencer.loading import briefs, load_brief
from tests.browser.conftest import DESK, PHONE
from tests.demo_process import running_demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PICTURE = """() => {
  const video = document.getElementById('video'), canvas = document.createElement('canvas');
  canvas.width = 36; canvas.height = 64;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 36, 64);
  return Array.from(context.getImageData(0, 0, 36, 64).data);
}"""
LOUDNESS = """async () => {
  const video = document.getElementById('video'), sound = new AudioContext();
  await sound.resume();
  const meter = sound.createAnalyser();
  sound.createMediaStreamSource(video.srcObject).connect(meter);
  const wave = new Float32Array(meter.fftSize);
  let loudest = 0;
  for (let i = 0; i < 100 && loudest < 0.02; i++) {
    await new Promise(done => setTimeout(done, 100));
    meter.getFloatTimeDomainData(wave);
    loudest = Math.max(loudest, Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length));
  }
  await sound.close();
  return loudest;
}"""


@pytest.fixture(scope="module")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo.url


def watch(browser: Browser, url: str, **device: object) -> Page:
    page = browser.new_page(**device)  # type: ignore[arg-type]
    page.goto(url)
    expect(page.locator("#video")).to_have_attribute("data-state", "playing", timeout=60_000)
    return page


def difference(a: list[int], b: list[int]) -> float:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)


def test_a_viewer_sees_hears_asks_and_is_answered_and_a_late_viewer_sees_the_same(
    browser: Browser, demo_url: str
) -> None:
    page = watch(browser, demo_url, **DESK)
    before = page.evaluate(PICTURE)
    page.wait_for_timeout(1500)
    assert max(before[:300]) > 60, "the picture is black"
    assert difference(before, page.evaluate(PICTURE)) > 0.05, "the picture stands still"
    expect(page.locator("#caption")).not_to_be_empty(timeout=60_000)  # the host has begun to speak
    assert page.evaluate(LOUDNESS) >= 0.02, "no sound"

    price = f"${load_brief(briefs()['dew-serum']).prices['en-US'].amount:.2f}"
    page.locator("#name").fill("Mina")
    page.locator("#message").fill("how much is it?")
    page.locator("#message").press("Enter")
    answer = page.locator("#messages [data-kind=answer]")
    expect(answer).to_contain_text(price, timeout=10_000)
    expect(page.locator("#caption")).to_contain_text(price, timeout=60_000)  # and the host says it

    late = watch(browser, demo_url, **PHONE)
    expect(late.locator("#messages")).to_contain_text("how much is it?", timeout=10_000)
    late.wait_for_timeout(1000)
    assert difference(page.evaluate(PICTURE), late.evaluate(PICTURE)) < 12, "two viewers see two different shows"

    caption = page.locator("#caption")
    expect(caption).not_to_contain_text(price, timeout=30_000)
    expect(caption).not_to_be_empty(timeout=60_000)  # and the show goes on
