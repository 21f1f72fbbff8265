"""What a language must know to spell things out; the ten languages are subclasses with their own words."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from models.speech.normalize.numbers import Number

Pass = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
"""A pattern and how to say what it matched."""


def words(text: str) -> tuple[str, ...]:
    """A list of words written as one string, which keeps tables of numerals readable."""
    return tuple(text.split())


class Speller(ABC):
    """Words and rules of one language. The defaults fit languages that part words with spaces.

    Nouns are written "one|many" or "g:one|many", where g is the gender the number must agree with (m, f).
    """

    decimal_mark = ","
    point = ""
    minus = ""
    plus = ""
    percent = ""
    """What follows the number of a percentage."""
    to = ""
    """Between the ends of a range."""
    by = ""
    """Between the sides of a size (10 x 20 cm)."""
    out_of = "{n} {best}"
    """How a rating such as 4.8/5 is read."""
    quantity = "{n}"
    """How "x2" is read."""
    times = "{n}"
    """How "2x" is read."""
    and_cents = " "
    """Between the units and the cents of a price."""
    of_millions = ""
    """Between a round million and a noun ("de" in Spanish)."""
    numeric_date = "dmy"
    dollar = "USD"
    """What a bare $ means."""
    yen = "JPY"
    """What a bare ¥ means."""
    spaced = True
    """Words are parted by spaces."""
    clings = False
    """What follows a number is a suffix written without a space (Korean)."""
    currencies: Mapping[str, str] = {}
    """ISO code -> "one|many" or "one|many|cent|cents"."""
    units: Mapping[str, str] = {}
    """Symbol -> "one|many"."""
    letters: Sequence[str] = ()
    """Names of A to Z; empty leaves the letters as they are, parted by spaces."""
    symbols: Mapping[str, str] = {"&": "", "+": "", "=": "", "#": "", "@": ""}
    scales: Mapping[str, str] = {}
    """A word that multiplies a price -> how it is said ("million", "lakh", "jt")."""

    @abstractmethod
    def cardinal(self, number: int, gender: str = "") -> str:
        """The number in words; `gender` is that of the noun it counts ("" when it stands alone)."""

    def passes(self) -> Sequence[Pass]:
        """The language's own rules, applied before the common ones."""
        return ()

    def number(self, number: Number, gender: str = "") -> str:
        """A number with its decimals: each digit for itself, or as one number when there are two and no zero first."""
        if not number.fraction:
            return self.cardinal(number.whole, gender)
        return self.join(self.cardinal(number.whole), self.point, self.decimals(number.fraction))

    def decimals(self, fraction: str) -> str:
        """What comes after the decimal mark."""
        return self.digits(fraction)

    def digits(self, text: str) -> str:
        """One digit at a time, as in a telephone number."""
        return self.join(*(self.cardinal(int(digit)) for digit in text))

    def counted(self, number: Number, noun: str) -> str:
        """A number and the noun it counts, in the right form."""
        gender, one, many = split_noun(noun)
        singular = number == Number(1)
        return self.join(self.number(number, gender), self._of(number), one if singular else many)

    def money(self, number: Number, currency: str) -> str:
        """A price. An unknown currency is read letter by letter."""
        forms = self.currencies.get(currency)
        if forms is None:
            return self.join(self.number(number.trimmed), self.spell(currency))
        gender, one, many, *cents = split_forms(forms)
        if not number.cents or not cents:
            number = number if number.cents else Number(number.whole)
            return self.counted(number.trimmed, f"{gender}:{one}|{many}")
        small = self.join(self.cardinal(number.cents, "m"), cents[0] if number.cents == 1 else cents[-1])
        if number.whole == 0:
            return small
        return self.counted(Number(number.whole), f"{gender}:{one}|{many}") + self.and_cents + small

    def scaled_money(self, number: Number, scale: str, currency: str) -> str:
        """A price such as "1.5 million"."""
        _, _, many, *_ = split_forms(self.currencies.get(currency, self.spell(currency)))
        return self.join(self.number(number), self.scales[scale], self.of_millions, many)

    def percentage(self, number: Number) -> str:
        """A percentage."""
        return self.join(self.number(number), self.percent)

    def measure(self, number: Number, unit: str) -> str:
        """A number with a unit symbol that is in `units`."""
        return self.counted(number, self.units[unit])

    @abstractmethod
    def date(self, year: int | None, month: int, day: int) -> str:
        """A calendar date."""

    @abstractmethod
    def time(self, hour: int, minute: int) -> str:
        """A time of day, 24-hour clock."""

    def spell(self, code: str) -> str:
        """A coupon code or an acronym: letters by name, a short run of digits as a number."""
        said: list[str] = []
        for part in re.findall(r"[A-Za-z]|\d+", code):
            if part.isdigit():
                short = len(part) <= 2 and not part.startswith("0")
                said.append(self.cardinal(int(part)) if short else self.digits(part))
            else:
                said.append(self.letter(part))
        return self.pause_between(said)

    def pause_between(self, said: Sequence[str]) -> str:
        """Join the parts of a code so that each is heard."""
        return " ".join(said)

    def letter(self, letter: str) -> str:
        """The name of a letter."""
        index = ord(letter.upper()) - ord("A")
        return self.letters[index] if self.letters else letter.upper()

    def join(self, *words: str) -> str:
        """Words as the language writes them side by side."""
        return (" " if self.spaced else "").join(word for word in words if word)

    def _of(self, number: Number) -> str:
        round_millions = number.whole >= 10**6 and number.whole % 10**6 == 0 and not number.fraction
        return self.of_millions if round_millions else ""


def split_noun(noun: str) -> tuple[str, str, str]:
    """(gender, one, many) of "one|many" or "g:one|many"; a single form serves for both."""
    gender, one, many, *_ = split_forms(noun)
    return gender, one, many


def split_forms(forms: str) -> list[str]:
    """[gender, one, many, cent, cents] of a currency; the last two may be missing."""
    gender, colon, rest = forms.partition(":")
    words = (rest if colon else forms).split("|")
    if len(words) == 1:
        words *= 2
    return [gender if colon else "m", *words]
