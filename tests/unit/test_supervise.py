from __future__ import annotations

import asyncio

import pytest

from influencer.show.supervise import HEALTHY_NS, LONGEST_BACKOFF_NS, supervise
from streaming.clock import ManualClock

pytestmark = pytest.mark.unit


async def test_a_crash_restarts_the_stage_and_is_reported() -> None:
    clock, restarts, runs = ManualClock(), [], []

    async def stage() -> None:
        runs.append(clock.now_ns())
        if len(runs) < 4:
            raise RuntimeError("boom")

    await supervise("encode", stage, clock=clock, on_restart=restarts.append)
    assert restarts == ["encode"] * 3
    waits = [b - a for a, b in zip(runs, runs[1:], strict=False)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1] <= LONGEST_BACKOFF_NS


async def test_a_stage_that_was_healthy_comes_back_at_once() -> None:
    clock, runs = ManualClock(), []

    async def stage() -> None:
        runs.append(clock.now_ns())
        if len(runs) == 6:
            clock.advance(HEALTHY_NS + 1)
        if len(runs) < 8:
            raise RuntimeError("boom")

    await supervise("encode", stage, clock=clock, on_restart=lambda _: None)
    assert runs[6] - runs[5] - HEALTHY_NS < runs[5] - runs[4]


async def test_cancelling_is_not_a_crash() -> None:
    restarts: list[str] = []

    async def stage() -> None:
        await asyncio.Event().wait()

    clock = ManualClock()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervise("encode", stage, clock=clock, on_restart=restarts.append))
        await asyncio.sleep(0)
        task.cancel()
    assert restarts == []
