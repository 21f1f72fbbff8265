"""An operator's desk without a show behind it, for the tests of the web side: lines that changes really change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from influencer.errors import ClaimRejected, Conflict, NotFound
from influencer.script.values import SegmentKind
from influencer.show.control import ShowState
from influencer.show.interruptions import Boundary
from influencer.show.operator import ComingLine, ComingLines, DeskMode, Outdated

AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
SEGMENTS: tuple[SegmentKind, ...] = (
    "hook",
    "product",
    "proof",
    "proof",
    "offer",
    "questions",
    "call-to-action",
    "hook",
)


class RoomOperator:
    """Eight lines, and the words "miracle" refused."""

    def __init__(self, product_id: str, say: Callable[[str], None], enter: Callable[[ShowState], None]) -> None:
        self._product_id, self._say, self._enter = product_id, say, enter
        self.mode: DeskMode = "script"
        self.version = 0
        self.lines = [self._line(n, f"Line {n} of Dew Serum.", segment) for n, segment in enumerate(SEGMENTS, start=1)]
        self._ids = len(self.lines)

    def coming(self) -> ComingLines:
        at, timed = AT, []
        for line in self.lines:
            timed.append(replace(line, planned_at=at))
            at += timedelta(seconds=line.seconds)
        return ComingLines(self.version, self.mode, "This is Dew Serum.", None, tuple(timed))

    async def edit(self, version: int, line_id: int, text: str) -> ComingLines:
        at = self._find(version, line_id)
        self.lines[at] = replace(self.lines[at], text=self._allowed(text), raw=text, source="operator", edited=True)
        return self._changed()

    async def insert(
        self, version: int, text: str, *, before: int | None = None, product_id: str | None = None
    ) -> ComingLines:
        at = len(self.lines) if before is None else self._find(version, before)
        self._check(version)
        self._ids += 1
        self.lines.insert(
            at, replace(self._line(self._ids, self._allowed(text), "proof"), source="operator", edited=True)
        )
        return self._changed()

    async def reorder(self, version: int, line_ids: Sequence[int]) -> ComingLines:
        places = [self._find(version, line_id) for line_id in line_ids]
        taken = [self.lines[at] for at in places]
        for at, line in zip(sorted(places), taken, strict=True):
            self.lines[at] = line
        return self._changed()

    async def remove(self, version: int, line_id: int) -> ComingLines:
        del self.lines[self._find(version, line_id)]
        return self._changed()

    async def skip(self, version: int) -> ComingLines:
        self._check(version)
        self.lines = [line for line in self.lines if line.segment != self.lines[0].segment]
        return self._changed()

    async def jump(
        self, version: int, *, product_id: str | None = None, segment: SegmentKind | None = None
    ) -> ComingLines:
        self._check(version)
        at = next((n for n, line in enumerate(self.lines) if line.segment == segment), 0)
        self.lines = self.lines[at:]
        return self._changed()

    async def say_now(self, version: int, line_id: int, at: Boundary = "sentence") -> ComingLines:
        self._say(self.lines.pop(self._find(version, line_id)).text)
        return self._changed()

    async def take_over(self) -> None:
        if self.mode == "taken-over":
            raise Conflict("the show is taken over already")
        self.mode = "taken-over"

    async def hand_back(self) -> None:
        if self.mode != "taken-over":
            raise Conflict("the show is not taken over")
        self.mode = "script"

    async def take_break(self, seconds: float, text: str | None = None) -> None:
        self._allowed(text or "")
        self.mode = "break"
        self._enter("paused")

    async def slate(self, text: str = "") -> None:
        self._allowed(text)
        self.mode = "slate"
        self._enter("paused")

    def _line(self, number: int, text: str, segment: SegmentKind) -> ComingLine:
        return ComingLine(number, text, text, segment, self._product_id, "template", "coming", False, 6.0, None)

    def _allowed(self, text: str) -> str:
        if "miracle" in text:
            raise ClaimRejected(text, ["'miracle' is never said here"])
        return text

    def _check(self, version: int) -> None:
        if version != self.version:
            raise Outdated(f"the lines have changed meanwhile: version {self.version}, not {version}", self.coming())

    def _find(self, version: int, line_id: int) -> int:
        self._check(version)
        for at, line in enumerate(self.lines):
            if line.id == line_id:
                return at
        if line_id <= self._ids:
            raise Outdated(f"line {line_id} has been said, or was taken out", self.coming())
        raise NotFound(f"line: got {line_id}; there is no such line")

    def _changed(self) -> ComingLines:
        self.version += 1
        return self.coming()
