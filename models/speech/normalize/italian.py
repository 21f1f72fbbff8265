"""Italian: 1.299,00 euro."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.speller import Pass, Speller, words

_ONES = words(
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove"
)
_TENS = words("_ _ venti trenta quaranta cinquanta sessanta settanta ottanta novanta")
_MONTHS = words("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre")
_ORDINALS = words("_ primo secondo terzo quarto quinto sesto settimo ottavo nono decimo")


class Italian(Speller):
    """Euro e centesimi; numbers are written as one word."""

    point = "virgola"
    minus = "meno"
    plus = "più"
    percent = "per cento"
    to = "a"
    by = "per"
    out_of = "{n} su {best}"
    quantity = "per {n}"
    times = "{n} volte"
    and_cents = " e "
    of_millions = "di"
    currencies = {
        "EUR": "euro|euro|centesimo|centesimi", "USD": "dollaro|dollari|centesimo|centesimi",
        "GBP": "f:sterlina|sterline|penny|pence",
        "JPY": "yen", "CNY": "yuan", "KRW": "won", "INR": "f:rupia|rupie", "IDR": "f:rupia|rupie",
        "MXN": "peso|pesos|centavo|centavos", "BRL": "real|reais|centavo|centavos",
    }  # fmt: skip
    units = {
        "ml": "millilitro|millilitri", "mL": "millilitro|millilitri", "l": "litro|litri", "L": "litro|litri",
        "cl": "centilitro|centilitri", "mg": "milligrammo|milligrammi", "g": "grammo|grammi", "kg": "chilo|chili",
        "mm": "millimetro|millimetri", "cm": "centimetro|centimetri", "m": "metro|metri",
        "km": "chilometro|chilometri",
        "W": "watt", "kW": "chilowatt", "Wh": "wattora", "kWh": "chilowattora", "mAh": "milliampere ora", "V": "volt",
        "Hz": "hertz", "GHz": "gigahertz", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte", "dB": "decibel",
        "lm": "lumen", "kcal": "f:chilocaloria|chilocalorie", "°C": "grado|gradi",
        "°F": "grado Fahrenheit|gradi Fahrenheit",
        "°": "grado|gradi", "h": "f:ora|ore", "min": "minuto|minuti", "s": "secondo|secondi",
        "sec": "secondo|secondi",
        "m²": "metro quadrato|metri quadrati", "px": "pixel", "pz": "pezzo|pezzi",
    }  # fmt: skip
    symbols = {"&": "e", "+": "più", "=": "uguale a", "#": "numero", "@": "chiocciola"}
    scales = {"milioni": "milioni", "milione": "milione", "mila": "mila", "mln": "milioni"}
    letters = words(
        "a bi ci di e effe gi acca i i-lunga cappa elle emme enne o pi cu erre esse ti u vi doppia-vu ics ipsilon zeta"
    )

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`."""
        if number == 1 and gender:
            return "una" if gender == "f" else "un"
        if number >= 10**6:
            millions, rest = divmod(number, 10**6)
            said = "un milione" if millions == 1 else f"{self.cardinal(millions)} milioni"
            return self.join(said, self.cardinal(rest) if rest else "")
        said = self._thousands(number).replace("centoott", "centott")
        return said[:-3] + "tré" if said.endswith("tre") and number > 3 else said

    def _thousands(self, number: int) -> str:
        thousands, rest = divmod(number, 1000)
        if not thousands:
            return self._hundreds(rest)
        said = "mille" if thousands == 1 else f"{self._hundreds(thousands)}mila"
        return said + (self._hundreds(rest) if rest else "")

    def _hundreds(self, number: int) -> str:
        hundreds, rest = divmod(number, 100)
        said = "" if not hundreds else "cento" if hundreds == 1 else f"{_ONES[hundreds]}cento"
        if not rest and hundreds:
            return said
        if rest < 20:
            return said + _ONES[rest]
        tens, ones = divmod(rest, 10)
        stem = _TENS[tens][:-1] if ones in (1, 8) else _TENS[tens]
        return said + stem + (_ONES[ones] if ones else "")

    def decimals(self, fraction: str) -> str:
        """Up to two digits are read as one number."""
        return self.cardinal(int(fraction)) if len(fraction) <= 2 and fraction[0] != "0" else self.digits(fraction)

    def passes(self) -> Sequence[Pass]:
        """Ordinals and a counted one."""
        return (
            (re.compile(r"(?<![\d.,])1 (?:ora|h)\b"), lambda _: "un'ora"),
            (re.compile(r"\b24/7\b"), lambda _: "ventiquattro ore su ventiquattro"),
            (re.compile(r"\b(\d{1,2})([º°ª])(?=\s|$|[,.])"), lambda m: self._ordinal(int(m[1]), m[2])),
            (re.compile(r"(?<![\d.,])1(?= (?:volta|settimana|persona|unità|confezione)\b)"), lambda _: "una"),
            (re.compile(r"(?<![\d.,])1(?= (?!per\b)[a-zàèéìòù]{4,})"), lambda _: "un"),
        )

    def _ordinal(self, number: int, mark: str) -> str:
        if not 1 <= number <= 10:
            return self.cardinal(number)
        said = _ORDINALS[number]
        return said[:-1] + "a" if mark == "ª" else said

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        said = f"{'primo' if day == 1 else self.cardinal(day)} {_MONTHS[month - 1]}"
        return f"{said} {self.cardinal(year)}" if year else said

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`: "venti e trenta"."""
        said = self.cardinal(hour)
        return f"{said} e {self.cardinal(minute)}" if minute else said
