"""Hosts and markets in Chromium: edited beside a live picture, saved, compared; swaps looked at before air."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from influencer.accounts.roles import Role
from influencer.loading import load_market, load_persona
from influencer.show.control import StartRequest
from tests.browser.accessibility import violations
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_accounts import _choose, _sign_in
from tests.browser.whole_house import WholeHouse, whole_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
GREEN = "#10d010"


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeHouse]:
    with whole_house(tmp_path_factory.mktemp("packs"), drawing=True) as running:
        yield running


@pytest.fixture(scope="module")
def staff(browser: Browser, house: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed-in operator's cookies."""
    context = browser.new_context(**DESK)
    page = context.new_page()
    password = house.password_of_new("ina", Role.OPERATOR)
    page.goto(f"{house.url}/sign-in")
    _sign_in(page, "ina", password)
    _choose(page, password)
    expect(page.locator("h1")).to_be_visible()
    kept = tmp_path_factory.mktemp("cookies") / "state.json"
    context.storage_state(path=kept)
    context.close()
    return kept


def opened(browser: Browser, staff: Path, *, phone: bool = False, theme: str = "light") -> Page:
    size = PHONE if phone else DESK
    context = browser.new_context(**size, storage_state=staff, reduced_motion="reduce", color_scheme=theme)  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    return context.new_page()


@pytest.fixture(params=["desk", "phone"])
def at(request: pytest.FixtureRequest, browser: Browser, staff: Path) -> Iterator[Page]:
    """The operator at both sizes; script errors fail the test."""
    page = opened(browser, staff, phone=request.param == "phone", theme="dark" if request.param == "phone" else "light")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield page
    page.context.close()
    assert errors == []


def pictured(page: Page) -> str:
    """The live picture, once nothing newer is on its way."""
    look = page.locator("#look")
    expect(look).to_be_visible()
    expect(look).not_to_have_attribute("aria-busy", "true")
    return str(look.get_attribute("src"))


def number(page: Page, label: str) -> str:
    return f"[aria-label='{label}, as a number']"


def test_a_host_is_edited_beside_its_picture_and_saved(at: Page, house: WholeHouse) -> None:
    at.goto(f"{house.url}/operator/packs")
    assert violations(at) == []
    at.get_by_role("link", name="Theo").first.click()
    before = pictured(at)
    colour = GREEN if load_persona("theo").attributes.get("outfit.color") != GREEN else "#d01010"
    at.get_by_label("Outfit color", exact=True).fill(colour)
    expect(at.locator("#look")).not_to_have_attribute("src", before)
    assert pictured(at).startswith("data:image/jpeg")
    at.evaluate("scrollTo(0, 0)")  # else the bar at the top covers a part of some field
    assert violations(at) == []
    at.locator(number(at, "Age")).fill("7")
    expect(at.get_by_text("a number from 20 to 70")).to_be_visible()
    at.locator(number(at, "Age")).fill("41")
    expect(at.locator("#state")).to_have_text("Nothing is wrong")
    at.get_by_role("tab", name="YAML").click()
    expect(at.locator("#yaml")).to_have_value(re.compile(re.escape(f"outfit.color: '{colour}'")))
    at.get_by_label("Why (for the others)").fill(f"in {colour}")
    at.get_by_role("button", name="Save and use").click()
    expect(at.locator("#versions li").first).to_contain_text(f"in {colour}")
    expect(at.locator("#versions li").first).to_contain_text("in use")
    assert load_persona("theo").attributes["outfit.color"] == colour
    pictured(at)
    at.locator("[data-compare]").first.click()
    expect(at.locator("#changes")).to_contain_text("attributes.outfit.color")
    assert violations(at) == []


def test_a_market_says_its_lines_while_they_are_written(at: Page, house: WholeHouse) -> None:
    at.goto(f"{house.url}/operator/packs/market/en-US")
    expect(at.locator("#sample li").first).to_contain_text("disclosure")
    expect(at.locator("#forms")).to_contain_text("$1,290.00")
    assert violations(at) == []
    before = pictured(at)
    at.get_by_label("Label on the picture").fill("Made by AI")
    expect(at.locator("#look")).not_to_have_attribute("src", before)
    greetings = at.get_by_label("Greetings, at least three")
    greetings.fill("Hello there, this is new.\nWelcome.\nThis serum cures everything, guaranteed.")
    expect(at.locator("#state")).to_contain_text("wrong")
    expect(greetings).to_have_attribute("aria-invalid", "true")
    greetings.fill("Hello there, this is new.\nWelcome.\nHi, good to see you.")
    expect(at.locator("#sample")).to_contain_text("Hello there, this is new.")
    expect(at.locator("#state")).to_have_text("Nothing is wrong")


def test_the_yaml_of_experts_names_the_line(at: Page, house: WholeHouse) -> None:
    at.goto(f"{house.url}/operator/packs/persona/june")
    pictured(at)
    at.get_by_role("tab", name="YAML").click()
    expect(at.locator("#yaml")).to_have_value(re.compile("^id: june"))
    text = at.locator("#yaml").input_value()
    at.locator("#yaml").fill(re.sub("hair.style: .*", "hair.style: mohawk", text))
    line = 1 + text[: text.index("hair.style")].count("\n")
    expect(at.locator("#rest")).to_contain_text(f"line {line}, attributes.hair.style")
    at.locator("#yaml").fill(re.sub("hair.style: .*", "hair.style: bun", text))
    expect(at.locator("#state")).to_have_text("Nothing is wrong")
    at.get_by_role("tab", name="Form").click()
    expect(at.get_by_label("Hair style", exact=True)).to_have_value("bun")


def test_two_editors_lose_nothing(browser: Browser, staff: Path, house: WholeHouse) -> None:
    one, other = (opened(browser, staff) for _ in range(2))
    for page in (one, other):
        page.goto(f"{house.url}/operator/packs/persona/camille")
        pictured(page)
    one.get_by_label("Manner").fill("slow and kind")
    one.get_by_role("button", name="Save and use").click()
    expect(one.locator("#versions li").first).to_contain_text("in use")
    other.get_by_label("Hair style", exact=True).select_option("bun")
    other.get_by_role("button", name="Save and use").click()
    expect(other.locator("#changes")).to_contain_text("slow and kind")
    assert violations(other) == []
    other.get_by_role("button", name="Save mine as the next version").click()
    expect(other.locator("#versions li")).to_have_count(3)
    pictured(other)
    other.locator("[data-restore='1']").click()
    expect(other.locator("#versions li")).to_have_count(4)
    assert load_persona("camille").manner == "slow and kind"
    for page in (one, other):
        page.context.close()


def test_a_new_host_begins_as_another(at: Page, house: WholeHouse) -> None:
    name = f"nova-{at.viewport_size['width'] if at.viewport_size else 0}"
    at.goto(f"{house.url}/operator/packs/persona/new?from=sora")
    at.get_by_label("Id", exact=True).fill(name)
    at.get_by_role("button", name="Save and use").click()
    expect(at.locator("h1")).to_have_text(f"Host {name}")
    assert load_persona(name).attributes == load_persona("sora").attributes


def test_a_swap_is_looked_at_before_it_is_on_air(at: Page, house: WholeHouse) -> None:
    starting = house.house.start(StartRequest(("dew-serum",), "en-US"))
    show = asyncio.run_coroutine_threadsafe(starting, house.loop).result(60)
    at.goto(f"{house.url}/operator/shows/{show.id}")
    at.locator("#swap [name=persona]").select_option("sora")
    at.locator("#swap [name=market]").select_option("ko-KR")
    at.locator("#swap [name='outfit.color']").fill("crimson")
    at.get_by_role("button", name="Look at it first").click()
    seen = at.locator("#swap-seen")
    expect(seen).to_be_visible()
    expect(seen.locator("img")).to_have_attribute("src", re.compile("^data:image/jpeg"))
    expect(seen).to_contain_text("소라 in ko-KR")
    expect(seen).to_contain_text(load_market("ko-KR").label)
    expect(seen.locator("[data-line]")).to_have_text(re.compile("[가-힣]"))
    at.evaluate("scrollTo(0, 0)")  # likewise
    assert violations(at) == []
    assert house.house.get(show.id).info().market == "en-US"
    at.get_by_role("button", name="Put on air").click()
    expect(at.locator("[data-field=market]")).to_have_text("ko-KR")
    expect(at.locator("[data-field=persona_name]")).to_have_text("소라")
    at.locator("#swap [name='outfit.color']").fill("greenish")
    at.get_by_role("button", name="Look at it first").click()
    expect(at.locator("#swap [data-told]")).to_contain_text("#rrggbb")
    asyncio.run_coroutine_threadsafe(house.house.stop(show.id), house.loop).result(60)
