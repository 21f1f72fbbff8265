"""The airtime of one show: each sentence is written down when it was heard, with its exact length.

A sentence counts from its first sample to its last, or to where it was cut. What was being said when a process died is
said again by the next, and written down then: nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from influencer.show.tickets import Ticket
from influencer.store import Store
from influencer.store.heard import Heard
from streaming.media import SAMPLES_PER_FRAME


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that has begun, as the ledger knows it."""

    utterance_id: int
    product_id: str
    charged: bool


class AirtimeMeter:
    """Told by the show's books; every method belongs to the event loop's thread."""

    def __init__(self, store: Store, show_id: str, now: Callable[[], datetime]) -> None:
        self._store, self._show_id, self._now = store, show_id, now
        self._lines: dict[Ticket, _Line] = {}
        self._saying: Heard | None = None
        self.stirred: Callable[[], None] = lambda: None
        """Called when a sentence begins; whoever watches budgets sets it."""

    @property
    def saying(self) -> Mapping[str, int]:
        """Charged samples, by product, of the sentence that is being said."""
        one = self._saying
        return {one.product_id: one.samples} if one is not None and one.charged else {}

    def began(self, ticket: Ticket, utterance_id: int, product_id: str, *, charged: bool) -> None:
        """A line began or goes on: its sentences belong to this line of the ledger."""
        self._lines[ticket] = _Line(utterance_id, product_id, charged)

    async def sentence(self, ticket: Ticket, pts: int, samples: int) -> None:
        """A sentence begins at `pts`; the one before was heard to its end."""
        await self._write()
        line = self._lines.get(ticket)
        if line is not None:
            self._saying = Heard(
                line.utterance_id, self._show_id, line.product_id, pts, samples, line.charged, self._now()
            )
            self.stirred()

    async def cut(self, ticket: Ticket, pts: int) -> None:
        """A line was broken off with the frame at `pts`."""
        one = self._saying
        if one is not None and ticket in self._lines and self._lines[ticket].utterance_id == one.utterance_id:
            heard = min(one.samples, pts + SAMPLES_PER_FRAME - one.pts)
            self._saying = replace(one, samples=heard) if heard > 0 else None
        await self._write()

    async def finished(self, ticket: Ticket) -> None:
        """A line was said to its end."""
        await self._write()
        self._lines.pop(ticket, None)

    async def _write(self) -> None:
        one, self._saying = self._saying, None
        if one is not None:
            await self._store.heard.add(one)
