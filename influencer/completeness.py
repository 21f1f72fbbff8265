"""What a brief lacks across its fields: checked on raw values, so that one mistake never hides another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic_core import InitErrorDetails

from influencer.fields import MARKET_IDS, exact_number, wrong

_TEXTS = ("name", "summary", "audience", "shipping", "returns")
_NUMBERED = ("key_points", "specs", "faq")


def gaps(raw: Mapping[str, Any]) -> list[InitErrorDetails]:
    """Every rule of a brief that spans fields and is broken. `raw` may be wrong in any other way too."""
    markets = _list(raw, "markets")
    known = [market for market in dict.fromkeys(map(str, markets)) if market in MARKET_IDS]
    return [
        *_repeated_markets(markets),
        *_missing(raw, known),
        *_scopes(raw, known),
        *_repeated_ids(raw),
        *_discounts(raw, known),
    ]


def _repeated_markets(markets: list[Any]) -> Iterator[InitErrorDetails]:
    seen: set[str] = set()
    for index, market in enumerate(markets):
        if str(market) in seen:
            yield wrong("markets", index, given=market, allowed="each market once")
        seen.add(str(market))


def _missing(raw: Mapping[str, Any], markets: list[str]) -> Iterator[InitErrorDetails]:
    for market in markets:
        prices = raw.get("prices")
        if isinstance(prices, Mapping) and market not in prices:
            yield wrong("prices", market, given=None, allowed="a price for every market listed in markets")
        for loc, text, scope in _required_texts(raw):
            if isinstance(text, Mapping) and market not in text and (scope is None or market in scope):
                yield wrong(*loc, market, given=None, allowed="a text for every market listed in markets")


def _required_texts(raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any, list[Any] | None]]:
    """Every text a show needs, its place, and the markets it is for when those are not all."""
    for name in _TEXTS:
        yield (name,), raw.get(name), None
    for index, point in enumerate(_list(raw, "key_points")):
        if isinstance(point, Mapping):
            yield ("key_points", index, "text"), point.get("text"), _list(point, "markets") or None


def _scopes(raw: Mapping[str, Any], markets: list[str]) -> Iterator[InitErrorDetails]:
    points = [point for point in _list(raw, "key_points") if isinstance(point, Mapping)]
    for index, point in enumerate(points):
        for number, market in enumerate(_list(point, "markets")):
            if market in MARKET_IDS and markets and market not in markets:
                yield wrong(
                    "key_points", index, "markets", number, given=market, allowed=f"a market of the brief: {markets}"
                )
    for market in markets:
        if points and not any(not _list(point, "markets") or market in _list(point, "markets") for point in points):
            yield wrong("key_points", given=f"none for {market}", allowed="at least one for every market")


def _repeated_ids(raw: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    seen: set[str] = set()
    for name in _NUMBERED:
        for index, item in enumerate(_list(raw, name)):
            used = item.get("id") if isinstance(item, Mapping) else None
            if isinstance(used, str) and used in seen:
                allowed = "an id that no other item of key_points, specs and faq has"
                yield wrong(name, index, "id", given=used, allowed=allowed)
            elif isinstance(used, str):
                seen.add(used)


def _discounts(raw: Mapping[str, Any], markets: list[str]) -> Iterator[InitErrorDetails]:
    offer, prices = raw.get("offer"), raw.get("prices")
    off = offer.get("amount_off") if isinstance(offer, Mapping) else None
    if not isinstance(off, Mapping) or not isinstance(prices, Mapping):
        return
    for market in markets:
        if market not in off:
            allowed = "an amount for every market listed in markets"
            yield wrong("offer", "amount_off", market, given=None, allowed=allowed)
            continue
        discount, price = _amount(off[market]), _amount(prices.get(market))
        if discount is not None and price is not None and discount >= price:
            allowed = f"less than the price, {price}"
            yield wrong("offer", "amount_off", market, given=off[market], allowed=allowed)


def _amount(given: Any) -> Decimal | None:
    number = given.get("amount") if isinstance(given, Mapping) else given
    try:
        amount = exact_number(number)
    except ValueError:
        return None
    return amount if amount.is_finite() else None


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    items = raw.get(name)
    return items if isinstance(items, list) else []
