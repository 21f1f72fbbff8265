"""Runs a blocking stage on a thread of its own: it may run for days, so it must not hold a place in a pool."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable


async def run_on_thread(name: str, body: Callable[[], None], stop: Callable[[], None]) -> None:
    """Run `body` on a new thread and wait for it; what it raises is raised here.

    A thread cannot be ended from outside: on cancellation `stop` (which may block) is called, it must make `body`
    return, and that is waited for.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def main() -> None:
        failure: BaseException | None = None
        try:
            body()
        except Exception as error:  # noqa: BLE001 - handed to the waiting task, which raises it
            failure = error
        loop.call_soon_threadsafe(settle, failure)

    threading.Thread(target=main, name=name, daemon=True).start()
    try:
        await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.to_thread(stop)
        await asyncio.wait([done])
        raise
