"""Korean: Sino-Korean numerals for money, measures and dates, native ones before native counters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.speech.normalize.numbers import Number
from models.speech.normalize.speller import Pass, Speller, words

_DIGITS = words("영 일 이 삼 사 오 육 칠 팔 구")
_PLACES = ("", "십", "백", "천")
_MYRIADS = ("", "만", "억", "조", "경")
_NATIVE_ONES = words("_ 한 두 세 네 다섯 여섯 일곱 여덟 아홉")
_NATIVE_TENS = words("_ 열 스물 서른 마흔 쉰 예순 일흔 여든 아흔")
_NATIVE_COUNTERS = (
    "시간|시|개월치|개(?!월)|명|병|통|잔|장|권|마리|살|번째|번|벌|켤레|대|송이|봉지|팩|박스|상자|세트|"
    "가지|달(?!러)|곳|쌍|줄|컵|스푼|방울|알|캔|포|자루|조각|그루|채|군데|끼|모금|숟가락|묶음|종류|사람|배"
)


def sino(number: int) -> str:
    """Sino-Korean numerals, spaced at the myriads: 29000 is "이만 구천"."""
    if number == 0:
        return _DIGITS[0]
    groups: list[str] = []
    for myriad in _MYRIADS:
        number, group = divmod(number, 10_000)
        if group:
            said = _group(group)
            groups.append(myriad if said == "일" and myriad == "만" else said + myriad)
    return " ".join(reversed(groups))


def _group(number: int) -> str:
    said = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            said += ("" if digit == 1 and place else _DIGITS[digit]) + _PLACES[place]
    return said


def native(number: int) -> str:
    """Native numerals in the form that stands before a counter: 1 "한", 20 "스무", 21 "스물한"; Sino from 100 up."""
    if not 1 <= number < 100:
        return sino(number)
    tens, ones = divmod(number, 10)
    if number == 20:
        return "스무"
    return (_NATIVE_TENS[tens] if tens else "") + (_NATIVE_ONES[ones] if ones else "")


class Korean(Speller):
    """Won, native counters, morning and afternoon."""

    decimal_mark = "."
    numeric_date = "mdy"
    point = "쩜"
    minus = "마이너스"
    plus = "플러스"
    percent = "퍼센트"
    to = "에서"
    by = "곱하기"
    out_of = "{best}점 만점에 {n}점"
    quantity = "곱하기 {n}"
    times = "{n} 배"
    clings = True
    currencies = {
        "KRW": "원", "USD": "달러|달러|센트|센트", "EUR": "유로|유로|센트|센트", "GBP": "파운드|파운드|펜스|펜스",
        "JPY": "엔",
        "CNY": "위안", "INR": "루피", "IDR": "루피아", "MXN": "멕시코 페소|멕시코 페소|센타보|센타보",
        "BRL": "헤알|헤알|센타보|센타보",
    }  # fmt: skip
    units = {
        "ml": "밀리리터", "mL": "밀리리터", "l": "리터", "L": "리터", "mg": "밀리그램", "g": "그램", "kg": "킬로그램",
        "oz": "온스", "mm": "밀리미터", "cm": "센티미터", "m": "미터", "km": "킬로미터", "W": "와트",
        "kW": "킬로와트",
        "Wh": "와트시", "kWh": "킬로와트시", "mAh": "밀리암페어", "V": "볼트", "Hz": "헤르츠", "GHz": "기가헤르츠",
        "MB": "메가바이트", "GB": "기가바이트", "TB": "테라바이트", "dB": "데시벨", "lm": "루멘",
        "kcal": "킬로칼로리",
        "°C": "도", "°F": "화씨 도", "°": "도", "h": "시간", "min": "분", "s": "초", "m²": "제곱미터", "px": "픽셀",
    }  # fmt: skip
    symbols = {"&": " 앤드 ", "+": " 플러스 ", "=": " 는 ", "#": " 넘버 ", "@": " 골뱅이 "}
    letters = words(
        "에이 비 씨 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 알 에스 티 유 브이 더블유 엑스 와이 제트"
    )

    def cardinal(self, number: int, gender: str = "") -> str:
        """See `Speller`: Sino-Korean."""
        return sino(number)

    def number(self, number: Number, gender: str = "") -> str:
        """Decimals are read digit by digit and joined: 4.8 is "사쩜팔"."""
        if not number.fraction:
            return sino(number.whole)
        return f"{sino(number.whole)}{self.point}{''.join(_DIGITS[int(digit)] for digit in number.fraction)}"

    def digits(self, text: str) -> str:
        """Telephone style, zero is "공"."""
        return " ".join("공" if digit == "0" else _DIGITS[int(digit)] for digit in text)

    def measure(self, number: Number, unit: str) -> str:
        """Hours take native numerals."""
        if unit == "h" and not number.fraction:
            return f"{native(number.whole)} 시간"
        return super().measure(number, unit)

    def passes(self) -> Sequence[Pass]:
        """Promotions such as 1+1, the clock, native counters, and numerals before 만 and 억."""
        english = words("_ 원 투 쓰리 포 파이브 식스 세븐 에이트 나인")
        return (
            (re.compile(r"(?<!\d)24/7(?!\d)"), lambda _: "연중무휴 이십사 시간"),
            (
                re.compile(r"(?<!\d)([1-9])\s?\+\s?([1-9])(?!\d)"),
                lambda m: f"{english[int(m[1])]} 플러스 {english[int(m[2])]}",
            ),
            (
                re.compile(r"(?<![\d:.,])(\d{1,2})시(?!간)(?: ?(\d{1,2})분)?"),
                lambda m: self._clock(int(m[1]), int(m[2] or 0)),
            ),
            (re.compile(r"(?<![\d.,])6월"), lambda _: "유월"),
            (re.compile(r"(?<![\d.,])10월"), lambda _: "시월"),
            (
                re.compile(rf"(?<![\d.,])(\d{{1,2}}) ?({_NATIVE_COUNTERS})"),
                lambda m: f"{native(int(m[1]))} {m[2]}",
            ),
            (
                re.compile(r"(\d[\d,]*(?:\.\d+)?)(?=\s?(?:천|만|억))(\s?)"),
                lambda m: self._scaled(m[1]),
            ),
        )

    def _scaled(self, text: str) -> str:
        whole, _, fraction = text.replace(",", "").partition(".")
        return "" if whole == "1" and not fraction else self.number(Number(int(whole), fraction))

    def date(self, year: int | None, month: int, day: int) -> str:
        """See `Speller`."""
        name = {6: "유", 10: "시"}.get(month, sino(month))
        return self.join(f"{sino(year)}년" if year else "", f"{name}월", f"{sino(day)}일")

    def time(self, hour: int, minute: int) -> str:
        """20:30 is "오후 여덟 시 삼십 분"."""
        half = "오전" if hour % 24 < 12 else "오후"
        return f"{half} {self._clock(hour % 12 or 12, minute)}"

    def _clock(self, hour: int, minute: int) -> str:
        said = f"{native(hour)} 시" if hour <= 12 else f"{sino(hour)} 시"
        return f"{said} {sino(minute)} 분" if minute else said
