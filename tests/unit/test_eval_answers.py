"""The evaluation of answers: what it reads, how it judges, what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from influencer.cli import app
from influencer.errors import InvalidInput
from influencer.evaluate.answers import Row, as_data, ask_all, read_rows, score, shelf

pytestmark = pytest.mark.unit
EVAL = Path(__file__).parents[1] / "eval"
PRODUCTS = shelf(EVAL / "briefs")
ROWS = [row for name in ("questions", "questions_wide") for row in read_rows(EVAL / f"{name}.yaml", PRODUCTS)]


def test_the_set_is_in_all_markets_with_questions_that_have_no_answer() -> None:
    assert len(ROWS) >= 300 and len({row.market for row in ROWS}) == 10 and len({row.product for row in ROWS}) >= 10
    assert all(any(not row.gold for row in ROWS if row.market == market) for market in {row.market for row in ROWS})
    assert len(PRODUCTS) >= 12


def test_questions_are_judged_by_the_facts_that_were_stated() -> None:
    asked = ask_all(
        [
            Row("en-US", "pocket-speaker", "how long does the battery last?", ("spec.battery",)),
            Row("en-US", "pocket-speaker", "how long does the battery last?", ("shipping",)),
            Row("en-US", "pocket-speaker", "how long does the battery last?", ()),
            Row("en-US", "pocket-speaker", "does it come in a refill pouch?", ()),
            Row("en-US", "pocket-speaker", "hello from Texas!", ("price",)),
        ],
        PRODUCTS,
    )
    assert [one.verdict for one in asked] == [
        "right", "other fact", "answered without ground", "refused right", "no answer"
    ]  # fmt: skip
    (market,) = score(asked)
    assert market.questions == 5 and set(market.counts.values()) == {1}
    assert market.wrong_numbers == 0 and market.language_match == 1.0
    assert [one["verdict"] for one in as_data(asked)["wrong"]] == ["other fact", "answered without ground", "no answer"]


def test_no_number_of_a_reply_is_outside_the_facts() -> None:
    """The promise that the set was written to check; how many are answered right is a measurement, not a promise."""
    asked = ask_all(ROWS, PRODUCTS)
    assert [one.text for one in asked if one.wrong_numbers] == []
    assert sum(one.language_match for one in asked) >= 0.98 * len(asked)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "a mapping"),
        ("xx-XX: {pocket-speaker: []}", "a market and the id of a brief that is sold there"),
        ("en-US: {pocket-speaker: [[how much, [prize]]]}", "en-US.pocket-speaker[0]: got prize"),
        ("en-US: {pocket-speaker: [how much]}", "[question, [fact, ...]]"),
        ("a: [", "line"),
    ],
)
def test_mistakes_in_a_file_are_named(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "questions.yaml"
    file.write_text(text)
    with pytest.raises(InvalidInput) as found:
        read_rows(file, PRODUCTS)
    assert told in str(found.value)


def test_the_command_prints_a_table_and_writes_what_went_wrong(tmp_path: Path) -> None:
    file, out = tmp_path / "questions.yaml", tmp_path / "report.json"
    file.write_text("en-US: {pocket-speaker: [[how long does the battery last?, [spec.battery]], [hi, [price]]]}")
    done = CliRunner().invoke(app, ["eval", "answer", str(file), "--out", str(out)])
    assert done.exit_code == 0 and "| all | 2 | 1 | 0 | 1 | 0 | 0 | 0 | 100% |" in done.output
    assert [one["row"]["question"] for one in json.loads(out.read_text())["wrong"]] == ["hi"]
    missing = CliRunner().invoke(app, ["eval", "answer", str(tmp_path / "no.yaml")])
    assert missing.exit_code != 0 and "a YAML file" in f"{missing.output}{missing.exception}"
