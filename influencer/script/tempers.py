"""How hosts of a temperament talk: their own sentences around a line, data of tempers/<language>.yaml. Pure.

They hold no facts and stand in place of some of the general leads and tails, so that two hosts say the same
run-of-show differently and claim the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import cast, get_args

from influencer.script.alternation import count_wordings, wording
from influencer.script.composition import Frame, Variant
from influencer.script.rotation import in_turn
from influencer.script.templates.loader import PARTS, SELLING, Part
from influencer.script.values import SegmentKind, Temper
from influencer.strings import load_strings

TEMPERS: tuple[Temper, ...] = get_args(Temper)
_LEADS, _TAILS = 2, 3
"""Every so many lines begin, or end, in the host's own way."""
MIN_OWN: Mapping[Part, int] = {"leads": 8, "tails": 6}
"""Sentences a temperament has at least."""


def own(language: str, temper: Temper, part: Part) -> tuple[str, ...]:
    """The sentences of a temperament, with their alternations. Blocks on the first call of a language (about 5 ms).

    Raises:
        FileNotFoundError: the language has no file.
    """
    return _read(language)[temper][part]


def voiced(
    whole: Frame, language: str, temper: Temper | None, kind: SegmentKind, nth: int, key: str, recent: Sequence[str]
) -> Frame:
    """A frame as a host of this temperament says it.

    Args:
        whole: as anybody says it.
        language: ISO 639-1.
        temper: the host's; None: as anybody.
        kind: of the line; lines that sell nothing stay as they are.
        nth: the line's number.
        key: decides the order.
        recent: variants said lately, oldest first: what was heard longest ago is said first.
    """
    if temper is None or kind not in SELLING:
        return whole
    said = [Variant.parse(variant) for variant in recent]
    if nth % _LEADS == 0:
        heard = {one.lead: age for age, one in enumerate(said)}
        text, id_ = _chosen(language, temper, "leads", nth, key, heard)
        whole = replace(whole, lead=text, lead_id=id_)
    if nth % _TAILS == 1:
        heard = {one.tail: age for age, one in enumerate(said)}
        text, id_ = _chosen(language, temper, "tails", nth, key, heard)
        whole = replace(whole, tail=text, tail_id=id_)
    return whole


def is_own(id_: str) -> bool:
    """Whether a lead or a tail of a variant is a temperament's."""
    return id_.partition("-")[0] in TEMPERS


def mistakes(language: str) -> list[str]:
    """What is wrong with or missing from a language, one line each; empty when all is well."""
    raw = _read(language)
    return [
        f"{language}.yaml: {temper}.{part}: got {len(raw[temper][part])}; allowed: {least} or more, without slots"
        for temper in TEMPERS
        for part, least in MIN_OWN.items()
        if len(set(raw[temper][part])) < least or any("{" in text for text in raw[temper][part])
    ]


def _chosen(language: str, temper: Temper, part: Part, nth: int, key: str, heard: Mapping[str, int]) -> tuple[str, str]:
    texts = {f"{temper}-{part[:-1]}-{at}": text for at, text in enumerate(own(language, temper, part), start=1)}
    order = in_turn(sorted(texts), nth, f"{key}/{temper}/{part}")
    id_ = min(order, key=lambda one: heard.get(one, -1))
    number = nth // (_LEADS * _TAILS) % count_wordings(texts[id_])
    return wording(texts[id_], number) or "", id_


@lru_cache(maxsize=16)
def _read(language: str) -> Mapping[Temper, Mapping[Part, tuple[str, ...]]]:
    text = files("influencer.script").joinpath(f"tempers/{language}.yaml").read_text("utf-8")
    raw = cast("dict[str, dict[str, list[str]]]", load_strings(text))
    return {temper: {part: tuple(raw[temper][part]) for part in PARTS} for temper in TEMPERS}
