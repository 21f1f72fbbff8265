"""Reading and checking templates/<language>.yaml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from influencer.script.alternation import alternations, count_wordings, fixed_part, wordings
from influencer.script.grammar import FORMS
from influencer.script.slots import find_slots, slots_in
from influencer.script.values import Moment, SegmentKind
from influencer.strings import load_strings

KINDS: tuple[SegmentKind, ...] = tuple(kind for kind in get_args(SegmentKind) if kind != "disclaimer")
"""Kinds that have templates: what the law wants said is said in its own words."""
MOMENTS: tuple[Moment, ...] = get_args(Moment)
MIN_VARIANTS = 6
MAX_WORDINGS = 64
"""Of one text: more cannot be read by whoever checks them."""
Part = Literal["leads", "tails"]
PARTS: tuple[Part, ...] = get_args(Part)
SELLING: tuple[SegmentKind, ...] = (
    "hook", "product", "proof", "demonstration", "objection", "offer", "questions", "call-to-action", "recap",
)  # fmt: skip
"""Kinds that need leads and tails."""
MIN_PHRASES = {"leads": 12, "tails": 8}

IN_TURN = {"key_point": "key_point.", "faq": "faq.", "question": "question.", "spec_label": "spec_label.",
           "spec_value": "spec_value.", "greeting": "greeting.", "farewell": "farewell."}  # fmt: skip
"""Slots that stand for one of many, and how the names of the many begin."""
_FACT_SLOTS = {
    "name", "brand", "summary", "audience", "category", "price", "list_price", "saving", "discount", "stock", "coupon",
    "coupon_value", "coupon_price", "offer_ends", "ends_in", "stock_units", "shipping", "returns",
    "how_to_use", "ingredients",
}  # fmt: skip
_KNOWN = _FACT_SLOTS | set(IN_TURN) | {"disclosure"}
_REQUIRED: dict[SegmentKind, tuple[str, ...]] = {
    "opening": ("greeting", "disclosure"),
    "demonstration": ("how_to_use",),
    "objection": ("question", "faq"),
    "recap": ("name",),
    "offer": ("coupon",),
    "closing": ("farewell",),
    "sold-out": ("name",),
}
_EVIDENCE = frozenset({"key_point", "spec_label", "faq", "ingredients", "how_to_use"})
"""A proof holds one of these."""
_PHRASE_SLOTS = frozenset({"name", "brand"})
_ALLOWED: dict[SegmentKind, frozenset[str]] = {"bridge": frozenset(), "standby": frozenset({"brand"})}


@dataclass(frozen=True, slots=True)
class Template:
    """One idea in one or more wordings. `needs` are the slots that must have a value for it to be used."""

    id: str
    kind: SegmentKind
    text: str
    """With its alternations, `[a|b]`."""
    needs: frozenset[str]
    when: Moment | None = None
    """The moment it is for; None for any."""


@lru_cache(maxsize=16)
def load_templates(language: str) -> Mapping[SegmentKind, tuple[Template, ...]]:
    """The templates of a language, by kind. Blocks on the first call (about 20 ms).

    Raises:
        FileNotFoundError: the language has no template file.
    """
    raw = _read(language)
    return MappingProxyType({kind: tuple(_template(kind, item) for item in raw.get(kind, [])) for kind in KINDS})


@lru_cache(maxsize=32)
def load_phrases(language: str, part: Part) -> Mapping[SegmentKind, tuple[Template, ...]]:
    """The sentences said before ("leads") or after ("tails") the templates of a kind.

    Raises:
        FileNotFoundError: the language has no template file.
    """
    raw = _read(language).get(part, {})
    return MappingProxyType({kind: tuple(_template(kind, item) for item in raw.get(kind, [])) for kind in KINDS})


def validate_templates(language: str) -> list[str]:
    """What is wrong with or missing from a language's templates, one line each; empty when all is well."""
    try:
        raw = _read(language)
    except FileNotFoundError:
        return [f"{language}.yaml: missing"]
    return [f"{language}.yaml: {mistake}" for mistake in _mistakes(language, raw)]


def _mistakes(language: str, raw: Mapping[str, Any]) -> Iterator[str]:
    if raw.get("language") != language:
        yield f"language: got {raw.get('language')!r}; allowed: {language}"
    for unknown in sorted(set(raw) - set(KINDS) - {"language", *PARTS}):
        yield f"{unknown}: unknown kind; allowed: {', '.join((*KINDS, *PARTS))}"
    ids: Counter[str] = Counter()
    for kind in KINDS:
        items = raw.get(kind)
        if not isinstance(items, list) or len(items) < MIN_VARIANTS:
            found = len(items) if isinstance(items, list) else 0
            yield f"{kind}: got {found} variants; allowed: {MIN_VARIANTS} or more"
        yield from _item_mistakes(kind, items, {"needs"}, ids)
    for part in PARTS:
        yield from _part_mistakes(part, raw.get(part, {}), ids)
    yield from (f"{id_}: used {count} times; allowed: once" for id_, count in ids.items() if count > 1)


def _part_mistakes(part: Part, by_kind: object, ids: Counter[str]) -> Iterator[str]:
    if not isinstance(by_kind, dict):
        yield f"{part}: got {by_kind!r}; allowed: a list for each kind"
        return
    for kind in SELLING:
        if len(by_kind.get(kind, [])) < MIN_PHRASES[part]:
            yield f"{part} {kind}: got {len(by_kind.get(kind, []))}; allowed: {MIN_PHRASES[part]} or more"
    allowed = [kind for kind in KINDS if part == "tails" or kind != "opening"]
    for kind, items in by_kind.items():
        if kind not in allowed:
            yield f"{part}: unknown kind {kind}; allowed: {', '.join(allowed)}"
            continue
        yield from _item_mistakes(kind, items, {"when"}, ids, part)


def _item_mistakes(
    kind: SegmentKind, items: object, optional: set[str], ids: Counter[str], part: Part | None = None
) -> Iterator[str]:
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict) or not {"id", "text"} <= set(item) <= {"id", "text"} | optional:
            yield f"{part or ''}{' ' if part else ''}{kind}: got {item!r}; allowed: {{id, text}} and perhaps {optional}"
            continue
        ids[item["id"]] += 1
        if ":" in item["id"]:
            yield f"{item['id']}: a colon in an id"
        if item.get("when") not in (None, *MOMENTS):
            yield f"{item['id']}: when: got {item['when']!r}; allowed: {', '.join(MOMENTS)}"
        text = str(item["text"])
        if count_wordings(text) > MAX_WORDINGS:
            yield f"{item['id']}: {count_wordings(text)} wordings; allowed: at most {MAX_WORDINGS}"
            continue
        if any(len(options) < 2 for options in alternations(text)):
            yield f"{item['id']}: an alternation with one alternative"
        found = [mistake for one in wordings(text) for mistake in _text_mistakes(kind, one, part)]
        yield from (f"{item['id']}: {mistake}" for mistake in dict.fromkeys(found))


def _text_mistakes(kind: SegmentKind, text: str, part: Part | None) -> Iterator[str]:
    found = find_slots(text)
    names = [name for name, _ in found]
    yield from (f"unknown slot {{{name}}}" for name in names if name not in _KNOWN)
    yield from (f"unknown form {form}" for _, form in found if form is not None and form not in FORMS)
    allowed = _ALLOWED.get(kind, _KNOWN) if part is None else _PHRASE_SLOTS & _ALLOWED.get(kind, _PHRASE_SLOTS)
    yield from (f"{{{name}}} is not for {part or kind}" for name in names if name in _KNOWN and name not in allowed)
    if text.count("{") != len(found) or text.count("}") != len(found):
        yield "a brace that is no slot"
    if "[" in text or "]" in text:
        yield "a square bracket that is no alternation [a|b]; they cannot be nested"
    if part is None:
        yield from _core_mistakes(kind, names)


def _core_mistakes(kind: SegmentKind, names: list[str]) -> Iterator[str]:
    yield from (f"lacks {{{name}}}" for name in _REQUIRED.get(kind, ()) if name not in names)
    if kind == "proof" and not _EVIDENCE & set(names):
        yield f"lacks one of {', '.join(sorted(_EVIDENCE))}"
    if kind == "opening" and names[:2] != ["greeting", "disclosure"]:
        yield "must begin with {greeting} {disclosure}"
    if ("faq" in names) != ("question" in names) or ("spec_label" in names) != ("spec_value" in names):
        yield "{question} and {faq}, and {spec_label} and {spec_value}, go together"


def _template(kind: SegmentKind, item: Mapping[str, object]) -> Template:
    text = str(item["text"])
    extra = item.get("needs", ())
    needs = set(slots_in(fixed_part(text))) | set(extra if isinstance(extra, list) else ())
    when = cast("Moment | None", item.get("when"))
    return Template(str(item["id"]), kind, text, frozenset(needs), when)


def _read(language: str) -> dict[str, Any]:
    text = files("influencer.script.templates").joinpath(f"{language}.yaml").read_text("utf-8")
    return load_strings(text)  # type: ignore[no-any-return]
