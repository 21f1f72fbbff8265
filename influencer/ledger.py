"""The claim ledger: every spoken line chained to the one before by SHA-256, so that no line can be changed unseen.

A link is the hash of the line's record and of the link before (Haber and Stornetta 1991): whoever holds a later link
can tell that all earlier lines are as they were. What a chain cannot show is that its newest lines were cut off: export
it, or publish its last link, from time to time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RECORD = (
    "show_id", "text", "fact_ids", "facts", "product_id", "segment", "market", "persona", "variant", "source", "pts",
    "spoken_at",
)  # fmt: skip
"""What a link covers. Changing this list breaks every chain that was ever written."""
START = ""
"""The link before a show's first line."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first line that does not fit its chain, and in what way."""

    number: int
    """Its place in the export, from 1."""
    reason: str


def link(previous: str, record: Mapping[str, Any]) -> str:
    """The link (64 hex digits) of a line's record, as `RECORD` names it, after the link `previous`.

    Raises:
        KeyError: the record lacks a field.
    """
    covered = {name: record[name] for name in RECORD}
    text = json.dumps([previous, covered], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def withheld(record: Mapping[str, Any]) -> dict[str, Any]:
    """A line that is somebody else's: its place in the chain and nothing of what was said."""
    return {"withheld": True, "show_id": record["show_id"], "previous": record["previous"], "chain": record["chain"]}


def is_withheld(line: Mapping[str, Any]) -> bool:
    """Whether a line of an export is another's, so that only its links can be checked."""
    return line.get("withheld") is True


def first_break(lines: Iterable[Mapping[str, Any]]) -> Break | None:
    """Checks one show's lines, oldest first, each its record with `previous` and `chain`; None when all fit.

    Of a line that is `withheld` only the links are there: that it stands in the chain is checked, not what it says.
    """
    before = START
    for number, line in enumerate(lines, 1):
        covered = () if is_withheld(line) else RECORD
        missing = [name for name in (*covered, "previous", "chain") if name not in line]
        if missing:
            return Break(number, f"{missing[0]} is missing")
        if line["previous"] != before:
            return Break(number, "a line before it was removed, added or moved")
        if not is_withheld(line) and link(before, line) != line["chain"]:
            return Break(number, "it is not what was said: the line was changed afterwards")
        before = line["chain"]
    return None
