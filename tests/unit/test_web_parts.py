"""The small parts of the web side: limits, sessions, origins, words, settings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from influencer.brief import MARKET_IDS
from influencer.errors import InvalidInput
from influencer.web.config import Rate, WebSettings
from influencer.web.countdown import countdown
from influencer.web.languages import market_names
from influencer.web.limits import Limiter, TooMany
from influencer.web.origins import host_name, may_use
from influencer.web.words import Words
from streaming.clock import ManualClock

NOW = datetime(2026, 5, 1, tzinfo=UTC)
pytestmark = pytest.mark.unit

SECRET = "a-secret-of-24-characters"


def test_a_client_is_told_when_to_come_back_and_may_then() -> None:
    clock = ManualClock()
    limiter = Limiter("joins", Rate(burst=2, per_second=0.5), clock)
    limiter.admit("a")
    limiter.admit("a")
    with pytest.raises(TooMany, match=r"too many joins; try again in 2 s") as told:
        limiter.admit("a")
    assert told.value.retry_after == pytest.approx(2.0)
    limiter.admit("b")
    clock.advance(2_000_000_000)
    limiter.admit("a")


@pytest.mark.parametrize(
    ("authority", "name"),
    [("localhost:8080", "localhost"), ("[::1]:8080", "::1"), ("EXAMPLE.com", "example.com"), ("", "")],
)
def test_host_names_come_without_port_and_brackets(authority: str, name: str) -> None:
    assert host_name(authority) == name


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://shop.test:8080", True),
        ("https://partner.test", True),
        ("http://shop.test", False),
        ("https://partner.test.evil.test", False),
        ("null", False),
    ],
)
def test_only_our_own_and_allowed_origins_may_act(origin: str | None, allowed: bool) -> None:
    headers = [(b"host", b"shop.test:8080")] + ([(b"origin", origin.encode())] if origin else [])
    request = Request({"type": "http", "headers": headers, "method": "POST", "path": "/"})
    settings = WebSettings(operator_token=SECRET, allowed_origins=("https://partner.test",))
    assert may_use(request, settings) is allowed


def test_a_short_operator_token_is_refused_and_a_demo_answers_to_loopback_only() -> None:
    with pytest.raises(InvalidInput, match="operator_token"):
        WebSettings(operator_token="short")
    assert WebSettings(demo=True).allowed_hosts == ("localhost", "127.0.0.1", "::1")


def test_all_ten_translations_have_the_same_words_and_slots() -> None:
    words = Words.load()
    english = words.of("en-US")
    for market in MARKET_IDS:
        translated = words.of(market)
        assert translated.keys() == english.keys()
        assert all(translated.values())
        for key, text in english.items():
            assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", translated[key])), (market, key)
    assert len({words.of(market)["buy"] for market in MARKET_IDS}) == len(MARKET_IDS) - 1  # es and pt share one


@pytest.mark.parametrize(
    ("header", "market"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko-KR"),
        ("pt", "pt-BR"),
        ("es-ES, en;q=0.5", "es-MX"),
        ("de-DE,de;q=0.9", "en-US"),
        ("zh-TW;q=0.2, hi", "hi-IN"),
        ("", "en-US"),
        (";;;q=x,\x00", "en-US"),
    ],
)
def test_the_start_page_speaks_what_the_browser_asks_for(header: str, market: str) -> None:
    assert Words.load().best(header) == market


def test_markets_are_named_in_their_own_language() -> None:
    names = market_names()
    assert names["ko-KR"] == "한국어 (대한민국)"
    assert names["pt-BR"] == "Português (Brasil)"


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(hours=2, minutes=1, seconds=4, milliseconds=900), "Ends in 02:01:04"),
        (timedelta(hours=47, minutes=59), "Ends in 47:59:00"),
        (timedelta(hours=49), "Until May 3, 2026"),
        (timedelta(0), ""),
        (timedelta(seconds=-1), ""),
    ],
)
def test_a_page_begins_with_what_is_left_of_an_offer(left: timedelta, text: str) -> None:
    words = Words.load().of("en-US")
    assert countdown((NOW + left).isoformat(), NOW, words, "en-US") == text
    assert countdown(None, NOW, words, "en-US") == ""
