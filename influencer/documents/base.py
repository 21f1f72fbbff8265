"""What both readers share: the limits, the words for places and values, and the refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from influencer.errors import Mistake

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_VALUES = 20_000

Path = tuple[str | int, ...]

_PLAIN_NAME = re.compile(r"[\w-]+")
_SHOWN = 60


class Unreadable(Exception):
    """The text is no acceptable document at all; `mistake` says where and why."""

    def __init__(self, place: str, given: str, allowed: str) -> None:
        self.mistake = Mistake(place, given, allowed)
        super().__init__(str(self.mistake))


def field_path(loc: Sequence[str | int]) -> str:
    """The path of a field as people write it: ("key_points", 0, "text") is key_points[0].text."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            name = part if _PLAIN_NAME.fullmatch(part) and len(part) <= _SHOWN else shortened(part)
            path += f".{name}" if path else name
    return path or "top level"


def shortened(value: Any) -> str:
    """`value` on one line, at most about sixty characters: what a message shows of what was given."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"a mapping of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value[: _SHOWN + 1]) if isinstance(value, str) else str(value)
    if len(text) <= _SHOWN:
        return text
    size = f" ({len(value)} characters)" if isinstance(value, str) else ""
    return f"{text[: _SHOWN - 1]}…{size}"


def number(text: str) -> int | Decimal | str:
    """A number as it was written; one of absurd length stays text, and the field refuses it."""
    if len(text) > 40:
        return text
    return int(text) if text.lstrip("+-").isdigit() else Decimal(text)


def check_size(depth: int, values: int, place: str) -> None:
    """Refuse what is nested or repeated beyond any real document."""
    if depth > MAX_DEPTH:
        raise Unreadable(place, f"more than {MAX_DEPTH} levels of nesting", f"at most {MAX_DEPTH} levels")
    if values > MAX_VALUES:
        raise Unreadable(place, f"more than {MAX_VALUES:,} values", f"at most {MAX_VALUES:,} values")
