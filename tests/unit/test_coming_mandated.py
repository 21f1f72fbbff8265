"""An operator may move what the law wants said, and not take it out or change it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from influencer.errors import Conflict
from influencer.loading import load_market
from influencer.script.values import Line, Position
from influencer.script.writers import LineRequest, TemplateWriter
from influencer.show.coming import Change, Edit, Item, Order, Remove, Reorder, Skip, changed
from tests.unit.script_helpers import guard, sheet

pytestmark = pytest.mark.unit


def advance(position: Position) -> Position:
    return Position(position.lap, position.segment + 1, 0)


def order() -> Order:
    """Two lines: a proof, and the sentence about results."""
    writer = TemplateWriter()
    proof = writer.line(LineRequest("proof", sheet("en-US"), load_market("en-US")), guard("en-US"))
    wanted = writer.line(LineRequest("disclaimer", sheet("en-US"), load_market("en-US")), guard("en-US"))
    return Order((Item(1, Position(0, 4), proof), Item(2, Position(0, 5), wanted)), Position(0, 6), ids=3)


def texts(after: Order) -> list[str]:
    return [item.line.segment for item in after.items if item.line is not None]


def other_words() -> Edit:
    text = Line("{name} is {price}.", "questions", "dew-serum", "en-US", (), "operator", "o")
    return Edit(2, guard("en-US").approve(text))


@pytest.mark.parametrize("change", [Remove(2), other_words()])
def test_it_cannot_be_taken_out_or_changed(change: Change) -> None:
    with pytest.raises(Conflict, match="the law wants"):
        changed(order(), change, None, advance)


def test_other_lines_can_and_it_can_be_moved() -> None:
    assert texts(changed(order(), Remove(1), None, advance)) == ["disclaimer"]
    assert texts(changed(order(), Reorder((2, 1)), None, advance)) == ["disclaimer", "proof"]


def test_skipping_its_segment_leaves_it() -> None:
    before = replace(order(), items=order().items[1:])
    assert texts(changed(before, Skip(), None, advance)) == ["disclaimer"]
