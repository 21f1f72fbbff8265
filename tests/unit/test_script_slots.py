"""Slots and the grammar of what fills them."""

from __future__ import annotations

import pytest

from influencer.loading import load_market
from influencer.script.grammar import inflected
from influencer.script.slots import SlotUnavailable, bind, slots_in
from tests.unit.script_helpers import sheet

pytestmark = pytest.mark.unit


def test_slots_are_found_once_in_order() -> None:
    assert slots_in("{name|은는} {price} {key_point.light-texture} {price}") == (
        "name",
        "price",
        "key_point.light-texture",
    )


@pytest.mark.parametrize(
    ("word", "form", "spoken"),
    [
        ("세럼", "은는", "세럼은"),
        ("머그", "은는", "머그는"),
        ("세럼", "으로로", "세럼으로"),
        ("귀리", "으로로", "귀리로"),
        ("물", "으로로", "물로"),
        ("29,000원", "이에요예요", "29,000원이에요"),
        ("30ml", "이고고", "30ml고"),
        ("10%", "을를", "10%를"),
        ("DEW10", "을를", "DEW10을"),
        ("가방", "과와", "가방과"),
        ("Oriveya", "이가", "Oriveya가"),
        ("(리필)", "은는", "(리필)은"),
        ("a light serum", "cap", "A light serum"),
        ("It lasts.", "bare", "It lasts"),
        ("Oriveya", "a", "an Oriveya"),
        ("Lumo", "a", "a Lumo"),
        ("Oriveya", "de", "d'Oriveya"),
        ("Éclat", "de", "d'Éclat"),
        ("Lumo", "de", "de Lumo"),
        ("energia", "ed", "ed energia"),
        ("Iris", "y", "e Iris"),
        ("hielo", "y", "y hielo"),
    ],
)
def test_words_agree_with_what_fills_the_slot(word: str, form: str, spoken: str) -> None:
    assert inflected(word, form) == spoken


def test_a_line_is_bound_with_facts_and_market() -> None:
    text = bind("{disclosure} {name|은는} {price|이에요예요}.", sheet("ko-KR"), load_market("ko-KR"))

    assert text == f"{load_market('ko-KR').disclosure} 듀 세럼은 29,000원이에요."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{magic}", "slot {magic}: unknown"),
        ("{key_point.nothing}", "slot {key_point.nothing}: unknown"),
        ("{name|shout}", "no form shout; allowed: a, ad, bare"),
        ("{name", "is not written as"),
        ("{Name}", "is not written as"),
        ("{stock}", "slot {stock}: unknown, or not true now"),
    ],
)
def test_a_slot_that_cannot_be_filled_is_named(text: str, message: str) -> None:
    with pytest.raises(SlotUnavailable) as error:
        bind(text, sheet("en-US", stock=0), load_market("en-US"))

    assert message in str(error.value)
