"""What streaming may raise.

StreamingError
├── TimelineClosed       retry cannot help: the show has ended, nothing more goes on air
├── TimelineCleared      retry cannot help: an interruption dropped what this writer was saying; start a new epoch
├── SubscriptionClosed   retry cannot help: the show, or this viewer's part in it, has ended
├── EncoderError         retry cannot help: the codec refused its settings or its input
└── WhepError            a viewer's request was refused; carries the HTTP status, a one-line title and headers
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class StreamingError(Exception):
    """Anything streaming reports. `retryable` says whether trying again can help."""

    retryable = False


class TimelineClosed(StreamingError):
    """The timeline was closed: the show has ended."""


class TimelineCleared(StreamingError):
    """The epoch this writer belongs to was cleared by an interruption."""


class SubscriptionClosed(StreamingError):
    """The show or the viewer's subscription has ended: no more units."""


class EncoderError(StreamingError):
    """The codec refused its settings or its input."""


class WhepError(StreamingError):
    """A WHEP request that cannot be granted, in HTTP's words (draft-ietf-wish-whep, RFC 9110)."""

    def __init__(self, status: int, title: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.title = title
        self.headers: Mapping[str, str] = MappingProxyType(dict(headers or {}))
        self.retryable = status in (409, 429, 503)
        super().__init__(f"{status} {title}")
