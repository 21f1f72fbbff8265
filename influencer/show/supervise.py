"""Runs a stage again when it crashes: a show loses a moment, not its life."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from streaming.clock import Clock

FIRST_BACKOFF_NS = 200_000_000
LONGEST_BACKOFF_NS = 5_000_000_000
SECOND_NS = 1_000_000_000
HEALTHY_NS = 60_000_000_000
"""A stage that ran this long starts over with the short backoff."""

log = structlog.get_logger(__name__)


async def supervise(
    name: str, run: Callable[[], Awaitable[None]], *, clock: Clock, on_restart: Callable[[str], None]
) -> None:
    """Await `run()` until it returns by itself; each time it raises, report, back off and run it again.

    Cancellation passes through. The stage must leave nothing half-open when it raises.
    """
    backoff = FIRST_BACKOFF_NS
    while True:
        started = clock.now_ns()
        try:
            await run()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if clock.now_ns() - started > HEALTHY_NS:
                backoff = FIRST_BACKOFF_NS
            log.exception("stage crashed", stage=name, error=repr(error), restart_in_ms=backoff // 1_000_000)
            on_restart(name)
            await clock.wait_until(clock.now_ns() + backoff)
            backoff = min(2 * backoff, LONGEST_BACKOFF_NS)
        else:
            return


async def each_second(
    name: str, tick: Callable[[], Awaitable[None]], clock: Clock, on_restart: Callable[[str], None]
) -> None:
    """Await `tick()` once a second until cancelled, by itself: what takes its time here keeps nothing else waiting."""

    async def loop() -> None:
        while True:
            await tick()
            await clock.wait_until(clock.now_ns() + SECOND_NS)

    await supervise(name, loop, clock=clock, on_restart=on_restart)
