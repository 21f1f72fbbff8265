"""How events reach the store: gathered into one transaction, bounded, acknowledged only when they are written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from influencer.errors import Busy, Conflict
from influencer.sales.events import NewEvent

Append = Callable[[Sequence[NewEvent]], Awaitable[int]]


@dataclass(eq=False, slots=True)
class _Waiting:
    """One caller's events, until they are written or refused."""

    events: tuple[NewEvent, ...]
    over: bool = False
    refused: Conflict | None = None


class EventJournal:
    """Group commit without a task of its own: whoever comes first writes for all who wait behind.

    A caller that is cancelled leaves nothing half done: what it had not written is written by the next one or, when it
    was its own, given up unacknowledged. Sending it again is harmless: the store passes over what it has.
    """

    def __init__(self, append: Append, *, capacity: int = 5_000, batch: int = 500) -> None:
        """Open it.

        Args:
            append: writes events in one transaction, all or none.
            capacity: events that may wait; beyond that callers are refused, not queued.
            batch: events a transaction takes at most (a caller's own are never split).
        """
        self._append = append
        self._capacity = capacity
        self._batch = batch
        self._queue: deque[_Waiting] = deque()
        self._writing = asyncio.Lock()
        self.waiting = 0
        """Events not yet written."""

    async def record(self, events: Sequence[NewEvent]) -> None:
        """Return when these events are written for good.

        Raises:
            Busy: too many wait already; nothing is kept, and sending them again later is right.
            Conflict: one of them is of a show or sentence that is not stored; none of them is kept.
        """
        if not events:
            return
        if self.waiting + len(events) > self._capacity:
            raise Busy("too many events wait to be written; send them again in a moment")
        mine = _Waiting(tuple(events))
        self._queue.append(mine)
        self.waiting += len(mine.events)
        try:
            async with self._writing:
                while not mine.over:
                    await self._write()
        finally:
            if not mine.over:
                self._end(mine)
                self._queue.remove(mine)
        if mine.refused is not None:
            raise mine.refused

    async def _write(self) -> None:
        """Write what waits in front; when the batch is refused, each caller's own, so that one does not spoil all."""
        batch = self._front()
        try:
            await self._append([event for one in batch for event in one.events])
        except Conflict as refused:
            if len(batch) == 1:
                batch[0].refused = refused
            else:
                await self._write_each(batch)
        for one in batch:
            self._leave(one)

    async def _write_each(self, batch: Sequence[_Waiting]) -> None:
        for one in batch:
            try:
                await self._append(one.events)
            except Conflict as refused:
                one.refused = refused

    def _front(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        for one in self._queue:
            if batch and size + len(one.events) > self._batch:
                break
            batch.append(one)
            size += len(one.events)
        return batch

    def _leave(self, one: _Waiting) -> None:
        if not one.over:  # its caller may have been cancelled while we wrote
            self._end(one)
            self._queue.remove(one)

    def _end(self, one: _Waiting) -> None:
        one.over = True
        self.waiting -= len(one.events)
