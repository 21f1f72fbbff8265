"""The six demo briefs: complete in all ten markets, in the right script, with the same facts everywhere."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from PIL import Image

from influencer.brief import MARKET_IDS, Brief, Price
from influencer.loading import briefs, image_files, load_brief, markets

pytestmark = pytest.mark.unit

NAMES = sorted(briefs())
SCRIPTS = {
    "ko-KR": "[\uac00-\ud7a3]",
    "ja-JP": "[\u3040-\u30ff\u4e00-\u9fff]",
    "zh-CN": "[\u4e00-\u9fff]",
    "hi-IN": "[\u0900-\u097f]",
}
HANGUL, KANA, HAN, DEVANAGARI = "\uac00-\ud7a3", "\u3040-\u30fa", "\u4e00-\u9fff", "\u0900-\u097f"
FOREIGN = {
    "ko-KR": f"[{KANA}{HAN}{DEVANAGARI}]",
    "ja-JP": f"[{HANGUL}{DEVANAGARI}]",
    "zh-CN": f"[{HANGUL}{KANA}{DEVANAGARI}]",
    "hi-IN": f"[{HANGUL}{KANA}{HAN}]",
}
ANY_BUT_LATIN = f"[{HANGUL}{KANA}{HAN}{DEVANAGARI}]"
_MEASURES = re.compile(r"[\d ×.]+(cm|सेमी)")


def _texts(brief: Brief) -> Iterator[tuple[str, dict[str, str]]]:
    for name in ("name", "summary", "audience", "shipping", "returns", "how_to_use"):
        yield name, getattr(brief, name)
    for point in brief.key_points:
        yield point.id, point.text
    for entry in brief.faq:
        yield f"{entry.id} question", entry.question
        yield f"{entry.id} answer", entry.answer
    for spec in brief.specs:
        yield f"{spec.id} label", spec.label
        if isinstance(spec.value, dict):
            yield f"{spec.id} value", spec.value


def _numbers(text: str) -> list[str]:
    return sorted(number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)?", text))


def test_there_are_six_briefs_of_different_categories():
    loaded = [load_brief(name) for name in NAMES]
    assert [brief.id for brief in loaded] == NAMES
    assert len({brief.category for brief in loaded}) == len({brief.brand for brief in loaded}) == 6


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_there_in_every_market(name: str):
    brief = load_brief(name)
    assert tuple(brief.markets) == MARKET_IDS
    assert set(brief.prices) == set(MARKET_IDS)
    assert len(brief.key_points) >= 4
    assert len(brief.faq) >= 4
    assert {path: set(text) for path, text in _texts(brief)} == dict.fromkeys(
        (path for path, _ in _texts(brief)), set(MARKET_IDS)
    )


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_written_in_the_script_of_their_market(name: str):
    for path, text in _texts(load_brief(name)):
        for market, words in text.items():
            if not _MEASURES.fullmatch(words):
                assert re.search(SCRIPTS.get(market, "[A-Za-z]"), words), (path, market, words)
            assert not re.search(FOREIGN.get(market, ANY_BUT_LATIN), words), (path, market, words)


@pytest.mark.parametrize("name", NAMES)
def test_a_fact_has_the_same_numbers_in_every_language(name: str):
    for path, text in _texts(load_brief(name)):
        expected = _numbers(text["en-US"])
        assert {market: _numbers(words) for market, words in text.items()} == dict.fromkeys(text, expected), path


@pytest.mark.parametrize("name", NAMES)
def test_ingredients_match_from_market_to_market(name: str):
    counts = {market: len(items) for market, items in load_brief(name).ingredients.items()}
    assert counts == {} or (set(counts) == set(MARKET_IDS) and len(set(counts.values())) == 1)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_says_what_is_taboo_or_forbidden(name: str):
    brief = load_brief(name)
    for path, text in _texts(brief):
        for market, words in text.items():
            for taboo in markets()[market].taboo_claims:
                pattern = re.escape(taboo) if market in SCRIPTS else rf"\b{re.escape(taboo)}\b"
                assert not re.search(pattern, words, re.IGNORECASE), (path, market, taboo)
            assert not [claim for claim in brief.forbidden_claims if claim.casefold() in words.casefold()]


@pytest.mark.parametrize("name", NAMES)
def test_key_points_are_whole_spoken_sentences(name: str):
    for point in load_brief(name).key_points:
        for words in point.text.values():
            assert words[-1] in ".。।"
            assert len(words) <= 160


@pytest.mark.parametrize("name", NAMES)
def test_prices_are_in_the_money_of_the_market_and_reduced(name: str):
    for market, price in load_brief(name).prices.items():
        assert price.currency == markets()[market].currency
        assert price.list_price is not None
        assert Decimal("0.6") < price.amount / price.list_price < 1


@pytest.mark.parametrize("name", NAMES)
def test_the_offer_runs_for_years(name: str):
    offer = load_brief(name).offer
    assert offer is not None
    assert offer.active(datetime(2026, 6, 1, tzinfo=UTC))
    assert offer.active(datetime(2030, 12, 30, tzinfo=UTC))
    assert not offer.active(offer.ends)


@pytest.mark.parametrize("name", NAMES)
def test_the_packshot_is_square_and_small(name: str):
    (file,) = image_files(name, load_brief(name))
    with Image.open(file) as picture:
        assert picture.size == (800, 800)
    assert file.stat().st_size <= 150_000


def test_a_price_keeps_its_value_whatever_it_was_written_as():
    written = [29.9, "29.9", Decimal("29.9"), "29.90"]
    assert {Price.model_validate({"amount": amount, "currency": "USD"}).amount for amount in written} == {
        Decimal("29.9")
    }
