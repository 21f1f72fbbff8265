"""Reads written numbers in all the styles of the ten markets: 29,000 · 1.299,00 · 1,29,999 · 1 299,00 · 149.000."""

from __future__ import annotations

from dataclasses import dataclass

NUMBER = r"\d+(?:[.,]\d+)*"
"""A number after `passes.tidy`: digits with dots and commas, never ending in one."""


@dataclass(frozen=True, slots=True)
class Number:
    """`whole` and the digits after the decimal mark, as written ("" when there are none)."""

    whole: int
    fraction: str = ""

    @property
    def cents(self) -> int:
        """The fraction as hundredths, for money: "5" is 50, "99" is 99."""
        return int((self.fraction + "00")[:2])

    @property
    def trimmed(self) -> Number:
        """Without the zeros that end the fraction."""
        return Number(self.whole, self.fraction.rstrip("0"))


def parse_number(text: str, decimal_mark: str, *, money: bool = False) -> Number:
    """Read a match of `NUMBER`.

    One mark followed by exactly three digits is ambiguous (1.299): it groups thousands, except where the mark is
    the language's decimal mark and the number is not money, which has no thousandths.
    """
    marks = [char for char in text if char in ".,"]
    if not marks:
        return Number(int(text))
    head, tail = text.rsplit(marks[-1], 1)
    if _is_decimal(head, tail, marks, decimal_mark, money):
        return Number(int(_digits(head)), tail)
    return Number(int(_digits(text)))


def _is_decimal(head: str, tail: str, marks: list[str], decimal_mark: str, money: bool) -> bool:
    if len(set(marks)) == 2:
        return marks.count(marks[-1]) == 1
    if len(marks) > 1:
        return False
    if len(tail) != 3 or len(head) > 3 or head.strip("0") == "":
        return True
    return marks[-1] == decimal_mark and not money


def _digits(text: str) -> str:
    return text.replace(".", "").replace(",", "")
