"""What viewers do, as values: page views, seconds watched, clicks, questions, orders, each with what was on air."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal, get_args

PageEvent = Literal[
    "view", "watch", "product-click", "why", "cart", "checkout", "like", "share", "captions-on", "captions-off",
    "sound-on",
]  # fmt: skip
"""What the viewer's page reports. It is believed for counting and for nothing else: no price, no stock, no order."""
ServerEvent = Literal["question", "order"]
"""What only this process knows to have happened."""
EventKind = PageEvent | ServerEvent
PAGE_EVENTS: tuple[PageEvent, ...] = get_args(PageEvent)
EVENT_KINDS: tuple[EventKind, ...] = (*PAGE_EVENTS, *get_args(ServerEvent))

MAX_WATCH_MS = 60_000
"""The longest stretch one heartbeat may tell of; the page sends one every 15 s."""
_PSEUDONYM = 22
_COOKIE = re.compile(r"[A-Za-z0-9_-]{24}")


@dataclass(frozen=True, slots=True)
class Airing:
    """What was on air: the sentence of the ledger, and everything it can be counted by. Empty before the first line."""

    utterance_id: int | None = None
    product_id: str = ""
    segment: str = ""
    persona: str = ""
    market: str = ""
    variant: str = ""
    """The wording: `Line.variant`."""
    arms: Mapping[str, str] = field(default_factory=dict)
    """Experiment id -> arm, of every experiment that ran."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One thing that happened.

    `viewer` is a pseudonym (see `pseudonym`), `key` makes telling it twice harmless (unique for a viewer), `product_id`
    is what it is about (what was clicked, which need not be what was on air).
    """

    kind: EventKind
    show_id: str
    viewer: str
    key: str
    at: datetime
    airing: Airing = Airing()
    product_id: str = ""
    milliseconds: int = 0
    """With "watch": how long, at most `MAX_WATCH_MS`."""
    detail: str = ""
    """With "question": what it was about (`assistant.values.Intent`)."""


@dataclass(frozen=True, slots=True)
class Event(NewEvent):
    """A stored event. Ids grow in the order of storing."""

    id: int = 0


def pseudonym(viewer_id: str) -> str:
    """The name a viewer is counted under: it cannot be turned back into the cookie that opens the viewer's orders.

    The cookie holds 144 random bits, so a plain SHA-256 cannot be searched. Anything else that viewers are told apart
    by, such as an address, could be: it has no pseudonym, which is "".
    """
    if not _COOKIE.fullmatch(viewer_id):
        return ""
    return sha256(b"events:" + viewer_id.encode()).hexdigest()[:_PSEUDONYM]
