"""The guard as the only maker of approved lines."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

import pytest

from influencer.errors import ClaimRejected
from influencer.loading import load_market
from influencer.script.claims import ApprovedLine, ClaimGuard
from influencer.script.slots import bind
from influencer.script.values import Line
from tests.unit.script_helpers import NOW, guard, line, sheet

pytestmark = pytest.mark.unit

LAST_DAY = datetime(2030, 12, 31, 9, tzinfo=UTC)


def test_nobody_else_makes_an_approved_line() -> None:
    with pytest.raises(TypeError, match=r"ClaimGuard\.approve"):
        ApprovedLine("1", "Hello.", (), "hook", "dew-serum", "en-US", "operator", "v", object())


def test_an_approved_line_may_be_copied_and_not_changed() -> None:
    approved = guard("en-US").approve(line("It is {price}.", "en-US"))

    assert copy.copy(approved) == approved
    with pytest.raises(AttributeError):
        approved.text = "It is free."  # type: ignore[misc]


def test_the_line_lists_the_facts_it_rests_on() -> None:
    approved = guard("en-US").approve(line("{name} is {price}, and the bottle is 70% recycled glass.", "en-US"))

    assert {"name", "price", "key_point.recycled-glass"} <= set(approved.fact_ids)


def test_a_price_in_words_becomes_the_slot_so_it_is_true_when_it_is_spoken() -> None:
    approved = guard("en-US").approve(line("You pay 24 dollars, and take your time.", "en-US"))

    assert approved.text == "You pay {price}, and take your time."
    assert bind(approved.text, sheet("en-US"), load_market("en-US")) == "You pay $24.00, and take your time."


def test_a_stock_number_becomes_the_slot_and_keeps_its_words() -> None:
    approved = guard("en-US").approve(line("There are 480 left in stock.", "en-US"))

    assert approved.text == "There are {stock} left in stock."


def test_the_same_line_has_the_same_id() -> None:
    one, two = (guard("en-US").approve(line("It is {price}.", "en-US")) for _ in range(2))

    assert one.id == two.id


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"product_id": "other"}, "product other: not in this show"),
        ({"market": "ko-KR"}, "market ko-KR: this show is in en-US"),
        ({"text": "  "}, "nothing is said"),
        ({"text": "Only {magic} today."}, "slot {magic}"),
        ({"text": "A {broken slot"}, "is not written as"),
        ({"fact_ids": ("award",)}, "facts award"),
    ],
)
def test_lines_that_do_not_belong_are_refused(changed: dict[str, object], reason: str) -> None:
    fields = {
        "text": "It is {price}.", "segment": "hook", "product_id": "dew-serum", "market": "en-US", "fact_ids": (),
        "source": "operator", "variant": "v",
    } | changed  # fmt: skip

    with pytest.raises(ClaimRejected) as refusal:
        guard("en-US").approve(Line(**fields))  # type: ignore[arg-type]

    assert any(reason in said for said in refusal.value.reasons)


@pytest.mark.parametrize(
    ("text", "when", "stock", "allowed"),
    [
        ("The offer is for today only.", LAST_DAY, 480, True),
        ("The offer is for today only.", NOW, 480, False),
        ("Hurry, the coupon ends soon.", LAST_DAY - timedelta(days=1), 480, True),
        ("Hurry, the coupon ends soon.", NOW, 480, False),
        ("We're running low on this one.", NOW, 12, True),
        ("We're running low on this one.", NOW, 480, False),
        ("{name} is sold out.", NOW, 0, True),
        ("{name} is sold out.", NOW, 480, False),
        ("Use {coupon} for {coupon_value} off.", NOW, 480, True),
        ("Use {coupon} for {coupon_value} off.", LAST_DAY + timedelta(days=2), 480, False),
        ("Use DEW10 for 10% off.", LAST_DAY + timedelta(days=2), 480, False),
        ("There are {stock} left.", NOW, 0, False),
    ],
)
def test_time_and_stock_decide_what_may_be_said(text: str, when: datetime, stock: int, allowed: bool) -> None:
    explained = guard("en-US", now=when, stock=stock).explain(line(text, "en-US"))

    assert explained.approved is allowed, explained.reasons


def test_taboos_hold_even_inside_quotations_of_the_brief() -> None:
    market = load_market("en-US").model_copy(update={"taboo_claims": ["recycled glass", "miracle", "cure"]})
    strict = ClaimGuard(market, [sheet("en-US")])

    assert not strict.explain(line("{key_point.recycled-glass}", "en-US")).approved


def test_allowed_words_of_the_market_are_no_claim() -> None:
    assert guard("en-US").explain(line("One moment, the number one question is next.", "en-US")).approved


def test_explain_gives_the_words_and_why() -> None:
    explained = guard("en-US").explain(line("It's the best serum at $19.", "en-US"))

    assert not explained.approved
    assert any('"$19"' in reason for reason in explained.reasons)
    assert any('"best"' in reason for reason in explained.reasons)
