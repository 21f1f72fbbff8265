"""Two hosts of one market say the same run-of-show differently, claim the same, and every word passes the guard."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from influencer.brief import MARKET_IDS
from influencer.loading import briefs, load_market, load_persona, personas
from influencer.script.alternation import wordings
from influencer.script.composition import Variant
from influencer.script.novelty import folded
from influencer.script.slots import slots_in
from influencer.script.tempers import TEMPERS, is_own, mistakes, own
from influencer.script.templates.loader import PARTS, SELLING
from influencer.script.values import Position, Temper
from influencer.show.desk import MarketDesk
from tests.unit.script_helpers import NOW, brief, guard, line

pytestmark = pytest.mark.unit
LINES = 120


@pytest.mark.parametrize("market", MARKET_IDS)
def test_nothing_is_missing_and_no_two_temperaments_share_a_sentence(market: str) -> None:
    language = market[:2]
    assert mistakes(language) == []
    said = [text for temper in TEMPERS for part in PARTS for text in own(language, temper, part)]
    assert len(said) == len(set(said)) >= 56


@pytest.mark.parametrize("market", MARKET_IDS)
def test_every_sentence_in_every_wording_passes_the_guard_with_every_brief(market: str) -> None:
    said = {
        text for temper in TEMPERS for part in PARTS for raw in own(market[:2], temper, part) for text in wordings(raw)
    }
    refused = []
    for name in briefs():
        for text in said:
            explained = guard(market, name).explain(replace(line(text, market, name), source="template"))
            refused += [] if explained.approved else [(text, name, explained.reasons)]
    assert refused == []


def test_every_house_persona_has_a_temperament_and_all_are_used() -> None:
    assert {load_persona(name).temper for name in personas()} == set(TEMPERS)


def script(market: str, temper: Temper | None) -> tuple[list[str], list[Variant], list[set[str]]]:
    """Bound lines, their variants, and their facts."""

    def now() -> datetime:
        return NOW

    desk = MarketDesk([brief()], load_market(market), now=now, units=lambda _: 480, seed=7)
    desk.talk_like(temper)
    texts, variants, facts, position = list[str](), list[Variant](), list[set[str]](), Position()
    while len(texts) < LINES:
        written = asyncio.run(desk.write(position))
        position = desk.advance(position)
        if written is not None and written.segment in SELLING:
            texts.append(folded(desk.bind(written), market[:2]))
            variants.append(Variant.parse(written.variant))
            facts.append({slot for slot in slots_in(written.text) if slot not in {"name", "brand"}})
    return texts, variants, facts


@pytest.mark.parametrize("market", MARKET_IDS)
def test_two_personas_of_a_market_say_the_same_rundown_differently(market: str) -> None:
    maya, theo = load_persona("maya").temper, load_persona("theo").temper
    (first, warm, facts), (second, expert, others) = script(market, maya), script(market, theo)
    equal = len(set(first) & set(second)) / LINES
    own_words = [sum(is_own(one.lead) or is_own(one.tail) for one in side) / LINES for side in (warm, expert)]
    print(
        f"{market}: {equal:.0%} of {LINES} lines equal; in the host's own way {own_words[0]:.0%} and {own_words[1]:.0%}"
    )
    assert equal < 0.5
    assert min(own_words) > 0.4
    assert {one.lead.partition("-")[0] for one in warm if is_own(one.lead)} == {"warm"}
    assert {one.lead.partition("-")[0] for one in expert if is_own(one.lead)} == {"expert"}
    told, also = set[str]().union(*facts), set[str]().union(*others)
    assert len(told & also) / len(told | also) > 0.75, "what is told is much the same"


def test_without_a_temperament_nothing_changes() -> None:
    _, variants, _ = script("en-US", None)
    assert not any(is_own(one.lead) or is_own(one.tail) for one in variants)
