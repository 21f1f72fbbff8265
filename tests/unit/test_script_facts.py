"""What a fact sheet holds, and how natives write it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from influencer.brief import Offer
from influencer.errors import NotFound
from influencer.loading import load_market
from influencer.script.facts import FactSheet
from influencer.script.formats import Style
from tests.unit.script_helpers import NOW, brief, sheet

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "written"),
    [
        ("ko_KR", "29000", "KRW", "29,000원"),
        ("ja_JP", "2980", "JPY", "2,980円"),
        ("zh_CN", "168", "CNY", "168元"),
        ("zh_CN", "151.20", "CNY", "151.2元"),
        ("en_US", "39", "USD", "$39.00"),
        ("es_MX", "449", "MXN", "$449.00"),
        ("pt_BR", "99.90", "BRL", "R$ 99,90"),
        ("fr_FR", "129", "EUR", "129,00 €"),
        ("fr_FR", "1299", "EUR", "1\u00a0299,00 €"),
        ("it_IT", "24.90", "EUR", "24,90 €"),
        ("hi_IN", "1299", "INR", "₹1,299"),
        ("hi_IN", "129900", "INR", "₹1,29,900"),
        ("hi_IN", "1349.10", "INR", "₹1,349.10"),
        ("id_ID", "149000", "IDR", "Rp149.000"),
        ("en_US", "29000", "KRW", "₩29,000"),
    ],
)
def test_money_is_written_as_natives_do(locale: str, amount: str, currency: str, written: str) -> None:
    assert Style(locale).money(Decimal(amount), currency) == written


def test_every_kind_of_fact_is_there() -> None:
    facts = sheet("ko-KR").facts

    assert {
        "brand", "name", "summary", "category", "price", "list_price", "discount", "stock", "coupon", "coupon_value",
        "offer_ends", "key_point.recycled-glass", "spec.volume", "ingredient.1", "ingredients", "how_to_use",
        "faq.storage", "shipping", "returns", "audience",
    } <= set(facts)  # fmt: skip
    assert facts["spec.volume"].text == "용량: 30ml"
    assert facts["key_point.recycled-glass"].evidence == (
        "certificate: Glass supplier's recycled-content certificate GLS-7720 (2025-01-20)"
    )


def test_a_discount_is_rounded_down_so_it_is_never_overstated() -> None:
    assert sheet("ko-KR").slots["discount"] == "23%"  # 38,000 to 29,000 is 23.68 %


def test_an_english_asker_in_a_korean_show_sees_won() -> None:
    facts = FactSheet.build(brief(), load_market("ko-KR"), now=NOW, text_market="en-US")

    assert facts.slots["price"] == "₩29,000"
    assert facts.slots["name"] == "Dew Serum"
    assert facts.language == "en"


def test_what_is_sold_out_says_so() -> None:
    facts = sheet("ja-JP", stock=0)

    assert facts.sold_out
    assert facts.facts["stock"].text == "売り切れ"
    assert "stock" not in facts.slots


def test_offer_facts_exist_only_while_the_offer_is_active() -> None:
    before = sheet("en-US", now=datetime(2025, 12, 31, tzinfo=UTC))
    after = sheet("en-US", now=datetime(2031, 1, 1, tzinfo=UTC))

    for facts in (before, after):
        assert not facts.offer_active
        assert not {"coupon", "coupon_value", "coupon_price", "offer_ends"} & (set(facts.facts) | set(facts.slots))


@pytest.mark.parametrize(
    ("ends", "now", "shown"),
    [
        ("2026-12-01T00:00:00+09:00", NOW, "11월 30일"),  # midnight: the last day is the day before
        ("2026-12-01T00:00:01+09:00", NOW, "12월 1일"),
        ("2027-02-01T12:00:00+09:00", NOW, "2027년 2월 1일"),
    ],
)
def test_the_last_day_of_an_offer_is_a_day_of_the_market(ends: str, now: datetime, shown: str) -> None:
    offer = Offer.model_validate(
        {"coupon": "SAVE10", "percent_off": 10, "starts": "2026-01-01T00:00:00Z", "ends": ends}
    )
    facts = FactSheet.build(brief().model_copy(update={"offer": offer}), load_market("ko-KR"), now=now)

    assert facts.slots["offer_ends"] == shown


def test_an_amount_off_is_money() -> None:
    offer = Offer.model_validate(
        {
            "coupon": "WON3000", "amount_off": {"ko-KR": 3000}, "starts": "2026-01-01T00:00:00Z",
            "ends": "2027-01-01T00:00:00Z",
        }
    )  # fmt: skip
    facts = FactSheet.build(brief().model_copy(update={"offer": offer}), load_market("ko-KR"), now=NOW)

    assert (facts.slots["coupon_value"], facts.slots["coupon_price"]) == ("3,000원", "26,000원")


def test_a_market_where_it_is_not_sold_is_refused() -> None:
    here = brief().model_copy(update={"prices": {"en-US": brief().prices["en-US"]}})

    with pytest.raises(NotFound, match="not sold in ko-KR; it is in en-US"):
        FactSheet.build(here, load_market("ko-KR"), now=NOW)
