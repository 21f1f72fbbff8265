"""Indonesian: Rp149.000, pukul 20.00."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.speller import Pass, Speller, words

_ONES = words("nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas")
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (1000, "ribu"), (100, "ratus"), (10, "puluh"))
_SE = {1000: "seribu", 100: "seratus", 10: "sepuluh"}
_MONTHS = words("Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember")


class Indonesian(Speller):
    """Rupiah without cents, the clock with a dot."""

    point = "koma"
    minus = "minus"
    plus = "plus"
    percent = "persen"
    to = "sampai"
    by = "kali"
    out_of = "{n} dari {best}"
    quantity = "kali {n}"
    times = "{n} kali"
    and_cents = " "
    currencies = {
        "IDR": "rupiah", "USD": "dolar|dolar|sen|sen", "EUR": "euro|euro|sen|sen", "GBP": "pound|pound|penny|pence",
        "JPY": "yen",
        "CNY": "yuan", "KRW": "won", "INR": "rupee", "MXN": "peso Meksiko|peso Meksiko|sen|sen",
        "BRL": "real|real|sen|sen",
    }  # fmt: skip
    units = {
        "ml": "mililiter", "mL": "mililiter", "l": "liter", "L": "liter", "mg": "miligram", "g": "gram", "gr": "gram",
        "kg": "kilogram", "mm": "milimeter", "cm": "sentimeter", "m": "meter", "km": "kilometer", "W": "watt",
        "kW": "kilowatt", "Wh": "watt jam", "kWh": "kilowatt jam", "mAh": "miliampere jam", "V": "volt",
        "Hz": "hertz",
        "GHz": "gigahertz", "MB": "megabita", "GB": "gigabita", "TB": "terabita", "dB": "desibel", "lm": "lumen",
        "kcal": "kilokalori", "kkal": "kilokalori", "°C": "derajat", "°F": "derajat Fahrenheit", "°": "derajat",
        "h": "jam", "min": "menit", "s": "detik", "m²": "meter persegi", "px": "piksel", "pcs": "buah",
    }  # fmt: skip
    symbols = {"&": "dan", "+": "plus", "=": "sama dengan", "#": "nomor", "@": "at"}
    scales = {"juta": "juta", "jt": "juta", "ribu": "ribu", "rb": "ribu", "miliar": "miliar", "k": "ribu"}
    letters = words("a be ce de e ef ge ha i je ka el em en o pe ki er es te u ve we eks ye zet")

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`."""
        if number < len(_ONES):
            return _ONES[number]
        if number < 20:
            return f"{_ONES[number - 10]} belas"
        value, name = next(scale for scale in _SCALES if number >= scale[0])
        high, low = divmod(number, value)
        said = _SE[value] if high == 1 and value in _SE else f"{self.cardinal(high)} {name}"
        return self.join(said, self.cardinal(low) if low else "")

    def passes(self) -> Sequence[Pass]:
        """The clock, ordinals, reduplication written with 2, and thousands written with rb or k."""
        return (
            (re.compile(r"\b24/7\b"), lambda _: "dua puluh empat jam"),
            (
                re.compile(r"\b([Pp]ukul|[Jj]am) (\d{1,2})[.:](\d{2})\b"),
                lambda m: f"{m[1]} {self.time(int(m[2]), int(m[3]))}",
            ),
            (re.compile(r"\bke-(\d+)\b"), lambda m: "pertama" if m[1] == "1" else f"ke{self.cardinal(int(m[1]))}"),
            (re.compile(r"(?<=\d) ?(?:rb|k)\b(?! ?g)"), lambda _: " ribu"),
            (re.compile(r"(?<=\d) ?jt\b"), lambda _: " juta"),
        )

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        said = f"{self.cardinal(day)} {_MONTHS[month - 1]}"
        return f"{said} {self.cardinal(year)}" if year else said

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`."""
        said = self.cardinal(hour)
        if minute == 30:
            return f"{said} lewat tiga puluh"
        return f"{said} lewat {self.cardinal(minute)}" if minute else said
