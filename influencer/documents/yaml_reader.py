"""YAML, built from parser events: no anchors, no tags, no doubled keys, and a bounded tree.

Scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), so `no` is a word, `010` is
ten, a date stays text, and a number with a fraction becomes a `Decimal`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml

from influencer.documents.base import Path, Unreadable, check_size, field_path, number, shortened
from influencer.errors import Mistake

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # builds of PyYAML without libyaml have only the latter
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None | Decimal] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), Decimal("NaN")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), Decimal("Infinity")),
    "-.inf": Decimal("-Infinity"),
}


def read_yaml(text: str) -> tuple[Any, list[Mistake]]:
    """The value of one YAML document, and a mistake for each doubled key.

    Raises:
        Unreadable: it is not YAML, uses anchors, aliases or tags, or is nested too deeply.
    """
    tree = _Tree()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            tree.feed(event)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(text, error) from None
    except yaml.YAMLError as error:  # characters that YAML does not allow
        code = getattr(error, "character", None)
        given = f"the character U+{code:04X}" if isinstance(code, int) else shortened(str(error))
        raise Unreadable("file", given, "printable characters") from None
    return tree.root, tree.mistakes


def reads_as_text(text: str) -> bool:
    """Whether `text`, written without quotes, is read as text and not as a number or a word such as true."""
    return text not in _WORDS and not _INTEGER.fullmatch(text) and not _FRACTION.fullmatch(text)


def _not_yaml(text: str, error: yaml.MarkedYAMLError) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines()
    rest = lines[line][column:].strip() if line < len(lines) else ""
    problem = (error.problem or "not well-formed").replace("\n", " ")
    given = shortened(rest) if rest else "the end of the line"
    return Unreadable(f"line {line + 1}, column {column + 1}", given, f"YAML ({problem})")


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.style:  # quoted or block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    return number(text) if _INTEGER.fullmatch(text) or _FRACTION.fullmatch(text) else text


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet; `key` is the mapping's key that waits for its value."""

    items: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None

    @property
    def next_path(self) -> Path:
        if isinstance(self.items, list):
            return (*self.path, len(self.items))
        return self.path if self.key is None else (*self.path, self.key)


class _Tree:
    """Grows the value of a document out of parser events."""

    def __init__(self) -> None:
        self.root: Any = None
        self.mistakes: list[Mistake] = []
        self._open: list[_Open] = []
        self._values = 0
        self._documents = 0

    def feed(self, event: yaml.Event) -> None:
        _refuse_indirection(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise Unreadable(_line(event), "a second document (---)", "one document")
        elif isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event), event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()

    def _start(self, items: dict[str, Any] | list[Any], event: yaml.Event) -> None:
        path = self._open[-1].next_path if self._open else ()
        self._add(items, event)
        self._open.append(_Open(items, path))
        check_size(len(self._open), self._values, _line(event))

    def _add(self, value: Any, event: yaml.Event) -> None:
        self._values += 1
        check_size(0, self._values, _line(event))
        if not self._open:
            self.root = value
            return
        parent = self._open[-1]
        if isinstance(parent.items, list):
            parent.items.append(value)
        elif parent.key is None:
            parent.key = self._name(parent, value, event)
        else:
            parent.items.setdefault(parent.key, value)  # the first of a doubled key stays
            parent.key = None

    def _name(self, parent: _Open, value: Any, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable(_line(event), shortened(value), "a field name, then a colon")
        name: str = event.value
        if name in parent.items:
            place = field_path((*parent.path, name))
            self.mistakes.append(Mistake(place, f"it a second time on {_line(event)}", "each field once"))
        return name


def _refuse_indirection(event: yaml.Event) -> None:
    anchor = getattr(event, "anchor", None)
    if anchor is not None:
        sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
        raise Unreadable(_line(event), shortened(f"{sign}{anchor}"), "no anchors or aliases: write the value out")
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!":
        raise Unreadable(_line(event), f"the tag {shortened(tag)}", "plain values without tags")


def _line(event: yaml.Event) -> str:
    mark = event.start_mark
    return f"line {mark.line + 1}" if mark else "file"
