"""Time is passed in, monotonic and integer: nanoseconds. Deadlines are start + n/rate, never last + interval."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock that can also wait."""

    def now_ns(self) -> int:
        """Nanoseconds since an arbitrary fixed origin; never goes back."""
        ...

    def sleep_until(self, deadline_ns: int) -> None:
        """Block the calling thread until `deadline_ns`; returns at once when it has passed."""
        ...

    async def wait_until(self, deadline_ns: int) -> None:
        """Suspend the calling task until `deadline_ns`; yields to the loop once when it has passed."""
        ...


class MonotonicClock:
    """The machine's monotonic clock."""

    def now_ns(self) -> int:
        """Nanoseconds of `time.monotonic_ns`."""
        return time.monotonic_ns()

    def sleep_until(self, deadline_ns: int) -> None:
        """Sleep the thread until the deadline."""
        remaining = deadline_ns - time.monotonic_ns()
        if remaining > 0:
            time.sleep(remaining / 1e9)

    async def wait_until(self, deadline_ns: int) -> None:
        """Sleep the task until the deadline."""
        await asyncio.sleep(max(0, deadline_ns - time.monotonic_ns()) / 1e9)


class ManualClock:
    """A clock that moves only when told to, or at once when somebody waits: tests and off-line rendering."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now = start_ns

    def now_ns(self) -> int:
        """The time set so far."""
        return self._now

    def advance(self, ns: int) -> None:
        """Move forward by `ns` nanoseconds.

        Raises:
            ValueError: `ns` is negative.
        """
        if ns < 0:
            raise ValueError("a monotonic clock cannot go back")
        self._now += ns

    def sleep_until(self, deadline_ns: int) -> None:
        """Jump to the deadline."""
        self._now = max(self._now, deadline_ns)

    async def wait_until(self, deadline_ns: int) -> None:
        """Jump to the deadline, after one turn of the loop."""
        self._now = max(self._now, deadline_ns)
        await asyncio.sleep(0)


def frame_deadline_ns(start_ns: int, n: int, rate: int) -> int:
    """Deadline of event `n` at `rate` a second from `start_ns`; exact for ever (no accumulated error)."""
    return start_ns + n * 1_000_000_000 // rate
