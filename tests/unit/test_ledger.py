"""The claim ledger's chain, and the commands that check and export it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from typer.testing import CliRunner

from influencer.cli import app
from influencer.ledger import RECORD, START, first_break, link, withheld
from influencer.store import NewUtterance, SpokenFact, open_store
from tests.databases import database_url

pytestmark = pytest.mark.unit


def line(text: str, number: int) -> dict[str, Any]:
    values = dict.fromkeys(RECORD, "x")
    return values | {"text": text, "pts": number, "facts": [], "fact_ids": ["price"]}


def chain(*texts: str) -> list[dict[str, Any]]:
    lines, before = [], START
    for number, text in enumerate(texts):
        record = line(text, number)
        record |= {"previous": before, "chain": link(before, record)}
        before = record["chain"]
        lines.append(record)
    return lines


@given(some.lists(some.text(), max_size=5))
def test_a_chain_as_it_was_written_holds(texts: list[str]) -> None:
    assert first_break(chain(*texts)) is None


def test_a_link_depends_on_every_field_and_on_what_came_before() -> None:
    record = line("it costs $34", 1)
    links = {link(START, record), link("other", record)}
    links |= {link(START, record | {name: "changed"}) for name in RECORD}
    assert len(links) == 2 + len(RECORD)
    assert all(len(one) == 64 for one in links)


def test_a_link_is_the_same_on_every_machine() -> None:
    """The format is a promise: ledgers that were exported must go on to verify."""
    assert link(START, line("29,000원", 0)) == "fb95548268b3e1f8e44a11db47921c613885784634adb4641ba0746837c7137c"


def test_anothers_lines_are_withheld_without_a_gap_in_the_chain() -> None:
    lines = chain("one", "two", "three")
    hidden = withheld(lines[1])
    assert "two" not in json.dumps(hidden)
    assert first_break([lines[0], hidden, lines[2]]) is None
    assert first_break([lines[0], lines[2]]) is not None  # left out
    broken = first_break([lines[0], hidden | {"chain": "0" * 64}, lines[2]])
    assert broken is not None and broken.number == 3
    broken = first_break([lines[0], hidden, lines[2] | {"text": "only today!"}])
    assert broken is not None and "changed" in broken.reason


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        (lambda lines: lines[1].update(text="only today!"), 2, "changed"),
        (lambda lines: lines.pop(1), 2, "removed"),
        (lambda lines: lines.insert(1, dict(lines[2])), 2, "removed, added"),
        (lambda lines: lines.reverse(), 1, "moved"),
        (lambda lines: lines[2].pop("facts"), 3, "facts is missing"),
    ],
)
def test_the_first_line_that_does_not_fit_is_named(
    change: Callable[[list[dict[str, Any]]], object], number: int, reason: str
) -> None:
    lines = chain("one", "two", "three", "four")
    change(lines)
    found = first_break(lines)
    assert found is not None and found.number == number and reason in found.reason


# --- commands ---


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = database_url(tmp_path)
    monkeypatch.setenv("INFLUENCER_DATABASE", url)

    async def fill() -> None:
        async with await open_store(url) as store:
            await store.shows.create("show-1", ("dew-serum",), "en-US", "maya")
            for number, text in enumerate(("It has no fragrance.", "It is $34 today.")):
                fact = SpokenFact("price", "$34.00", "price list")
                await store.utterances.append(
                    NewUtterance(
                        show_id="show-1",
                        text=text,
                        fact_ids=("price",),
                        product_id="dew-serum",
                        segment="offer",
                        market="en-US",
                        variant="v",
                        source="template",
                        pts=number * 48_000,
                        persona="maya",
                        facts=(fact,),
                    )  # fmt: skip
                )

    asyncio.run(fill())
    return url


def test_a_ledger_is_verified_exported_and_checked_without_the_database(database: str, tmp_path: Path) -> None:
    run, file = CliRunner(), tmp_path / "ledger.jsonl"
    assert "ok  show-1: 2 lines" in run.invoke(app, ["ledger", "verify"]).output
    done = run.invoke(app, ["ledger", "export", "show-1", str(file)])
    assert done.exit_code == 0
    lines = [json.loads(text) for text in file.read_text().splitlines()]
    assert [one["text"] for one in lines] == ["It has no fragrance.", "It is $34 today."]
    assert lines[0]["facts"] == [{"id": "price", "text": "$34.00", "evidence": "price list"}]
    assert lines[1]["persona"] == "maya" and lines[1]["pts"] == 48_000
    assert run.invoke(app, ["ledger", "check", str(file)]).exit_code == 0
    file.write_text(file.read_text().replace("$34 today", "$30 today"))
    changed = run.invoke(app, ["ledger", "check", str(file)])
    assert changed.exit_code == 1 and "line 2 of 2: it is not what was said" in changed.output


def test_an_empty_database_says_that_it_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUENCER_DATABASE", database_url(tmp_path, "empty.db"))
    done = CliRunner().invoke(app, ["ledger", "verify"])
    assert done.exit_code == 0 and "no show has said anything" in done.output


def test_mistakes_are_told_in_a_line(database: str, tmp_path: Path) -> None:
    run, broken = CliRunner(), tmp_path / "broken.jsonl"
    broken.write_text('{"text": 1}\nnot json\n')
    for arguments, told in (
        (["export", "nobody", str(tmp_path / "x.jsonl")], "nothing was said"),
        (["export", "show-1", str(tmp_path / "no" / "x.jsonl")], "a file in an existing folder"),
        (["check", str(tmp_path / "missing.jsonl")], "a file that `influencer ledger export` wrote"),
        (["check", str(broken)], "line 2"),
    ):
        done = run.invoke(app, ["ledger", *arguments])
        assert done.exit_code != 0 and told in f"{done.output}{done.exception}", arguments
