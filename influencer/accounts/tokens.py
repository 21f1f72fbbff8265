"""Random secrets, and what is kept of them: SHA-256, since 256 random bits need no slow hash.

A session's cookie is one random string. An API key is `vik_<id>_<secret>`: the id finds the row, and the
secret is compared.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass

_KEY = re.compile(r"vik_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, repr=False)
class KeySecret:
    """An API key taken apart. Has no repr: a secret must not end in a log."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """What the program sends as a bearer token."""
        return f"vik_{self.id}_{self.secret}"


def new_key() -> KeySecret:
    """A fresh API key: 256 random bits under a random id."""
    return KeySecret(secrets.token_hex(6), secrets.token_urlsafe(32))


def parse_key(text: str) -> KeySecret | None:
    """Take a bearer token apart, None when it is no API key."""
    found = _KEY.fullmatch(text)
    return KeySecret(found[1], found[2]) if found else None


def new_session() -> str:
    """The value of a session's cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def is_session(text: str) -> bool:
    """Whether a cookie could be one of ours."""
    return _SESSION.fullmatch(text) is not None


def digest(secret: str) -> str:
    """What is kept of a secret: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_secret(given: str, secret: str | None) -> bool:
    """Compare in constant time; nothing equals a secret that is not set."""
    return secret is not None and hmac.compare_digest(given.encode(), secret.encode())


def csrf_token(session: str) -> str:
    """The token that pages of a session send back (a keyed hash of its cookie, so nothing has to be stored)."""
    return urlsafe_b64encode(hmac.digest(session.encode(), b"csrf", "sha256")).decode().rstrip("=")
