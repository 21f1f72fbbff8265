"""What the page does while a sentence is heard: light up the coupon or the price, or point at the button. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Literal

Cue = Literal["coupon", "price", "call-to-action", "sold-out"]

_PRICES = ("price", "coupon_price", "list_price")


def cues_of(sentence: str, segment: str, slots: Mapping[str, str]) -> tuple[Cue, ...]:
    """The cues of one spoken sentence.

    A coupon or a price is cued by the sentence that really names it, not by the whole line it is part of.

    Args:
        sentence: as it is heard, its slots bound.
        segment: what its line is for.
        slots: what is true about its product now (`FactSheet.slots`).
    """
    heard = _folded(sentence)
    found: list[Cue] = []
    if (code := slots.get("coupon")) and _folded(code) in heard:
        found.append("coupon")
    if any(_folded(slots[name]) in heard for name in _PRICES if slots.get(name)):
        found.append("price")
    if segment in {"call-to-action", "sold-out"}:
        found.append("call-to-action" if segment == "call-to-action" else "sold-out")
    return tuple(found)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
