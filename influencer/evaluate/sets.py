"""What the evaluations share: reading a data set from YAML, and percentiles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from influencer.documents.base import Unreadable
from influencer.documents.yaml_reader import read_yaml
from influencer.errors import InvalidInput, Mistake


def read_set(file: Path, wanted: str) -> tuple[Any, list[Mistake]]:
    """The document of a file and the mistakes in it, to which its reader may add.

    Raises:
        InvalidInput: it is no file (`wanted` says what is), or cannot be read as YAML.
    """
    if not file.is_file():
        raise InvalidInput("eval", [Mistake("file", repr(str(file)), wanted)])
    try:
        return read_yaml(file.read_text(encoding="utf-8", errors="replace"))
    except Unreadable as error:
        raise InvalidInput(str(file), [error.mistake]) from error


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The value that `percent` of the `ordered` values (ascending, at least one) are below."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
