"""Money, baskets and coupons: exact, whatever is bought."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencer.brief import Brief
from influencer.commerce.basket import Item, Priced, normalized_code, offer_coupon, price_basket
from influencer.commerce.coupons import Coupon, discounts
from influencer.commerce.money import allocate, major_units, minor_units, money_text
from influencer.commerce.pricing import discounted
from influencer.commerce.states import ORDER_STATES, STEPS, check_step, may_become, sources
from influencer.errors import Conflict, InvalidInput, NotFound
from influencer.store import OrderLine
from tests.web_house import BRIEF

pytestmark = pytest.mark.unit

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = datetime(2031, 1, 1, tzinfo=UTC)
CODES = st.sampled_from(["USD", "KRW", "JPY", "CNY", "MXN", "BRL", "EUR", "INR", "IDR"])
LINES = st.lists(
    st.builds(
        OrderLine,
        product_id=st.uuids().map(str),
        sku=st.just("SKU-1"),
        quantity=st.integers(1, 20),
        unit_amount=st.integers(1, 10**9),
    ),
    min_size=1,
    max_size=6,
)


def coupon(**more: Any) -> Coupon:
    given: dict[str, Any] = {"code": "HALLO", "starts": NOW, "ends": LATER, "percent_off": 10, **more}
    return Coupon(**given)


def priced(market: Any = "en-US", code: str | None = None, now: datetime = NOW, brief: Brief = BRIEF) -> Priced:
    wanted = normalized_code(code)
    rule = None if wanted is None else offer_coupon([brief], market, wanted)
    return price_basket([Item(brief.id, 1)], {brief.id: brief}, market, now, rule)


def test_the_coupon_of_an_offer_gives_the_exact_price_that_the_host_says() -> None:
    assert (priced().total, priced().currency) == (2400, "USD")
    assert priced(code="dew10 ").total == 2160
    assert priced("ko-KR", "DEW10").total == 26_100
    assert priced("ko-KR", "DEW10").discount == 2_900


def test_a_stale_coupon_and_a_missing_market_are_refused() -> None:
    with pytest.raises(Conflict, match="not valid now"):
        priced(code="DEW10", now=LATER)
    with pytest.raises(NotFound, match="not sold in ja-JP"):
        priced("ja-JP")


def test_an_amount_off_never_makes_a_price_zero() -> None:
    offer = {"coupon": "BIG99", "amount_off": {"en-US": "23.999", "ko-KR": "28999.9"}, "starts": NOW, "ends": LATER}
    brief = Brief.model_validate(BRIEF.model_dump() | {"offer": offer})
    assert priced(code="BIG99", brief=brief).total == 1
    assert priced("ko-KR", "BIG99", brief=brief).total == 1


@given(st.integers(0, 10**15), CODES)
def test_minor_units_survive_the_way_there_and_back(amount: int, currency: str) -> None:
    assert minor_units(major_units(amount, currency), currency) == amount


def test_money_that_no_coin_can_pay_is_refused() -> None:
    assert minor_units(Decimal("24.9"), "USD") == 2490
    for amount, currency in ((Decimal("0.001"), "USD"), (Decimal("0.5"), "KRW")):
        with pytest.raises(ValueError, match="whole number of minor units"):
            minor_units(amount, currency)
    assert (money_text(2490, "USD", "en-US"), money_text(29_000, "KRW", "ko-KR")) == ("$24.90", "29,000원")


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(any), st.data())
def test_a_split_loses_nothing_and_no_part_is_larger_than_its_weight(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@given(LINES, st.integers(1, 90))
def test_a_percentage_is_the_spoken_price_times_the_units(lines: list[OrderLine], percent: int) -> None:
    off = discounts(coupon(percent_off=percent), lines, "en-US", "USD", NOW)
    for line, less in zip(lines, off, strict=True):
        exact = Decimal(line.unit_amount) * (100 - percent) / 100
        paid = line.unit_amount * line.quantity - less
        assert paid % line.quantity == 0 and paid > 0
        assert abs(Decimal(paid // line.quantity) - exact) <= Decimal("0.5") or paid // line.quantity == 1
        assert less >= 0


@given(LINES, st.integers(1, 10**12))
def test_an_amount_is_taken_off_once_and_something_is_left_to_pay(lines: list[OrderLine], amount: int) -> None:
    rule = coupon(percent_off=None, amount_off=amount, currency="USD")
    off = discounts(rule, lines, "en-US", "USD", NOW)
    whole = sum(line.unit_amount * line.quantity for line in lines)
    assert sum(off) == min(amount, whole - 1)
    for line, less in zip(lines, off, strict=True):
        assert 0 <= less <= line.unit_amount * line.quantity


@given(st.integers(1, 10**7), st.integers(1, 90), st.integers(1, 20))
def test_our_percentage_agrees_with_the_one_the_host_speaks_of(cents: int, percent: int, units: int) -> None:
    offer = {"coupon": "CODE1", "percent_off": percent, "starts": NOW, "ends": LATER}
    price = {"en-US": {"amount": str(major_units(cents, "USD")), "currency": "USD"}}
    brief = Brief.model_validate(BRIEF.model_dump() | {"offer": offer, "markets": ["en-US"], "prices": price})
    rule = offer_coupon([brief], "en-US", "CODE1")
    assert rule is not None and brief.offer is not None
    basket = price_basket([Item(brief.id, units)], {brief.id: brief}, "en-US", NOW, rule)
    spoken = discounted(brief.prices["en-US"].amount, "USD", brief.offer, "en-US")
    assert basket.total == minor_units(spoken, "USD") * units
    assert basket.total == basket.subtotal - basket.discount == sum(line.total for line in basket.lines)
    line = OrderLine(brief.id, brief.sku, units, cents)
    assert discounts(coupon(percent_off=percent), [line], "en-US", "USD", NOW) == (basket.discount,)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (coupon(starts=datetime(2026, 5, 2, tzinfo=UTC)), "not valid now"),
        (coupon(ends=NOW), "not valid now"),
        (coupon(markets=("ko-KR", "ja-JP")), "it is for ko-KR, ja-JP"),
        (coupon(products=("mug",)), "does not belong"),
        (coupon(percent_off=None, amount_off=500, currency="EUR"), "prices in EUR"),
        (coupon(minimum=4801, currency="USD"), r"\$48.01 or more"),
    ],
)
def test_a_coupon_that_does_not_fit_says_why(rule: Coupon, reason: str) -> None:
    lines = [OrderLine("serum", "S1", 2, 2400)]
    with pytest.raises(Conflict, match=reason):
        discounts(rule, lines, "en-US", "USD", NOW)


def test_a_coupon_takes_something_off_its_products_only() -> None:
    lines = [OrderLine("serum", "S1", 1, 2400), OrderLine("mug", "M1", 2, 1000)]
    assert discounts(coupon(products=("mug",)), lines, "en-US", "USD", NOW) == (0, 200)
    amount = coupon(percent_off=None, amount_off=99_999, currency="USD", products=("mug",))
    assert discounts(amount, lines, "en-US", "USD", NOW) == (0, 1999)


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([], "lines: got 0"),
        ([Item("a", 0)], "quantity of a: got 0"),
        ([Item("a", 21)], "1 to 20"),
        ([Item("a", 1), Item("a", 2)], "a product twice"),
        ([Item(f"p{n}", 1) for n in range(21)], "lines: got 21"),
    ],
)
def test_a_basket_of_a_wrong_shape_is_refused(items: list[Item], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        price_basket(items, {}, "en-US", NOW)


def test_the_steps_of_an_order_are_a_table() -> None:
    assert set(STEPS) == set(ORDER_STATES)
    for state in ORDER_STATES:
        for to in ORDER_STATES:
            assert may_become(state, to) == (state in sources(to))
            if may_become(state, to):
                check_step(state, to)
            else:
                with pytest.raises(Conflict, match=f"{state} cannot become {to}"):
                    check_step(state, to)
    assert not STEPS["refunded"], "nothing follows a refund"
    assert not may_become("pending", "refunded"), "what was not paid cannot go back"
