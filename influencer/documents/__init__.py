"""Reading YAML and JSON that strangers wrote: bounded, exact, and every mistake with its place.

YAML is read with the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), so `no` is a word,
`010` is ten and dates stay text; numbers with a fraction become `Decimal`. Anchors, tags and several documents in
one file are refused: nobody needs them in a brief, and an alias bomb does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from influencer.documents.base import MAX_BYTES, Unreadable, field_path, shortened
from influencer.documents.json_reader import read_json
from influencer.documents.yaml_reader import read_yaml
from influencer.errors import InvalidInput, Mistake

__all__ = ["Document", "field_path", "parse", "read_bytes", "shortened"]

SIZE = "a text file of at most 1 MB"


@dataclass(slots=True)
class Document:
    """What was read: the top-level mapping, and mistakes that did not stop the reading (doubled keys)."""

    data: dict[str, Any]
    mistakes: list[Mistake] = field(default_factory=list)


def read_bytes(path: Path) -> bytes:
    """The content of a regular file of at most 1 MB; a larger one is refused unread.

    Raises:
        InvalidInput: it is no regular file, too large, or cannot be read.
    """
    try:
        if not path.is_file():
            raise InvalidInput(str(path), [Mistake("file", _what(path), SIZE)])
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InvalidInput(str(path), [Mistake("file", f"{size / 1e6:.1f} MB", SIZE)])
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInput(str(path), [Mistake("file", error.strerror or "an unreadable file", SIZE)]) from None


def _what(path: Path) -> str:
    if path.is_dir():
        return "a folder"
    return "something that is not a plain file" if path.exists() else "no such file"


def parse(content: bytes | str, source: str) -> Document:
    """Read one YAML or JSON document whose top level is a mapping.

    `source` names the text in messages; a name that ends in .json is read as JSON, .yaml or .yml as YAML, anything
    else by its first character.

    Raises:
        InvalidInput: the text is too large, not UTF-8, not YAML or JSON, too deep, or not a mapping.
    """
    try:
        text = _decoded(content)
        read = read_json if _is_json(text, source) else read_yaml
        data, mistakes = read(text)
        if not isinstance(data, dict):
            raise Unreadable("top level", shortened(data), "a mapping of field names to values")
    except Unreadable as error:
        raise InvalidInput(source, [error.mistake]) from None
    return Document(data, mistakes)


def _decoded(content: bytes | str) -> str:
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    if len(content) > MAX_BYTES:
        raise Unreadable("file", f"{len(content) / 1e6:.1f} MB", SIZE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line}", f"byte 0x{content[error.start]:02x}", "UTF-8 text") from None
    if not text.strip():
        raise Unreadable("file", "nothing", "a mapping of field names to values")
    return text


def _is_json(text: str, source: str) -> bool:
    name = source.lower()
    if name.endswith((".yaml", ".yml")):
        return False
    return name.endswith(".json") or text.lstrip()[:1] in {"{", "["}
