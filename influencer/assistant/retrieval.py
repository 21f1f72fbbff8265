"""From what is asked to the facts that answer it. Pure; finds nothing rather than something doubtful."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from influencer.assistant.lexicon import Concept
from influencer.assistant.matching import Asked, Entry, EntryKind, alike, coverage, index, similarity
from influencer.assistant.ranking import TOPIC_OF, Clues
from influencer.assistant.replies import Frame
from influencer.assistant.triage import Triage
from influencer.assistant.values import Intent, Language, Topic
from influencer.brief import Brief
from influencer.script.facts import FactSheet

_LEAST_COVERED, _AHEAD = 0.3, 0.15
"""How much of a question the best fact must speak of, and how much more than the second; tuned on questions_dev."""
_FAQ_SURE = 0.55
_MOST_SPECS = 4
_MEASURES: frozenset[Concept] = frozenset(
    {"volume", "weight", "dimensions", "height", "width", "length", "thickness", "clothing_size", "capacity", "count"}
)
_MEASURE_UNITS = frozenset({"ml", "l", "cl", "g", "kg", "mg", "oz", "lb", "fl oz", "mm", "cm", "m", "in", "inch"})
_SUBSTANCES: frozenset[Concept] = frozenset({"sugar", "caffeine", "allergens"})
_OWN_WORDS: frozenset[Concept] = frozenset({"heating", "grip", "cushioning", "spare_part", "variation", "packaging"})
"""Properties that topics would miss: what they are asked with ("made of", "buy", "contain") is about something else."""
_PARTICULAR: frozenset[Concept] = frozenset({"children", "sensitive", "pregnancy", "skin_type"})
"""Groups of people a general "it is made for ..." does not answer for."""

_OFFER = ("coupon", "coupon_value", "coupon_price", "offer_ends")
_SLOTS: dict[Frame, tuple[str, ...]] = {
    "price": ("price",), "price_reduced": ("price", "list_price"), "discount": ("discount", "price", "list_price"),
    "no_discount": ("price",), "no_offer": ("price",), "offer": _OFFER, "stock": ("stock",), "buying": ("price",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """A wording to use and the facts it rests on besides those of its own slots."""

    intent: Intent
    frame: Frame
    fact_ids: tuple[str, ...] = ()

    @property
    def states(self) -> tuple[str, ...]:
        """The facts it states, those of its wording's own slots too."""
        return (*self.fact_ids, *_SLOTS.get(self.frame, ()))

    @property
    def quotes(self) -> bool:
        """Whether the wording repeats the advertiser's words ({fact})."""
        return bool(self.fact_ids) and self.frame != "sold_out"


@dataclass(frozen=True, slots=True)
class Search:
    """One question put to one brief."""

    brief: Brief
    question: Asked
    entries: tuple[Entry, ...]
    sheet: FactSheet

    def nearest(self, *kinds: EntryKind) -> Finding | None:
        """The closest entry of some kinds, if it is near enough to be what was meant."""
        entry = _closest(self.question, [entry for entry in self.entries if entry.kind in kinds])
        return _finding(entry) if entry else None

    def particular(self) -> Finding | None:
        """What is said of a property that no topic is about: "can I buy the lid separately" is not about stock."""
        wanted = self.question.concepts & _OWN_WORDS
        entry = _closest(self.question, [e for e in self.entries if e.kind != "spec" and e.concepts & wanted])
        return _finding(entry) if entry else None

    def covering(self) -> Finding | None:
        """The fact that speaks of most of the question, when it speaks of clearly more than every other."""
        covered = coverage(self.question, self.entries)
        ranked = sorted(covered, key=lambda fact_id: -covered[fact_id])
        if len(ranked) < 2 or covered[ranked[0]] < _LEAST_COVERED or covered[ranked[0]] - covered[ranked[1]] < _AHEAD:
            return None
        return next(_finding(entry) for entry in self.entries if entry.fact_id == ranked[0])

    def asked_before(self) -> Finding | None:
        """The FAQ that surely asks the same."""
        entry = _closest(self.question, [entry for entry in self.entries if entry.kind == "faq"])
        return _finding(entry) if entry and similarity(self.question, entry) >= _FAQ_SURE else None


class Retriever:
    """Everything one brief can answer, indexed in the show's language and, when it has it, the asker's."""

    def __init__(self, brief: Brief, home: Language) -> None:
        self._brief = brief
        self._home = home
        self._indexes = {home: index(brief, home)}

    def find(self, question: Asked, triage: Triage, sheet: FactSheet) -> tuple[Finding, ...]:
        """What answers the question, one finding for each topic of it; empty when the brief does not say."""
        said_here = tuple(entry for entry in self._index(question.language) if entry.fact_id in sheet.facts)
        search = Search(self._brief, question, said_here, sheet)
        if faq := search.asked_before():
            return (faq,)
        if triage.intent == "buying":
            return (_stock(search) if sheet.sold_out else Finding("buying", "buying"),)
        if triage.intent == "medical":  # only what the advertiser says to just these people
            concerned = [e for e in search.entries if e.kind == "faq" and e.concepts & question.concepts & _PARTICULAR]
            entry = _closest(question, concerned)
            return (_finding(entry),) if entry else ()
        if triage.asks and (known := search.particular()):
            return (known,)
        if triage.asks and not triage.sure and (near := search.nearest("faq", "key_point", "spec")):
            return (near,)
        found = (_RULES[topic](search) for topic in triage.topics)
        answers = tuple(finding for finding in found if finding is not None)
        if not answers and triage.asks and (covering := search.covering()):
            return (covering,)
        return answers

    def clues(self, question: Asked, triage: Triage, found: Sequence[Finding], ids: Sequence[str], words: int) -> Clues:
        """What the words say of each fact, for the learnt ranker. `words` is how many the message has."""
        entries = {entry.fact_id: entry for entry in self._index(question.language)}
        covered = coverage(question, tuple(entries.values()))
        stated = {fact_id for finding in found for fact_id in finding.states}
        unknown = triage.intent == "unknown"
        rows = np.zeros((len(ids), 6), np.float32)
        for row, fact_id in enumerate(ids):
            said = fact_id in stated
            entry = entries.get(fact_id)
            alike_ = (bool(question.concepts & entry.concepts), similarity(question, entry)) if entry else (False, 0.0)
            rows[row] = (*alike_, covered.get(fact_id, 0.0), said, said and triage.sure, said and unknown)
        return Clues(rows, np.array([1, triage.asks, unknown, bool(stated), words / 10], np.float32))

    def finding(self, fact_id: str, question: Asked, sheet: FactSheet) -> Finding | None:
        """How to state a fact that was found by other means; None when it cannot be stated now."""
        if fact_id in TOPIC_OF:
            topic = "price" if fact_id == "list_price" else TOPIC_OF[fact_id]
            if topic == "suitability":
                return Finding(topic, topic, (fact_id,))
            return _RULES[topic](Search(self._brief, question, (), sheet))
        kind = fact_id.split(".")[0]
        if kind == "faq":
            return Finding("faq", "faq", (fact_id,))
        return Finding("spec", "spec", (fact_id,)) if kind == "spec" else Finding("feature", "feature", (fact_id,))

    def _index(self, language: Language) -> tuple[Entry, ...]:
        if language not in self._indexes:
            # A brief that is not written in the asker's language is still found by what both speak of.
            self._indexes[language] = index(self._brief, language) or self._indexes[self._home]
        return self._indexes[language]


def _closest(question: Asked, entries: Sequence[Entry]) -> Entry | None:
    near = [entry for entry in entries if alike(question, entry)]
    return max(near, key=lambda entry: similarity(question, entry), default=None)


def _finding(entry: Entry) -> Finding:
    if entry.kind == "faq":
        return Finding("faq", "faq", (entry.fact_id,))
    if entry.kind == "spec":
        return Finding("spec", "spec", (entry.fact_id,))
    return Finding("feature", "feature", (entry.fact_id,))


def _specs(intent: Intent, entries: Sequence[Entry]) -> Finding | None:
    if not entries:
        return None
    return Finding(intent, "spec", tuple(entry.fact_id for entry in entries[:_MOST_SPECS]))


def _price(search: Search) -> Finding:
    return Finding("price", "price_reduced" if "list_price" in search.sheet.facts else "price")


def _discount(search: Search) -> Finding:
    if "discount" in search.sheet.facts:
        return Finding("discount", "discount")
    return Finding("discount", "offer" if search.sheet.offer_active else "no_discount")


def _offer(search: Search) -> Finding:
    return Finding("offer", "offer" if search.sheet.offer_active else "no_offer")


def _stock(search: Search) -> Finding:
    return Finding("stock", "sold_out", ("stock",)) if search.sheet.sold_out else Finding("stock", "stock")


def _spec(search: Search) -> Finding | None:
    specs = [entry for entry in search.entries if entry.kind == "spec"]
    concepts = search.question.concepts
    if wanted := [entry for entry in specs if entry.concepts & concepts]:
        return _specs("spec", wanted)
    if concepts - _MEASURES:
        found = search.nearest("key_point", "faq", "spec")
        return found or (_ingredients(search) if concepts & _SUBSTANCES else None)
    if near := _closest(search.question, specs):
        return _finding(near)
    measured = {f"spec.{spec.id}" for spec in search.brief.specs if spec.unit in _MEASURE_UNITS}
    sizes = [entry for entry in specs if entry.concepts & _MEASURES or entry.fact_id in measured]
    return _specs("spec", [entry for entry in sizes if not entry.concepts & _SUBSTANCES])


def _origin(search: Search) -> Finding | None:
    made_in = [entry for entry in search.entries if entry.kind == "spec" and entry.subject == "origin"]
    if made_in:
        return _specs("origin", made_in[:1])
    # What an origin claim speaks of may be one ingredient, so it is told as a detail, not as "made in".
    points = (
        point
        for point in search.brief.key_points
        if point.claim == "origin" and f"key_point.{point.id}" in search.sheet.facts
    )
    return next((Finding("feature", "feature", (f"key_point.{point.id}",)) for point in points), None)


def _suitability(search: Search) -> Finding | None:
    asked_for = search.question.concepts & _PARTICULAR
    if best := _closest(search.question, [e for e in search.entries if e.concepts & asked_for]):
        return _finding(best)
    return None if asked_for else Finding("suitability", "suitability", ("audience",))


def _ingredients(search: Search) -> Finding | None:
    if "ingredients" in search.sheet.facts:
        return Finding("ingredients", "ingredients", ("ingredients",))
    made_of = [entry for entry in search.entries if entry.kind == "spec" and "material" in entry.concepts]
    return _specs("ingredients", made_of) or search.nearest("key_point", "faq")


def _how_to_use(search: Search) -> Finding | None:
    if "how_to_use" in search.sheet.facts:
        return Finding("how_to_use", "how_to_use", ("how_to_use",))
    return search.nearest("faq", "key_point")


_RULES: dict[Topic, Callable[[Search], Finding | None]] = {
    "price": _price,
    "discount": _discount,
    "offer": _offer,
    "stock": _stock,
    "spec": _spec,
    "origin": _origin,
    "suitability": _suitability,
    "ingredients": _ingredients,
    "how_to_use": _how_to_use,
    "what_is_it": lambda _: Finding("what_is_it", "what_is_it", ("summary",)),
    "shipping": lambda _: Finding("shipping", "shipping", ("shipping",)),
    "returns": lambda _: Finding("returns", "returns", ("returns",)),
}
