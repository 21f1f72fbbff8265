"""The evaluation of the claim guard: what is read, counted and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from influencer.errors import InvalidInput
from influencer.evaluate.claims import as_data, as_markdown, judge_all, read_rows
from influencer.fields import MARKET_IDS

pytestmark = pytest.mark.unit

FILE = Path(__file__).parents[1] / "eval" / "claims.yaml"


def test_the_set_is_large_and_covers_every_market_in_both_halves() -> None:
    rows = read_rows(FILE)

    assert len(rows) >= 300
    for held_out in (False, True):
        assert {row.market for row in rows if row.held_out == held_out} == set(MARKET_IDS)


def test_a_known_false_and_a_known_true_line_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "lines.yaml"
    file.write_text(
        "en-US:\n  dew-serum:\n    - [comparison, It is better than Chanel.]\n    - [supported, It is 24 dollars.]\n",
        encoding="utf-8",
    )

    judged = judge_all(read_rows(file))

    assert [one.right for one in judged] == [True, True]
    assert as_data(judged)["tuned"]["all"] == {
        "false": 1, "false_let_through": 0, "supported": 1, "supported_refused": 0,
    }  # fmt: skip
    assert "| comparison | 0 of 1 | – |" in as_markdown(judged)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("xx-XX: {dew-serum: [[supported, Hello.]]}", "xx-XX"),
        ("en-US: {dew-cream: [[supported, Hello.]]}", "en-US.dew-cream"),
        ("en-US: {dew-serum: [[wrong, Hello.]]}", r"en-US\.dew-serum\[0\]"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "lines.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput, match=place):
        read_rows(file)
