"""The product as a newcomer meets it: the demo's page in a real Chromium, watched, listened to and asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from influencer.loading import briefs, load_brief

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-gpu"]

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
  for (let i = 0; i < 100; i++) {
    await new Promise(done => setTimeout(done, 100));
    meter.getFloatTimeDomainData(wave);
    loudest = Math.max(loudest, Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length));
    if (loudest > 0.02) break;
  }
  await sound.close();
  return loudest;
}"""


@pytest.fixture(scope="module")
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo itself, in a process of its own, on a free port and an empty database."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "INFLUENCER_LANGUAGE__BACKEND": "none", "PYTHONUNBUFFERED": "1"}
    command = [str(Path(sys.executable).with_name("influencer")), "demo", "--port", "0"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as demo,
    ):
        assert demo.stdout is not None
        try:
            for line in demo.stdout:
                if found := re.search(r"http://\S+/shows/\S+", line):
                    yield found.group()
                    break
            else:
                pytest.fail((folder / "log").read_text()[-4000:])
        finally:
            demo.terminate()
            demo.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def watch(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(url)
    expect(page.locator("#video")).to_have_attribute("data-state", "playing", timeout=60_000)
    return page


def difference(a: list[int], b: list[int]) -> float:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)


def test_a_viewer_sees_hears_asks_and_is_answered_and_a_late_viewer_sees_the_same(
    browser: Browser, demo_url: str
) -> None:
    page = watch(browser, demo_url)
    before = page.evaluate(PICTURE)
    page.wait_for_timeout(1500)
    assert max(before) > 60, "the picture is black"
    assert difference(before, page.evaluate(PICTURE)) > 0.05, "the picture stands still"
    assert page.evaluate(LOUDNESS) > 0.02, "no sound"

    price = load_brief(briefs()["dew-serum"]).prices["en-US"].amount
    page.locator("#name").fill("Mina")
    page.locator("#message").fill("how much is it?")
    page.locator("#message").press("Enter")
    answer = page.locator(
        "#messages", has_text=f"${price:.2f}" if price != price.to_integral_value() else f"${Decimal(price):.2f}"
    )
    expect(answer).to_be_visible(timeout=10_000)
    expect(page.locator("#caption")).to_contain_text(f"${price:.2f}", timeout=45_000)  # and the host says it
    said = page.locator("#caption").inner_text()
    expect(page.locator("#caption")).not_to_have_text(said, timeout=30_000)  # and the show goes on

    late = watch(browser, demo_url)
    expect(late.locator("#messages")).to_contain_text("how much is it?", timeout=10_000)
    late.wait_for_timeout(1000)
    expect(late.locator("#caption")).to_have_text(page.locator("#caption").inner_text())
    assert difference(page.evaluate(PICTURE), late.evaluate(PICTURE)) < 12, "two viewers see two different shows"
