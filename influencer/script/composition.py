"""How a line is put together: [lead] core [tail], each in turn, each in one of its wordings. Pure.

All turns go by one number, the `nth` line of a kind about a product. The rounds of cores, leads and tails have lengths
without a common divisor (places without a lead or tail fill them up), so that a combination comes again only when all
three rounds have passed each other: thousands of lines later.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from random import Random

from influencer.script.alternation import wording
from influencer.script.novelty import UNSPACED, units
from influencer.script.templates import Template
from influencer.script.values import HOURS, Moment

Usable = Callable[[str], bool]
"""Whether all slots of a text have a value now."""
CAPS_S = (14.0, 8.0, 14.0, 11.0, 6.0)
"""The length a line should keep to, in turn: what is longer loses its tail, then its lead. The rhythm of a show."""
SHORT_S = 5.0
"""A core shorter than this is not said alone."""
_TIMELY = 5
"""Every so many leads, one of the moment is said, when there is one."""
_GENERAL_SHARE = 0.75
_OPENING_WORDS, _OPENING_SIGNS = 2, 4


@dataclass(frozen=True, slots=True)
class Frame:
    """The sentences around a core; empty where there are none."""

    lead: str = ""
    lead_id: str = ""
    tail: str = ""
    tail_id: str = ""

    def around(self, core: str, language: str) -> str:
        """The whole line."""
        space = "" if language in UNSPACED else " "
        return space.join(part for part in (self.lead, core, self.tail) if part)


def frame(
    leads: Sequence[Template], tails: Sequence[Template], nth: int, key: str, *,
    cores: int, moment: frozenset[Moment], usable: Usable, greet: bool = False,
) -> Frame:  # fmt: skip
    """The lead and the tail of the `nth` line; one of the two at least, when there are any.

    Args:
        leads: of the line's kind.
        tails: likewise.
        nth: of the kind about the product, from 0.
        key: decides the order.
        cores: how many cores there are, so that the rounds pass each other.
        moment: what is true now.
        usable: which wordings may be said now.
        greet: lead with the hour of the day, when there is a lead for it.
    """
    lead_order = _round(leads, f"{key}/leads", cores)
    tail_order = _round(tails, f"{key}/tails", cores * max(1, len(lead_order)))
    lead = (_greeting(leads, nth, moment) if greet else _timely(leads, nth, moment)) or _at(lead_order, nth)
    tail = _at(tail_order, nth)
    if lead is None and tail is None:
        lead = _at([each for each in lead_order if each is not None], nth // max(1, len(lead_order)))
    lead_text = _worded(lead, nth // max(1, len(lead_order)), usable)
    tail_text = _worded(tail, nth // max(1, len(tail_order)), usable)
    return Frame(
        lead_text, lead.id if lead and lead_text else "", tail_text, tail.id if tail and tail_text else ""
    )  # fmt: skip


def fitted(
    whole: Frame, core: str, language: str, seconds: Callable[[str], float], nth: int, *, bare: bool = True
) -> Frame:
    """The frame without what makes the line too long. `seconds` tells how long a text takes aloud; without `bare`,
    something is left around a core that is long already."""
    cap = CAPS_S[nth % len(CAPS_S)]
    only_lead = Frame(whole.lead, whole.lead_id)
    only_tail = Frame(tail=whole.tail, tail_id=whole.tail_id)
    one = only_lead if whole.lead else only_tail
    if seconds(whole.around(core, language)) <= cap:
        return whole
    if seconds(one.around(core, language)) <= max(CAPS_S) or seconds(core) < SHORT_S:
        return one
    if seconds(only_tail.around(core, language)) <= max(CAPS_S):
        return only_tail
    return Frame() if bare else one


def opening_mark(text: str, language: str) -> str:
    """A short mark of a bound line's first words: lines with the same mark begin alike."""
    words = units(text, language)[: _OPENING_SIGNS if language in UNSPACED else _OPENING_WORDS]
    return f"{zlib.crc32(' '.join(words).encode()) & 0xFFFF:04x}"


@dataclass(frozen=True, slots=True)
class Variant:
    """What a show remembers of a line: enough to say something else next. Written `core:item:lead:tail:mark`."""

    core: str
    item: str = ""
    lead: str = ""
    tail: str = ""
    mark: str = ""

    def __str__(self) -> str:
        return ":".join((self.core, self.item, self.lead, self.tail, self.mark))

    @classmethod
    def parse(cls, text: str) -> Variant:
        """Any remembered variant, also a model's or an operator's, and those of older shows."""
        parts = text.split(":")
        return cls(*parts[:5])


def _round(phrases: Sequence[Template], key: str, others: int) -> list[Template | None]:
    """Phrases for any moment, with places left empty until the length has no divisor in common with `others`."""
    general = tuple(each for each in phrases if each.when is None)
    return list(_shuffled(general, key, others)) if general else []


@lru_cache(maxsize=512)
def _shuffled(general: tuple[Template, ...], key: str, others: int) -> tuple[Template | None, ...]:
    size = round(len(general) / _GENERAL_SHARE)
    while gcd(size, others) > 1:
        size += 1
    order: list[Template | None] = [*general, *([None] * (size - len(general)))]
    Random(key).shuffle(order)
    return tuple(order)


def _timely(leads: Sequence[Template], nth: int, moment: frozenset[Moment]) -> Template | None:
    fitting = [each for each in leads if each.when in moment]
    turn, rest = divmod(nth, _TIMELY)
    return fitting[turn % len(fitting)] if fitting and rest == _TIMELY - 2 else None


def _greeting(leads: Sequence[Template], nth: int, moment: frozenset[Moment]) -> Template | None:
    fitting = [each for each in leads if each.when in moment & HOURS]
    return fitting[nth % len(fitting)] if fitting else None


def _at(order: Sequence[Template | None], nth: int) -> Template | None:
    return order[nth % len(order)] if order else None


def _worded(phrase: Template | None, number: int, usable: Usable) -> str:
    if phrase is None or not usable("".join(f"{{{slot}}}" for slot in phrase.needs)):
        return ""
    return wording(phrase.text, number, usable) or ""
