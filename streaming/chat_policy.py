"""What a viewer may send: shape, size, clean text, and how often.

Nothing here escapes HTML: pages render with `textContent`. What is cleaned here is what no reader, log or prompt
should ever see: control, zero-width, bidirectional and tag characters (Unicode TR 36, "Trojan Source"
CVE-2021-42574, "ASCII smuggling" with U+E0000), invisible letters, and towers of combining marks.
"""

from __future__ import annotations

import json
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal

from streaming.clock import Clock

RejectReason = Literal[
    "frame-too-long", "not-json", "bad-shape", "empty", "text-too-long", "name-too-long", "too-fast", "room-busy"
]

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Hangul fillers, Khmer inherent vowels and the blank braille cell: letters to Unicode, nothing to the eye."""
_MAX_MARKS = 4
"""Combining marks in a row; Devanagari needs three, "zalgo" text uses dozens."""


@dataclass(frozen=True, slots=True)
class ChatPolicy:
    """The limits of a room. Rates are messages a second, bursts are messages."""

    max_text: int = 300
    max_name: int = 24
    max_frame: int = 4096
    """Bytes of one WebSocket frame."""
    client_rate: float = 0.5
    client_burst: int = 5
    room_rate: float = 20.0
    room_burst: int = 60
    guest: str = "guest"
    """The name of those who give none."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A viewer's message, cleaned. `reply_to` is the seq of the event it answers."""

    author: str
    text: str
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class ChatRejected:
    """Why a message was not taken; `reason` is for the page to translate. `retry_after_s` for rate limits."""

    reason: RejectReason
    retry_after_s: float = 0.0


def clean_text(text: str) -> str:
    """One line of NFC text without anything invisible. Never raises; may return an empty string."""
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        marks = marks + 1 if category.startswith("M") else 0
        if char in "\t\n\r\v\f" or category in {"Zs", "Zl", "Zp"}:
            kept.append(" ")
        elif category[0] != "C" and char not in _INVISIBLE_LETTERS and marks <= _MAX_MARKS:
            kept.append(char)
    return " ".join("".join(kept).split())


def validate_message(raw: str | bytes, policy: ChatPolicy | None = None) -> ChatMessage | ChatRejected:
    """Read one frame: a JSON object {"text": str, "author"?: str, "reply_to"?: int} and nothing else in it."""
    policy = policy or ChatPolicy()
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > policy.max_frame:
        return ChatRejected("frame-too-long")
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):  # 4 kB of "[" nests deeper than the parser goes
        return ChatRejected("not-json")
    if not _has_shape(document):
        return ChatRejected("bad-shape")
    return _within_limits(document, policy)


def _has_shape(document: object) -> bool:
    if not isinstance(document, dict) or not document.keys() <= {"text", "author", "reply_to"}:
        return False
    reply_to = document.get("reply_to")
    reply_ok = reply_to is None or (type(reply_to) is int and 0 < reply_to < 2**53)
    return isinstance(document.get("text"), str) and isinstance(document.get("author", ""), str) and reply_ok


def _within_limits(document: dict[str, Any], policy: ChatPolicy) -> ChatMessage | ChatRejected:
    text, author = clean_text(document["text"]), clean_text(document.get("author", ""))
    if not text:
        return ChatRejected("empty")
    if len(text) > policy.max_text:
        return ChatRejected("text-too-long")
    if len(author) > policy.max_name:
        return ChatRejected("name-too-long")
    return ChatMessage(author or policy.guest, text, document.get("reply_to"))


class TokenBucket:
    """`burst` messages at once, then `rate` a second. Time comes from the caller."""

    def __init__(self, rate: float, burst: int, now_ns: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._tokens = float(burst)
        self._updated_ns = now_ns

    def wait_s(self, now_ns: int) -> float:
        """Seconds until a message would be taken; 0 when it would be now."""
        self._tokens = min(self._burst, self._tokens + (now_ns - self._updated_ns) / 1e9 * self._rate)
        self._updated_ns = now_ns
        return max(0.0, (1.0 - self._tokens) / self._rate)

    def take(self) -> None:
        """Spend one token; ask `wait_s` first."""
        self._tokens -= 1.0


class RateLimiter:
    """A token bucket for each client and one for the room, in bounded memory."""

    _MAX_CLIENTS = 10_000

    def __init__(self, policy: ChatPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._room = TokenBucket(policy.room_rate, policy.room_burst, clock.now_ns())
        self._clients: OrderedDict[str, TokenBucket] = OrderedDict()

    def admit(self, client: str) -> ChatRejected | None:
        """Count one message of `client` (an address or a session); None when it may pass.

        A rejected message costs nothing, so a client that floods is slowed to its rate and not shut out.
        """
        now = self._clock.now_ns()
        bucket = self._bucket(client, now)
        if wait := bucket.wait_s(now):
            return ChatRejected("too-fast", wait)
        if wait := self._room.wait_s(now):
            return ChatRejected("room-busy", wait)
        bucket.take()
        self._room.take()
        return None

    def _bucket(self, client: str, now: int) -> TokenBucket:
        bucket = self._clients.get(client)
        if bucket is None:
            bucket = TokenBucket(self._policy.client_rate, self._policy.client_burst, now)
            self._clients[client] = bucket
            if len(self._clients) > self._MAX_CLIENTS:
                self._clients.popitem(last=False)
        self._clients.move_to_end(client)
        return bucket
