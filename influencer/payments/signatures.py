"""Signed webhooks: `t=<seconds>,v1=<HMAC-SHA256 of "t.payload" in hex>`, as Stripe does it. Pure; time is passed in."""

from __future__ import annotations

import hmac
from datetime import datetime
from hashlib import sha256

from influencer.payments.base import BadSignature

TOLERANCE_S = 300
"""How old a signature may be, and how far ahead the sender's clock: a recorded webhook cannot be played back later."""
_LONGEST_HEADER = 1024


def sign(payload: bytes, secret: str, at: datetime, *more: str) -> str:
    """The signature header of a webhook sent at `at` (aware); `more` are older secrets that are valid still."""
    seconds = int(at.timestamp())
    return ",".join([f"t={seconds}", *(f"v1={_digest(payload, each, seconds)}" for each in (secret, *more))])


def check_signature(payload: bytes, header: str, secret: str, now: datetime) -> None:
    """Check a signature header; any of several `v1` values may fit (a secret that is being rotated).

    Raises:
        BadSignature: it is missing, malformed, wrong or too old.
    """
    parts = [part.strip().partition("=") for part in header[:_LONGEST_HEADER].split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or len(times[0]) > 12 or not given:
        raise BadSignature("the webhook has no readable signature")
    seconds = int(times[0])
    expected = _digest(payload, secret, seconds)
    if not any(hmac.compare_digest(expected.encode(), value.encode()) for value in given):
        raise BadSignature("the signature of the webhook is wrong")
    if abs(now.timestamp() - seconds) > TOLERANCE_S:
        raise BadSignature("the webhook is too old; it must arrive within five minutes")


def _digest(payload: bytes, secret: str, seconds: int) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + payload, sha256).hexdigest()
