"""What an operator may do to a running show beside its transport keys: change the lines, take over, break off."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from influencer.errors import Conflict
from influencer.script.values import SegmentKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from influencer.show.interruptions import Boundary

DeskMode = Literal["script", "taken-over", "break", "slate"]
"""script: the show says its lines; taken-over: only what an operator types; break: silent for a while, and back by
itself; slate: a still in place of the host until an operator resumes."""
LineState = Literal["writing", "coming", "prepared"]
"""writing: it has no words yet; coming: written; prepared: its speech is being made. Each can be changed."""


@dataclass(frozen=True, slots=True)
class ComingLine:
    """One line that is going to be said."""

    id: int
    text: str
    """As it would be said now; empty while it is being written."""
    raw: str
    """With its slots, such as {price}: what is bound again when it is said."""
    segment: SegmentKind
    product_id: str
    source: str
    """template, model or operator."""
    state: LineState
    edited: bool
    """An operator chose its words or put it in."""
    seconds: float
    """Predicted, the breath after it included."""
    planned_at: datetime | None
    """When its turn is, aware; None while the script does not go on."""


@dataclass(frozen=True, slots=True)
class ComingLines:
    """The coming lines at one moment. `version` is to be sent with every change."""

    version: int
    mode: DeskMode
    on_air: str | None
    """The words that are being said."""
    resumes_at: datetime | None
    """The end of a break, aware."""
    lines: tuple[ComingLine, ...]

    def as_data(self) -> dict[str, Any]:
        """For JSON, times in ISO 8601."""
        return {
            **asdict(self),
            "resumes_at": _iso(self.resumes_at),
            "lines": [{**asdict(line), "planned_at": _iso(line.planned_at)} for line in self.lines],
        }


class Outdated(Conflict):
    """A change to lines that are not as the caller saw them any more. `current` is how they are."""

    def __init__(self, message: str, current: ComingLines) -> None:
        self.current = current
        super().__init__(message)


class Operator(Protocol):
    """The operator's desk of one running show.

    Changes of the lines carry the version of the list they were made on, and return the list after them. Each raises
    `Outdated` when the list is at another version or the line it names is being said, `NotFound` for a line or product
    that never was, and `ClaimRejected` for words that claim something no fact supports; nothing has changed then.
    """

    def coming(self) -> ComingLines:
        """The lines that are going to be said, at least eight once a show has begun."""
        ...

    async def edit(self, version: int, line_id: int, text: str) -> ComingLines:
        """Give a line other words, until it is spoken."""
        ...

    async def insert(
        self, version: int, text: str, *, before: int | None = None, product_id: str | None = None
    ) -> ComingLines:
        """Put a line in, before another or after all; about its neighbour's product, or the one named."""
        ...

    async def reorder(self, version: int, line_ids: Sequence[int]) -> ComingLines:
        """Put these lines in this order, in the places they hold now; the others stay where they are."""
        ...

    async def remove(self, version: int, line_id: int) -> ComingLines:
        """Take a line out."""
        ...

    async def skip(self, version: int) -> ComingLines:
        """Leave out what is left of the segment; the sentence on air is said to its end."""
        ...

    async def jump(
        self, version: int, *, product_id: str | None = None, segment: SegmentKind | None = None
    ) -> ComingLines:
        """Go on with a product, or a segment, or a segment of a product; inserted lines are said before.

        Raises:
            InvalidInput: the run-of-show has no such place.
        """
        ...

    async def say_now(self, version: int, line_id: int, at: Boundary = "sentence") -> ComingLines:
        """Say a coming line at once; `at` says where it may cut what is being said."""
        ...

    async def take_over(self) -> None:
        """Let the script wait from the next sentence boundary on; `say` puts lines in a queue of their own.

        Raises:
            Conflict: the show is not live, or taken over already.
        """
        ...

    async def hand_back(self) -> None:
        """Let the script go on where it was, after a bridge when that is long ago.

        Raises:
            Conflict: the show is not taken over.
        """
        ...

    async def take_break(self, seconds: float, text: str | None = None) -> None:
        """Fall silent at the sentence's end and go on by itself after so many seconds, to the second.

        With a text viewers see a still with it in place of the host, without one they see the host listen.

        Raises:
            Conflict: the show is not live.
            ClaimRejected: the text claims something of the product that is not so.
        """
        ...

    async def slate(self, text: str = "") -> None:
        """Fall silent and replace the picture at once, until `resume`. The AI label stays.

        Raises:
            Conflict: the show has stopped.
            ClaimRejected: the text claims something of the product that is not so.
        """
        ...


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
