"""What axe-core finds on a page that is open in Chromium, and how much of it moved while it loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  const add = (entry) => (sum += entry.hadRecentInput ? 0 : entry.value);
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(add));
  observer.observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 500);
})"""
FIRST_VIEW = """() => new Promise((resolve) => {
  const first = (list) => resolve(list.getEntriesByName("first-contentful-paint")[0].startTime);
  const observer = new PerformanceObserver(first);
  observer.observe({ type: "paint", buffered: true });
})"""


def violations(page: Page, within: str | None = None) -> list[str]:
    """Every violation, one line each: impact, rule, and the first element it was found on.

    Rules are those of WCAG 2.2 AA and axe's best practices, colour contrast among them. `within` is a selector, None:
    the whole page. axe is evaluated in the page by the debugger, so the page's own policy need not allow it.
    """
    page.evaluate(f"() => {{ {AXE}; }}")
    found: list[dict[str, Any]] = page.evaluate(
        "([within, rules]) => axe.run(within ?? document, { runOnly: rules }).then((found) => found.violations)",
        [within, RULES],
    )
    return [f"{item['impact']}: {item['id']} on {item['nodes'][0]['html'][:160]}" for item in found]


def opened(browser: Browser, url: str, device: dict[str, Any], theme: str) -> Page:
    """A page of its own context, in that theme, without animations: contrast is judged on what is at rest."""
    context = browser.new_context(**device, color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(url)
    return page
