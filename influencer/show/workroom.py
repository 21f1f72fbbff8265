"""Work beside the shows: one piece at a time, a few may wait, and the latest results are kept."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from influencer.errors import Busy


class Workroom:
    """Every method belongs to the event loop's thread."""

    def __init__(self, waiting: int, kept: int, busy: str) -> None:
        """Prepare a room.

        Args:
            waiting: how many may wait for the piece being made; one more is told to come back.
            kept: how many results are remembered.
            busy: what those are told who come back later.
        """
        self._most_waiting, self._most_kept, self._busy = waiting, kept, busy
        self._one = asyncio.Lock()
        self._waiting = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def made(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """What was made under this key, or what `make` makes at its turn.

        Raises:
            Busy: several wait already. And whatever `make` raises.
        """
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if self._waiting > self._most_waiting:
            raise Busy(self._busy)
        self._waiting += 1
        try:
            async with self._one:
                result = await make()
        finally:
            self._waiting -= 1
        self._kept[key] = result
        while len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)
        return result
