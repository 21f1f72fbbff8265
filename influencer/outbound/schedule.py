"""When something that could not be sent is tried again: ever more slowly, for about a day. Pure."""

from __future__ import annotations

from datetime import timedelta

FIRST_RETRY = timedelta(seconds=5)
MAX_ATTEMPTS = 15
"""5 s, 10 s, 20 s … add up to 22 hours and 45 minutes."""
JITTER = 0.2


def retry_after(attempts: int, chance: float = 0.0) -> timedelta | None:
    """How long to wait after so many failed attempts; None: give up.

    Args:
        attempts: that failed, one or more.
        chance: a random number from 0 to 1; it makes the wait up to a fifth longer, so that what failed together is
            not tried again together. 0 leaves it exact.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    doubled: timedelta = FIRST_RETRY * 2 ** (attempts - 1)
    return doubled * (1 + JITTER * chance)
