"""Prepared utterances between the speech thread and the renderer: what waits, what has begun, who must hold back."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from influencer.show.tickets import FillerTask, Ticket
from influencer.show.utterance import Utterance

REMEMBERED: Final = 16
"""Utterances remembered after their last frame was put: more than the timeline and the director's queue can hold."""


class Waiting:
    """Queues of utterances: urgent ones, the script's, and a filler between lines while an urgent one is awaited.

    Thread-safe; `changed` is the lock, held around calls or not.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._urgent: deque[Utterance] = deque()
        self._script: deque[Utterance] = deque()
        self._fillers: deque[Utterance] = deque()
        self._begun: set[Ticket] = set()
        self._finished: deque[Ticket] = deque(maxlen=REMEMBERED)
        self._held = self._script_held = False

    # --- who may speak ---

    def hold(self, held: bool) -> None:
        """Fall silent at the next sentence boundary, or go on."""
        with self.changed:
            self._held = held
            self.changed.notify_all()

    def hold_script(self, held: bool) -> None:
        """Let the script wait from the next sentence boundary on, while urgent utterances are said; or go on."""
        with self.changed:
            self._script_held = held
            self.changed.notify_all()

    def first(self) -> Utterance | None:
        """The utterance whose sentence is next; None when there is none, or nothing may be said."""
        with self.changed:
            if self._held:
                return None
            if self._fillers and self._fillers[0].ticket in self._begun:
                return self._fillers[0]
            if self._urgent:
                return self._urgent[0]
            if self._fillers and not (self._script and self._script[0].ticket in self._begun):
                return self._fillers[0]  # between lines only
            return self._script[0] if self._script and not self._script_held else None

    @property
    def script_waits(self) -> bool:
        """Whether the script is held back and nothing else is: a person may speak."""
        with self.changed:
            return self._script_held and not self._held

    # --- what comes and goes ---

    def add(self, utterance: Utterance, *, first: bool = False) -> None:
        """Queue an utterance behind those of its kind, or in front of them."""
        with self.changed:
            queue = self._queue(utterance)
            if queue is self._urgent:  # what a filler waited for is here
                self._fillers = deque(filler for filler in self._fillers if filler.ticket in self._begun)
            if first:
                queue.appendleft(utterance)
            else:
                queue.append(utterance)
            self.changed.notify_all()

    def put_back(self, utterance: Utterance) -> None:
        """What was begun, and not heard to its end, is next again."""
        with self.changed:
            with suppress(ValueError):
                self._finished.remove(utterance.ticket)
            if utterance not in self._queue(utterance):
                self._queue(utterance).appendleft(utterance)
                self._begun.add(utterance.ticket)

    def begin(self, utterance: Utterance) -> bool:
        """Note that it is on its way to the air; False when it was withdrawn meanwhile."""
        with self.changed:
            if utterance not in self._queue(utterance):
                return False
            self._begun.add(utterance.ticket)
            return True

    def unbegin(self, ticket: Ticket) -> None:
        """Nothing of it will be heard for now."""
        with self.changed:
            self._begun.discard(ticket)

    def remove(self, utterance: Utterance, *, finished: bool = False) -> None:
        """Take it out: it was said to its end (`finished`), or it never will be."""
        with self.changed:
            with suppress(ValueError):
                self._queue(utterance).remove(utterance)
            if finished:
                self._begun.discard(utterance.ticket)
                self._finished.append(utterance.ticket)

    def withdraw(self, tickets: Iterable[Ticket]) -> bool:
        """Forget the utterances of these tickets; when one of them has begun, none is forgotten (False)."""
        void = frozenset(tickets)
        with self.changed:
            if self.begun(void):
                return False
            self._script = deque(utterance for utterance in self._script if utterance.ticket not in void)
            self._urgent = deque(utterance for utterance in self._urgent if utterance.ticket not in void)
            return True

    def clear(self) -> None:
        """Forget every utterance, and what is left of the one on air after its sentence."""
        with self.changed:
            self._script.clear()
            self._urgent.clear()
            self._fillers.clear()

    # --- what there is ---

    def has_begun(self, ticket: Ticket) -> bool:
        """Whether some of it is in the timeline or was heard, and more of it comes."""
        with self.changed:
            return ticket in self._begun

    def begun(self, tickets: Iterable[Ticket]) -> frozenset[Ticket]:
        """Those of the tickets whose utterances are in the timeline, or were: they cannot be withdrawn."""
        with self.changed:
            return frozenset(ticket for ticket in tickets if ticket in self._begun or ticket in self._finished)

    def counts(self) -> tuple[int, int]:
        """(urgent, script) utterances in the queues."""
        with self.changed:
            return len(self._urgent), len(self._script)

    @property
    def samples(self) -> int:
        """Length of what is synthesised and not taken yet, at 48 kHz."""
        with self.changed:
            return sum(utterance.sentences.samples for utterance in (*self._urgent, *self._script))

    def _queue(self, utterance: Utterance) -> deque[Utterance]:
        if isinstance(utterance.ticket.task, FillerTask):
            return self._fillers
        return self._urgent if utterance.ticket.urgent else self._script
