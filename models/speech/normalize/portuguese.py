"""Brazilian Portuguese: R$ 1.299,90."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.speller import Pass, Speller, words

_ONES = words(
    "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete "
    "dezoito dezenove"
)
_TENS = words("_ _ vinte trinta quarenta cinquenta sessenta setenta oitenta noventa")
_HUNDREDS = words("_ cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos")
_MONTHS = words("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro")
_ORDINALS = words("_ primeiro segundo terceiro quarto quinto sexto sétimo oitavo nono décimo")


class Portuguese(Speller):
    """Reais e centavos; "e" between the parts of a number."""

    point = "vírgula"
    minus = "menos"
    plus = "mais"
    percent = "por cento"
    to = "a"
    by = "por"
    out_of = "{n} de {best}"
    quantity = "vezes {n}"
    times = "{n} vezes"
    and_cents = " e "
    of_millions = "de"
    currencies = {
        "BRL": "real|reais|centavo|centavos", "USD": "dólar|dólares|centavo|centavos",
        "EUR": "euro|euros|centavo|centavos",
        "GBP": "f:libra|libras|péni|pence", "JPY": "iene|ienes", "CNY": "yuan|yuans", "KRW": "won|wons",
        "INR": "f:rúpia|rúpias",
        "IDR": "f:rúpia|rúpias", "MXN": "peso|pesos|centavo|centavos",
    }  # fmt: skip
    units = {
        "ml": "mililitro|mililitros", "mL": "mililitro|mililitros", "l": "litro|litros", "L": "litro|litros",
        "mg": "miligrama|miligramas", "g": "grama|gramas", "kg": "quilo|quilos", "oz": "f:onça|onças",
        "mm": "milímetro|milímetros", "cm": "centímetro|centímetros", "m": "metro|metros",
        "km": "quilômetro|quilômetros",
        "W": "watt|watts", "kW": "quilowatt|quilowatts", "Wh": "watt-hora|watts-hora",
        "kWh": "quilowatt-hora|quilowatts-hora", "mAh": "miliampere-hora|miliamperes-hora", "V": "volt|volts",
        "Hz": "hertz", "GHz": "gigahertz", "MB": "megabyte|megabytes", "GB": "gigabyte|gigabytes",
        "TB": "terabyte|terabytes", "dB": "decibel|decibéis", "lm": "lúmen|lúmens",
        "kcal": "f:quilocaloria|quilocalorias",
        "°C": "grau|graus", "°F": "grau Fahrenheit|graus Fahrenheit", "°": "grau|graus", "h": "f:hora|horas",
        "min": "minuto|minutos", "s": "segundo|segundos", "seg": "segundo|segundos",
        "m²": "metro quadrado|metros quadrados", "px": "pixel|pixels", "un": "f:unidade|unidades",
    }  # fmt: skip
    symbols = {"&": "e", "+": "mais", "=": "igual a", "#": "número", "@": "arroba"}
    scales = {"milhões": "milhões", "milhão": "milhão", "mil": "mil", "mi": "milhões"}
    letters = words("á bê cê dê é efe gê agá i jota cá ele eme ene ó pê quê erre esse tê u vê dáblio xis ípsilon zê")

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`."""
        if number >= 10**6:
            millions, rest = divmod(number, 10**6)
            said = f"{self.cardinal(millions)} {'milhão' if millions == 1 else 'milhões'}"
            return self._linked(said, rest, gender)
        if number >= 1000:
            thousands, rest = divmod(number, 1000)
            said = "mil" if thousands == 1 else f"{self.cardinal(thousands, gender)} mil"
            return self._linked(said, rest, gender)
        return self._hundreds(number, gender)

    def _linked(self, said: str, rest: int, gender: str) -> str:
        """Only a last part up to a hundred, or of round hundreds, takes "e"."""
        if not rest:
            return said
        link = " e " if rest <= 100 or (rest < 1000 and rest % 100 == 0) else " "
        return said + link + self.cardinal(rest, gender)

    def _hundreds(self, number: int, gender: str) -> str:
        if number == 100:
            return "cem"
        hundreds, rest = divmod(number, 100)
        parts = []
        if hundreds:
            said = _HUNDREDS[hundreds]
            parts.append(said[:-2] + "as" if gender == "f" and hundreds > 1 else said)
        if rest or not number:
            parts.append(self._tens(rest, gender))
        return " e ".join(parts)

    def _tens(self, number: int, gender: str) -> str:
        if number >= 20:
            tens, ones = divmod(number, 10)
            return _TENS[tens] + (f" e {self._tens(ones, gender)}" if ones else "")
        return {1: "uma", 2: "duas"}.get(number, _ONES[number]) if gender == "f" else _ONES[number]

    def decimals(self, fraction: str) -> str:
        """Up to two digits are read as one number."""
        return self.cardinal(int(fraction)) if len(fraction) <= 2 and fraction[0] != "0" else self.digits(fraction)

    def passes(self) -> Sequence[Pass]:
        """The clock with h, ordinals, and numbers before feminine nouns that sellers count."""
        return (
            (re.compile(r"\b24/7\b"), lambda _: "vinte e quatro por sete"),
            (re.compile(r"\b(\d{1,2})h(\d{2})(?:min)?\b"), lambda m: self.time(int(m[1]), int(m[2]))),
            (re.compile(r"\b(\d{1,2})\.?([ºª°])(?=\s|$|[,.])"), lambda m: self._ordinal(int(m[1]), m[2])),
            (
                re.compile(
                    r"(?<![\d.,])(\d+(?:\.\d{3})*)"
                    r"(?= (?:horas?|peças?|unidades?|cápsulas?|semanas?|pessoas?|vezes|parcelas?)\b)"
                ),
                lambda m: self.cardinal(int(m[1].replace(".", "")), "f"),
            ),
            (re.compile(r"\b(\d{1,2})x(?= (?:de|sem)\b)"), lambda m: f"{self.cardinal(int(m[1]), 'f')} vezes"),
        )

    def _ordinal(self, number: int, mark: str) -> str:
        if not 1 <= number <= 10:
            return self.cardinal(number)
        said = _ORDINALS[number]
        return said[:-1] + "a" if mark == "ª" else said

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        first = "primeiro" if day == 1 else self.cardinal(day)
        said = f"{first} de {_MONTHS[month - 1]}"
        return f"{said} de {self.cardinal(year)}" if year else said

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`: "vinte horas e trinta minutos"."""
        said = f"{self.cardinal(hour, 'f')} {'hora' if hour == 1 else 'horas'}"
        return f"{said} e {self.cardinal(minute)}" if minute else said
