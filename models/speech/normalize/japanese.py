"""Japanese: kanji numerals, which the dictionary of the phonemizer reads with every counter's own sound changes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.numbers import Number
from models.speech.normalize.speller import Pass, Speller, words

_DIGITS = "〇一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_MYRIADS = ("", "万", "億", "兆", "京")


def kanji(number: int) -> str:
    """Kanji numerals: 12800 is 一万二千八百."""
    if number == 0:
        return "ゼロ"
    said = ""
    for myriad in _MYRIADS:
        number, group = divmod(number, 10_000)
        if group:
            said = _group(group) + myriad + said
    return said


def _group(number: int) -> str:
    said = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            said += ("" if digit == 1 and place else _DIGITS[digit]) + _PLACES[place]
    return said


class Japanese(Speller):
    """Yen, and katakana for units and letters."""

    decimal_mark = "."
    numeric_date = "mdy"
    point = "点"
    minus = "マイナス"
    plus = "プラス"
    percent = "パーセント"
    to = "から"
    by = "かける"
    out_of = "{best}点満点中{n}点"
    quantity = "かける{n}"
    times = "{n}倍"
    and_cents = ""
    spaced = False
    currencies = {
        "JPY": "円", "USD": "ドル|ドル|セント|セント", "EUR": "ユーロ|ユーロ|セント|セント", "GBP": "ポンド",
        "CNY": "元",
        "KRW": "ウォン", "INR": "ルピー", "IDR": "ルピア", "MXN": "メキシコペソ", "BRL": "レアル",
    }  # fmt: skip
    units = {
        "ml": "ミリリットル", "mL": "ミリリットル", "l": "リットル", "L": "リットル", "mg": "ミリグラム",
        "g": "グラム",
        "kg": "キログラム", "oz": "オンス", "mm": "ミリメートル", "cm": "センチ", "m": "メートル",
        "km": "キロメートル",
        "W": "ワット", "kW": "キロワット", "Wh": "ワットアワー", "kWh": "キロワットアワー",
        "mAh": "ミリアンペアアワー",
        "V": "ボルト", "Hz": "ヘルツ", "GHz": "ギガヘルツ", "MB": "メガバイト", "GB": "ギガバイト",
        "TB": "テラバイト",
        "dB": "デシベル", "lm": "ルーメン", "kcal": "キロカロリー", "°C": "度", "°F": "華氏度", "°": "度",
        "h": "時間",
        "min": "分", "s": "秒", "m²": "平方メートル", "px": "ピクセル",
    }  # fmt: skip
    symbols = {"&": "アンド", "+": "プラス", "=": "イコール", "#": "ナンバー", "@": "アットマーク"}
    scales = {"万": "万", "億": "億"}
    letters = words(
        "エー ビー シー ディー イー エフ ジー エイチ アイ ジェー ケー エル エム エヌ オー ピー キュー アール エス "
        "ティー ユー ブイ ダブリュー エックス ワイ ゼット"
    )

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`."""
        return kanji(number)

    def digits(self, text: str) -> str:
        """Telephone style."""
        return "".join("ゼロ" if digit == "0" else _DIGITS[int(digit)] for digit in text)

    def decimals(self, fraction: str) -> str:
        """Digits; a zero is ゼロ."""
        return self.digits(fraction)

    def pause_between(self, said: Sequence[str]) -> str:
        """Letters are separate words; a comma before the number keeps it apart."""
        return "、".join(said)

    def scaled_money(self, number: Number, scale: str, currency: str) -> str:
        """See `Speller`."""
        return self.number(number) + scale + self.currencies.get(currency, currency).split("|")[0]

    def passes(self) -> Sequence[Pass]:
        """Ranges with a wave dash are から; ratings keep their 点; 24/7 and clock times."""
        return (
            (re.compile(r"24/7"), lambda _: "二十四時間年中無休"),
            (
                re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])"),
                lambda m: self.time(int(m[1]), int(m[2])),
            ),
            (re.compile(r"(?<=\d)\s+(?=[^\sA-Za-z0-9])"), lambda _: ""),
        )

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        return (f"{kanji(year)}年" if year else "") + f"{kanji(month)}月{kanji(day)}日"

    def time(self, hour: int, minute: int) -> str:
        """See `Speller`."""
        return f"{kanji(hour) if hour else '零'}時" + (f"{kanji(minute)}分" if minute else "")
