"""The novelty meter, and hours of a real script through it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from typer.testing import CliRunner

from influencer.cli import app
from influencer.script.novelty import RUN, SAME_THOUGHT, MeaningMeter, NoveltyMeter, runs, units
from influencer.settings import Freshness
from influencer.show.freshness import ENOUGH, FreshnessMeter

pytestmark = pytest.mark.unit


def test_a_line_is_repeated_within_the_window_and_new_after_it() -> None:
    meter = NoveltyMeter("en", window_s=100)
    assert not meter.add("It has no fragrance at all.", 0).repeated
    assert meter.add("It has no fragrance at all!", 90).repeated
    assert meter.add("It has no fragrance at all.", 180).repeated  # said again at 90
    assert not meter.add("It has no fragrance at all.", 300).repeated


def test_a_new_price_in_an_old_sentence_is_not_new() -> None:
    meter = NoveltyMeter("en")
    meter.add("Today it costs $34.00 and not a cent more.", 0)
    again = meter.add("Today it costs $1,299.50 and not a cent more.", 60)
    assert again.repeated and again.overlap == 1.0


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "one bottle lasts about two months for most people", "one bottle lasts about two weeks for some people"),
        ("ja", "この美容液は一本で二か月ほど使えますよ", "この美容液は一本で二か月ほど持ちました"),
        ("ko", "한 병으로 두 달 정도 쓰실 수 있어요 여러분", "한 병으로 두 달 정도 쓸 수 있답니다 여러분"),
    ],
)
def test_half_of_a_sentence_that_was_said_before_overlaps_in_part(language: str, first: str, second: str) -> None:
    meter = NoveltyMeter(language)
    assert meter.add(first, 0).overlap == 0.0
    again = meter.add(second, 10)
    assert not again.repeated and 0.1 < again.overlap < 0.9


def test_a_show_is_told_when_it_repeats_itself_too_much() -> None:
    meter = NoveltyMeter("en", budget=0.5, lately=4)
    for number in range(4):
        meter.add(f"{'abcd'[number]} quite different thought about serum {'wxyz'[number]}", number)
    assert meter.within_budget
    for number in range(4):
        meter.add("the very same sentence again and again", 10 + number)
    assert not meter.within_budget and meter.overlap == pytest.approx(0.75)


def test_memory_does_not_grow_with_time() -> None:
    meter = NoveltyMeter("en", window_s=50)
    for second in range(2_000):
        meter.add(f"line {'abcdefghij'[second % 10]} of the same ten lines", second)
    assert len(meter._said) < 100 and len(meter._order) < 2_000


def test_a_thought_told_in_other_words_was_told_before_until_the_window_is_over() -> None:
    meter = MeaningMeter(window_s=100)
    one, alike, other = (_unit(*axes) for axes in ((1.0, 0.0), (1.0, 0.2), (0.0, 1.0)))
    assert meter.add(one, 0) == 0.0
    assert meter.add(alike, 50) >= SAME_THOUGHT
    assert meter.add(other, 90) < SAME_THOUGHT
    assert meter.told_before == pytest.approx(1 / 3)
    assert meter.add(one, 160) < SAME_THOUGHT  # only `other` is left of the last 100 seconds
    assert len(meter._times) == 2


def _unit(*axes: float) -> np.ndarray:
    vector = np.asarray(axes, np.float32)
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize(("budget", "says"), [(0.5, "more than its budget of 50 %"), (1.0, "of a budget of 100 %")])
def test_operators_are_told_when_a_show_is_over_its_budget(budget: float, says: str) -> None:
    meter = FreshnessMeter("s1", "en", Freshness(budget=budget))
    for number in range(ENOUGH - 1):
        meter.add("the very same sentence again and again", number)
    assert not meter.over_budget  # the first lines tell little
    meter.add("the very same sentence again and again", ENOUGH)
    assert meter.over_budget is (budget < 1.0)
    (stat,) = meter.stats()
    assert stat.name == "said before" and says in stat.unit
    meter.speak("ko")
    assert not meter.over_budget and meter.stats()[0].value == "0"


@given(some.text(), some.sampled_from(["en", "ja"]))
def test_whatever_is_said_can_be_measured(text: str, language: str) -> None:
    meter = NoveltyMeter(language)
    first, second = meter.add(text, 0), meter.add(text, 1)
    assert not first.repeated and second.repeated
    assert first.overlap == 0.0 and second.overlap in (0.0, 1.0)
    assert all(len(run.split(" ")) <= RUN for run in runs(units(text, "en"), RUN))


def test_the_evaluation_counts_what_a_show_would_say(tmp_path: Path) -> None:
    file = tmp_path / "novelty.json"
    done = CliRunner().invoke(app, ["eval", "novelty", "--hours", "0.3", "-m", "en-US", "--out", str(file)])
    assert done.exit_code == 0, done.output
    (report,) = json.loads(file.read_text())
    assert report["lines"] > 100 and report["unwritten"] == 0
    assert 0 < report["distinct"] <= report["lines"]
    assert len(report["hours"]) == 1 and 0 <= report["hours"][0]["repeated"] <= 1
    assert report["hours"][0]["told_before"] is None  # nobody asked for meanings
    assert f"| en-US | 1 | {report['lines']} | {report['distinct']} |" in done.output


def test_a_market_that_is_not_sold_in_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["eval", "novelty", "-m", "xx-XX"])
    assert done.exit_code != 0 and "one of the briefs is for" in f"{done.output}{done.exception}"
