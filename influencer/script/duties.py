"""What the law wants said of the products of a rundown, and what of it has been said. Pure.

No product is sold in a pass without its mandated sentences, and none that was presented is left without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from influencer.script.rundown import SELLING, segment_at
from influencer.script.values import Position, Rundown, Segment


@dataclass(frozen=True, slots=True)
class Told:
    """What was said, pass by pass."""

    shown: frozenset[tuple[int, str]] = frozenset()
    """Laps and products of which something was said."""
    lines: frozenset[tuple[int, str, int]] = frozenset()
    """Laps and products, and which of the law's sentences about them were said."""


class Duties:
    """The mandated sentences of a rundown."""

    def __init__(self, rundown: Rundown) -> None:
        self._rundown = rundown

    def mandated(self, position: Position | None) -> bool:
        """Whether a place is one where the law's words are said."""
        return position is not None and self._at(position.segment).kind == "disclaimer"

    def sold(self, position: Position) -> str | None:
        """The product that a place asks to buy; None when it asks for no sale."""
        segment = self._at(position.segment)
        return segment.product_id if segment.kind in SELLING else None

    def product(self, position: Position) -> str:
        """Whose place it is."""
        return self._at(position.segment).product_id

    def heard(self, told: Told, position: Position) -> Told:
        """With the line of a place, which is being said. What is older than a pass is forgotten."""
        lap, product = position.lap, self.product(position)
        if position.segment < self._rundown.loop_from:
            return told
        shown = frozenset(key for key in told.shown if key[0] >= lap - 1)
        lines = frozenset(key for key in told.lines if key[0] >= lap - 1)
        if self.mandated(position):
            return Told(shown, lines | {(lap, product, position.line)})
        return Told(shown | {(lap, product)}, lines)

    def until(self, position: Position) -> Told:
        """What was said before a place of a show that nobody interfered with."""
        told = Told()
        for index in range(self._rundown.loop_from, min(position.segment + 1, len(self._rundown.segments))):
            lines = position.line if index == position.segment else self._at(index).lines
            for line in range(lines):
                told = self.heard(told, Position(position.lap, index, line))
        return told

    def missing(self, told: Told, product: str, near: Position) -> tuple[Position, ...]:
        """The places of the sentences about a product that were not said in the pass of `near`."""
        there = self._duty_near(product, near)
        if there is None:
            return ()
        places = (Position(near.lap, there, line) for line in range(self._at(there).lines))
        return tuple(place for place in places if (near.lap, product, place.line) not in told.lines)

    def owed(self, told: Told, there: Position) -> Iterator[Position]:
        """What is to be said before the show goes on at `there`: of what was presented, what does not come there."""
        for lap, product in sorted(told.shown):
            if lap < there.lap or not self._comes(product, there):
                yield from self.missing(told, product, replace(there, lap=lap))

    # --- inside ---

    def _at(self, index: int) -> Segment:
        return segment_at(self._rundown, Position(segment=index))

    def _duty_near(self, product: str, near: Position) -> int | None:
        """The stretch of the law's words about a product: the last one up to a place, at its hours, if there is."""
        part, best = self._at(near.segment).part, None
        for index, segment in enumerate(self._rundown.segments):
            if (segment.kind, segment.product_id) == ("disclaimer", product):
                rank = segment.part in {None, part}, index <= near.segment
                best = (rank, index) if best is None or rank >= best[0] else best
        return None if best is None else best[1]

    def _comes(self, product: str, there: Position) -> bool:
        """Whether the law's words about a product come from there on, before it is sold."""
        part = self._at(there.segment).part
        own = (one for one in self._rundown.segments[there.segment :] if one.product_id == product and one.part == part)
        first = next((one.kind for one in own if one.kind in {"disclaimer", *SELLING}), None)
        return first == "disclaimer" and not (self.mandated(there) and there.line > 0)
