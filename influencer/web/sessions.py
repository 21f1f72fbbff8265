"""Operator sessions: a random cookie and a CSRF token, in memory, gone after a restart."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from streaming.clock import Clock

LIFETIME_S = 12 * 3600
_MAX_SESSIONS = 64


@dataclass(frozen=True, slots=True)
class OperatorSession:
    """A signed-in operator."""

    id: str
    csrf: str
    expires_ns: int


class Sessions:
    """Who is signed in. The oldest session goes when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: OrderedDict[str, OperatorSession] = OrderedDict()

    def create(self) -> OperatorSession:
        """Sign somebody in."""
        expires = self._clock.now_ns() + LIFETIME_S * 1_000_000_000
        session = OperatorSession(secrets.token_urlsafe(32), secrets.token_urlsafe(32), expires)
        self._open[session.id] = session
        if len(self._open) > _MAX_SESSIONS:
            self._open.popitem(last=False)
        return session

    def find(self, session_id: str | None) -> OperatorSession | None:
        """The session of a cookie, None when it is unknown or too old."""
        session = self._open.get(session_id or "")
        if session is not None and self._clock.now_ns() >= session.expires_ns:
            self.end(session.id)
            return None
        return session

    def end(self, session_id: str) -> None:
        """Sign out. Idempotent."""
        self._open.pop(session_id, None)
