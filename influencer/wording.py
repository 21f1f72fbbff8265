"""Pydantic's findings in plain words: the field's path, what was given, what is allowed."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from influencer.documents import field_path, shortened
from influencer.errors import Mistake
from influencer.fields import COUPON, MOMENT, NUMBER, SKU, SLUG, VOICE

_PATTERNS = {
    SLUG: "lower-case letters, digits and single hyphens, such as dew-serum",
    COUPON: "3 to 20 capital letters and digits, such as GLOW20",
    SKU: "2 to 40 letters, digits, dots, hyphens and underscores",
    VOICE: "the name of a Kokoro voice, such as af_heart",
}

_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda c: "a value (required)",
    "string_type": lambda c: "text",
    "string_unicode": lambda c: "text whose characters are whole (a surrogate is half of one)",
    "string_too_short": lambda c: _count("at least", c["min_length"], "character"),
    "string_too_long": lambda c: _count("at most", c["max_length"], "character"),
    "string_pattern_mismatch": lambda c: _PATTERNS.get(c["pattern"], f"text like {c['pattern']}"),
    "int_type": lambda c: "a whole number",
    "finite_number": lambda c: "a finite number",
    "float_type": lambda c: "a number",
    "float_parsing": lambda c: "a number",
    "bool_type": lambda c: "true or false",
    "bool_parsing": lambda c: "true or false",
    "decimal_type": lambda c: NUMBER,
    "decimal_parsing": lambda c: NUMBER,
    "greater_than": lambda c: f"more than {c['gt']}",
    "greater_than_equal": lambda c: f"at least {c['ge']}",
    "less_than": lambda c: f"less than {c['lt']}",
    "less_than_equal": lambda c: f"at most {c['le']}",
    "list_type": lambda c: "a list",
    "dict_type": lambda c: "a mapping of names to values",
    "model_type": lambda c: "a mapping of field names to values",
    "model_attributes_type": lambda c: "a mapping of field names to values",
    "too_short": lambda c: _count("at least", c["min_length"], "item"),
    "too_long": lambda c: _count("at most", c["max_length"], "item"),
    "datetime_type": lambda c: MOMENT,
    "datetime_parsing": lambda c: MOMENT,
    "datetime_from_date_parsing": lambda c: MOMENT,
    "timezone_aware": lambda c: MOMENT,
    "date_type": lambda c: "a date such as 2026-01-31",
    "date_parsing": lambda c: "a date such as 2026-01-31",
    "date_from_datetime_parsing": lambda c: "a date such as 2026-01-31",
    "value_error": lambda c: str(c["error"]),
    "wrong": lambda c: str(c["allowed"]),
}


def plain_mistakes(error: ValidationError, model: type[BaseModel], raw: Any) -> list[Mistake]:
    """One mistake for each field that `model` refused in `raw`."""
    return merged(_mistake(details, model, raw) for details in error.errors(include_url=False))


def merged(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The same mistakes with several findings about one value joined by "or", in the order first found."""
    found: dict[tuple[str, str], list[str]] = {}
    for mistake in mistakes:
        allowed = found.setdefault((mistake.field, mistake.given), [])
        if mistake.allowed not in allowed:
            allowed.append(mistake.allowed)
    return [Mistake(field, given, " or ".join(allowed)) for (field, given), allowed in found.items()]


def suggestion(name: str, known: Iterable[str]) -> str:
    """ "one of a, b, c", led by the nearest one when `name` looks like a slip."""
    names = list(known)
    near = difflib.get_close_matches(name[:64], names, n=1, cutoff=0.6)
    choices = ", ".join(names)
    return f"did you mean {near[0]}? known: {choices}" if near else f"one of {choices}"


def _mistake(details: ErrorDetails, model: type[BaseModel], raw: Any) -> Mistake:
    kind, context = details["type"], details.get("ctx", {})
    loc = _real_path(details["loc"], raw, may_lack_last=kind in {"missing", "wrong", "value_error"})
    given = None if kind == "missing" else details["input"]
    if kind == "extra_forbidden":
        return Mistake(field_path(loc), "an unknown field", suggestion(str(loc[-1]), _fields_at(model, loc[:-1])))
    if kind == "literal_error":
        choices = _literals(str(context["expected"]))
        return Mistake(field_path(loc), shortened(given), suggestion(str(given), choices))
    words = _WORDS.get(kind)
    allowed = words(context) if words else details["msg"]
    if kind == "string_type" and given is not None and not isinstance(given, dict | list):
        allowed = "text (put it in quotes)"
    return Mistake(field_path(loc), shortened(given), allowed)


def _count(limit: str, number: int, noun: str) -> str:
    return f"{limit} {number} {noun}{'s' if number != 1 else ''}"


def _literals(expected: str) -> list[str]:
    """Pydantic's "'a', 'b' or 'c'" as a list."""
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def _real_path(loc: tuple[int | str, ...], raw: Any, *, may_lack_last: bool) -> tuple[int | str, ...]:
    """`loc` without the parts that name no place in `raw`: union members and "[key]"."""
    path: list[int | str] = []
    here = raw
    for index, part in enumerate(loc):
        if _holds(here, part):
            here = here[part]
        elif not (may_lack_last and index == len(loc) - 1 and isinstance(here, Mapping)):
            continue
        path.append(part)
    return tuple(path)


def _holds(container: Any, part: int | str) -> bool:
    if isinstance(container, list):
        return isinstance(part, int) and part < len(container)
    return isinstance(container, Mapping) and part in container


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The names of the fields that exist at `loc` of `model`."""
    here: Any = model
    for part in loc:
        here = _bare(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = here.model_fields[str(part)].annotation
        else:
            here = get_args(here)[-1]  # the item type of a list, the value type of a mapping
    here = _bare(here)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and Optional."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(part for part in get_args(annotation) if part is not types.NoneType)
        else:
            return annotation
