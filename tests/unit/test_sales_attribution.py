"""Attribution: which sentences a sale is put down to, and that no minor unit is lost or made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencer.sales.attribution import Credit, Sale, Touch, attribute, last_touch, split, time_decay
from influencer.sales.report import Row, Tally, asked_often, rows_of
from influencer.sales.sheets import as_csv, cell
from influencer.store.open_questions import OpenQuestion

pytestmark = pytest.mark.unit
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
SALE = Sale("K7QM", "s1", "serum", "en-US", "v1", AT, 2, 4_320, "USD")


def touch(number: int, seconds_before: float, product: str = "serum", show: str = "s1") -> Touch:
    at = AT - timedelta(seconds=seconds_before)
    return Touch(number, show, at, product, "offer", "mina", "en-US", f"offer-{number}", f"sentence {number}")


def test_the_last_sentence_about_the_product_gets_the_sale() -> None:
    touches = [touch(1, 300), touch(2, 40), touch(3, 5, "mug"), touch(4, -3), touch(5, 1, show="s2")]
    (credit,) = last_touch(SALE, touches)
    assert (credit.touch, credit.share, credit.amount) == (touches[1], 1.0, 4_320)


def test_the_sentence_on_air_when_it_was_chosen_is_believed_if_it_is_about_the_product() -> None:
    touches = [touch(1, 300), touch(2, 40), touch(3, 5, "mug")]
    assert last_touch(replace(SALE, utterance_id=1), touches)[0].touch == touches[0]
    assert last_touch(replace(SALE, utterance_id=3), touches)[0].touch == touches[1]


def test_what_was_said_too_long_ago_sold_nothing() -> None:
    for credits in (last_touch(SALE, [touch(1, 1_801)]), time_decay(SALE, [touch(1, 1_801)])):
        assert credits == [Credit(SALE, None, 1.0, 4_320)]


def test_a_sentence_one_half_life_older_counts_half() -> None:
    first, second = time_decay(SALE, [touch(1, 150), touch(2, 30)], half_life_s=120)
    assert first.share == pytest.approx(1 / 3) and second.share == pytest.approx(2 / 3)
    assert (first.amount, second.amount) == (1_440, 2_880)


def test_only_what_the_buyer_can_have_heard_counts_where_that_is_known() -> None:
    touches = [touch(1, 600), touch(2, 30)]
    watched = {("s1", "v1"): [(AT - timedelta(seconds=60), AT)]}
    (heard,) = time_decay(SALE, touches, presence=watched)
    assert heard.touch == touches[1]
    nothing_heard = {("s1", "v1"): [(AT - timedelta(seconds=10), AT)]}
    assert len(time_decay(SALE, touches, presence=nothing_heard)) == 2


def test_a_sentence_of_very_long_ago_is_still_a_number() -> None:
    touches = [touch(1, 86_400), touch(2, 86_300)]
    credits = time_decay(SALE, touches, half_life_s=5, lookback_s=10**6)
    assert sum(credit.share for credit in credits) == pytest.approx(1)
    assert credits[1].share > 0.99


@given(
    st.integers(0, 10**12),
    st.lists(st.floats(0, 1_800), min_size=1, max_size=60),
    st.floats(1, 10_000),
)
def test_shares_add_up_to_one_and_money_to_what_was_paid(amount: int, ages: list[float], half_life: float) -> None:
    touches = [touch(number, age) for number, age in enumerate(ages)]
    credits = time_decay(replace(SALE, amount=amount), touches, half_life_s=half_life)
    assert sum(credit.amount for credit in credits) == amount
    assert sum(credit.share for credit in credits) == pytest.approx(1)
    assert all(credit.amount >= 0 for credit in credits)
    newer = sorted(credits, key=lambda credit: credit.touch.at if credit.touch else AT)
    assert [one.share for one in newer] == sorted(one.share for one in newer)


@given(st.integers(0, 10**9), st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=20))
def test_splitting_loses_nothing(amount: int, weights: list[float]) -> None:
    assert sum(split(amount, weights)) == amount


def test_rows_put_events_and_credits_together() -> None:
    credits = attribute([SALE, replace(SALE, order_id="B", amount=1_000)], [touch(7, 10)], "last-touch")
    tallies = [Tally("watch", "7", 3, 2, 45_500), Tally("product-click", "7", 4, 3, 0), Tally("view", "", 9, 9, 0)]
    best, rest = rows_of("sentence", tallies, credits, {7: touch(7, 10)})
    assert best == Row(
        "7", "sentence 7", 3, watch_seconds=45.5, clicks=4, orders=2, units=4, revenue={"USD": 5_320}
    )  # fmt: skip
    assert (rest.key, rest.views, rest.orders) == ("", 9, 0)


def test_a_sale_without_a_sentence_is_not_hidden() -> None:
    (row,) = rows_of("segment", [], attribute([SALE], [], "time-decay"))
    assert (row.key, row.orders, row.revenue) == ("", 1, {"USD": 4_320})
    (total,) = rows_of("total", [], attribute([SALE], [], "time-decay"))
    assert total.key == "all"


def test_currencies_are_never_added_up() -> None:
    sales = [SALE, replace(SALE, order_id="K", currency="KRW", amount=29_000, market="ko-KR")]
    (row,) = rows_of("product", [], attribute(sales, [], "last-touch"))
    assert row.revenue == {"USD": 4_320, "KRW": 29_000}
    lines = as_csv([row]).splitlines()
    assert lines[0].endswith("units,revenue_minor_KRW,revenue_minor_USD")
    assert lines[1].endswith(",2,4,29000,4320")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@x", "\t=1", "＝1", " =1", "\r=x"])
def test_no_words_become_a_formula(text: str) -> None:
    assert cell(text).startswith("'")


def test_harmless_cells_stay_as_they_are() -> None:
    assert [cell(value) for value in ("Dew Serum", -5, 2.0, 2.25, "a=b")] == ["Dew Serum", "-5", "2", "2.25", "a=b"]


def test_questions_in_the_same_words_are_counted_together() -> None:
    def asked(text: str, minutes: int, product: str = "serum") -> OpenQuestion:
        return OpenQuestion(
            "s1", product, "en-US", "en", "not-in-brief", text, minutes, AT + timedelta(minutes=minutes)
        )

    found = asked_often([asked("Does it glow?", 1), asked("does  it GLOW?", 5), asked("Does it glow?", 2, "mug")])
    assert [(one.text, one.product_id, one.times) for one in found] == [
        ("does  it GLOW?", "serum", 2),
        ("Does it glow?", "mug", 1),
    ]
