"""The room of a show: everything a page shows beside the video goes through here, in order.

Events are serialised once, when they are published, and sent as JSON arrays: one text per batch, the same object
for every viewer. A publisher never waits. A viewer who reads too slowly loses the middle, never the end: its queue
is thrown away and it is sent what a newcomer is sent, from the last event it saw.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, Self

from streaming.chat_policy import (
    ChatMessage,
    ChatPolicy,
    ChatRejected,
    RateLimiter,
    RejectReason,
    clean_text,
    validate_message,
)

__all__ = [
    "ChatEvent", "ChatHub", "ChatMessage", "ChatPolicy", "ChatRejected", "ChatSubscription", "EventKind",
    "RateLimiter", "RejectReason", "Role", "chat_event", "clean_text", "validate_message",
]  # fmt: skip

EventKind = Literal["chat", "answer", "caption", "card", "state", "viewers", "turn", "likes"]
Role = Literal["viewer", "host", "system"]

_TALK = frozenset({"chat", "answer"})
"""Kinds that are kept as history; of the others only the latest is of use to a newcomer."""


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """One thing that happened in the room. `payload` is JSON-serialisable; the hub gives the `seq`."""

    kind: EventKind
    payload: Mapping[str, Any]
    seq: int = 0


def chat_event(
    author: str,
    text: str,
    *,
    role: Role,
    at: str,
    reply_to: int | None = None,
    kind: Literal["chat", "answer"] = "chat",
    **more: str | int | bool | None,
) -> ChatEvent:
    """Somebody says something: `at` is an ISO 8601 time, `reply_to` the seq of the event it answers."""
    payload = {"author": author, "text": text, "role": role, "reply_to": reply_to, "at": at, **more}
    return ChatEvent(kind, payload)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A published event with its JSON text."""

    seq: int
    kind: EventKind
    text: str


def _batch_text(events: list[_Sent]) -> str:
    return "[" + ",".join(event.text for event in events) + "]"


class ChatHub:
    """An in-process room. Every method belongs to the event loop's thread; none of them blocks."""

    def __init__(self, history: int = 50, capacity: int = 64, batch_ms: int = 80, *, first_seq: int = 1) -> None:
        """Open the room.

        Args:
            history: chat messages and answers a newcomer is sent.
            capacity: batches a slow viewer may be behind before its queue is replaced by a replay.
            batch_ms: how long events are gathered into one batch.
            first_seq: number of the first event; a restarted show goes on above the last one it gave.
        """
        self._capacity = capacity
        self._batch_s = batch_ms / 1000
        self._next_seq = first_seq
        self._flushed_seq = first_seq - 1
        self._talk: deque[_Sent] = deque(maxlen=history)
        self._latest: dict[EventKind, _Sent] = {}
        self._pending: list[_Sent] = []
        self._timer: asyncio.TimerHandle | None = None
        self._subscriptions: set[ChatSubscription] = set()
        self._closed = False

    @property
    def viewers(self) -> int:
        """Subscriptions that are open."""
        return len(self._subscriptions)

    @property
    def last_seq(self) -> int:
        """Number of the last event published; `first_seq` - 1 before the first."""
        return self._next_seq - 1

    @property
    def flushed_seq(self) -> int:
        """Number of the last event handed to viewers; what is published later is still being gathered."""
        return self._flushed_seq

    def publish(self, event: ChatEvent) -> ChatEvent:
        """Send an event to everybody and return it with its seq. After `aclose` it reaches nobody.

        Raises:
            TypeError, ValueError: the payload cannot be written as JSON; nothing is sent.
        """
        numbered = replace(event, seq=self._next_seq)
        document = {"seq": numbered.seq, "kind": numbered.kind, "payload": dict(numbered.payload)}
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        self._next_seq += 1
        if not self._closed:
            # A lone surrogate cannot be sent as UTF-8: one bad string must not close every viewer's socket.
            safe = text.encode("utf-8", "replace").decode("utf-8")
            self._pending.append(_Sent(numbered.seq, numbered.kind, safe))
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(self._batch_s, self.flush)
        return numbered

    def flush(self) -> None:
        """Hand what is gathered to every viewer now, without waiting for the batch to end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pending:
            return
        batch, self._pending = self._pending, []
        for event in batch:
            if event.kind in _TALK:
                self._talk.append(event)
            else:
                self._latest[event.kind] = event
        self._flushed_seq = batch[-1].seq
        text = _batch_text(batch)
        for subscription in self._subscriptions:
            subscription.offer(text, self._flushed_seq)

    def subscribe(self, after: int = 0) -> ChatSubscription:
        """Join the room: first the replay of what is newer than event `after`, then live batches.

        An `after` that this room never reached (the page outlived a restart) replays everything.
        """
        subscription = ChatSubscription(self, self._capacity, after if after <= self.last_seq else 0)
        if self._closed:
            subscription.end()
        else:
            self._subscriptions.add(subscription)
        return subscription

    def replay(self, after: int) -> str | None:
        """The newest state of each kind and the kept talk past `after`, as one batch; None when there is none."""
        kept = [*self._talk, *self._latest.values()]
        events = sorted((event for event in kept if event.seq > after), key=lambda event: event.seq)
        return _batch_text(events) if events else None

    def leave(self, subscription: ChatSubscription) -> None:
        """Forget a subscription. Idempotent."""
        self._subscriptions.discard(subscription)

    async def aclose(self) -> None:
        """Send what is left and end every subscription once it has read it. Idempotent."""
        self.flush()
        self._closed = True
        for subscription in tuple(self._subscriptions):
            subscription.end()
        self._subscriptions.clear()


@dataclass(eq=False)
class ChatSubscription:
    """One viewer's view of the room: iterate for batches (JSON array texts), leave the `with` to go.

    It belongs to one reader. `offer` and `end` are the hub's.
    """

    _hub: ChatHub
    _capacity: int
    _seen: int
    """Seq of the last event handed to the reader."""
    _queue: deque[tuple[str, int]] = field(default_factory=deque)
    _behind: bool = True
    """The queue does not reach back to `_seen`: the reader is sent a replay first."""
    _ended: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._wake.set()

    def offer(self, text: str, last_seq: int) -> None:
        """Queue a batch, or give up on the queue when it is full."""
        if self._behind:
            self._wake.set()
            return
        if len(self._queue) >= self._capacity:
            self._queue.clear()
            self._behind = True
        else:
            self._queue.append((text, last_seq))
        self._wake.set()

    def end(self) -> None:
        """No more batches come; what is queued is still read."""
        self._ended = True
        self._wake.set()

    def close(self) -> None:
        """Leave the room. Idempotent."""
        self._hub.leave(self)
        self.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        """The next batch.

        Raises:
            StopAsyncIteration: the room or this subscription is closed and everything was read.
        """
        while True:
            if (text := self._take()) is not None:
                return text
            if self._ended:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()

    def _take(self) -> str | None:
        if self._behind:
            self._behind = False
            text = self._hub.replay(self._seen)
            self._seen = self._hub.flushed_seq
            return text
        if not self._queue:
            return None
        text, self._seen = self._queue.popleft()
        return text
