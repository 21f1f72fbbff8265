"""Fields with paths for names, as forms and spreadsheets have them, made into a document: `prices.en-US.amount`.

The paths are the ones every message about a brief uses (`influencer.documents.field_path`), so that a message can be
shown beside the field it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from influencer.documents import shortened
from influencer.errors import InvalidInput, Mistake

MAX_FIELDS = 2_000
MAX_ITEMS = 100
_PATH = re.compile(r"[A-Za-z_][\w-]*(\[\d{1,4}\])*(\.[A-Za-z_][\w-]*(\[\d{1,4}\])*)*")
_STEP = re.compile(r"([A-Za-z_][\w-]*)|\[(\d+)\]")
_LISTS = re.compile(r"(.*\.)?markets|images|forbidden_claims|ingredients\.[\w-]+")
"""Fields that hold a plain list; in one cell its items stand apart by `|`."""
_WHOLE = frozenset({"stock", "offer.percent_off"})


def nested(fields: Iterable[tuple[str, str]], source: str) -> dict[str, Any]:
    """The document of (path, text) pairs. Empty texts are left out, and gaps in a list are closed.

    Raises:
        InvalidInput: a path is not one, two fields contradict each other, or there are too many.
    """
    root: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for number, (path, text) in enumerate(fields):
        if number >= MAX_FIELDS:
            mistakes.append(Mistake("fields", f"more than {MAX_FIELDS:,}", f"at most {MAX_FIELDS:,}"))
            break
        if not text.strip():
            continue
        if len(path) > 200 or not _PATH.fullmatch(path):
            mistakes.append(Mistake(shortened(path), "a field name", "a path such as name.en-US or key_points[0].id"))
        elif not _put(root, path, text.strip()):
            mistakes.append(Mistake(path, shortened(text), "a field that fits the others of the same name"))
    if mistakes:
        raise InvalidInput(source, mistakes)
    document = _closed(root)
    assert isinstance(document, dict)
    return document


def _put(root: dict[str, Any], path: str, text: str) -> bool:
    steps: list[str | int] = [name or int(index) for name, index in _STEP.findall(path)]
    here: dict[str | int, Any] = root  # type: ignore[assignment]
    for step, following in zip(steps, steps[1:], strict=False):
        if isinstance(step, int) and step >= MAX_ITEMS:
            return False
        found = here.setdefault(step, _Items() if isinstance(following, int) else {})
        if not isinstance(found, dict) or isinstance(found, _Items) != isinstance(following, int):
            return False
        here = found
    last = steps[-1]
    if last in here:
        return False
    here[last] = _value(path, text)
    return not isinstance(last, int) or last < MAX_ITEMS


def _value(path: str, text: str) -> Any:
    if path in _WHOLE and re.fullmatch(r"\d{1,9}", text):
        return int(text)
    if _LISTS.fullmatch(path):
        return [part.strip() for part in text.split("|") if part.strip()]
    return text


class _Items(dict[str | int, Any]):
    """A list while it is filled: index to value."""


def _closed(value: Any) -> Any:
    if isinstance(value, _Items):
        return [_closed(value[index]) for index in sorted(value)]
    if isinstance(value, dict):
        return {str(name): _closed(item) for name, item in value.items()}
    return value
