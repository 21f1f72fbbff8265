"""A viewer's thread: which product they spoke of last, so that "and how much is it?" is understood. Pure; bounded."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from influencer.assistant.values import Topic

_KEPT = 1000
_FOR = timedelta(minutes=2)
"""How long a product that was named is still meant; after that the one on air is."""


@dataclass(frozen=True, slots=True)
class Thread:
    """What a viewer asked last: a product they named, and about what."""

    product_id: str
    topics: tuple[Topic, ...]
    at: datetime


class Threads:
    """The threads of a room's latest viewers, by viewer id: a name could be anybody's."""

    def __init__(self) -> None:
        self._threads: OrderedDict[str, Thread] = OrderedDict()

    def __len__(self) -> int:
        return len(self._threads)

    def of(self, viewer: str | None, now: datetime) -> Thread | None:
        """A viewer's thread, if it is fresh; nobody's for a viewer without an id."""
        thread = self._threads.get(viewer) if viewer else None
        return thread if thread is not None and now - thread.at <= _FOR else None

    def named(self, viewer: str | None, product_id: str, topics: tuple[Topic, ...], now: datetime) -> None:
        """Remember that a viewer named a product, or went on about it."""
        if not viewer:
            return
        self._threads[viewer] = Thread(product_id, topics, now)
        self._threads.move_to_end(viewer)
        if len(self._threads) > _KEPT:
            self._threads.popitem(last=False)
