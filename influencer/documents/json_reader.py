"""JSON (RFC 8259) with exact numbers, doubled keys reported, and errors in plain words."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

from influencer.documents.base import Path, Unreadable, check_size, field_path, number, shortened
from influencer.errors import Mistake


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys were given twice."""

    doubled: tuple[str, ...] = ()


def read_json(text: str) -> tuple[Any, list[Mistake]]:
    """The value of one JSON text, and a mistake for each doubled key.

    Raises:
        Unreadable: it is not JSON, or nested too deeply.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=number,
            parse_int=number,
            parse_constant=Decimal,
        )
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except RecursionError:
        check_size(depth=10**6, values=0, place="file")
        raise
    return value, _check(value)


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) < len(pairs):
        result.doubled = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return result


def _not_json(text: str, error: json.JSONDecodeError) -> Unreadable:
    place = f"line {error.lineno}, column {error.colno}"
    around = re.search(r",\s*([}\]])", text[max(0, text[: error.pos].rstrip().rfind(",")) : error.pos + 1])
    if around:
        return Unreadable(place, f"a comma before {around[1]!r}", "no comma after the last item")
    rest = text[error.pos : error.pos + 20].split("\n")[0]
    problem = error.msg[0].lower() + error.msg[1:]
    return Unreadable(place, shortened(rest) if rest else "the end of the line", f"JSON ({problem})")


def _check(root: Any) -> list[Mistake]:
    mistakes: list[Mistake] = []
    values = 0
    waiting: list[tuple[Path, Any]] = [((), root)]
    while waiting:
        path, value = waiting.pop()
        values += 1
        check_size(len(path), values, "file")
        if isinstance(value, _Object):
            allowed = "each field once"
            mistakes += [Mistake(field_path((*path, key)), "it twice", allowed) for key in value.doubled]
            waiting += [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, index), item) for index, item in enumerate(value)]
    return mistakes
