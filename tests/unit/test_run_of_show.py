"""The run-of-show file: what it may say, the rundown it becomes, its parts of the day, and minutes that are held."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from influencer.cli import app
from influencer.errors import InvalidInput
from influencer.loading import load_brief, load_market, load_run
from influencer.script.budget import Budget
from influencer.script.run_of_show import RunOfShow
from influencer.script.rundown import compile_show, segment_at
from influencer.script.values import Line, Position, Segment
from influencer.show.desk import MarketDesk
from tests.unit.script_helpers import brief

pytestmark = pytest.mark.unit

FILE = """
minutes: 6
weights: {dew-serum: 2}
day_parts:
  - {name: morning, start: "06:00", end: "11:00", products: [stone-mug], manner: calm}
  - {name: late, start: "22:00", end: "02:00", weights: {stone-mug: 4}, manner: lively}
"""
SEGMENTS = """
minutes: 4
segments:
  - {kind: hook, product: dew-serum, minutes: 0.5, goal: "make them look up"}
  - {kind: proof, product: dew-serum, weight: 2, day_parts: [evening]}
  - {kind: product, product: stone-mug}
  - {kind: questions, product: stone-mug}
day_parts:
  - {name: evening, start: "18:00", end: "23:00"}
"""
SEOUL_EVENING = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)  # 19:30 in Seoul


def written(tmp_path: Path, text: str) -> RunOfShow:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    return load_run(file)


def products() -> list[object]:
    return [load_brief("dew-serum"), load_brief("stone-mug")]


class Clock:
    """A wall clock that a test can set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def desk(self, run: RunOfShow, market: str = "ko-KR", left: dict[str, int] | None = None) -> MarketDesk:
        left = left if left is not None else {"dew-serum": 9, "stone-mug": 9}
        return MarketDesk(
            [load_brief("dew-serum"), load_brief("stone-mug")], load_market(market), now=lambda: self.now,
            units=lambda id_: left[id_], run=run,
        )  # fmt: skip


async def said(desk: MarketDesk, lines: int, position: Position = Position()) -> tuple[Position, list[Line]]:
    found: list[Line] = []
    for _ in range(6 * lines):
        line = await desk.write(position)
        if line is not None:
            found.append(line.as_line())
        position = desk.advance(position)
        if len(found) == lines:
            break
    return position, found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("minutes: 0", "minutes: got 0"),
        ("segments: [{kind: opening, product: x}]", "segments[0].kind"),
        ("segments: [{kind: hook, product: x, minutes: 1, weight: 2}]", "minutes or a weight, not both"),
        ("segments: [{kind: hook, product: x, day_parts: [noon]}]", "one of day_parts: none"),
        ("minutes: 1\nsegments: [{kind: hook, product: x, minutes: 2}]", "at least 2"),
        ('day_parts: [{name: a, start: "25:00", end: "10:00"}]', "day_parts[0].start"),
        ('day_parts: [{name: a, start: "10:00", end: "10:00"}]', "another time than start"),
        ('day_parts: [{name: a, start: "08:00", end: "12:00"}, {name: b, start: "11:00", end: "13:00"}]', "outside a"),
        ('day_parts: [{name: a, start: "22:00", end: "03:00"}, {name: b, start: "02:00", end: "04:00"}]', "outside a"),
        ('day_parts: [{name: a, start: "08:00", end: "09:00", manner: shouting}]', "calm"),
        ("weights: {dew-serum: 11}", "weights.dew-serum"),
        ("tempo: fast", "tempo"),
    ],
)
def test_a_mistake_names_its_field_and_what_is_allowed(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        written(tmp_path, text)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["weights: {grip-mat: 2}", "segments: [{kind: hook, product: grip-mat}]",
     'day_parts: [{name: a, start: "08:00", end: "09:00", products: [grip-mat]}]'],
)  # fmt: skip
def test_a_product_that_is_not_in_the_show_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidInput, match="a product of this show: dew-serum, stone-mug"):
        compile_show(written(tmp_path, text), [brief(), brief("stone-mug")], load_market("en-US"))


def test_minutes_that_cannot_hold_the_products_are_refused_with_those_that_can() -> None:
    many = [brief(name) for name in ("dew-serum", "stone-mug", "grip-mat", "oat-granola")]
    with pytest.raises(InvalidInput, match=r"minutes: got 0\.5; allowed: at least \d"):
        compile_show(RunOfShow(minutes=0.5), many, load_market("en-US"))


def test_little_time_leaves_out_what_matters_least() -> None:
    short = compile_show(RunOfShow(minutes=0.6), [brief()], load_market("en-US"))
    kinds = {segment.kind for segment in short.segments[1:]}
    assert {"product", "proof", "call-to-action"} <= kinds
    assert not kinds & {"recap", "objection"}


def test_written_segments_come_in_their_order_with_their_minutes_goals_and_hours(tmp_path: Path) -> None:
    rundown = compile_show(written(tmp_path, SEGMENTS), [brief(), brief("stone-mug")], load_market("ko-KR"))
    by_part: dict[str | None, list[Segment]] = {}
    for segment in rundown.segments[1:]:
        by_part.setdefault(segment.part, []).append(segment)
    assert [one.kind for one in by_part[""]] == ["hook", "disclaimer", "product", "questions"]
    assert [one.kind for one in by_part["evening"]] == ["hook", "proof", "disclaimer", "product", "questions"]
    assert (by_part[""][0].seconds, by_part[""][0].goal) == (30, "make them look up")
    shared = 210 - by_part["evening"][2].seconds
    assert by_part["evening"][1].seconds == pytest.approx(shared / 4 * 2)
    assert sum(one.seconds for one in by_part["evening"]) == pytest.approx(240)


async def test_each_part_of_the_local_day_has_its_products_and_the_show_moves_on_with_the_hour(tmp_path: Path) -> None:
    clock = Clock(SEOUL_EVENING)
    desk = clock.desk(written(tmp_path, FILE))
    position, lines = await said(desk, 60)
    assert {line.product_id for line in lines} == {"dew-serum", "stone-mug"}
    before = desk.signature()
    clock.now += timedelta(hours=12)  # 07:30 the next morning
    assert (desk.part, desk.pace < 1) == ("morning", True)
    assert desk.signature() != before  # the show writes its coming lines anew
    position, lines = await said(desk, 20, position)
    assert {line.product_id for line in lines} == {"stone-mug"}
    assert (await said(desk, 40, position))[1][-1].product_id == "stone-mug"  # for as long as it is morning
    clock.now += timedelta(hours=15, minutes=30)  # 23:00
    assert (desk.part, desk.pace > 1) == ("late", True)


async def test_when_the_hours_products_are_sold_out_the_others_are_shown(tmp_path: Path) -> None:
    clock = Clock(SEOUL_EVENING + timedelta(hours=12))
    desk = clock.desk(written(tmp_path, FILE), left={"dew-serum": 9, "stone-mug": 0})
    _, lines = await said(desk, 12)
    assert {line.product_id for line in lines if line.segment not in {"opening", "sold-out"}} == {"dew-serum"}


@pytest.mark.parametrize(
    ("hour", "word"), [(8, "morning"), (20, "evening"), (1, "up?")]
)  # fmt: skip
async def test_the_first_hook_greets_by_the_hour_and_again_when_another_part_of_the_day_begins(
    hour: int, word: str
) -> None:
    clock = Clock(datetime(2026, 11, 23, hour, 30, tzinfo=load_market("en-US").zone))
    desk = clock.desk(RunOfShow(), "en-US")
    position, lines = await said(desk, 2)
    assert (lines[1].segment, word in lines[1].text) == ("hook", True)
    if hour == 8:
        clock.now += timedelta(hours=12)
        _, lines = await said(desk, 40, position)
        first = next(line for line in lines if line.segment == "hook")
        assert "evening" in first.text


@pytest.mark.parametrize("market", ["en-US", "ja-JP", "zh-CN"])
async def test_a_pass_on_air_takes_its_minutes_and_weights_are_kept(market: str) -> None:
    """Held by the seconds of the lines as they are written, not only planned."""
    run = RunOfShow(minutes=12, weights={"dew-serum": 2})
    desk = Clock(datetime(2026, 11, 22, 12, tzinfo=UTC)).desk(run, market)
    spent: dict[tuple[int, str], float] = {}
    position = desk.advance(Position())
    while position.lap < 3:
        segment = desk.segment_at(position)
        if await desk.write(position) is not None:
            line_s = desk._budget._seconds[position.lap, position.segment][position.line]
            spent[position.lap, segment.product_id] = spent.get((position.lap, segment.product_id), 0.0) + line_s
        position = desk.advance(position)
    for lap in range(3):
        serum, mug = (spent[lap, name] for name in ("dew-serum", "stone-mug"))
        assert serum + mug == pytest.approx(12 * 60, rel=0.03)
        assert serum / mug == pytest.approx(2, rel=0.08)


def test_a_segment_ends_when_its_seconds_are_used_and_gives_back_what_another_took() -> None:
    rundown = compile_show(RunOfShow(minutes=10), [brief()], load_market("en-US"))
    at = next(i for i, segment in enumerate(rundown.segments) if segment.kind == "proof")
    proof, budget = rundown.segments[at], Budget(rundown)
    long = Position(0, at, 0)
    assert proof.lines > 2 and not budget.full(long)
    budget.spent(long, proof.seconds)
    assert budget.full(long)
    budget.spent(long, proof.seconds)  # written again: it does not count twice
    after = next(i for i, one in enumerate(rundown.segments) if i > at and one.kind != "disclaimer")
    following = Position(0, after, segment_at(rundown, Position(0, after)).lines - 1)
    assert budget.full(following)
    budget.spent(long, proof.seconds - 6)  # it had been shorter
    assert not budget.full(following)


def test_the_plan_command_reads_the_file_and_plans_for_an_hour(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(FILE)

    def planned(at: str, *more: str) -> dict[str, object]:
        arguments = ["plan", "dew-serum", "stone-mug", "-m", "ko-KR", "--run", str(file), "--at", at, "--json", *more]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        data: dict[str, object] = json.loads(done.output)
        return data

    morning = planned("2026-11-26T08:00+09:00")
    assert morning["part"] == "morning"
    assert set(morning["by_product"]) - {"stone-mug"} <= {"dew-serum"}  # type: ignore[call-overload]
    assert planned("2026-11-26T15:00+09:00", "--minutes", "8")["minutes"] == 8
    refused = CliRunner().invoke(app, ["plan", "dew-serum", "--run", str(file), "--at", "noon"])
    assert isinstance(refused.exception, InvalidInput) and "UTC offset" in str(refused.exception)
