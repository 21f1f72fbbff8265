"""What lines may rest on: the facts of a sheet, folded and analysed once per text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from influencer.brief import KeyPoint
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.guard.context import stems
from influencer.script.guard.folding import fold
from influencer.script.guard.lexicon import Lexicon, load_lexicon
from influencer.script.guard.mentions import Mention, find_mentions
from influencer.script.values import Fact, FactKind

_PROVEN = {"health", "efficacy", "award"}
VOLATILE = (
    "price",
    "list_price",
    "saving",
    "discount",
    "coupon_price",
    "coupon_value",
    "coupon",
    "stock",
    "offer_ends",
)
"""Slots whose values change while a show runs: a line that states one is given the slot instead of the number."""
_QUOTABLE = {
    "brand", "name", "summary", "key_point", "spec", "ingredient", "how_to_use", "faq", "shipping", "returns",
    "audience", "coupon",
}  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """One fact, ready to compare. `proven`: a key point backed by a test, study or certificate.

    `asks`: it is the question of an answer. Its words may be repeated, and prove nothing.
    """

    fact: Fact
    text: str
    mentions: tuple[Mention, ...]
    proven: bool = False
    asks: bool = False

    @property
    def quotable(self) -> bool:
        """Whether its very words may be said anywhere; prices and stock may not: "$24 off" quotes a price."""
        return self.fact.kind in _QUOTABLE


@dataclass(frozen=True)
class Grounds:
    """Everything a line about one product may rest on."""

    sheet: FactSheet
    market: Market
    lexicon: Lexicon
    currency: str
    facts: tuple[Ground, ...]
    name_stems: frozenset[str]
    """Stems of brand and product name: sharing those makes no two sentences alike."""

    @property
    def language(self) -> str:
        """The language lines are written in."""
        return self.market.language


def build_grounds(sheet: FactSheet, market: Market) -> Grounds:
    """Analyse a sheet; texts seen before cost nothing."""
    currency = sheet.brief.prices[market.id].currency
    points = {f"key_point.{point.id}": point for point in sheet.brief.key_points}
    own = [fact for fact in sheet.facts.values() if fact.kind != "mandated"]  # what the law wants said proves nothing
    grounds = [_ground(fact, market.language, currency, points.get(fact.id)) for fact in own]
    for (
        slot,
        text,
    ) in sheet.slots.items():  # what a question asks may be repeated, and a saving is a slot without a fact
        if slot.startswith("question.") or slot == "saving":
            fact = sheet.facts[sheet.slot_facts[slot]]
            kind: FactKind = "faq" if slot != "saving" else "discount"
            said = _ground(Fact(fact.id, kind, text, fact.product_id), market.language, currency, None)
            grounds.append(replace(said, asks=slot != "saving"))
    name = fold(f"{sheet.slots['name']} {sheet.slots['brand']}").text
    return Grounds(
        sheet=sheet,
        market=market,
        lexicon=load_lexicon(market.language),
        currency=currency,
        facts=tuple(grounds),
        name_stems=stems(name, market.language),
    )


def _ground(fact: Fact, language: str, currency: str, point: KeyPoint | None) -> Ground:
    folded = fold(fact.text).text
    proven = point is not None and point.claim in _PROVEN
    return Ground(fact, folded, _mentions(folded, language, currency), proven)


@lru_cache(maxsize=4096)
def _mentions(folded: str, language: str, currency: str) -> tuple[Mention, ...]:
    return find_mentions(folded, language, currency)
