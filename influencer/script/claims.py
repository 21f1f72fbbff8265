"""The claim guard: the only maker of `ApprovedLine`, and speech accepts nothing else.

A line is bound with the facts of this moment, then checked word by word: what the brief forbids and the market's
taboos, every number in its role, claim words, names, hurry. What is quoted from a fact or stands in a slot is trusted.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass
from typing import Literal

from influencer.brief import MarketId
from influencer.errors import ClaimRejected
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.guard.banned import check_banned
from influencer.script.guard.context import retells, sentences
from influencer.script.guard.decency import check_decency
from influencer.script.guard.families import check_families
from influencer.script.guard.grounds import Grounds, build_grounds
from influencer.script.guard.names import check_names
from influencer.script.guard.numbers import check_numbers
from influencer.script.guard.rules import check_rules
from influencer.script.guard.urgency import check_urgency
from influencer.script.guard.view import Finding, LineView, look_at
from influencer.script.guard.vocabulary import check_vocabulary
from influencer.script.guard.words import check_words
from influencer.script.rule_packs import MANDATED
from influencer.script.slots import BoundPart, SlotUnavailable, bound_parts, counts_askers
from influencer.script.values import Line, SegmentKind

_SEAL = object()
_UNWRITTEN = frozenset({"model", "operator"})
"""Sources whose words nobody read beforehand: each of them must be known."""


@dataclass(frozen=True, slots=True)
class ApprovedLine:
    """A line that may go on air. Made by `ClaimGuard.approve` and by nothing else."""

    id: str
    text: str
    """With its slots; bind it with a fresh fact sheet at the moment of speaking."""
    fact_ids: tuple[str, ...]
    """The facts it rests on, as the guard found them."""
    segment: SegmentKind
    product_id: str
    market: MarketId
    source: Literal["template", "model", "operator", "answer"]
    variant: str
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("an ApprovedLine is made by ClaimGuard.approve only")

    def as_line(self) -> Line:
        """The same words, to be checked again at another time."""
        return Line(self.text, self.segment, self.product_id, self.market, self.fact_ids, self.source, self.variant)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the guard thinks of a line: why it is refused, or the facts it rests on."""

    approved: bool
    reasons: tuple[str, ...]
    fact_ids: tuple[str, ...]
    text: str
    """The line with its slots; numbers that may change were replaced by their slots."""
    bound: str
    """The line as it would be spoken now."""


class ClaimGuard:
    """Checks lines against what is true now. Make a new one when price, stock, offer or market change; it is cheap."""

    def __init__(self, market: Market, sheets: Sequence[FactSheet]) -> None:
        self._market = market
        self._grounds: dict[str, Grounds] = {sheet.product_id: build_grounds(sheet, market) for sheet in sheets}

    def approve(self, line: Line) -> ApprovedLine:
        """The line, allowed on air.

        Raises:
            ClaimRejected: it says something no fact supports; `reasons` has one entry for each.
        """
        found = self.explain(line)
        if not found.approved:
            raise ClaimRejected(found.bound, list(found.reasons))
        key = f"{line.market}|{line.product_id}|{line.segment}|{found.text}"
        return ApprovedLine(
            id=hashlib.sha256(key.encode()).hexdigest()[:16],
            text=found.text,
            fact_ids=found.fact_ids,
            segment=line.segment,
            product_id=line.product_id,
            market=line.market,
            source=line.source,
            variant=line.variant,
            seal=_SEAL,
        )

    def explain(self, line: Line) -> Explanation:
        """What `approve` would say, and why. Never raises for what a line says."""
        text = unicodedata.normalize("NFC", line.text).strip()
        grounds = self._grounds.get(line.product_id)
        if grounds is None:
            known = ", ".join(self._grounds)
            return _refused(text, f"product {line.product_id}: not in this show; it sells {known}")
        if line.market != self._market.id:
            return _refused(text, f"market {line.market}: this show is in {self._market.id}")
        if not text:
            return _refused(text, "nothing is said")
        if counts_askers(text) and line.source != "answer":
            return _refused(text, "slot {askers}: only an answer to viewers says how many of them ask")
        try:
            parts = bound_parts(text, grounds.sheet, self._market)
        except SlotUnavailable as error:
            return _refused(text, str(error))
        if len(parts) == 1 and (parts[0].slot or "").startswith(MANDATED):  # the law's own words, and nothing besides
            return Explanation(True, (), (grounds.sheet.slot_facts[str(parts[0].slot)],), text, parts[0].text)
        return self._checked(line, text, parts, grounds)

    def _checked(self, line: Line, text: str, parts: list[BoundPart], grounds: Grounds) -> Explanation:
        bound = "".join(part.text for part in parts)
        view = look_at(parts, grounds)
        findings = list(_findings(view, bound, grounds))
        if line.source in _UNWRITTEN:
            findings += check_vocabulary(view, grounds)
        reasons = dict.fromkeys(finding.reason for finding in findings if finding.reason is not None)
        declared = [id_ for id_ in line.fact_ids if id_ in grounds.sheet.facts]
        if unknown := set(line.fact_ids) - set(declared):
            reasons[f"facts {', '.join(sorted(unknown))}: not true now, or not in the brief"] = None
        found = [*view.rests_on, *(id_ for finding in findings for id_ in finding.fact_ids), *_retold(view, grounds)]
        return Explanation(
            approved=not reasons,
            reasons=tuple(reasons),
            fact_ids=tuple(dict.fromkeys([*found, *declared])),
            text=text if reasons else _reslotted(parts, text, view, findings),
            bound=bound,
        )


def _findings(view: LineView, bound: str, grounds: Grounds) -> Iterator[Finding]:
    yield from check_decency(view, bound, grounds)
    yield from check_banned(view, grounds)
    yield from check_rules(view, grounds)
    yield from check_numbers(view, grounds)
    yield from check_words(view, grounds)
    yield from check_families(view, grounds)
    yield from check_urgency(view, grounds)
    yield from check_names(view, bound, grounds)


def _retold(view: LineView, grounds: Grounds) -> Iterator[str]:
    """Facts that sentences say in other words."""
    for sentence in sentences(view.text):
        for ground in grounds.facts:
            if ground.quotable and retells(sentence, ground.text, grounds.language, besides=grounds.name_stems):
                yield ground.fact.id


def _reslotted(parts: list[BoundPart], text: str, view: LineView, findings: list[Finding]) -> str:
    """The line with numbers that may change replaced by their slots, so that they are true when they are spoken."""
    if any(part.slot is not None for part in parts):
        return text
    for finding in sorted((f for f in findings if f.slot), key=lambda f: f.start, reverse=True):
        start, end = view.folded.origin(finding.start, finding.end)
        text = f"{text[:start]}{{{finding.slot}}}{text[end:]}"
    return text


def _refused(text: str, reason: str) -> Explanation:
    return Explanation(approved=False, reasons=(reason,), fact_ids=(), text=text, bound=text)
