"""Personal data in a viewer's message: where e-mail addresses, phone, card and identity numbers stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Literal

from influencer.moderation.wordlist import load_words
from influencer.script.guard.folding import fold

_EMAIL = re.compile(r"[\w.+%-]+ ?@ ?[\w-]+(?:\.[\w-]+)+")
_DIGITS = re.compile(r"(?<![a-z0-9])\d(?:[ .-]?\d){12,}")
_IDENTITY = re.compile(
    r"(?<!\d)(?:\d{6}[ -][1-8]\d{6}"  # Korean resident number
    r"|\d{3}\.\d{3}\.\d{3}-\d{2}"  # Brazilian CPF as it is printed
    r"|\d{3}-\d{2}-\d{4}"  # US social security number
    r"|[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dx])(?![\da-z])"  # Chinese identity card
    r"|(?<![a-z0-9])[a-z]{6}\d{2}[a-z]\d{2}[a-z]\d{3}[a-z](?![a-z0-9])"  # Italian codice fiscale
    r"|(?<![a-z0-9])[a-z]{4}\d{6}[hm][a-z]{5}[a-z0-9]\d(?![a-z0-9])"  # Mexican CURP
)
_RESIDENT = re.compile(r"(?<![\da-z])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[1-8]\d{6}(?![\da-z])")
"""The Korean number without its hyphen."""
_PHONE = re.compile(
    r"(?<![\d.,])(?:\+\d(?:[ .()-]{0,2}\d){7,14}"
    r"|0\d{1,3}[ .-]?\d{3,4}[ .-]?\d{3,4}"  # Korea, Japan, Taiwan, Britain, Indonesia
    r"|0[1-9](?:[ .-]?\d{2}){4}"  # France
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"  # United States
    r"|1[3-9]\d[ -]?\d{4}[ -]?\d{4}"  # China
    r"|[6-9]\d{4}[ -]\d{5}"  # India
    r"|\(?\d{2}\)? ?9\d{4}-\d{4}|\(\d{2}\) ?9\d{4} ?\d{4}"  # Brazil
    r"|\d{2} \d{4} \d{4}"  # Mexico
    r"|3\d{2} \d{3} ?\d{4}"  # Italy
    r"|[67]\d{2} \d{3} ?\d{3})(?!\d)"  # Spain
)
_BARE = {"hi": r"[6-9]\d{9}", "it": r"3\d{9}", "es": r"[67]\d{8}", "pt": r"[1-9]\d9\d{8}"}
"""Phone numbers without a space or a sign, where people write so; unless a word for an order comes before."""
_TEN_DIGITS = re.compile(r"(?<![\w.,/-])\d{9,11}(?![\w/-])")
"""Anything at all; a phone number only when a word for one comes before."""
_TAX = re.compile(r"(?<!\d)\d{11}(?!\d)")
_CARDS = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6\d{15,18}"
)
_AFTER_WORD = 24
"""Letters between the word "order" or "phone" and its number."""
_DOMAINS = r"(?:com|net|org|info|co|me|io|kr|jp|cn|mx|br|fr|it|in|id|uk|de|es)"


def personal_spans(text: str, languages: Sequence[str] = ("en",)) -> list[tuple[int, int]]:
    """Spans of `text` that hold personal data, as people of these `languages` write it. Never raises."""
    folded = fold(text)
    found = [m.span() for pattern in (_EMAIL, _IDENTITY) for m in pattern.finditer(folded.text)]
    ordered = partial(_comes_before, folded.text, "orders", languages)
    found += [m.span() for m in _RESIDENT.finditer(folded.text) if not (is_barcode(m.group()) or ordered(m.start()))]
    found += [m.span() for m in _PHONE.finditer(folded.text) if not (m.group().isdecimal() and ordered(m.start()))]
    found += [
        m.span()
        for m in _TEN_DIGITS.finditer(folded.text)
        if not ordered(m.start()) and _comes_before(folded.text, "phones", languages, m.start())
    ]
    for language in languages:
        found += [m.span() for m in _spelled_address(language).finditer(folded.text)]
        if pattern := _BARE.get(language):
            bare = re.finditer(rf"(?<![\w.,/-])(?:{pattern})(?![\w/-])", folded.text)
            found += [m.span() for m in bare if not ordered(m.start())]
    found += [m.span() for m in _DIGITS.finditer(folded.text) if _has_card(m.group())]
    found += [m.span() for m in _TAX.finditer(folded.text) if is_cpf(m.group())]
    return [folded.origin(start, end) for start, end in found]


def is_card(number: str) -> bool:
    """Whether 14 to 19 digits begin like a payment card's and pass the Luhn check; separators are ignored."""
    joined = "".join(char for char in number if char.isdecimal())
    digits = [int(char) for char in joined]
    doubled = [sum(divmod(2 * digit, 10)) if index % 2 else digit for index, digit in enumerate(reversed(digits))]
    return _CARDS.fullmatch(joined) is not None and sum(doubled) % 10 == 0


def _has_card(run: str) -> bool:
    """Whether some of the groups of a run of digits are a card: "2 4111 1111 1111 1111"."""
    groups = re.split(r"[ .-]", run)
    joined = ("".join(groups[i:j]) for i in range(len(groups)) for j in range(i + 1, min(i + 19, len(groups)) + 1))
    return any(is_card(number) for number in joined if 14 <= len(number) <= 19)


def is_barcode(number: str) -> bool:
    """Whether thirteen digits end in the check digit of an EAN-13, as printed on a product."""
    digits = [int(char) for char in number]
    return len(digits) == 13 and sum(digits[::2] + [3 * digit for digit in digits[1::2]]) % 10 == 0


def is_cpf(number: str) -> bool:
    """Whether eleven digits end in the two check digits of a Brazilian CPF."""
    digits = [int(char) for char in number]
    for length in (9, 10):
        total = sum(digit * (length + 1 - index) for index, digit in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != digits[length]:
            return False
    return True


def _comes_before(text: str, kind: Literal["orders", "phones"], languages: Sequence[str], at: int) -> bool:
    """Whether a word for an order's number, or for a telephone's, comes right before a place in the same sentence."""
    before = text[max(0, at - _AFTER_WORD) : at]
    return any(_words_for(kind, language).search(before) for language in languages)


@lru_cache
def _words_for(kind: Literal["orders", "phones"], language: str) -> re.Pattern[str]:
    words = load_words(language)
    edge = r"(?<!\w)" if words.whole_words else ""
    listed = words.orders if kind == "orders" else words.phones
    return re.compile(rf"{edge}(?:{_any_of(listed)})(?!.*[,;!?。，])" if listed else r"(?!)")


@lru_cache
def _spelled_address(language: str) -> re.Pattern[str]:
    """ "mina at gmail dot com", with brackets or without."""
    words = load_words(language)
    at = rf"[\[({{<]? ?(?:{_any_of(('@', *words.at))}) ?[\])}}>]?"
    dot = rf"(?:\.| ?[\[({{<]? ?(?:{_any_of(('dot', *words.dot))}) ?[\])}}>]? ?)"
    label = r"[a-z0-9][a-z0-9-]*"
    return re.compile(
        rf"(?<![a-z0-9])[a-z0-9][a-z0-9._+-]* ?{at} ?{label}(?:{dot}{label})*?"
        rf"{dot}(?:{_DOMAINS}|{_com(language)})(?!\w)"
    )


def _com(language: str) -> str:
    """ "com" in the script of the language."""
    return {"hi": fold("कॉम").text, "ko": "컴", "ja": "コム"}.get(language, "com")


def _any_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
