"""What a market's language is called, in that language, and which way it is written."""

from __future__ import annotations

from babel import Locale

from influencer.brief import MARKET_IDS


def market_names() -> dict[str, str]:
    """한국어 (대한민국) by market id. Reads Babel's data from disk, which also warms its cache for money and dates."""
    names: dict[str, str] = {}
    for market in MARKET_IDS:
        locale = Locale.parse(market, sep="-")
        name = str(locale.get_display_name())
        names[market] = name[:1].upper() + name[1:]
        _ = locale.currency_formats, locale.number_symbols, locale.date_formats
    return names


def direction_of(market: str) -> str:
    """The `dir` of a page in the market's language: ltr or rtl. `market_names` has warmed the cache."""
    return str(Locale.parse(market, sep="-").text_direction)
