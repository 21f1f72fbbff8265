"""Numbers as people write them, and that no invented one ever passes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from influencer.fields import MARKET_IDS
from influencer.script.guard.folding import fold
from influencer.script.guard.mentions import HUMBLE, find_mentions
from influencer.script.guard.numerals import find_numbers
from tests.unit.script_helpers import brief, guard, line, sheet

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "29,000", "29000"),
        ("en", "$1,299.50", "1299.50"),
        ("en", "１２９", "129"),
        ("en", "twenty-five", "25"),
        ("en", "two hundred thousand", "200000"),
        ("en", "1.5 million", "1500000"),
        ("en", "29k", "29000"),
        ("en", "1 lakh", "100000"),
        ("ko", "2만 9천원", "29000"),
        ("ko", "이만구천원", "29000"),
        ("ko", "이만 구천 원", "29000"),
        ("ko", "두 시간", "2"),
        ("ja", "二千九百八十円", "2980"),
        ("ja", "１万２千円", "12000"),
        ("ja", "2,980円", "2980"),
        ("zh", "一百六十八元", "168"),
        ("zh", "1.5万元", "15000"),
        ("es", "cuatrocientos cuarenta y nueve pesos", "449"),
        ("es", "mil quinientos pesos", "1500"),
        ("pt", "R$ 1.299,90", "1299.90"),
        ("pt", "noventa e nove reais", "99"),
        ("fr", "1\u202f299,00 €", "1299"),
        ("fr", "quatre-vingt-dix-neuf euros", "99"),
        ("it", "duemila euro", "2000"),
        ("it", "duemilanovecentottanta euro", "2980"),
        ("es", "dos mil novecientos ochenta pesos", "2980"),
        ("it", "ventiquattro euro", "24"),
        ("hi", "१,४९९", "1499"),
        ("hi", "₹1,29,900", "129900"),
        ("hi", "डेढ़ लाख रुपये", "150000"),
        ("hi", "एक हज़ार चार सौ रुपये", "1400"),
        ("id", "259 ribu", "259000"),
        ("id", "dua ratus lima puluh sembilan ribu", "259000"),
        ("id", "1,5 juta", "1500000"),
    ],
)
def test_one_number_in_many_spellings(language: str, text: str, value: str) -> None:
    found = [number.value for number in find_numbers(fold(text).text, language)]

    assert found == [Decimal(value)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ko", "이 시간에 사 주세요, 천연 오일이에요"),
        ("ja", "一緒に、一般に"),
        ("zh", "一款，一起，十分"),
        ("it", "sei qui con noi"),
        ("fr", "un produit neuf"),
        ("hi", "मुझे बता दो"),
    ],
)
def test_words_that_look_like_numbers_are_no_quantity(language: str, text: str) -> None:
    assert [m for m in find_mentions(fold(text).text, language, "USD") if m.words != HUMBLE] == []


@pytest.mark.parametrize(
    ("language", "text", "kind", "value", "unit"),
    [
        ("en", "24 hours", "measure", 86400, "second"),
        ("en", "1 day", "measure", 86400, "second"),
        ("en", "0.03 l", "measure", 30, "ml"),
        ("ko", "24시간", "measure", 86400, "second"),
        ("ja", "三割", "percent", 30, "%"),
        ("zh", "九折", "percent", 10, "%"),
        ("zh", "百分之十", "percent", 10, "%"),
        ("en", "fifty cents", "money", Decimal("0.5"), "USD"),
        ("en", "half price", "ratio", Decimal("0.5"), ""),
        ("ko", "반값", "ratio", Decimal("0.5"), ""),
        ("en", "December 31st", "date", 1231, ""),
        ("pt", "31 de dezembro", "date", 1231, ""),
    ],
)
def test_units_are_normalised(language: str, text: str, kind: str, value: Decimal, unit: str) -> None:
    (mention,) = find_mentions(fold(text).text, language, "USD")

    assert (mention.kind, mention.value, mention.unit) == (kind, value, unit)


PRICES = {
    "en-US": "It costs ${}.", "ko-KR": "가격은 {}원이에요.", "ja-JP": "お値段は{}円です。", "zh-CN": "现在{}元。",
    "es-MX": "Cuesta {} pesos.", "pt-BR": "Custa {} reais.", "fr-FR": "Il coûte {} euros.", "it-IT": "Costa {} euro.",
    "hi-IN": "इसकी कीमत {} रुपये है।", "id-ID": "Harganya {} rupiah.",
}  # fmt: skip


def known_amounts(market: str) -> set[Decimal]:
    price = brief().prices[market]  # type: ignore[index]
    slots = sheet(market).slots
    stated = {"price", "list_price", "saving", "coupon_price"} & set(slots)
    digits = {next(find_numbers(fold(slots[name]).text, market[:2])).value for name in stated}
    return digits | {price.amount, price.list_price or price.amount}


@settings(max_examples=15, deadline=None)
@given(amount=st.integers(2, 5_000_000))
@pytest.mark.parametrize("market", MARKET_IDS)
def test_an_invented_price_never_passes(market: str, amount: int) -> None:
    text = PRICES[market].format(f"{amount:,}" if market[:2] in {"en", "ko", "ja", "zh", "es", "hi"} else amount)

    approved = guard(market).explain(line(text, market)).approved
    assert not approved or Decimal(amount) in known_amounts(market)  # a saving is known, and still is no price


@settings(max_examples=25, deadline=None)
@given(number=st.integers(2, 9_999))
def test_an_invented_number_in_words_never_passes(number: int) -> None:
    text = f"It keeps your skin soft for {num2words(number)} hours."

    assert not guard("en-US").explain(line(text, "en-US")).approved


@settings(max_examples=25, deadline=None)
@given(percent=st.integers(1, 99).filter(lambda p: p not in {10, 25}))
@pytest.mark.parametrize(
    ("market", "text"),
    [
        ("en-US", "You get {}% off."),
        ("ko-KR", "{}% 할인돼요."),
        ("ja-JP", "{}%オフです。"),
        ("fr-FR", "Vous avez {} % de remise."),
        ("hi-IN", "{}% की छूट है।"),
    ],
)
def test_an_invented_discount_never_passes(market: str, text: str, percent: int) -> None:
    discounts = {sheet(market).slots[name].rstrip("% ") for name in ("discount", "coupon_value")}

    said = guard(market).explain(line(text.format(percent), market))

    assert said.approved is (str(percent) in discounts)
