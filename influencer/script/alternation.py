"""Alternations: a text such as "[So|Right], look at this" is several wordings, counted and chosen by number. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import prod

_BLOCK = re.compile(r"\[([^\[\]]*)\]")
_BAR = re.compile(r"\|(?![^{}]*\})")
"""A bar that is not inside a slot: {name|cap} is one alternative."""


def alternations(text: str) -> list[list[str]]:
    """The alternatives of every block of a text, in order."""
    return [_BAR.split(found.group(1)) for found in _BLOCK.finditer(text)]


def fixed_part(text: str) -> str:
    """What every wording of a text says."""
    return _BLOCK.sub(" ", text)


def count_wordings(text: str) -> int:
    """How many wordings a text is; 1 without alternations."""
    return prod(len(options) for options in alternations(text))


def wording(text: str, number: int, usable: Callable[[str], bool] | None = None) -> str | None:
    """Wording `number` (any integer: they come in turn) of a text; None when a block has nothing usable.

    Args:
        text: with its alternations.
        number: counts through all combinations of alternatives before one returns.
        usable: says which alternatives may be said now (their slots have values); all when None.
    """
    chosen: list[str] = []
    for options in alternations(text):
        open_ = [option for option in options if usable is None or usable(option)]
        if not open_:
            return None
        number, index = divmod(number, len(open_))
        chosen.append(open_[index])
    parts = iter(chosen)
    return re.sub(" {2,}", " ", _BLOCK.sub(lambda _: next(parts), text)).strip()  # an empty alternative leaves two


def wordings(text: str) -> Iterator[str]:
    """Every wording of a text."""
    for number in range(count_wordings(text)):
        yield wording(text, number) or ""
