"""Spanish as spoken in Mexico: 1,299.00 pesos."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.numbers import Number
from models.speech.normalize.speller import Pass, Speller, words

_ONES = words(
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
)
_TENS = words("_ _ _ treinta cuarenta cincuenta sesenta setenta ochenta noventa")
_HUNDREDS = words(
    "_ ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
)
_MONTHS = words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")
_NO_NOUNS = "por|más|menos|para|con|que|hasta|desde|entre|sobre|min|hrs|seg|pza|pzas"
"""Words after a number that it does not count."""
_ORDINALS = words("_ primer segundo tercer cuarto quinto sexto séptimo octavo noveno décimo")


class Spanish(Speller):
    """Pesos and centavos, gender of the counted noun, day before month."""

    decimal_mark = "."  # Mexico, unlike Spain
    point = "punto"
    minus = "menos"
    plus = "más"
    percent = "por ciento"
    to = "a"
    by = "por"
    out_of = "{n} de {best}"
    quantity = "por {n}"
    times = "{n} veces"
    and_cents = " con "
    of_millions = "de"
    dollar = "MXN"
    currencies = {
        "MXN": "peso|pesos|centavo|centavos", "USD": "dólar|dólares|centavo|centavos",
        "EUR": "euro|euros|centavo|centavos", "GBP": "f:libra|libras|penique|peniques", "JPY": "yen|yenes",
        "CNY": "yuan|yuanes", "KRW": "won|wones", "INR": "f:rupia|rupias", "IDR": "f:rupia|rupias",
        "BRL": "real|reales|centavo|centavos",
    }  # fmt: skip
    units = {
        "ml": "mililitro|mililitros", "mL": "mililitro|mililitros", "l": "litro|litros", "L": "litro|litros",
        "mg": "miligramo|miligramos", "g": "gramo|gramos", "kg": "kilo|kilos", "oz": "f:onza|onzas",
        "mm": "milímetro|milímetros", "cm": "centímetro|centímetros", "m": "metro|metros",
        "km": "kilómetro|kilómetros",
        "W": "vatio|vatios", "kW": "kilovatio|kilovatios", "Wh": "vatio hora|vatios hora",
        "kWh": "kilovatio hora|kilovatios hora", "mAh": "miliamperio hora|miliamperios hora", "V": "voltio|voltios",
        "Hz": "hercio|hercios", "GHz": "gigahercio|gigahercios", "MB": "megabyte|megabytes",
        "GB": "gigabyte|gigabytes",
        "TB": "terabyte|terabytes", "dB": "decibel|decibeles", "lm": "lumen|lúmenes",
        "kcal": "f:kilocaloría|kilocalorías",
        "°C": "grado|grados", "°F": "grado Fahrenheit|grados Fahrenheit", "°": "grado|grados", "h": "f:hora|horas",
        "hrs": "f:hora|horas", "min": "minuto|minutos", "s": "segundo|segundos", "seg": "segundo|segundos",
        "m²": "metro cuadrado|metros cuadrados", "px": "píxel|píxeles", "pzas": "f:pieza|piezas",
        "pza": "f:pieza|piezas",
    }  # fmt: skip
    symbols = {"&": "y", "+": "más", "=": "igual a", "#": "número", "@": "arroba"}
    scales = {"millones": "millones", "millón": "millón", "mil": "mil"}
    letters = words("a be ce de e efe ge hache i jota ka ele eme ene o pe cu erre ese te u uve doble-u equis ye zeta")

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`. "uno" alone, "un" and "una" before a noun."""
        if number >= 10**6:
            millions, rest = divmod(number, 10**6)
            said = "un millón" if millions == 1 else f"{self.cardinal(millions, 'm')} millones"
            return self.join(said, self.cardinal(rest, gender) if rest else "")
        if number >= 1000:
            thousands, rest = divmod(number, 1000)
            said = "mil" if thousands == 1 else f"{self.cardinal(thousands, gender or 'm')} mil"
            return self.join(said, self.cardinal(rest, gender) if rest else "")
        return self._hundreds(number, gender)

    def _hundreds(self, number: int, gender: str) -> str:
        if number == 100:
            return "cien"
        hundreds, rest = divmod(number, 100)
        said = _HUNDREDS[hundreds] if hundreds else ""
        if gender == "f" and hundreds > 1:
            said = said[:-2] + "as"
        return self.join(said, self._tens(rest, gender) if rest or not number else "")

    def _tens(self, number: int, gender: str) -> str:
        if number >= 30:
            tens, ones = divmod(number, 10)
            return _TENS[tens] + (f" y {self._tens(ones, gender)}" if ones else "")
        said = _ONES[number]
        if number % 10 == 1 and number != 11 and gender:
            return said[:-1] + "a" if gender == "f" else {"uno": "un"}.get(said, "veintiún")
        return said

    def decimals(self, fraction: str) -> str:
        """Up to two digits are read as one number."""
        return self.cardinal(int(fraction)) if len(fraction) <= 2 and fraction[0] != "0" else self.digits(fraction)

    def passes(self) -> Sequence[Pass]:
        """Ordinals, and numbers before feminine nouns that sellers count."""
        return (
            (re.compile(r"\b24/7\b"), lambda _: "veinticuatro siete"),
            (re.compile(r"\b(\d{1,2})\.?(?:er|º|ª|°)(?=\s|$)"), lambda m: self._ordinal(int(m[1]), m[0])),
            (
                re.compile(
                    r"(?<![\d.,])(\d+(?:,\d{3})*)(?= (?:horas?|piezas?|unidades|cápsulas|semanas?|personas?|veces)\b)"
                ),
                lambda m: self.cardinal(int(m[1].replace(",", "")), "f"),
            ),
            (
                re.compile(rf"(?<![\d.,$])(\d*1)(?= (?!(?:{_NO_NOUNS})\b)[a-záéíóúñ]{{3,}})"),
                lambda m: self.cardinal(int(m[1]), "m"),
            ),
        )

    def _ordinal(self, number: int, written: str) -> str:
        if not 1 <= number <= 10:
            return self.cardinal(number)
        said = _ORDINALS[number]
        return {"primer": "primera", "tercer": "tercera"}.get(said, said[:-1] + "a") if "ª" in written else said

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        first = "primero" if day == 1 else self.cardinal(day)
        said = f"{first} de {_MONTHS[month - 1]}"
        return f"{said} de {self.cardinal(year)}" if year else said

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`: "ocho y media de la noche"."""
        part = "de la mañana" if hour < 12 else "de la tarde" if hour < 19 else "de la noche"
        said = self.cardinal(hour % 12 or 12, "f")
        past = {0: "", 30: "y media", 15: "y cuarto"}.get(minute, f"y {self.cardinal(minute)}")
        return self.join(said, past, part)

    def percentage(self, number: Number) -> str:
        """See `Speller`."""
        return "cien por ciento" if number == Number(100) else super().percentage(number)
