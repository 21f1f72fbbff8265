"""Money, numbers and dates as natives write them: Unicode CLDR through Babel, and our own forms where CLDR is stiff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

_SPOKEN_SIGN = {("ko", "KRW"): "{}원", ("ja", "JPY"): "{}円", ("zh", "CNY"): "{}元", ("id", "IDR"): "Rp{}"}
"""CLDR writes ₩29,000; a Korean host's card and captions say 29,000원."""
_NO_EMPTY_CENTS = {"CNY", "INR", "IDR"}
"""Currencies whose zero decimals nobody writes (₹1,299, Rp149.000)."""
_EXACT_MINUTES, _STEP_MINUTES, _WEEK = 10, 5, 7
"""How finely a remaining time is told."""
_TIMES = {
    "h": {"cldr": "duration-hour", "ko": "시간", "ja": "時間", "zh": "小时"},
    "min": {"cldr": "duration-minute", "ko": "분", "ja": "分", "zh": "分钟"},
}
"""Units of time that are spelled out; CLDR's name, and the words where it has none without a space."""
_TIGHT_UNITS = {"ko", "ja", "zh"}
"""Languages that put no space between a number and its unit."""


class Style:
    """How one locale writes values. `locale` is Babel's spelling (ko_KR)."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self.language = locale.split("_", maxsplit=1)[0]

    def money(self, amount: Decimal, currency: str) -> str:
        """A price: 29,000원, 2,980円, 168元, ₹1,299, Rp149.000, R$ 99,90, 129,00 €, $39.00."""
        bare = currency in _NO_EMPTY_CENTS and amount == amount.to_integral_value()
        pattern = _SPOKEN_SIGN.get((self.language, currency))
        if pattern is not None:
            return pattern.format(self.number(amount if bare else _at_least_cents(amount)))
        if bare:
            text = format_currency(
                amount.quantize(Decimal(1)), currency, self._pattern, locale=self.locale, currency_digits=False
            )
        else:
            text = format_currency(amount, currency, locale=self.locale)
        return _spaces(text)

    @property
    def _pattern(self) -> str:
        grouping = "#,##,##0" if self.language == "hi" else "#,##0"
        return f"{grouping} ¤" if self.language in {"fr", "it"} else f"¤{grouping}"

    def number(self, value: Decimal | int) -> str:
        """A plain number with the locale's separators."""
        return _spaces(format_decimal(value, locale=self.locale))

    def percent(self, whole: int) -> str:
        """A percentage: 25%, in French 25 %."""
        return _spaces(format_percent(Decimal(whole) / 100, locale=self.locale))

    def last_day(self, ends: datetime, now: datetime, zone: ZoneInfo) -> str:
        """The last calendar day on which `ends` (exclusive) has not passed; with the year unless it is this one."""
        day = final_day(ends, zone)
        if day.year == now.astimezone(zone).year:
            return str(format_skeleton("MMMMd", datetime(day.year, day.month, day.day), locale=self.locale))  # noqa: DTZ001
        return str(format_date(day, "long", locale=self.locale))

    def measure(self, value: str, unit: str | None) -> str:
        """A specification: 30 ml, 11,5 cm, 30ml in Korean, 12 hours. `value` may be words."""
        with suppress(ArithmeticError):  # words, or a code such as "8-inch", stay as the advertiser wrote them
            number = Decimal(value)
            if unit in _TIMES:
                return self._time(number, unit)
            value = self.number(number)
        if unit is None:
            return value
        return f"{value}{unit}" if self.language in _TIGHT_UNITS else f"{value} {unit}"

    def _time(self, number: Decimal, unit: str) -> str:
        """Hours and minutes as they are said: nobody says "12 h"."""
        own = _TIMES[unit].get(self.language)
        if own is not None:
            return f"{self.number(number)}{own}"
        return _spaces(format_unit(number, _TIMES[unit]["cldr"], "long", locale=self.locale))

    def counted(self, count: int, forms: Mapping[str, str]) -> str:
        """A count with the word in the right form: "1 hour", "5 hours". `forms` maps CLDR plural categories."""
        category = Locale.parse(self.locale).plural_form(count)
        return forms.get(category, forms["other"]).format(self.number(count))

    def duration(self, left: timedelta, words: Mapping[str, Any]) -> str | None:
        """How long something goes on: "12 days", "2 days and 5 hours", "5 hours and 20 minutes", "45 minutes".

        Rounded down, and never by more than the smallest unit that is said: hours are told within a week, steps of five
        minutes within a day, single minutes within ten. Steps keep what was synthesised true until it is on air.
        `words` holds the forms of `days`, `hours`, `minutes`, and `and` between two. None below a minute.
        """
        minutes = int(left.total_seconds() // 60)
        if minutes < 1:
            return None
        steady = minutes if minutes < _EXACT_MINUTES else minutes - minutes % _STEP_MINUTES
        days, hours = divmod(minutes // 60, 24)
        if days >= _WEEK:
            amounts = {"days": days}
        elif days:
            amounts = {"days": days, "hours": hours}
        else:
            amounts = {"hours": hours, "minutes": steady % 60}
        return str(words["and"]).join(self.counted(n, words[unit]) for unit, n in amounts.items() if n)

    def listed(self, items: Sequence[str]) -> str:
        """Items in one phrase: "a, b, and c"; in Korean commas only, as 및 is stiff in speech."""
        return ", ".join(items) if self.language == "ko" else str(format_list(list(items), locale=self.locale))

    def labelled(self, label: str, value: str) -> str:
        """A label and its value: "Volume: 30 ml"."""
        colon = {"ja": "：", "zh": "：", "fr": " : "}.get(self.language, ": ")
        return f"{label}{colon}{value}"


def final_day(ends: datetime, zone: ZoneInfo) -> date:
    """The local day that holds the last moment before `ends`: an offer that ends at midnight ends the day before."""
    return (ends - timedelta(microseconds=1)).astimezone(zone).date()


def _at_least_cents(amount: Decimal) -> Decimal:
    return amount if amount == amount.to_integral_value() else amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _spaces(text: str) -> str:
    """CLDR's narrow and no-break spaces: kept unbreakable inside digit groups, plain before a sign."""
    parts = text.replace("\u202f", "\xa0").split("\xa0")
    joined = parts[0]
    for part in parts[1:]:
        inside_number = joined[-1:].isdigit() and part[:1].isdigit()
        joined += ("\xa0" if inside_number else " ") + part
    return joined
