"""American English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.speller import Pass, Speller, words

_ONES = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = words("_ _ twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_MONTHS = words("January February March April May June July August September October November December")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


class English(Speller):
    """Dollars and cents, twelve-hour clock, month before day."""

    decimal_mark = "."
    point = "point"
    minus = "minus"
    plus = "plus"
    percent = "percent"
    to = "to"
    by = "by"
    out_of = "{n} out of {best}"
    quantity = "times {n}"
    times = "{n} times"
    and_cents = " and "
    numeric_date = "mdy"
    currencies = {
        "USD": "dollar|dollars|cent|cents", "EUR": "euro|euros|cent|cents", "GBP": "pound|pounds|penny|pence",
        "JPY": "yen", "CNY": "yuan", "KRW": "won", "INR": "rupee|rupees|paisa|paise", "IDR": "rupiah",
        "MXN": "Mexican peso|Mexican pesos|centavo|centavos", "BRL": "real|reais|centavo|centavos",
    }  # fmt: skip
    units = {
        "ml": "milliliter|milliliters", "mL": "milliliter|milliliters", "l": "liter|liters", "L": "liter|liters",
        "mg": "milligram|milligrams", "g": "gram|grams", "kg": "kilogram|kilograms", "oz": "ounce|ounces",
        "fl oz": "fluid ounce|fluid ounces", "fl. oz.": "fluid ounce|fluid ounces", "lb": "pound|pounds",
        "lbs": "pounds", "mm": "millimeter|millimeters", "cm": "centimeter|centimeters", "m": "meter|meters",
        "km": "kilometer|kilometers", "in": "inch|inches", "ft": "foot|feet", "W": "watt|watts",
        "kW": "kilowatt|kilowatts", "Wh": "watt hour|watt hours", "kWh": "kilowatt hour|kilowatt hours",
        "mAh": "milliamp hour|milliamp hours", "V": "volt|volts", "Hz": "hertz", "GHz": "gigahertz",
        "MB": "megabyte|megabytes", "GB": "gigabyte|gigabytes", "TB": "terabyte|terabytes", "dB": "decibel|decibels",
        "lm": "lumen|lumens", "kcal": "kilocalorie|kilocalories", "°C": "degree Celsius|degrees Celsius",
        "°F": "degree Fahrenheit|degrees Fahrenheit", "°": "degree|degrees", "h": "hour|hours", "hr": "hour|hours",
        "hrs": "hours", "min": "minute|minutes", "mins": "minutes", "s": "second|seconds", "sec": "second|seconds",
        "m²": "square meter|square meters", "px": "pixel|pixels", "rpm": "R P M",
    }  # fmt: skip
    symbols = {"&": "and", "+": "plus", "=": "equals", "#": "number", "@": "at"}
    scales = {"million": "million", "billion": "billion", "thousand": "thousand", "M": "million", "k": "thousand"}
    letters = words(
        "eigh bee see dee ee eff jee aitch eye jay kay ell em en oh pee cue are ess tee you vee double-you ex why zee"
    )

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`."""
        if number < 20:
            return _ONES[number]
        if number < 100:
            tens, ones = divmod(number, 10)
            return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
        value, name = next(scale for scale in _SCALES if number >= scale[0])
        high, low = divmod(number, value)
        return self.join(self.cardinal(high), name, self.cardinal(low) if low else "")

    def passes(self) -> Sequence[Pass]:
        """Ordinals, years and the twelve-hour clock."""
        months = "|".join(_MONTHS) + "|" + "|".join(month[:3] for month in _MONTHS)
        return (
            (re.compile(r"\b24/7\b"), lambda _: "twenty-four seven"),
            (
                re.compile(rf"\b({months})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (\d{{4}})\b)?"),
                lambda m: self._date_text(m[1], int(m[2]), int(m[3]) if m[3] else None),
            ),
            (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda m: self.ordinal(int(m[1]))),
            (
                re.compile(r"\b(\d{1,2})(?::(\d{2}))? ?([AaPp])\.?[Mm]\b\.?"),
                lambda m: f"{self._clock(int(m[1]), int(m[2] or 0))} {m[3].upper()} M",
            ),
            (
                re.compile(r"(?<=\b(?:in|of|by)\s)((?:19|20)\d{2})\b(?![.,]\d)|(?<=since\s)((?:19|20)\d{2})\b"),
                lambda m: self.year(int(m[0])),
            ),
        )

    def ordinal(self, number: int) -> str:
        """First, twenty-second, hundredth."""
        head, sep, last = self.cardinal(number).rpartition("-")
        if not sep:
            head, sep, last = self.cardinal(number).rpartition(" ")
        regular = last[:-1] + "ieth" if last.endswith("y") else last + "th"
        return head + sep + _ORDINALS.get(last, regular)

    def year(self, year: int) -> str:
        """2026 is "twenty twenty-six", 2005 "two thousand five"."""
        high, low = divmod(year, 100)
        if 2000 <= year < 2010 or low == 0 and year % 1000 == 0:
            return self.cardinal(year)
        if low == 0:
            return f"{self.cardinal(high)} hundred"
        return f"{self.cardinal(high)} {'oh ' if low < 10 else ''}{self.cardinal(low)}"

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        return self._date_text(_MONTHS[month - 1], day, year)

    def time(self, hour: int, minute: int) -> str:
        """Twenty-four hours become twelve: 20:30 is "eight thirty P M"."""
        half = "A M" if hour % 24 < 12 else "P M"
        return f"{self._clock(hour % 12 or 12, minute)} {half}"

    def _clock(self, hour: int, minute: int) -> str:
        if minute == 0:
            return self.cardinal(hour)
        return f"{self.cardinal(hour)} {'oh ' if minute < 10 else ''}{self.cardinal(minute)}"

    def _date_text(self, month: str, day: int, year: int | None) -> str:
        name = next(full for full in _MONTHS if full.startswith(month[:3]))
        said = f"{name} {self.ordinal(day)}"
        return f"{said}, {self.year(year)}" if year else said
