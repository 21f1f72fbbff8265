"""Holds a pass to its minutes: a segment ends when its seconds are used up, not after a number of lines.

What one segment takes too long, the next ones of the pass give back.
"""

from __future__ import annotations

from influencer.script.rundown import segment_at
from influencer.script.values import Position, Rundown

_LAPS = 2
"""Passes whose seconds are remembered."""
_MOST = 3
"""Times as many lines as planned, at most: lines much shorter than predicted."""


class Budget:
    """The seconds of the lines that were written, by their places. One caller at a time."""

    def __init__(self, rundown: Rundown) -> None:
        self._rundown = rundown
        self._seconds: dict[tuple[int, int], dict[int, float]] = {}

    def spent(self, position: Position, seconds: float) -> None:
        """A line was written; written again, it counts once."""
        self._seconds.setdefault((position.lap, position.segment), {})[position.line] = seconds
        for lap, segment in [key for key in self._seconds if key[0] <= position.lap - _LAPS]:
            del self._seconds[lap, segment]

    def full(self, position: Position) -> bool:
        """Whether the segment ends after the line at a position. Lines not written yet count as their average."""
        segment = segment_at(self._rundown, position)
        counted = position.segment < self._rundown.loop_from or segment.kind == "disclaimer"
        if counted or position.line + 1 >= _MOST * segment.lines:  # every mandated sentence is said, once
            return position.line + 1 >= segment.lines
        each = segment.seconds / segment.lines
        written = self._seconds.get((position.lap, position.segment), {})
        used = sum(written.get(line, each) for line in range(position.line + 1))
        return used + each / 2 >= segment.seconds - self._owed(position, each)

    def _owed(self, position: Position, most: float) -> float:
        """What earlier segments of this pass took beyond their time; at most one line's, either way."""
        owed = 0.0
        for (lap, index), written in self._seconds.items():
            if lap == position.lap and self._rundown.loop_from <= index < position.segment:
                owed += sum(written.values()) - self._rundown.segments[index].seconds
        return max(-most, min(most, owed))
