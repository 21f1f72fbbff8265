"""The ten market packs: complete, each in its own language, and in line with what Babel knows of the country."""

import re

import pytest
from babel import Locale
from babel.numbers import get_territory_currencies

from influencer.brief import MARKET_IDS
from influencer.loading import load_market, load_persona, markets

pytestmark = pytest.mark.unit

SCRIPTS = {"ko-KR": "[가-힣]", "ja-JP": "[ぁ-んァ-ヶ一-龯]", "zh-CN": "[一-龯]", "hi-IN": "[\u0900-\u097f]"}
AI = {
    "en-US": "AI", "ko-KR": "인공지능", "ja-JP": "AI", "zh-CN": "人工智能", "es-MX": "inteligencia artificial",
    "pt-BR": "inteligência artificial", "fr-FR": "intelligence artificielle", "it-IT": "intelligenza artificiale",
    "hi-IN": "AI", "id-ID": "kecerdasan buatan",
}  # fmt: skip


def test_all_ten_markets_are_there():
    assert sorted(markets()) == sorted(MARKET_IDS)


@pytest.mark.parametrize("market_id", MARKET_IDS)
def test_money_and_time_fit_the_country(market_id: str):
    market = load_market(market_id)
    assert market.currency in get_territory_currencies(Locale.parse(market.locale).territory)
    assert market.zone.key == market.time_zone


@pytest.mark.parametrize("market_id", MARKET_IDS)
def test_the_show_says_that_its_host_is_synthetic(market_id: str):
    market = load_market(market_id)
    assert AI[market_id] in market.disclosure
    assert re.search(r"AI|IA", market.label)


@pytest.mark.parametrize("market_id", MARKET_IDS)
def test_there_is_enough_to_say_and_to_avoid(market_id: str):
    market = load_market(market_id)
    assert len(set(market.greetings)) >= 6
    assert len(set(market.farewells)) >= 3
    assert len({claim.casefold() for claim in market.taboo_claims}) == len(market.taboo_claims) >= 20
    assert set(market.voices) == {"female", "male"}


@pytest.mark.parametrize("market_id", MARKET_IDS)
def test_everything_spoken_is_in_the_script_of_the_market(market_id: str):
    market = load_market(market_id)
    for text in (market.disclosure, *market.greetings, *market.farewells):
        assert re.search(SCRIPTS.get(market_id, "[A-Za-z]"), text)


@pytest.mark.parametrize("market_id", MARKET_IDS)
def test_no_greeting_says_what_the_market_forbids(market_id: str):
    market = load_market(market_id)
    for text in (market.disclosure, *market.greetings, *market.farewells, *market.allowed_words):
        said = [claim for claim in market.taboo_claims if re.search(rf"\b{re.escape(claim)}\b", text, re.IGNORECASE)]
        assert said == []


@pytest.mark.parametrize("market_id", MARKET_IDS)
def test_the_house_persona_exists_and_has_a_voice_here(market_id: str):
    market = load_market(market_id)
    assert load_persona(market.persona).voice in market.voices
