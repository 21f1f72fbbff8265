"""The run-of-show: its order, its time, and that it never ends and never repeats itself."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencer.errors import InvalidInput
from influencer.loading import load_market
from influencer.script.rotation import RECENT, in_turn, remember
from influencer.script.rundown import (
    QUESTIONS_WITHIN_S,
    advance,
    compile_rundown,
    playable_now,
    said_before,
    segment_at,
)
from influencer.script.values import Position
from tests.unit.script_helpers import brief, sheet

pytestmark = pytest.mark.unit

TWO = ("dew-serum", "stone-mug")


def test_it_opens_once_and_then_presents_each_product_in_turn() -> None:
    rundown = compile_rundown([brief(name) for name in TWO], load_market("en-US"), minutes=6)
    kinds = [(segment.kind, segment.product_id) for segment in rundown.segments]

    assert kinds[0] == ("opening", "dew-serum")
    turn = (
        "hook", "product", "demonstration", "proof", "disclaimer", "objection", "offer", "questions", "recap",
        "call-to-action",
    )  # fmt: skip
    assert kinds[1:11] == [(kind, "dew-serum") for kind in turn]
    assert {product for _, product in kinds[11:]} == {"stone-mug"}
    assert rundown.loop_from == 1


def test_the_minutes_are_kept() -> None:
    rundown = compile_rundown([brief()], load_market("en-US"), minutes=4)
    loop = sum(segment.seconds for segment in rundown.segments[rundown.loop_from :])

    assert loop == pytest.approx(240)


@pytest.mark.parametrize(
    ("kind", "without"),
    [("offer", {"offer": None}), ("demonstration", {"how_to_use": None}), ("objection", {"faq": []})],
)
def test_a_stretch_that_the_brief_has_nothing_for_is_left_out(kind: str, without: dict[str, object]) -> None:
    whole = compile_rundown([brief()], load_market("en-US"))
    rundown = compile_rundown([brief().model_copy(update=without)], load_market("en-US"))

    assert {one.kind for one in whole.segments} - {one.kind for one in rundown.segments} == {kind}
    assert rundown.seconds == pytest.approx(whole.seconds, rel=0.03)  # its time goes to the others


@pytest.mark.parametrize("minutes", [0, 0.2, 121, float("nan"), float("inf")])
def test_an_impossible_length_is_refused(minutes: float) -> None:
    with pytest.raises(InvalidInput, match=r"rundown: minutes: got .*; allowed: 0\.5 to 120"):
        compile_rundown([brief()], load_market("en-US"), minutes)


def test_a_product_of_twice_the_weight_gets_twice_the_time() -> None:
    briefs = [brief(name) for name in TWO]
    rundown = compile_rundown(briefs, load_market("en-US"), 6, {"stone-mug": 2})
    seconds = [sum(one.seconds for one in rundown.segments[1:] if one.product_id == name) for name in TWO]

    assert seconds == pytest.approx([120, 240])


@pytest.mark.parametrize(
    ("weights", "told"),
    [({"stone-mug": 0}, "stone-mug=0"), ({"stone-mug": float("nan")}, "0.1 to 10"), ({"x": 1}, "a product of")],
)
def test_an_impossible_weight_is_refused(weights: dict[str, float], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        compile_rundown([brief("stone-mug")], load_market("en-US"), weights=weights)


def test_products_not_sold_here_are_left_out_and_at_least_one_is_needed() -> None:
    elsewhere = brief().model_copy(update={"markets": ["ko-KR"]})

    with pytest.raises(InvalidInput, match="at least one product sold in en-US"):
        compile_rundown([elsewhere], load_market("en-US"))
    rundown = compile_rundown([elsewhere, brief("stone-mug")], load_market("en-US"))
    assert {segment.product_id for segment in rundown.segments} == {"stone-mug"}


def test_it_goes_round_for_ever_and_counts_every_line() -> None:
    rundown = compile_rundown([brief()], load_market("en-US"))
    position, seen, counts = Position(), [], {}
    for _ in range(200):
        seen.append((position.lap, position.segment, position.line))
        key = segment_at(rundown, position).kind
        assert said_before(rundown, position) == counts.get(key, 0)
        counts[key] = counts.get(key, 0) + 1
        position = advance(rundown, position)

    assert len(set(seen)) == 200
    assert sum(segment == 0 for _, segment, _ in seen) == 1


def test_what_is_sold_out_or_over_is_passed_by() -> None:
    rundown = compile_rundown([brief(name) for name in TWO], load_market("en-US"))
    late = datetime(2031, 6, 1, tzinfo=UTC)
    sheets = {
        "dew-serum": sheet("en-US", "dew-serum", stock=0),
        "stone-mug": sheet("en-US", "stone-mug", now=late),
    }
    position = Position(segment=1)
    for _ in range(40):
        position = advance(rundown, position, playable_now(sheets))
        segment = segment_at(rundown, position)
        assert (segment.product_id, segment.kind != "offer") == ("stone-mug", True)


def test_when_everything_is_sold_out_the_show_still_moves_on() -> None:
    rundown = compile_rundown([brief()], load_market("en-US"))
    sheets = {"dew-serum": sheet("en-US", stock=0)}
    position = Position(segment=2, line=1)

    assert advance(rundown, position, playable_now(sheets)) == advance(rundown, position)


def test_a_position_beyond_a_shorter_rundown_starts_the_loop() -> None:
    rundown = compile_rundown([brief()], load_market("en-US"))

    assert segment_at(rundown, Position(segment=99)).kind == "hook"
    assert advance(rundown, Position(segment=99)).segment == rundown.loop_from


def test_a_position_saved_for_another_rundown_resumes() -> None:
    rundown = compile_rundown([brief()], load_market("en-US"))
    for segment in range(30):
        for line in (0, 1, 7, 30):
            position = Position(2, segment, line)
            following = advance(rundown, position)
            assert said_before(rundown, position) >= 0
            assert following.segment < len(rundown.segments) and following.line in (0, line + 1)
            assert following.line < segment_at(rundown, following).lines


def test_a_long_turn_asks_for_questions_every_few_minutes() -> None:
    rundown = compile_rundown([brief(name) for name in TWO], load_market("en-US"), minutes=30)
    waited, longest = 0.0, 0.0
    for segment in [*rundown.segments, *rundown.segments[rundown.loop_from :]]:
        waited = 0.0 if segment.kind == "questions" else waited + segment.seconds
        longest = max(longest, waited)

    assert longest <= QUESTIONS_WITHIN_S
    assert rundown.seconds == pytest.approx(1800, abs=15)
    order = list(dict.fromkeys(segment.product_id for segment in rundown.segments))
    assert order == list(TWO) and [one.product_id for one in rundown.segments] == sorted(
        (one.product_id for one in rundown.segments), key=TWO.index
    )


@given(
    items=st.lists(st.text("abcdefghij", min_size=1, max_size=2), unique=True, min_size=2, max_size=9),
    start=st.integers(0, 10_000),
    key=st.text(max_size=4),
)
def test_wordings_rotate_and_never_come_twice_in_a_row(items: list[str], start: int, key: str) -> None:
    size = len(items)
    chosen = [in_turn(items, nth, key)[0] for nth in range(start * size, start * size + 3 * size)]

    assert all(one != two for one, two in zip(chosen, chosen[1:], strict=False))
    for round_start in range(0, 3 * size, size):
        assert sorted(chosen[round_start : round_start + size]) == sorted(items)


def test_the_memory_of_wordings_is_bounded() -> None:
    recent: tuple[str, ...] = ()
    for number in range(50):
        recent = remember(recent, str(number))

    assert recent == tuple(str(number) for number in range(50 - RECENT, 50))
