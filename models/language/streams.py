"""What every language backend shares: a deadline over a stream, and a stream fed by a worker thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor

from models.errors import GenerationTimeout


async def within(pieces: AsyncGenerator[str, None], timeout_s: float) -> AsyncGenerator[str, None]:
    """Pass `pieces` on until `timeout_s` from the first request; always closes them.

    The deadline stands while the consumer works, but strikes only here, when the next piece is not there yet: a timeout
    around a `yield` would cancel whatever the consumer is doing.

    Raises:
        GenerationTimeout: the deadline passed; what was yielded so far stands.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    try:
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise GenerationTimeout(f"no end after {timeout_s:g} s") from error
            yield piece
    finally:
        await pieces.aclose()


class Pipe:
    """Carries text from one worker thread to one task. Made on the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | BaseException | None] = asyncio.Queue()
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether nobody reads any more: the worker must stop at the next token."""
        return self._closed.is_set()

    def send(self, piece: str) -> None:
        """From the worker: one more piece of text."""
        self._put(piece)

    def end(self, error: BaseException | None = None) -> None:
        """From the worker: the end, or what went wrong."""
        self._put(error)

    def close(self) -> None:
        """From the reader: no more is wanted."""
        self._closed.set()

    async def receive(self) -> str | None:
        """The next piece, or None at the end; raises what the worker ended with."""
        item = await self._queue.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def _put(self, item: str | BaseException | None) -> None:
        if self.closed:
            return
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)
        except RuntimeError:  # the loop is gone, and the reader with it
            self._closed.set()


async def from_worker(workers: Executor, produce: Callable[[Pipe], None]) -> AsyncGenerator[str, None]:
    """Run `produce` in a worker thread and yield what it sends. Closing tells it to stop, and does not wait for it.

    `produce` looks at `pipe.closed` at least once a token. What it raises is raised here.
    """
    pipe = Pipe()

    def work() -> None:
        try:
            if not pipe.closed:
                produce(pipe)
        except BaseException as error:  # noqa: BLE001 - handed to the reader, who raises it
            pipe.end(error)
        else:
            pipe.end()

    future = workers.submit(work)
    try:
        while (piece := await pipe.receive()) is not None:
            yield piece
    finally:
        pipe.close()
        future.cancel()
