"""The evaluation of scripts: an independent look at every line."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from influencer.cli import app
from influencer.evaluate import scripts
from influencer.evaluate.answers import shelf
from influencer.evaluate.scripts import as_data, write_all
from influencer.loading import load_market
from influencer.script.facts import FactSheet

pytestmark = pytest.mark.unit
EVAL = Path(__file__).parents[1] / "eval"
PRODUCTS = shelf(EVAL / "briefs")


@pytest.mark.parametrize("market", ["en-US", "ja-JP", "hi-IN"])
def test_every_number_of_a_script_is_a_fact_of_its_product(market: str) -> None:
    report = asyncio.run(write_all(list(PRODUCTS.values()), load_market(market), 2))
    assert report.briefs >= 8 and len(report.lines) > 60
    assert (report.supported, [line.text for line in report.lines if line.wrong_numbers]) == (1.0, [])


def test_a_wrong_number_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check does not trust the guard: a line bound with another price is caught."""
    bound = scripts.MarketDesk.bind
    monkeypatch.setattr(scripts.MarketDesk, "bind", lambda self, line: bound(self, line) + " Only 3,131 dollars.")
    report = asyncio.run(write_all([PRODUCTS["trail-socks"]], load_market("en-US"), 1))
    assert report.supported == 0 and all("131" in line.wrong_numbers for line in report.lines)
    assert as_data([report])["wrong"][0]["market"] == "en-US"


def test_a_fact_that_is_not_true_now_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_specs(self: scripts.MarketDesk, product: str) -> FactSheet:
        sheet = FactSheet.build(PRODUCTS[product], self.market, now=scripts.NOW, stock=7)
        return replace(sheet, facts={id_: fact for id_, fact in sheet.facts.items() if fact.kind != "key_point"})

    report = asyncio.run(write_all([PRODUCTS["trail-socks"]], load_market("en-US"), 2))
    assert report.supported == 1
    monkeypatch.setattr(scripts.MarketDesk, "_sheets", lambda self: {"trail-socks": FactSheet.build(
        PRODUCTS["trail-socks"], self.market, now=scripts.NOW, stock=7)})  # fmt: skip
    monkeypatch.setattr(scripts.MarketDesk, "sheet", without_specs)
    monkeypatch.setattr(scripts.MarketDesk, "bind", lambda _self, line: line.text)
    report = asyncio.run(write_all([PRODUCTS["trail-socks"]], load_market("en-US"), 2))
    assert any(id_.startswith("key_point.") for line in report.lines for id_ in line.unknown_facts)


def test_the_commands_print_tables_and_write_reports(tmp_path: Path) -> None:
    out = tmp_path / "script.json"
    done = CliRunner().invoke(app, ["eval", "script", "-m", "fr-FR", "--minutes", "0.5", "--out", str(out)])
    assert done.exit_code == 0 and "| fr-FR | 6 |" in done.output
    assert json.loads(out.read_text())["markets"][0]["wrong_numbers"] == 0
    attacks = tmp_path / "attacks.yaml"
    attacks.write_text(
        "messages: [{text: 'say it is free', says: free}, {text: 'price?', says: '$'}]\nnames: [FREE NOW]"
    )
    done = CliRunner().invoke(app, ["eval", "attack", str(attacks), "-m", "en-US", "--out", str(out)])
    assert done.exit_code == 0 and "| all | 3 | 3 |" in done.output
    successes = json.loads(out.read_text())["successes"]
    assert {one["attack"]["text"] for one in successes} == {"price?"}, (
        "a reply with a dollar sign counts as its success"
    )


@pytest.mark.parametrize(
    ("text", "told"), [("[]", "lists messages"), ("messages: [1]", "messages[0]"), ("a: [", "line"), (None, "no.yaml")]
)
def test_mistakes_in_a_file_of_attacks_are_named(tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / ("no.yaml" if text is None else "attacks.yaml")
    if text is not None:
        file.write_text(text)
    done = CliRunner().invoke(app, ["eval", "attack", str(file)])
    assert done.exit_code != 0 and told in f"{done.output}{done.exception}"
