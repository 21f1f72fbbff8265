"""Units and currencies of one language: symbols, CLDR's names and the lexicon's own words, with their factors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import product

from babel import Locale
from babel.numbers import get_currency_name
from babel.units import UnknownUnitError, format_unit

from influencer.script.guard.folding import fold
from influencer.script.guard.lexicon import Lexicon, Phrases, load_lexicon

_LOCALES = {
    "en": "en_US", "ko": "ko_KR", "ja": "ja_JP", "zh": "zh_CN", "es": "es_MX", "pt": "pt_BR", "fr": "fr_FR",
    "it": "it_IT", "hi": "hi_IN", "id": "id_ID",
}  # fmt: skip
_BASES: dict[str, tuple[str, Decimal]] = {
    "second": ("second", Decimal(1)), "minute": ("second", Decimal(60)), "hour": ("second", Decimal(3600)),
    "day": ("second", Decimal(86400)), "week": ("second", Decimal(604800)), "month": ("month", Decimal(1)),
    "year": ("month", Decimal(12)), "milliliter": ("ml", Decimal(1)), "centiliter": ("ml", Decimal(10)),
    "liter": ("ml", Decimal(1000)), "milligram": ("g", Decimal("0.001")), "gram": ("g", Decimal(1)),
    "kilogram": ("g", Decimal(1000)), "millimeter": ("mm", Decimal(1)), "centimeter": ("mm", Decimal(10)),
    "meter": ("mm", Decimal(1000)), "kilometer": ("mm", Decimal(1_000_000)), "inch": ("inch", Decimal(1)),
    "foot": ("inch", Decimal(12)), "ounce": ("ounce", Decimal(1)), "fluid-ounce": ("fl-oz", Decimal(1)),
    "pound": ("ounce", Decimal(16)), "watt": ("watt", Decimal(1)), "kilowatt": ("watt", Decimal(1000)),
    "volt": ("volt", Decimal(1)), "hertz": ("hertz", Decimal(1)), "celsius": ("celsius", Decimal(1)),
    "fahrenheit": ("fahrenheit", Decimal(1)), "kilocalorie": ("kcal", Decimal(1)), "megabyte": ("mb", Decimal(1)),
    "gigabyte": ("mb", Decimal(1000)), "mah": ("mah", Decimal(1)), "decibel": ("decibel", Decimal(1)),
    "lumen": ("lumen", Decimal(1)), "spf": ("spf", Decimal(1)), "thread": ("thread", Decimal(1)),
}  # fmt: skip
_SYMBOLS = {
    "second": ["sec", "secs"], "minute": ["min", "mins"], "hour": ["h", "hr", "hrs"], "milliliter": ["ml", "cc"],
    "centiliter": ["cl"], "liter": ["l", "lt"], "milligram": ["mg"], "gram": ["g", "gr"], "kilogram": ["kg", "kgs"],
    "millimeter": ["mm"], "centimeter": ["cm"], "meter": ["m"], "kilometer": ["km"], "inch": ["in", '"', "″"],
    "foot": ["ft"], "ounce": ["oz"], "fluid-ounce": ["fl oz", "fl. oz"], "pound": ["lb", "lbs"], "watt": ["w"],
    "kilowatt": ["kw"], "volt": ["v"], "hertz": ["hz"], "celsius": ["°c", "℃"], "fahrenheit": ["°f"],
    "kilocalorie": ["kcal", "cal"], "megabyte": ["mb"], "gigabyte": ["gb"], "mah": ["mah"], "decibel": ["db"],
    "lumen": ["lm"],
}  # fmt: skip
_CLDR_KINDS = (
    "duration", "volume", "mass", "length", "power", "electric", "frequency", "temperature", "energy", "digital",
    "light",
)  # fmt: skip
_NUMBERLESS = re.compile(r"[\d.,]+")
_CURRENCIES = ("USD", "KRW", "JPY", "CNY", "EUR", "GBP", "MXN", "BRL", "INR", "IDR")


@dataclass(frozen=True)
class Measures:
    """What follows a number: `units` by name, `money` by ISO code ("CENT" is a hundredth of any)."""

    units: tuple[tuple[str, Phrases], ...]
    money: tuple[tuple[str, Phrases], ...]
    percent: Phrases
    months: dict[str, int]


@lru_cache(maxsize=16)
def load_measures(language: str) -> Measures:
    """The measures of a language."""
    lexicon = load_lexicon(language)
    locale = Locale.parse(_LOCALES[language])
    units = {name: {*symbols, *_cldr_unit(locale, name)} for name, symbols in _SYMBOLS.items()}
    for name in ("day", "week", "month", "year"):
        units[name] = set(_cldr_unit(locale, name))
    for name, words in lexicon.data.units.items():
        units.setdefault(name, set()).update(words)
    money = {code: {*_currency_names(code, locale), *lexicon.data.money.get(code, [])} for code in _CURRENCIES}
    money["CENT"] = set(lexicon.data.money.get("CENT", []))
    return Measures(
        units=tuple((name, _phrases(lexicon, words)) for name, words in units.items()),
        money=tuple((code, _phrases(lexicon, words)) for code, words in money.items()),
        percent=_phrases(lexicon, lexicon.data.percent),
        months=_months(locale),
    )


def normalised(value: Decimal, unit: str) -> tuple[Decimal, str]:
    """A value in the base of its unit: 1.5 hours are 5,400 seconds."""
    base, factor = _BASES.get(unit, (unit, Decimal(1)))
    return value * factor, base


def _phrases(lexicon: Lexicon, words: Iterable[str]) -> Phrases:
    return Phrases(words, spaced=lexicon.spaced, after_number=True)


def _cldr_unit(locale: Locale, name: str) -> Iterator[str]:
    for kind, count, length in product(_CLDR_KINDS, (1, 2, 5), ("long", "short")):
        try:
            shown = format_unit(count, f"{kind}-{name}", length, locale=locale)
        except UnknownUnitError:
            continue
        word = _NUMBERLESS.sub("", shown).strip()
        if len(fold(word).text) > 1:
            yield word


def _currency_names(code: str, locale: Locale) -> set[str]:
    return {code, *(str(get_currency_name(code, count=count, locale=locale)) for count in (None, 1, 2, 5))}


def _months(locale: Locale) -> dict[str, int]:
    if locale.language in {"ko", "ja", "zh"}:
        return {}
    forms = (locale.months["format"]["abbreviated"], locale.months["format"]["wide"])
    return {fold(name).text.strip().rstrip("."): number for names in forms for number, name in names.items()}
