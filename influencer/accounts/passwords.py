"""Passwords: argon2id (RFC 9106) in worker threads, a few at a time, and what a good one is."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from influencer.errors import InvalidInput, Mistake

SHORTEST = 12
LONGEST = 200
_FEWEST_CHARACTERS = 5
"""Different characters a password must have: 121212121212 is no secret."""
_AT_ONCE = 2
"""Hashes computed at the same time: each takes 64 MiB and a core."""
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_KNOWN = frozenset(
    {"password", "passwort", "qwertyuiop", "letmein", "administrator", "influencer", "changeme", "welcome"}
)


class Passwords:
    """Hashes and checks. `memory_kib` and `passes` are argon2's costs; RFC 9106's second choice by default."""

    def __init__(self, *, memory_kib: int = 65_536, passes: int = 3) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=4)
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """A salted hash in argon2's own text form."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one kept. Without one, the same work is done, so that time tells nothing."""
        if kept is None:
            kept, known = await self._nobodys_hash(), False
        else:
            known = True
        async with self._places:
            return await asyncio.to_thread(self._matches, kept, password) and known

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    async def _nobodys_hash(self) -> str:
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe())
        return self._nobodys


def one_time_password() -> str:
    """Twenty characters that are read aloud and typed without mistakes: 99 random bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def require_good(password: str, login: str) -> None:
    """Check a password that somebody chose: long rather than colourful (NIST SP 800-63B, 5.1.1.2).

    Raises:
        InvalidInput: too short, too long, too plain, or it holds the login. The message never holds the password.
    """
    lower = password.casefold()
    if not SHORTEST <= len(password) <= LONGEST:
        raise _bad(f"one of {len(password)} characters", f"{SHORTEST} to {LONGEST} characters")
    if len(set(password)) < _FEWEST_CHARACTERS:
        raise _bad("one that repeats itself", f"{_FEWEST_CHARACTERS} or more different characters")
    if login and login.partition("@")[0].casefold() in lower:
        raise _bad("one that holds your sign-in name", "something nobody could guess from your name")
    if any(word in lower for word in _KNOWN) and len(password) < SHORTEST + 8:
        raise _bad("one that is tried first", "no common word, or a much longer password")


def _bad(given: str, allowed: str) -> InvalidInput:
    return InvalidInput("account", [Mistake("password", given, allowed)])
