"""The design system as data: contrast, names that exist, and a navigation that leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from influencer.web.modules import imported_by
from influencer.web.navigation import NAVIGATION, Entry

pytestmark = pytest.mark.unit

WEB = Path(__file__).parents[2] / "influencer" / "web"
STYLES = {path.name: path.read_text("utf-8") for path in (WEB / "static" / "css").glob("*.css")}
TOKENS = dict(re.findall(r"^  --([\w-]+): (.+?);", STYLES["tokens.css"], re.MULTILINE))
GROUNDS = ("ground", "raised", "raised-2")
MEANINGS = ("good", "warn", "bad", "info", "accent")
TEXTS = [(text, ground) for text in ("text", "soft", "link", *MEANINGS) for ground in GROUNDS]
TEXTS += [(text, f"{name}-soft") for name in MEANINGS for text in (name, "text")]
TEXTS += [("on-accent", "accent"), ("on-accent", "accent-2"), ("on-danger", "danger"), ("ground", "text")]
MARKS = [(mark, ground) for mark in ("edge", "focus", *(f"chart-{n}" for n in range(1, 7))) for ground in GROUNDS]


def colour(token: str, theme: int) -> str:
    value = TOKENS[token]
    pair = re.fullmatch(r"light-dark\((#\w{6}), (#\w{6})\)", value)
    return pair[theme + 1] if pair else value


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_and_marks_stand_out_from_every_ground_they_are_meant_for(theme: int) -> None:
    wanted = [(pair, 4.5) for pair in TEXTS] + [(pair, 3.0) for pair in MARKS]
    weak = {
        pair: round(got, 2)
        for pair, least in wanted
        if (got := contrast(colour(pair[0], theme), colour(pair[1], theme))) < least
    }
    assert weak == {}


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_styles_use_only_names_that_exist() -> None:
    defined = {name for text in STYLES.values() for name in re.findall(r"(--[\w-]+):", text)}
    used = {(name, style) for style, text in STYLES.items() for name in re.findall(r"var\((--[\w-]+)", text)}
    assert {(name, style) for name, style in used if name not in defined} == set()


def test_icons_that_pages_show_are_drawn() -> None:
    drawn = set(re.findall(r'id="(\w+)"', (WEB / "static" / "icons.svg").read_text("utf-8")))
    pages = "".join(path.read_text("utf-8") for path in (WEB / "templates").glob("*.html"))
    scripts = "".join(path.read_text("utf-8") for path in (WEB / "static" / "js").glob("*.js"))
    used = set(re.findall(r'icon\("(\w+)"\)', pages + scripts)) | set(re.findall(r"icons\.svg#(\w+)", pages + scripts))
    assert used - drawn == set()


def test_an_entry_knows_whether_it_is_shown() -> None:
    assert Entry("Orders", "/operator/orders").is_here("/operator/orders/K7QM")
    assert not Entry("Orders", "/operator/orders").is_here("/operator/orders-old")
    assert not Entry("Shows", "/operator", exact=True).is_here("/operator/style")
    for entries in NAVIGATION.values():
        assert len({entry.label for entry in entries}) == len({entry.href for entry in entries}) == len(entries)


def test_a_page_knows_all_its_modules() -> None:
    found = imported_by(WEB / "static" / "js", "viewer.js")
    assert {"whep.js", "api.js", "dom.js", "room.js"} <= set(found)
    assert len(found) == len(set(found))
    assert all((WEB / "static" / "js" / name).is_file() for name in found)
