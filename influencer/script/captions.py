"""A template line in another of the ten languages, for viewers who read along: the same facts, natively worded. Pure.

Nothing is translated. The line is said again with the wording that carries the same number in the other language's
templates, or another of the same kind; it must state exactly the same facts, its prices and dates are those of the
show, and it must pass the claim guard as if it were said in that language's own market. Otherwise there is no such
line, and the page shows the original and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from influencer.brief import Brief
from influencer.errors import ClaimRejected
from influencer.market import Market
from influencer.script.alternation import wordings
from influencer.script.claims import ApprovedLine, ClaimGuard
from influencer.script.composition import Variant
from influencer.script.facts import FactSheet
from influencer.script.slots import SlotUnavailable, bind, slots_in
from influencer.script.templates import load_templates
from influencer.script.templates.loader import IN_TURN
from influencer.script.values import Line

_FREE = frozenset({"name", "brand"})
"""Slots that a wording may hold or not: every line about a product may name it."""
_LOCAL = ("name", "summary", "audience", "shipping", "returns", "how_to_use")


def in_language(
    line: ApprovedLine, brief: Brief, show: Market, reader: Market, *, now: datetime, stock: int
) -> str | None:
    """The line as a reader of another market's language sees it. Blocks while the language's lexicons are read.

    Args:
        line: what is said.
        brief: its product.
        show: where the show is: its prices, its time zone.
        reader: whose language.
        now: aware; decides which offer is active.
        stock: units left.

    Returns:
        The text; None when the line is not a template's, or the brief or the templates have no words for it there.
    """
    if line.source != "template" or reader.id not in brief.markets:
        return None
    sheet = FactSheet.build(brief, show, now=now, stock=stock, text_market=reader.id)
    guard = ClaimGuard(reader, [FactSheet.build(brief, reader, now=now, stock=stock)])
    for text in _wordings(line, reader):
        if not all(_written(brief, slot, reader) for slot in slots_in(text)):
            continue
        candidate = Line(text, line.segment, line.product_id, reader.id, (), "template", line.variant)
        try:
            return bind(guard.approve(candidate).text, sheet, reader)
        except (ClaimRejected, SlotUnavailable):
            continue
    return None


def _wordings(line: ApprovedLine, reader: Market) -> Iterator[str]:
    """Wordings that state what the line states, the one of the same number first."""
    stated = {_family(slot): slot for slot in slots_in(line.text) if slot not in _FREE}
    core = Variant.parse(line.variant).core
    templates = load_templates(reader.language)[line.segment]
    for template in sorted(templates, key=lambda each: each.id != core):
        for text in wordings(template.text):
            if {slot for slot in slots_in(text) if slot not in _FREE} == set(stated):
                yield _filled(text, stated, reader)


def _family(slot: str) -> str:
    """The slot a template writes: key_point for key_point.scent."""
    return next((family for family, prefix in IN_TURN.items() if slot.startswith(prefix)), slot)


def _filled(text: str, stated: dict[str, str], reader: Market) -> str:
    """With the same item wherever a slot stands for one of many; greetings are the reader's market's own."""
    for family, slot in stated.items():
        if family in {"greeting", "farewell"}:
            own = reader.greetings if family == "greeting" else reader.farewells
            slot = f"{family}.{int(slot.partition('.')[2]) % len(own)}"
        text = text.replace(f"{{{family}}}", f"{{{slot}}}").replace(f"{{{family}|", f"{{{slot}|")
    return text


def _written(brief: Brief, slot: str, reader: Market) -> bool:
    """Whether what stands in the slot is written in the reader's language; numbers, prices and dates always are."""
    family, _, item = slot.partition(".")
    if family in _LOCAL:
        return reader.id in (getattr(brief, family) or {})
    if family == "ingredients":
        return reader.id in brief.ingredients
    if family == "key_point":
        return any(point.id == item and reader.id in point.text for point in brief.key_points)
    if family in {"faq", "question"}:
        return any(faq.id == item and reader.id in faq.question and reader.id in faq.answer for faq in brief.faq)
    if family in {"spec_label", "spec_value"}:
        return any(
            spec.id == item and reader.id in spec.label and (isinstance(spec.value, str) or reader.id in spec.value)
            for spec in brief.specs
        )
    return True
