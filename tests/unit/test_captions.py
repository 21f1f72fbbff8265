"""Captions in the viewer's own language: the same facts in native words, or nothing."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from influencer.brief import MARKET_IDS, Brief, MarketId
from influencer.errors import NotFound
from influencer.loading import load_market
from influencer.script.captions import in_language
from influencer.script.claims import ApprovedLine
from influencer.script.facts import FactSheet
from influencer.script.slots import slots_in
from influencer.script.templates.loader import SELLING
from influencer.script.values import Line, SegmentKind
from influencer.script.writers import LineRequest, TemplateWriter
from influencer.show.subtitles import Subtitles
from tests.unit.script_helpers import NOW, brief, guard, line, sheet

pytestmark = pytest.mark.unit


def said(kind: SegmentKind, market: str = "ko-KR", nth: int = 0) -> ApprovedLine:
    request = LineRequest(kind, sheet(market), load_market(market), nth=nth)
    return TemplateWriter().line(request, guard(market))


def read(spoken: ApprovedLine, reader: str, product: Brief | None = None, stock: int = 480) -> str | None:
    return in_language(
        spoken, product or brief(), load_market(spoken.market), load_market(reader), now=NOW, stock=stock
    )


def scripted(text: str, kind: SegmentKind, variant: str, market: str = "ko-KR") -> ApprovedLine:
    """A line of that wording, as if the templates had chosen it."""
    return guard(market).approve(Line(text, kind, "dew-serum", market, (), "template", variant))  # type: ignore[arg-type]


def test_the_same_fact_is_read_in_the_readers_language() -> None:
    spoken = scripted("저라면 사기 전에 이 부분부터 확인할 것 같아요. {key_point.fragrance-free}", "proof", "proof-1")
    point = next(point for point in brief().key_points if point.id == "fragrance-free")
    for market in MARKET_IDS:
        if market != "ko-KR":
            assert point.text[market].rstrip(".。।") in (read(spoken, market) or ""), market
    assert read(spoken, "en-US") == f"Here's something I'd want to know before buying. {point.text['en-US']}"


def test_prices_stay_those_of_the_show_and_are_written_as_the_reader_writes_them() -> None:
    spoken = scripted("{name|은는} {price}이에요.", "product", "product-8")
    english = read(spoken, "en-US")
    assert english is not None
    assert "₩29,000" in english
    assert "$" not in english
    assert "29.000" in (read(spoken, "id-ID") or "")  # Indonesian groups thousands with a full stop


@pytest.mark.parametrize("market", MARKET_IDS)
def test_what_is_read_states_what_is_said_and_no_more(market: MarketId) -> None:
    reader: MarketId = "fr-FR" if market != "fr-FR" else "ja-JP"
    shop = load_market(market)
    reading = FactSheet.build(brief(), shop, now=NOW, stock=480, text_market=reader).slots
    spoken = [said(kind, market, nth) for kind in SELLING for nth in range(3)]
    texts = [(each, text) for each in spoken if (text := read(each, reader)) is not None]
    assert len(texts) >= 0.85 * len(spoken)
    for each, text in texts:
        stated = {slot: reading[slot] for slot in slots_in(each.text) if slot not in {"name", "brand"}}
        for value in stated.values():
            assert value.rstrip(".。।").casefold() in text.casefold(), (each.text, text)
        known = " ".join([*stated.values(), reading["name"]])
        assert set(re.findall(r"\d+", text)) <= set(re.findall(r"\d+", known)), (each.text, text)


def test_what_nobody_wrote_in_that_language_is_not_made_up() -> None:
    spoken = said("proof")
    assert read(spoken, "en-US") is not None
    korean_only = brief().model_copy(update={"markets": ["ko-KR"]})
    assert read(spoken, "en-US", korean_only) is None
    points = [point.model_copy(update={"text": {"ko-KR": point.text["ko-KR"]}}) for point in brief().key_points]
    untranslated = brief().model_copy(update={"key_points": points})
    key_point = scripted("저라면 이 부분부터 확인해요. {key_point.fragrance-free}", "proof", "proof-1")
    assert read(key_point, "en-US", untranslated) is None


def test_only_lines_that_people_wrote_are_read_in_other_languages() -> None:
    spoken = guard("ko-KR").approve(line("{name|은는} {price}이에요.", "ko-KR"))
    assert spoken.source == "model"
    assert read(spoken, "en-US") is None


def test_an_offer_that_is_over_is_in_no_language() -> None:
    spoken = said("offer")
    over = brief().offer
    assert over is not None
    after = over.ends + timedelta(seconds=1)
    assert in_language(spoken, brief(), load_market("ko-KR"), load_market("en-US"), now=after, stock=9) is None


async def test_a_line_is_made_for_the_languages_that_were_asked_for_and_for_no_others() -> None:
    subtitles = Subtitles({brief().id: brief()}, now=lambda: NOW, units=lambda _: 480)
    first, second = said("hook"), said("proof")
    await subtitles.began(first)
    assert subtitles.texts == {}
    assert await subtitles.read("en-US") == read(first, "en-US")
    await subtitles.began(second)
    assert subtitles.texts == {"en-US": read(second, "en-US")}
    assert await subtitles.read("ko-KR") is None, "what is said is Korean already"
    with pytest.raises(NotFound):
        await subtitles.read("xx-XX")  # type: ignore[arg-type]


async def test_a_reader_who_comes_between_two_lines_reads_the_second() -> None:
    subtitles = Subtitles({brief().id: brief()}, now=lambda: NOW, units=lambda _: 480)
    await subtitles.began(said("hook"))
    _, text = await asyncio.gather(subtitles.began(said("proof")), subtitles.read("en-US"))
    assert text == subtitles.texts["en-US"] == read(said("proof"), "en-US")
