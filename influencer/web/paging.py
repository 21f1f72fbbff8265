"""How every list of the API is read: `limit` things, and the `next` of the answer as `after` for those that follow.

A cursor is the place of the last thing that was given out (keyset paging), so that nothing is given out twice or left
out while things are added. Clients send it back as it is; what is in it may change.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Query

from influencer.errors import InvalidInput, Mistake

_T = TypeVar("_T")
After = Annotated[str | None, Query(max_length=400, description="The `next` of the answer before, unchanged.")]
MOST = 100
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
"""Of lists whose things are small; a route with large ones declares less."""


def cursor(*keys: str | int | datetime) -> str:
    """The place of a thing in its list, as text for URLs."""
    plain = [key.isoformat() if isinstance(key, datetime) else key for key in keys]
    return urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def place(after: str | None, read: Callable[..., _T], *kinds: type) -> _T | None:
    """What a cursor says, as `read` makes it of its keys; None for the beginning.

    Args:
        after: what the client sent.
        read: takes the keys.
        kinds: what each key is: str, int or datetime.

    Raises:
        InvalidInput: it is none of ours.
    """
    if after is None:
        return None
    try:
        keys = json.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if not isinstance(keys, list) or len(keys) != len(kinds):
            raise ValueError(after)
        return read(*(_key(key, kind) for key, kind in zip(keys, kinds, strict=True)))
    except (ValueError, OverflowError):
        mistake = Mistake("after", repr(after[:40]), "the `next` of an answer of this list, unchanged")
        raise InvalidInput("page", [mistake]) from None


def split(found: Sequence[_T], limit: int, key: Callable[[_T], str]) -> tuple[Sequence[_T], str | None]:
    """A page of what was found (one more than asked for), and the cursor of the next one; None: this was the last."""
    page = found[:limit]
    return page, key(page[-1]) if len(found) > limit else None


def _key(key: Any, kind: type) -> Any:
    if kind is datetime:
        at = datetime.fromisoformat(str(key))
        if at.tzinfo is None:
            raise ValueError(key)
        return at
    if kind is int and isinstance(key, int) and not isinstance(key, bool) and abs(key) < 1 << 62:
        return key
    if kind is str and isinstance(key, str) and "\0" not in key:
        return key
    raise ValueError(key)
