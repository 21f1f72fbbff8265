"""Personal data in a viewer's message: where e-mail addresses, phone, card and identity numbers stand."""

from __future__ import annotations

import re

from influencer.script.guard.folding import fold

_EMAIL = re.compile(r"[\w.+%-]+ ?@ ?[\w-]+(?:\.[\w-]+)+")
_DIGITS = re.compile(r"\d(?:[ .-]?\d){12,}")
_IDENTITY = re.compile(
    r"(?<!\d)(?:\d{6}[ -]?[1-8]\d{6}"  # Korean resident number
    r"|\d{3}\.\d{3}\.\d{3}-\d{2}"  # Brazilian CPF as it is printed
    r"|\d{3}-\d{2}-\d{4})(?!\d)"  # US social security number
)
_PHONE = re.compile(
    r"(?<![\d.,])(?:\+\d(?:[ .()-]{0,2}\d){7,14}"
    r"|0\d{1,3}[ .-]?\d{3,4}[ .-]?\d{3,4}"  # Korea, Japan, Taiwan, Britain, Italy
    r"|0[1-9](?:[ .-]?\d{2}){4}"  # France
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"  # United States
    r"|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # China
    r"|[6-9]\d{4}[ -]?\d{5}"  # India
    r"|\(?\d{2}\)? ?9\d{4}[ -]?\d{4}"  # Brazil
    r"|\d{2} \d{4} \d{4}"  # Mexico
    r"|3\d{2} ?\d{3} ?\d{4}"  # Italy
    r"|[67]\d{2} ?\d{3} ?\d{3})(?!\d)"  # Spain
)
_CPF = re.compile(r"(?<!\d)\d{11}(?!\d)")


def personal_spans(text: str) -> list[tuple[int, int]]:
    """Spans of `text` that hold personal data. Never raises."""
    folded = fold(text)
    found = [m.span() for pattern in (_EMAIL, _IDENTITY, _PHONE) for m in pattern.finditer(folded.text)]
    found += [m.span() for m in _DIGITS.finditer(folded.text) if _has_card(m.group())]
    found += [m.span() for m in _CPF.finditer(folded.text) if is_cpf(m.group())]
    return [folded.origin(start, end) for start, end in found]


def is_card(number: str) -> bool:
    """Whether 13 to 19 digits pass the Luhn check of payment cards; separators are ignored."""
    digits = [int(char) for char in number if char.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) if index % 2 else digit for index, digit in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def _has_card(run: str) -> bool:
    """Whether some of the groups of a run of digits are a card: "2 4111 1111 1111 1111"."""
    groups = re.split(r"[ .-]", run)
    joined = ("".join(groups[i:j]) for i in range(len(groups)) for j in range(i + 1, min(i + 19, len(groups)) + 1))
    return any(is_card(number) for number in joined if 13 <= len(number) <= 19)


def is_cpf(number: str) -> bool:
    """Whether eleven digits end in the two check digits of a Brazilian CPF."""
    digits = [int(char) for char in number]
    for length in (9, 10):
        total = sum(digit * (length + 1 - index) for index, digit in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != digits[length]:
            return False
    return True
