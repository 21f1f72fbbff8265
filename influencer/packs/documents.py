"""Packs as documents: plain JSON values, YAML that can lie in configs/ unchanged, lines of fields, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from influencer.documents import field_path, parse
from influencer.documents.yaml_reader import reads_as_text
from influencer.errors import InvalidInput, Mistake
from influencer.packs.catalogue import Pack


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `before` and `after` are texts; empty where there is nothing. Of a list, what went and
    what came."""

    field: str
    before: str
    after: str


def document_of(pack: Pack) -> dict[str, Any]:
    """The pack as JSON values, without what nobody wrote."""
    document: dict[str, Any] = pack.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return document


def yaml_of(document: dict[str, Any]) -> str:
    """The document as a file of configs/ would have it: reading it gives the document again."""
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Change]:
    """What differs, by field, in the order of the fields."""
    old, new = dict(_leaves(before or {}, ())), dict(_leaves(after or {}, ()))
    fields = [*old, *(field for field in new if field not in old)]
    return [_change(field, old.get(field), new.get(field)) for field in fields if old.get(field) != new.get(field)]


def with_lines(mistakes: tuple[Mistake, ...], text: str) -> list[Mistake]:
    """Each mistake about a YAML text with the line its field stands on, or that of what lacks the field."""
    try:
        parse(text, "pack.yaml")
    except InvalidInput:  # no document at all: its place is told already, and nothing bounds what a parser makes of it
        return list(mistakes)
    lines = _lines(text)
    return [_placed(mistake, lines) for mistake in mistakes]


def _placed(mistake: Mistake, lines: dict[str, int]) -> Mistake:
    if mistake.field.startswith("line "):
        return mistake
    field = mistake.field
    while field not in lines and field:
        field = field[: max(field.rfind("."), field.rfind("["), 0)]
    return Mistake(f"line {lines.get(field, 1)}, {mistake.field}", mistake.given, mistake.allowed)


def _lines(text: str) -> dict[str, int]:
    """Field to line, counted from 1. `text` was read by `influencer.documents` before: bounded, and without aliases."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found: dict[str, int] = {}
    _walk(root, (), found)
    return found


def _walk(node: yaml.Node | None, path: tuple[str | int, ...], found: dict[str, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            for name in {field_path(inner), ".".join(map(str, inner))}:
                found.setdefault(name, key.start_mark.line + 1)
            _walk(value, inner, found)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inner = (*path, index)
            found[field_path(inner)] = value.start_mark.line + 1
            _walk(value, inner, found)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, (*path, str(name)))
    else:
        yield ".".join(path), value


def _change(field: str, before: Any, after: Any) -> Change:
    if isinstance(before, list) and isinstance(after, list):
        gone, come = [item for item in before if item not in after], [item for item in after if item not in before]
        if not gone and not come:
            gone, come = before, after  # the same in another order
        before, after = gone, come
    return Change(field, _text(before), _text(after))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or value == {} else str(value)


class _Dumper(yaml.SafeDumper):
    """Writes what the core schema of YAML 1.2 reads as the same text; PyYAML alone thinks of YAML 1.1."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their field, as the files do."""
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if reads_as_text(text) else '"')


_Dumper.add_representer(str, _string)
