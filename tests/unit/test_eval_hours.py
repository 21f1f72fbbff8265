"""Hours of a show in a changing world: it stays true, and what is not true is seen."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from influencer.cli import app
from influencer.evaluate import hours
from influencer.evaluate.hours import World, evaluate, untrue
from influencer.evaluate.novelty import START
from influencer.loading import load_brief, load_market
from influencer.script.claims import ApprovedLine, ClaimGuard
from influencer.script.facts import FactSheet
from influencer.script.slots import bind
from influencer.script.values import Line, SegmentKind

pytestmark = pytest.mark.unit
EN = load_market("en-US")
MUG = World([load_brief("stone-mug")], 8, 0).products["stone-mug"]
assert MUG.offer is not None
BEFORE, DURING, AFTER = START, MUG.offer.ends - timedelta(minutes=10), MUG.offer.ends + timedelta(seconds=1)


def said(text: str, kind: SegmentKind, now: datetime, units: int = 40) -> tuple[ApprovedLine, str]:
    sheet = FactSheet.build(MUG, EN, now=now, stock=units)
    line = Line(text, kind, MUG.id, "en-US", (), "template", "t")
    return ClaimGuard(EN, [sheet]).approve(line), bind(text, sheet, EN)


def test_a_world_sells_out_is_refilled_and_has_its_offer_within_the_hours() -> None:
    world, again = World([load_brief("stone-mug")], 4, 3), World([load_brief("stone-mug")], 4, 3)
    units = [world.units("stone-mug", second) for second in range(4 * 3600)]
    assert world.sold_out == sum(one > 0 == after for one, after in zip(units, units[1:], strict=False)) > 1
    assert any(one == 0 < after for one, after in zip(units, units[1:], strict=False))
    assert units == [again.units("stone-mug", second) for second in range(4 * 3600)]
    offer = world.products["stone-mug"].offer
    assert offer is not None and START < offer.starts < offer.ends < START + timedelta(hours=4)


def test_a_true_line_has_nothing_wrong() -> None:
    for text, kind, now in (
        ("{name} costs {price}, and there are {stock_units} left.", "product", AFTER),
        ("With {coupon} {name} is {coupon_price}. It ends in {ends_in}, after {offer_ends}.", "offer", DURING),
    ):
        line, bound = said(text, kind, now)  # type: ignore[arg-type]
        assert list(untrue(line, bound, MUG, EN, units=40, now=now)) == []


@pytest.mark.parametrize(
    ("text", "kind", "written", "now", "units", "why"),
    [
        ("We have {stock_units} of {name}.", "product", AFTER, AFTER, 39, "another stock than 39"),
        ("This is {name}.", "product", AFTER, AFTER, 0, "sold-out product"),
        ("{name} is sold out right now.", "sold-out", AFTER, AFTER, 5, "said to be sold out"),
        ("The code is {coupon}.", "offer", DURING, AFTER, 40, "not active"),
        ("The code is {coupon}.", "offer", DURING, BEFORE, 40, "not active"),
        ("It is {coupon_price} with a code.", "offer", DURING, AFTER, 40, "numbers that are not so"),
        ("It ends in {ends_in}.", "offer", DURING - timedelta(minutes=37), DURING, 40, "numbers that are not so"),
    ],
)
def test_a_line_that_was_true_a_moment_ago_is_seen(
    text: str, kind: SegmentKind, written: datetime, now: datetime, units: int, why: str
) -> None:
    line, bound = said(text, kind, written, 0 if kind == "sold-out" else 40)
    assert why in "; ".join(untrue(line, bound, MUG, EN, units=units, now=now))


def test_another_price_is_seen() -> None:
    line, bound = said("{name} costs {price}.", "product", AFTER)
    price = MUG.prices["en-US"]
    dearer = MUG.model_copy(update={"prices": {"en-US": price.model_copy(update={"amount": price.amount + 7})}})
    found = "; ".join(untrue(line, bound, dearer, EN, units=40, now=AFTER))
    assert "another price than" in found and "numbers that are not so" in found


@pytest.mark.parametrize("market", ["en-US", "ko-KR", "ja-JP"])
def test_a_show_stays_true_while_everything_changes(market: str) -> None:
    products = [load_brief(name) for name in ("dew-serum", "stone-mug")]
    report = asyncio.run(evaluate(products, load_market(market), 0.5))
    assert (report.wrong, report.unwritten) == ([], 0)
    assert report.lines > 150 and report.sold_out > 0 and report.announced > 0


def test_a_planted_fault_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute late, and lines are never taken back: stock is not what it was."""
    units = World.units
    monkeypatch.setattr(hours.MarketDesk, "still_true", lambda *_: True)
    honest = hours.untrue

    def late(line: ApprovedLine, text: str, *rest: object, now: datetime, **more: object) -> object:
        at = (now - START).total_seconds()
        return honest(line, text, *rest, now=now, units=units(world, line.product_id, at + 60))  # type: ignore[arg-type]

    world = World([load_brief("dew-serum")], 0.5, 0)
    monkeypatch.setattr(hours, "untrue", late)
    report = asyncio.run(evaluate([load_brief("dew-serum")], EN, 0.5))
    assert any("sold out with" in why or "sold-out product" in why for one in report.wrong for why in one.why)


def test_the_command_prints_a_table_and_writes_a_report(tmp_path: Path) -> None:
    file = tmp_path / "hours.json"
    command = ["eval", "hours", "--hours", "0.1", "-m", "en-US", "--products", "1", "--out", str(file)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    (report,) = json.loads(file.read_text())
    assert report["lines"] > 30 and report["wrong"] == []
    assert f"| en-US | 1 | 0.1 | {report['lines']} |" in done.output
