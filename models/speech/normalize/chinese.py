"""Mandarin Chinese: 二 or 两, years digit by digit, percentages before their number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.numbers import Number
from models.speech.normalize.speller import Pass, Speller

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_MYRIADS = ("", "万", "亿", "万亿")
_MEASURE_WORDS = (
    "个|瓶|盒|件|支|片|包|袋|只|双|套|条|张|台|款|位|天|次|种|杯|块|颗|粒|箱|罐|桶|把|本|辆|部|层|份|滴|周|年|倍|分钟|小时|人|岁|"
    "号|月|元|升|克|斤|毫升|公斤|千克|厘米|毫米|米|点"
)
_TWO_STAYS = ("号", "月", "岁")
"""Before these 2 is 二: dates and the like are no counts."""


def hanzi(number: int) -> str:
    """Chinese numerals: 2980 is 两千九百八十, 10005 is 一万零五."""
    if number == 0:
        return _DIGITS[0]
    said, gap = "", False
    for index in range(len(_MYRIADS) - 1, -1, -1):
        group = number // 10_000**index % 10_000
        if not group:
            gap = bool(said)
            continue
        zero = _DIGITS[0] if said and (gap or group < 1000) else ""
        said += zero + _group(group, leading=not said) + _MYRIADS[index]
        gap = False
    return "两" + said[1:] if said.startswith(("二万", "二亿")) else said


def _group(number: int, *, leading: bool) -> str:
    said, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if not digit:
            gap = bool(said)
            continue
        said += _DIGITS[0] if gap else ""
        gap = False
        if digit == 1 and place == 1 and leading and not said:
            said += "十"
        else:
            said += ("两" if digit == 2 and place >= 2 else _DIGITS[digit]) + _PLACES[place]
    return said


class Chinese(Speller):
    """Yuan; letters stay letters, for the phonemizer reads them as English."""

    decimal_mark = "."
    numeric_date = "mdy"
    point = "点"
    minus = "负"
    plus = "加"
    to = "到"
    by = "乘"
    out_of = "满分{best}分得{n}分"
    quantity = "乘{n}"
    times = "{n}倍"
    and_cents = ""
    spaced = False
    yen = "CNY"
    currencies = {
        "CNY": "元", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "JPY": "日元", "KRW": "韩元", "INR": "卢比",
        "IDR": "印尼盾",
        "MXN": "墨西哥比索", "BRL": "雷亚尔",
    }  # fmt: skip
    units = {
        "ml": "毫升", "mL": "毫升", "l": "升", "L": "升", "mg": "毫克", "g": "克", "kg": "公斤", "oz": "盎司",
        "mm": "毫米",
        "cm": "厘米", "m": "米", "km": "公里", "W": "瓦", "kW": "千瓦", "Wh": "瓦时", "kWh": "千瓦时",
        "mAh": "毫安时",
        "V": "伏", "Hz": "赫兹", "GHz": "吉赫兹", "MB": "兆", "GB": "G", "TB": "T", "dB": "分贝", "lm": "流明",
        "kcal": "千卡", "°C": "摄氏度", "°F": "华氏度", "°": "度", "h": "小时", "min": "分钟", "s": "秒",
        "m²": "平方米",
        "px": "像素",
    }  # fmt: skip
    symbols = {"&": "和", "+": "加", "=": "等于", "#": "号", "@": "艾特"}
    scales = {"万": "万", "亿": "亿"}

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`."""
        return hanzi(number)

    def digits(self, text: str) -> str:
        """Digit by digit, as in years and telephone numbers."""
        return "".join(_DIGITS[int(digit)] for digit in text)

    def decimals(self, fraction: str) -> str:
        """Digit by digit."""
        return self.digits(fraction)

    def percentage(self, number: Number) -> str:
        """百分之 comes first."""
        return f"百分之{self.number(number)}"

    def money(self, number: Number, currency: str) -> str:
        """Prices keep their decimals: 99.90 is 九十九点九元."""
        trimmed = Number(number.whole, number.fraction[:2]).trimmed
        return self._count(trimmed) + self.currencies.get(currency, currency)

    def measure(self, number: Number, unit: str) -> str:
        """See `Speller`."""
        return self._count(number) + self.units[unit]

    def scaled_money(self, number: Number, scale: str, currency: str) -> str:
        """See `Speller`."""
        return self._count(number) + scale + self.currencies.get(currency, currency)

    def _count(self, number: Number) -> str:
        return "两" if number == Number(2) else self.number(number)

    def passes(self) -> Sequence[Pass]:
        """Years, the clock, discounts such as 8.5折, and 两 before measure words."""
        return (
            (re.compile(r"24/7"), lambda _: "全天候"),
            (re.compile(r"(?<!\d)((?:19|20)\d{2})(?=年)"), lambda m: self.digits(m[1])),
            (re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])"), lambda m: self.time(int(m[1]), int(m[2]))),
            (
                re.compile(r"(?<![\d.])(\d)\.?(\d)?折"),
                lambda m: f"{_DIGITS[int(m[1])]}{_DIGITS[int(m[2])] if m[2] else ''}折",
            ),
            (
                re.compile(rf"(?<![\d.,第])2\s?(?=(?:{_MEASURE_WORDS}))(?!{'|'.join(_TWO_STAYS)})"),
                lambda _: "两",
            ),
            (re.compile(r"(?<=\d)\s+(?=[\u4e00-\u9fff])"), lambda _: ""),
        )

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        return (f"{self.digits(str(year))}年" if year else "") + f"{hanzi(month)}月{hanzi(day)}号"

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`."""
        said = f"{'两' if hour == 2 else hanzi(hour)}点"
        if minute == 30:
            return f"{said}半"
        return f"{said}{'零' if 0 < minute < 10 else ''}{hanzi(minute)}分" if minute else said
