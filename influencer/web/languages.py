"""What a market's language is called, in that language, and which way it is written."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from influencer.brief import MARKET_IDS
from influencer.loading import load_market


def market_names() -> dict[str, str]:
    """한국어 (대한민국) by market id. Reads Babel's data from disk, which also warms its cache for money and dates."""
    names: dict[str, str] = {}
    for market in MARKET_IDS:
        locale = Locale.parse(market, sep="-")
        name = str(locale.get_display_name())
        names[market] = name[:1].upper() + name[1:]
        _ = locale.currency_formats, locale.number_symbols, locale.date_formats
    return names


@lru_cache(maxsize=1)
def labels() -> dict[str, str]:
    """The short AI notice in each market's language. Reads the market packs once: while the application is built."""
    return {market: load_market(market).label for market in MARKET_IDS}


def direction_of(market: str) -> str:
    """The `dir` of a page in the market's language: ltr or rtl. `market_names` has warmed the cache."""
    return str(Locale.parse(market, sep="-").text_direction)
