"""French: 1 299,00 €."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.numbers import Number
from models.speech.normalize.speller import Pass, Speller, split_forms, words

_ONES = words(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf"
)
_TENS = words("_ _ vingt trente quarante cinquante soixante")
_MONTHS = words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")


class French(Speller):
    """Euros, spaces between thousands, hours with h."""

    point = "virgule"
    minus = "moins"
    plus = "plus"
    percent = "pour cent"
    to = "à"
    by = "par"
    out_of = "{n} sur {best}"
    quantity = "fois {n}"
    times = "{n} fois"
    of_millions = "de"
    currencies = {
        "EUR": "euro|euros|centime|centimes", "USD": "dollar|dollars|cent|cents", "GBP": "f:livre|livres|penny|pence",
        "JPY": "yen|yens", "CNY": "yuan|yuans", "KRW": "won|wons", "INR": "f:roupie|roupies",
        "IDR": "f:roupie|roupies",
        "MXN": "peso|pesos|centavo|centavos", "BRL": "réal|réaux|centavo|centavos",
    }  # fmt: skip
    units = {
        "ml": "millilitre|millilitres", "mL": "millilitre|millilitres", "l": "litre|litres", "L": "litre|litres",
        "cl": "centilitre|centilitres", "mg": "milligramme|milligrammes", "g": "gramme|grammes", "kg": "kilo|kilos",
        "mm": "millimètre|millimètres", "cm": "centimètre|centimètres", "m": "mètre|mètres",
        "km": "kilomètre|kilomètres",
        "W": "watt|watts", "kW": "kilowatt|kilowatts", "Wh": "wattheure|wattheures",
        "kWh": "kilowattheure|kilowattheures",
        "mAh": "milliampère-heure|milliampères-heure", "V": "volt|volts", "Hz": "hertz", "GHz": "gigahertz",
        "MB": "mégaoctet|mégaoctets", "Mo": "mégaoctet|mégaoctets", "GB": "gigaoctet|gigaoctets",
        "Go": "gigaoctet|gigaoctets", "TB": "téraoctet|téraoctets", "To": "téraoctet|téraoctets",
        "dB": "décibel|décibels", "lm": "lumen|lumens", "kcal": "f:kilocalorie|kilocalories", "°C": "degré|degrés",
        "°F": "degré Fahrenheit|degrés Fahrenheit", "°": "degré|degrés", "h": "f:heure|heures",
        "min": "f:minute|minutes",
        "s": "f:seconde|secondes", "m²": "mètre carré|mètres carrés", "px": "pixel|pixels", "pcs": "f:pièce|pièces",
    }  # fmt: skip
    symbols = {"&": "et", "+": "plus", "=": "égale", "#": "numéro", "@": "arobase"}
    scales = {"millions": "millions", "million": "million", "mille": "mille"}
    letters = words(
        "a bé cé dé e effe gé ache i ji ka elle emme enne o pé ku erre esse té u vé double-vé ixe i-grec zède"
    )

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`. Only "un" has a feminine."""
        if number >= 10**6:
            millions, rest = divmod(number, 10**6)
            said = f"{self.cardinal(millions)} {'million' if millions == 1 else 'millions'}"
            return self.join(said, self.cardinal(rest, gender) if rest else "")
        if number >= 1000:
            thousands, rest = divmod(number, 1000)
            high = self.cardinal(thousands)
            high = high.removesuffix("s") if thousands % 100 in (0, 80) else high
            said = "mille" if thousands == 1 else f"{high} mille"
            return self.join(said, self.cardinal(rest, gender) if rest else "")
        said = self._hundreds(number)
        if number >= 200 and number % 100 == 0:
            return f"{said}s"  # its s is heard before a vowel: deux cents euros
        feminine = gender == "f" and number % 10 == 1 and number % 100 not in (11, 71, 91)
        return f"{said}e" if feminine else said

    def _hundreds(self, number: int) -> str:
        hundreds, rest = divmod(number, 100)
        said = "" if not hundreds else "cent" if hundreds == 1 else f"{_ONES[hundreds]} cent"
        return self.join(said, self._tens(rest) if rest or not hundreds else "")

    def _tens(self, number: int) -> str:
        if number < 20:
            return _ONES[number]
        if number >= 80:
            return "quatre-vingt" + (f"-{_ONES[number - 80]}" if number > 80 else "s")
        base = 60 if number >= 60 else number // 10 * 10
        rest = number - base
        said = _TENS[base // 10]
        if rest in (1, 11):
            return f"{said} et {_ONES[rest]}"
        return said + (f"-{_ONES[rest]}" if rest else "")

    def decimals(self, fraction: str) -> str:
        """Up to two digits are read as one number."""
        return self.cardinal(int(fraction)) if len(fraction) <= 2 and fraction[0] != "0" else self.digits(fraction)

    def counted(self, number: Number, noun: str) -> str:
        """Zero to less than two take the singular; d' before a vowel."""
        gender, one, many, *_ = split_forms(noun)
        said = self.join(self.number(number, gender), self._of(number), one if number.whole < 2 else many)
        return re.sub(r"\bde (?=[aeéiou])", "d'", said)

    def money(self, number: Number, currency: str) -> str:
        """Cents of euros go without their name: vingt-neuf euros quatre-vingt-dix."""
        said = super().money(number, currency)
        return said.removesuffix(" centimes") if number.whole else said

    def passes(self) -> Sequence[Pass]:
        """Spaced thousands, the clock with h, ordinals, numbers before feminine nouns that sellers count."""
        return (
            (
                re.compile(r"(?<![\d,.])\d{1,3}(?: \d{3})+(?!\d)"),
                lambda m: m[0].replace(" ", ""),
            ),
            (re.compile(r"\b24/7\b|\b24h/24\b"), lambda _: "vingt-quatre heures sur vingt-quatre"),
            (re.compile(r"\b(\d{1,2}) ?h ?(\d{2})(?:min)?\b"), lambda m: self.time(int(m[1]), int(m[2]))),
            (re.compile(r"\b1(ers?|res?|ère|er)\b"), lambda m: "premier" if m[1].startswith("er") else "première"),
            (re.compile(r"\b(\d+)(?:e|è|ème|ième)\b"), lambda m: self._ordinal(int(m[1]))),
            (
                re.compile(r"\b1(?= (?:heure|fois|pièce|semaine|personne|minute|seconde|unité|boîte|bouteille)\b)"),
                lambda _: "une",
            ),
        )

    def _ordinal(self, number: int) -> str:
        said = self.cardinal(number)
        stem = {"cinq": "cinqu", "neuf": "neuv"}
        for ending, changed in stem.items():
            if said.endswith(ending):
                return f"{said.removesuffix(ending)}{changed}ième"
        return f"{said.removesuffix('s').removesuffix('e')}ième"

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        said = f"{'premier' if day == 1 else self.cardinal(day)} {_MONTHS[month - 1]}"
        return f"{said} {self.cardinal(year)}" if year else said

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`: "vingt heures trente"."""
        said = f"{self.cardinal(hour, 'f')} {'heure' if hour < 2 else 'heures'}"
        return f"{said} {self.cardinal(minute)}" if minute else said
