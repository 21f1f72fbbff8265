"""Mandated sentences: demanded by data, said in every turn, and no show without them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from influencer.brief import MARKET_IDS, Brief, Spec
from influencer.errors import ClaimRejected, InvalidInput
from influencer.loading import load_market
from influencer.script.claims import ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.plan import plan
from influencer.script.rule_packs import checked_packs, load_packs, mandated_for, notice_for, rules_for
from influencer.script.rundown import compile_rundown, require_mandated
from influencer.script.values import Position
from influencer.show.desk import MarketDesk
from tests.unit.script_helpers import NOW, brief, line

pytestmark = pytest.mark.unit


def supplement() -> Brief:
    return brief("oat-granola").model_copy(update={"category": "supplements", "markets": list(MARKET_IDS)})


def desk_of(product: Brief, market: str) -> MarketDesk:
    def now() -> datetime:
        return NOW

    return MarketDesk([product], load_market(market), now=now, units=lambda _: 480)


def test_every_market_demands_a_sentence_of_a_supplement_and_none_has_been_read_by_a_lawyer() -> None:
    for market in MARKET_IDS:
        [one] = mandated_for(supplement(), market)
        assert one.source
        assert one.status == "to be read by counsel"
        assert notice_for(supplement(), market) == one.show


def test_an_effect_that_is_claimed_calls_for_a_word_about_who_it_works_for() -> None:
    serum = brief()
    plain = [point for point in serum.key_points if point.claim not in {"efficacy", "health"}]

    assert [one.id for one in mandated_for(serum, "en-US")] == ["results-vary-us"]
    assert mandated_for(serum.model_copy(update={"key_points": plain}), "en-US") == ()


def test_a_spec_can_call_for_a_warning() -> None:
    toy = brief("stone-mug").model_copy(update={"category": "kids"})
    small = Spec.model_validate({"id": "small-parts", "label": {"en-US": "Small parts"}, "value": "yes"})

    assert mandated_for(toy, "en-US") == ()
    [warning] = mandated_for(toy.model_copy(update={"specs": [small]}), "en-US")
    assert "choking hazard" in warning.say


@pytest.mark.parametrize("market", MARKET_IDS)
async def test_the_sentence_is_said_in_every_turn_word_by_word(market: str) -> None:
    planned = await plan([brief()], load_market(market), minutes=3, now=NOW)
    [wanted] = mandated_for(brief(), market)  # type: ignore[arg-type]

    said = [one for one in planned.segments if one.kind == "disclaimer"]
    assert [one.lines for one in said] == [(wanted.say,)]
    assert said[0].facts == (f"mandated.{wanted.id}",)


async def test_a_show_of_hours_says_it_in_every_lap() -> None:
    desk, position = desk_of(brief(), "en-US"), Position()
    laps: dict[int, int] = {0: 0, 1: 0, 2: 0}
    while position.lap < len(laps):
        written = await desk.write(position)
        if written is not None and written.segment == "disclaimer":
            assert desk.bind(written) == "Individual results may vary."
            assert desk.facts_of("dew-serum", written.fact_ids)[0].evidence.startswith("law: US: FTC")  # type: ignore[union-attr]
            laps[position.lap] += 1
        position = desk.advance(position)

    assert laps == {0: 1, 1: 1, 2: 1}


def test_a_run_of_show_without_its_mandated_sentence_cannot_be() -> None:
    market = load_market("en-US")
    whole = compile_rundown([brief()], market)
    cut = replace(whole, segments=tuple(one for one in whole.segments if one.kind != "disclaimer"))

    require_mandated(whole, [brief()], market)
    with pytest.raises(InvalidInput, match="results-vary-us"):
        require_mandated(cut, [brief()], market)


def test_a_desk_does_not_open_with_a_run_of_show_that_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compile_rundown([brief()], load_market("en-US"))
    cut = replace(whole, segments=tuple(one for one in whole.segments if one.kind != "disclaimer"))
    monkeypatch.setattr("influencer.show.desk.compile_show", lambda *_, **__: cut)

    with pytest.raises(InvalidInput, match="disclaimer of dew-serum"):
        desk_of(brief(), "en-US")


@pytest.mark.parametrize("market", MARKET_IDS)
def test_the_laws_own_words_pass_the_guard_alone_and_prove_nothing(market: str) -> None:
    product = supplement()
    pack = load_market(market)
    prices = {market: next(iter(product.prices.values()))}
    product = product.model_copy(update={"prices": {**product.prices, **prices}})
    sheet = FactSheet.build(product, pack, now=NOW, text_market="en-US")
    guard, [wanted] = ClaimGuard(pack, [sheet]), mandated_for(product, market)  # type: ignore[arg-type]
    slot = f"{{mandated.{wanted.id}}}"

    approved = guard.approve(replace(line(slot, market, "oat-granola", "disclaimer"), source="template"))
    assert approved.fact_ids == (f"mandated.{wanted.id}",)
    assert not guard.explain(line(f"It cures cancer. {slot}", market, "oat-granola")).approved


def test_what_the_law_wants_said_is_no_fact_for_other_lines() -> None:
    pack = load_market("en-US")
    guard = ClaimGuard(pack, [FactSheet.build(supplement(), pack, now=NOW)])

    with pytest.raises(ClaimRejected):
        guard.approve(line("The Food and Drug Administration evaluated it.", "en-US", "oat-granola"))


@pytest.mark.parametrize("category", ["supplements", "electronics", "kids"])
def test_every_market_forbids_something_of_these(category: str) -> None:
    for market in MARKET_IDS:
        assert rules_for(market, category), market  # type: ignore[arg-type]


def test_every_sentence_names_its_source_and_stands_once() -> None:
    texts = [(one.market, one.say) for pack in load_packs() for one in pack.mandated]

    assert len(texts) == len(set(texts)) >= 24


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "fine"}, "to be read by counsel"),
        ({"source": "law"}, "source"),
        ({"when": {}}, "names neither claims nor specs"),
        ({"say": ""}, "say"),
    ],
)
def test_a_malformed_sentence_names_the_field(changes: dict[str, object], message: str) -> None:
    one = {"id": "a", "market": "en-US", "source": "Some Act, s. 1", "status": "read by counsel", "say": "Not a toy."}

    with pytest.raises(ValueError, match=message):
        checked_packs([{"pack": "p", "categories": ["beauty"], "mandated": [{**one, **changes}]}])
