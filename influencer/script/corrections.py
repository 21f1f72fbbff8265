"""Taking back what is no longer so: the line a host says after one was cut because its price or coupon had changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from influencer.script.facts import FactSheet
from influencer.script.slots import slots_in
from influencer.script.values import Line

_TAKEN_BACK = frozenset({
    "price", "list_price", "saving", "discount", "coupon", "coupon_value", "coupon_price", "offer_ends", "ends_in",
})  # fmt: skip
_SLOTS = frozenset({"name", "price"})


def untrue(heard: str, said: Mapping[str, str], sheet: FactSheet) -> frozenset[str]:
    """The slots whose words were heard and are not so any more.

    Args:
        heard: what went on air of the line.
        said: the slots of the line with the words they were bound to.
        sheet: what is true now.
    """
    return frozenset(
        slot for slot, words in said.items()
        if slot in _TAKEN_BACK and words in heard and sheet.slots.get(slot) != words
    )  # fmt: skip


def correction(sheet: FactSheet, language: str, turn: int) -> Line:
    """The correction about a product, with its slots open; `turn` counts them, so that two in a row differ."""
    wordings = load_corrections()[language]
    nth = turn % len(wordings)
    variant = f"correction.{language}.{nth + 1}"
    return Line(wordings[nth], "offer", sheet.product_id, sheet.market, (), "template", variant)


@lru_cache
def load_corrections() -> Mapping[str, tuple[str, ...]]:
    """The wordings of every language (ISO 639-1).

    Raises:
        ValueError: a wording does not say both {name} and {price}, or says something else.
    """
    raw = yaml.safe_load(files("influencer.script").joinpath("corrections.yaml").read_text("utf-8"))
    for language, wordings in raw.items():
        for text in wordings:
            if set(slots_in(text)) != _SLOTS:
                raise ValueError(f"corrections.yaml: {language}: got {text!r}; it must hold {{name}} and {{price}}")
    return MappingProxyType({language: tuple(wordings) for language, wordings in raw.items()})
