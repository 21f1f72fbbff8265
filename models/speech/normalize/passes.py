"""The rules that all languages share, in the order in which they must be applied."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from models.speech.normalize.numbers import NUMBER, Number, parse_number
from models.speech.normalize.speller import Pass, Speller

_ISO = "USD|EUR|GBP|JPY|CNY|KRW|INR|IDR|MXN|BRL|RMB"
_SIGN = r"US\$|MX\$|R\$|\$|€|£|¥|₩|₹|(?<![A-Za-z])(?:Rs|Rp)\.?"
_SIGNS = {
    "US$": "USD", "MX$": "MXN", "R$": "BRL", "€": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "RS": "INR", "RP": "IDR",
    "RMB": "CNY", "円": "JPY", "元": "CNY", "원": "KRW",
}  # fmt: skip
_BARE_SIGNS = r"[€£₩₹]|円|元|원|Rp|Rs"

_ACRONYMS = (
    "SPF UV UVA UVB LED LCD OLED USB AI TV PC BPA BHA AHA PHA DNA HD UHD HDR GPS NFC RGB ABS PVC PET IP AC DC CEO DIY "
    "FAQ ID QR VIP EU US UK USA FDA ISO"
)
_UNSPOKEN = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200b-\u200f™®©*_~^|<>{}\\\\]")
_PROTECT = str.maketrans(
    {"…": "\ue000", "½": "1/2", "′": "'", "″": '"', "’": "'", "￥": "¥", "−": "-", "~": "–", "～": "–", "〜": "–"}
)


def tidy(text: str) -> str:
    """One spelling of digits, spaces and marks; what cannot be said (emoji, trade marks) is dropped."""
    text = _UNSPOKEN.sub(" ", text.translate(_PROTECT))
    text = re.sub(r"(?<=\d)[\u00a0\u202f\u2009'](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"[！-～]", lambda wide: _narrow(wide.group()), text)
    text = unicodedata.normalize("NFC", re.sub("[㎀-㏟℃℉０-９Ａ-Ｚａ-ｚ\u00b5]", _compatible, text))
    text = re.sub(r"\d", lambda digit: str(unicodedata.digit(digit.group())), text)
    return re.sub(r"[ \t\u00a0\u202f\u2009\u3000]+", " ", text.replace("\ue000", "…"))


def _compatible(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match.group())


def _narrow(wide: str) -> str:
    """Full-width letters, digits and signs become narrow; sentence marks stay wide."""
    return wide if wide in "！（），：；？．［］" else unicodedata.normalize("NFKC", wide)


def spell(text: str, speller: Speller) -> str:
    """Apply every rule of `speller` to `text`."""
    text = tidy(text)
    for pattern, say in (*speller.passes(), *_common(speller)):
        text = pattern.sub(_padded(say, speller), text)
    for symbol, word in speller.symbols.items():
        text = text.replace(symbol, f" {word} " if speller.spaced else word)
    return re.sub(r" +([,.;:!?])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _padded(say: Callable[[re.Match[str]], str], speller: Speller) -> Callable[[re.Match[str]], str]:
    """Keep words apart: "2x" inside a sentence must not stick to its neighbours."""

    def replace(match: re.Match[str]) -> str:
        said = say(match)
        if said == match.group() or not speller.spaced:
            return said
        before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
        left = " " if before and (before.isalnum() or before in "+%)") else ""
        right = " " if after.isalnum() and not speller.clings else ""
        return f"{left}{said}{right}"

    return replace


def _common(speller: Speller) -> Sequence[Pass]:
    return (
        *_codes(speller), *_dates(speller), *_times(speller), *_money(speller), *_ranges(speller),
        *_measures(speller), *_plain(speller),
    )  # fmt: skip


def _codes(speller: Speller) -> Sequence[Pass]:
    acronyms = "|".join(sorted(_ACRONYMS.split(), key=len, reverse=True))
    units = "|".join(re.escape(unit) for unit in sorted(speller.units, key=len, reverse=True))
    code = r"(?<![A-Za-z0-9])(?=[A-Z0-9-]*[A-Z]{2})(?=[A-Z0-9-]*\d)(?!\d+(?:" + (units or "-") + r")\b)"
    return (
        (
            re.compile(rf"(?<![A-Za-z0-9])({acronyms})(?=[ -]?\d)[ -]?(\d+)(\+*)"),
            lambda m: speller.join(speller.spell(m[1]), speller.cardinal(int(m[2])), *[speller.plus] * len(m[3])),
        ),
        (
            re.compile(code + rf"(?!(?:{_ISO})\d)[A-Z0-9]+(?:-[A-Z0-9]+)*(?![A-Za-z0-9])"),
            lambda m: speller.spell(m[0]),
        ),
        (re.compile(rf"(?<![A-Za-z])({acronyms})s?(?![A-Za-z$])"), lambda m: speller.spell(m[1])),
    )


def _dates(speller: Speller) -> Sequence[Pass]:
    def iso(match: re.Match[str]) -> str:
        return _date_or_same(speller, match, int(match[1]), int(match[2]), int(match[3]))

    def numeric(match: re.Match[str]) -> str:
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        day, month = (second, first) if speller.numeric_date == "mdy" else (first, second)
        return _date_or_same(speller, match, year + 2000 if year < 100 else year, month, day)

    def short(match: re.Match[str]) -> str:
        """Without a year only what cannot be a rating: the day is past the twelfth."""
        first, second = int(match[1]), int(match[2])
        day, month = (second, first) if speller.numeric_date == "mdy" else (first, second)
        return speller.date(None, month, day) if 12 < day <= 31 and 1 <= month <= 12 else match[0]

    return (
        (re.compile(r"(?<![\d.,])(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?![\d.,]*\d)"), iso),
        (re.compile(r"(?<![\d.,])(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?!\d)"), numeric),
        (re.compile(r"(?<![\d.,/])(\d{1,2})/(\d{1,2})(?![\d/]|[.,]\d)"), short),
    )


def _date_or_same(speller: Speller, match: re.Match[str], year: int, month: int, day: int) -> str:
    valid = 1 <= month <= 12 and 1 <= day <= 31
    return speller.date(year, month, day) if valid else match[0]


def _times(speller: Speller) -> Sequence[Pass]:
    def clock(match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2])
        return speller.time(hour, minute) if hour <= 24 and minute < 60 else match[0]

    return ((re.compile(r"(?<![\d:.,])(\d{1,2}):(\d{2})(?::00)?(?![\d:])"), clock),)


def _money(speller: Speller) -> Sequence[Pass]:
    scales = "|".join(sorted(map(re.escape, speller.scales), key=len, reverse=True)) or "(?!)"
    amount = rf"(?P<n>{NUMBER})(?:\s?(?P<scale>{scales})(?![a-zà-ÿ]))?"

    def say(match: re.Match[str]) -> str:
        sign = match.groupdict().get("iso") or match["sign"]
        currency = _currency(sign, speller)
        number = parse_number(match["n"], speller.decimal_mark, money=not match["scale"])
        if match["scale"]:
            return speller.scaled_money(number, match["scale"], currency)
        return speller.money(number, currency)

    return (
        (re.compile(rf"(?P<sign>{_SIGN}|\b(?:{_ISO})\b)\s?{amount}(?:\s?(?P<iso>{_ISO}|円|元|원)(?![A-Za-z]))?"), say),
        (re.compile(rf"{amount}\s?(?P<sign>\$|¥|{_BARE_SIGNS}|(?:{_ISO})(?![A-Za-z]))"), say),
    )


def _currency(sign: str, speller: Speller) -> str:
    if sign == "$":
        return speller.dollar
    if sign == "¥":
        return speller.yen
    bare = sign.rstrip(".").upper()
    return _SIGNS.get(bare, bare)


def _ranges(speller: Speller) -> Sequence[Pass]:
    space = " " if speller.spaced else ""
    sides = re.compile(rf"({NUMBER})(?:\s[xX×]\s|[xX×])(?=\d)")
    rating = re.compile(rf"(?<![\d/])({NUMBER})/(\d+)(?![\d/])")

    def rate(match: re.Match[str]) -> str:
        number = speller.number(_read(match[1], speller))
        return speller.out_of.format(n=number, best=speller.cardinal(int(match[2])))

    return (
        (sides, lambda m: speller.number(_read(m[1], speller)) + space + speller.by + space),
        (re.compile(r"(?<=[\d%])\s?[–—〜～-]\s?(?=\d)"), lambda _: space + speller.to + space),
        (rating, rate),
    )


def _read(text: str, speller: Speller) -> Number:
    return parse_number(text, speller.decimal_mark)


def _measures(speller: Speller) -> Sequence[Pass]:
    units = "|".join(re.escape(unit) for unit in sorted(speller.units, key=len, reverse=True))
    return (
        (
            re.compile(rf"({NUMBER})\s?%"),
            lambda m: speller.percentage(_read(m[1], speller)),
        ),
        (
            re.compile(rf"({NUMBER})[ -]?({units})(?![A-Za-zÀ-ÿ²])"),
            lambda m: speller.measure(_read(m[1], speller), m[2]),
        ),
        (re.compile(r"(?<![A-Za-z])[x×]\s?(\d+)"), lambda m: _filled(speller.quantity, m[1], speller)),
        (re.compile(rf"({NUMBER})\s?[x×](?![A-Za-z])"), lambda m: _filled(speller.times, m[1], speller)),
    )


def _filled(template: str, digits: str, speller: Speller) -> str:
    return template.format(n=speller.number(_read(digits, speller)))


def _plain(speller: Speller) -> Sequence[Pass]:
    def say(match: re.Match[str]) -> str:
        text = match["n"]
        is_label = text.isdigit() and (len(text) > 15 or (len(text) > 1 and text.startswith("0")))
        said = speller.digits(text) if is_label else speller.number(_read(text, speller))
        return speller.join(speller.minus if match["minus"] else "", said)

    return ((re.compile(rf"(?P<minus>(?<![\w.,])-)?(?P<n>{NUMBER})"), say),)
