"""Who and what comes into a show's room: mutes, moderation, the queue of held messages, and telling the sender."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import structlog

from influencer.moderation.gate import Gate
from influencer.sales.events import pseudonym
from influencer.store.moderation import HeldMessage, Mute
from streaming.chat_hub import ChatMessage
from streaming.clock import Clock
from streaming.metrics import OneShow

log = structlog.get_logger(__name__)
Outcome = Literal["shown", "masked", "held", "dropped", "muted", "released", "refused", "unmuted"]
"""dropped: by the rules, at once; refused: by a person, after it was held."""
_OUTCOMES: dict[str, Outcome] = {"show": "shown", "mask": "masked", "hold": "held", "drop": "dropped"}
_NOTICES = 16
"""Notices that wait for one page; a page that reads none loses the oldest."""
_SENDERS = 1000


@dataclass(frozen=True, slots=True)
class Notice:
    """What a sender is told about their message. `until` is of a mute, aware."""

    outcome: Outcome
    until: datetime | None = None

    def payload(self) -> dict[str, str | None]:
        """For the page."""
        return {"outcome": self.outcome, "until": None if self.until is None else self.until.isoformat()}


class Books(Protocol):
    """Where held messages and mutes are kept: `influencer.store.moderation.ModerationRepository`."""

    async def muted_until(self, show_id: str, viewer: str) -> datetime | None:
        """Until when a sender may not write; None when they may."""
        ...

    async def hold(
        self, show_id: str, viewer: str, author: str, text: str, reasons: Sequence[str]
    ) -> HeldMessage | None:
        """Put a message in the queue; None when it is full."""
        ...


class Doorkeeper:
    """The door of one show's room. Every method belongs to the event loop's thread.

    Senders are told apart by the viewer cookie's pseudonym, never by the name they give.
    """

    def __init__(self, books: Books, show_id: str, language: str, metrics: OneShow, clock: Clock) -> None:
        self._books, self._show_id, self._metrics, self._clock = books, show_id, metrics, clock
        self._gate = Gate(language)
        self._pages: dict[str, set[asyncio.Queue[Notice]]] = {}
        self._senders: OrderedDict[int, tuple[str, str]] = OrderedDict()

    def moved_to(self, language: str) -> None:
        """Go on in another market's language."""
        self._gate.speak(language)

    async def admit(self, message: ChatMessage, viewer: str | None) -> tuple[Notice, ChatMessage | None]:
        """What becomes of a message, and the message as it may be shown now.

        `viewer` is the viewer cookie, or whatever else tells the sender from others; None for nothing.
        """
        sender = pseudonym(viewer or "")
        if sender and (until := await self._books.muted_until(self._show_id, sender)):
            self._metrics.moderated("mute", "muted")
            return Notice("muted", until), None
        judged = self._gate.judge(message, viewer, self._clock.now_ns())
        verdict = judged.verdict
        outcome = _OUTCOMES[verdict.action]
        if outcome == "held":
            kept = await self._books.hold(self._show_id, sender, judged.message.author, verdict.review, verdict.reasons)
            outcome = "dropped" if kept is None else "held"
        action = "drop" if outcome == "dropped" else verdict.action
        self._metrics.moderated(action, verdict.reasons[0] if verdict.reasons else "none")
        return Notice(outcome), judged.message if judged.shown else None

    def shown(self, seq: int, author: str, viewer: str | None) -> None:
        """Remember whose message this was in the room, so that an operator can mute them."""
        self._senders[seq] = (pseudonym(viewer or ""), author)
        if len(self._senders) > _SENDERS:
            self._senders.popitem(last=False)

    def sender_of(self, seq: int) -> tuple[str, str] | None:
        """Pseudonym and name of who wrote a message that is in the room."""
        return self._senders.get(seq)

    # --- telling the sender ---

    @contextmanager
    def notices(self, viewer: str | None) -> Iterator[asyncio.Queue[Notice]]:
        """What operators decide about this viewer's messages, while their page is open."""
        sender, queue = pseudonym(viewer or ""), asyncio.Queue[Notice](_NOTICES)
        pages = self._pages.setdefault(sender, set())
        pages.add(queue)
        try:
            yield queue
        finally:
            pages.discard(queue)
            if not pages and self._pages.get(sender) is pages:
                del self._pages[sender]

    def decided(self, held: HeldMessage) -> None:
        """A person has released or dropped a held message."""
        log.info("decided", show=self._show_id, held=held.id, state=held.state, by=held.decided_by)
        self._metrics.moderated(held.state, held.reasons[0] if held.reasons else "none")
        self._tell(held.viewer, Notice("released" if held.state == "released" else "refused"))

    def muted(self, mute: Mute, *, lifted: bool = False) -> None:
        """A sender was muted, or may write again."""
        self._tell(mute.viewer, Notice("unmuted") if lifted else Notice("muted", mute.until))

    def _tell(self, sender: str, notice: Notice) -> None:
        for queue in self._pages.get(sender, ()) if sender else ():
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(notice)
