"""Reading and checking templates/<language>.yaml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, get_args

import yaml

from influencer.script.grammar import FORMS
from influencer.script.slots import find_slots
from influencer.script.values import SegmentKind

KINDS: tuple[SegmentKind, ...] = get_args(SegmentKind)
MIN_VARIANTS = 6

IN_TURN = {"key_point": "key_point.", "faq": "faq.", "question": "question.", "spec_label": "spec_label.",
           "spec_value": "spec_value.", "greeting": "greeting.", "farewell": "farewell."}  # fmt: skip
"""Slots that stand for one of many, and how the names of the many begin."""
_FACT_SLOTS = {
    "name", "brand", "summary", "audience", "category", "price", "list_price", "saving", "discount", "stock", "coupon",
    "coupon_value", "coupon_price", "offer_ends", "shipping", "returns", "how_to_use", "ingredients",
}  # fmt: skip
_KNOWN = _FACT_SLOTS | set(IN_TURN) | {"disclosure"}
_REQUIRED: dict[SegmentKind, tuple[str, ...]] = {
    "opening": ("greeting", "disclosure"),
    "proof": ("key_point",),
    "offer": ("coupon",),
    "closing": ("farewell",),
    "sold-out": ("name",),
}
_ALLOWED: dict[SegmentKind, frozenset[str]] = {"bridge": frozenset(), "standby": frozenset({"brand"})}


@dataclass(frozen=True, slots=True)
class Template:
    """One wording. `needs` are the slots that must have a value for it to be used."""

    id: str
    kind: SegmentKind
    text: str
    needs: frozenset[str]


@lru_cache(maxsize=16)
def load_templates(language: str) -> Mapping[SegmentKind, tuple[Template, ...]]:
    """The templates of a language, by kind. Blocks on the first call (about 20 ms).

    Raises:
        FileNotFoundError: the language has no template file.
    """
    raw = _read(language)
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
    for unknown in sorted(set(raw) - set(KINDS) - {"language"}):
        yield f"{unknown}: unknown kind; allowed: {', '.join(KINDS)}"
    ids: Counter[str] = Counter()
    for kind in KINDS:
        items = raw.get(kind)
        if not isinstance(items, list) or len(items) < MIN_VARIANTS:
            found = len(items) if isinstance(items, list) else 0
            yield f"{kind}: got {found} variants; allowed: {MIN_VARIANTS} or more"
        for item in items if isinstance(items, list) else []:
            if not isinstance(item, dict) or not {"id", "text"} <= set(item) <= {"id", "text", "needs"}:
                yield f"{kind}: got {item!r}; allowed: {{id, text}} and perhaps needs"
                continue
            ids[item["id"]] += 1
            yield from (f"{item['id']}: {mistake}" for mistake in _text_mistakes(kind, item))
    yield from (f"{id_}: used {count} times; allowed: once" for id_, count in ids.items() if count > 1)


def _text_mistakes(kind: SegmentKind, item: Mapping[str, object]) -> Iterator[str]:
    text = str(item["text"])
    found = find_slots(text)
    names = [name for name, _ in found]
    yield from (f"unknown slot {{{name}}}" for name in names if name not in _KNOWN)
    yield from (f"unknown form {form}" for _, form in found if form is not None and form not in FORMS)
    yield from (f"lacks {{{name}}}" for name in _REQUIRED.get(kind, ()) if name not in names)
    allowed = _ALLOWED.get(kind, _KNOWN)
    yield from (f"{{{name}}} is not for {kind}" for name in names if name in _KNOWN and name not in allowed)
    if text.count("{") != len(found) or text.count("}") != len(found):
        yield "a brace that is no slot"
    if kind == "opening" and names[:2] != ["greeting", "disclosure"]:
        yield "must begin with {greeting} {disclosure}"
    if ("faq" in names) != ("question" in names) or ("spec_label" in names) != ("spec_value" in names):
        yield "{question} and {faq}, and {spec_label} and {spec_value}, go together"


def _template(kind: SegmentKind, item: Mapping[str, object]) -> Template:
    text = str(item["text"])
    extra = item.get("needs", ())
    needs = {name for name, _ in find_slots(text)} | set(extra if isinstance(extra, list) else ())
    return Template(str(item["id"]), kind, text, frozenset(needs))


def _read(language: str) -> dict[str, Any]:
    text = files("influencer.script.templates").joinpath(f"{language}.yaml").read_text("utf-8")
    # The base loader leaves every scalar a string: `no` and `on` are words here.
    return yaml.load(text, yaml.BaseLoader)  # type: ignore[no-any-return]
