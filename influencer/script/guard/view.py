"""A bound line as the checks see it: folded, with what needs no check blanked out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from influencer.script.guard.folding import Folded, fold
from influencer.script.guard.grounds import Grounds
from influencer.script.slots import BoundPart

BLANK = "\ufffc"
"""Stands for a trusted character; no letter, so words next to it keep their boundaries."""
_SHORTEST_QUOTE = 2


@dataclass(frozen=True)
class Finding:
    """What a check found at a span of the folded line: support (`fact_ids`), or a `reason` to refuse."""

    start: int
    end: int
    fact_ids: tuple[str, ...] = ()
    reason: str | None = None
    slot: str | None = None
    """The slot that says the same and stays true when the fact changes."""


@dataclass(frozen=True)
class LineView:
    """`text` is the whole folded line, `unchecked` the same with trusted stretches blanked, equally long."""

    folded: Folded
    unchecked: str
    rests_on: tuple[str, ...]
    """Facts that are quoted word by word or stand in slots."""

    @property
    def text(self) -> str:
        """The folded line."""
        return self.folded.text

    def words(self, start: int, end: int) -> str:
        """What a span says, for messages."""
        return self.text[start:end].strip()


def look_at(parts: Iterable[BoundPart], grounds: Grounds) -> LineView:
    """Prepare a bound line for the checks.

    Trusted are slot values, word-by-word quotations of facts, and the market's allowed words.
    """
    parts = list(parts)
    line = "".join(part.text for part in parts)
    folded = fold(line)
    spans, facts = _slot_spans(parts, folded, grounds)
    for ground in sorted(grounds.facts, key=lambda g: len(g.text), reverse=True):
        if ground.quotable and len(ground.text) >= _SHORTEST_QUOTE:
            found = _quotes(_blanked(folded.text, spans), ground.text, spaced=grounds.lexicon.spaced)
            spans += found
            facts += [ground.fact.id] if found else []
    idioms = grounds.lexicon.phrases(grounds.market.allowed_words)
    spans += [span for phrases in (idioms, grounds.lexicon.allowed) for span in phrases.spans(folded.text)]
    return LineView(folded, _blanked(folded.text, spans), tuple(dict.fromkeys(facts)))


def _slot_spans(parts: list[BoundPart], folded: Folded, grounds: Grounds) -> tuple[list[tuple[int, int]], list[str]]:
    spans, facts, start = list[tuple[int, int]](), list[str](), 0
    for part in parts:
        end = start + len(part.text)
        if part.slot is not None:
            inside = [i for i, origin in enumerate(folded.at[:-1]) if start <= origin < end]
            spans += [(inside[0], inside[-1] + 1)] if inside else []
            fact_id = grounds.sheet.slot_facts.get(part.slot)
            facts += [fact_id] if fact_id else []
        start = end
    return spans, facts


def _quotes(text: str, quote: str, *, spaced: bool) -> list[tuple[int, int]]:
    quote = quote.strip().rstrip(".。।!")
    found, start = list[tuple[int, int]](), text.find(quote)
    while start >= 0:
        end = start + len(quote)
        edges = not spaced or not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())
        found += [(start, end)] if edges else []
        start = text.find(quote, end)
    return found


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    chars = list(text)
    for start, end in spans:
        chars[start:end] = BLANK * (end - start)
    return "".join(chars)
