"""Lets the moderation judge messages whose faults are known, and counts: `eval moderation tests/eval/moderation.yaml`.

A message is right when every fault it is listed with is found and no other. Precision is the share of messages called
something that are it, recall the share of those that are it which were called so. Waves of spam are no matter of a
single message and not measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from influencer.assistant.values import LANGUAGES
from influencer.errors import InvalidInput, Mistake
from influencer.evaluate.sets import read_set
from influencer.moderation.moderator import Moderator, Reason

KINDS = tuple(reason for reason in get_args(Reason) if reason != "spam")
PARTS = ("tuned", "held_out")
_WANTED = "tuned and held_out: a language each with a list of {text, is}"


@dataclass(frozen=True, slots=True)
class Row:
    """A message and what is wrong with it; `kinds` is empty when nothing is."""

    part: str
    language: str
    text: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A message and what was found in it."""

    row: Row
    found: frozenset[str]
    action: str


def read_rows(file: Path) -> list[Row]:
    """The messages of a file.

    Raises:
        InvalidInput: it is no file, or not of that shape; the message names the place.
    """
    data, mistakes = read_set(file, f"a YAML file: {_WANTED}")
    if not isinstance(data, dict) or not data or not set(data) <= set(PARTS):
        mistakes.append(Mistake("file", repr(data)[:60], _WANTED))
    rows: list[Row] = []
    for part, languages in data.items() if isinstance(data, dict) and not mistakes else ():
        if not isinstance(languages, dict) or not set(languages) <= set(LANGUAGES):
            mistakes.append(Mistake(part, repr(languages)[:60], f"a list for each of {', '.join(LANGUAGES)}"))
            continue
        for language, messages in languages.items():
            for number, message in enumerate(messages or []):
                place = f"{part}.{language}[{number}]"
                kinds = _kinds(message)
                if kinds is None:
                    mistakes.append(Mistake(place, repr(message)[:60], f"{{text, is}}; is: clean, {', '.join(KINDS)}"))
                else:
                    rows.append(Row(part, language, str(message["text"]), kinds))
    if mistakes:
        raise InvalidInput(str(file), mistakes)
    return rows


def _kinds(message: Any) -> frozenset[str] | None:
    if not isinstance(message, dict) or set(message) != {"text", "is"} or not isinstance(message["text"], str):
        return None
    given = message["is"] if isinstance(message["is"], list) else [message["is"]]
    if given == ["clean"]:
        return frozenset()
    return frozenset(map(str, given)) if given and set(map(str, given)) <= set(KINDS) else None


def judge_all(rows: Sequence[Row]) -> list[Judged]:
    """Every message as a room of its own language reads it."""
    rooms = {language: Moderator(language) for language in {row.language for row in rows}}
    verdicts = [(row, rooms[row.language].read(row.text)) for row in rows]
    return [Judged(row, frozenset(verdict.reasons), verdict.action) for row, verdict in verdicts]


def as_data(judged: Sequence[Judged]) -> dict[str, Any]:
    """Scores by part, kind and language, and every message that was judged wrongly, for JSON."""
    parts = [part for part in PARTS if any(one.row.part == part for one in judged)]
    return {
        "parts": {part: _part([one for one in judged if one.row.part == part]) for part in parts},
        "wrong": [
            {"part": one.row.part, "language": one.row.language, "text": one.row.text}
            | {"is": sorted(one.row.kinds), "found": sorted(one.found)}
            for one in judged
            if one.found != one.row.kinds
        ],
    }


def _part(judged: Sequence[Judged]) -> dict[str, Any]:
    languages = sorted({one.row.language for one in judged})
    return {
        "kinds": [asdict(_score(kind, judged)) for kind in KINDS],
        "clean": {
            "messages": sum(not one.row.kinds for one in judged),
            "hit": sum(not one.row.kinds and bool(one.found) for one in judged),
        },
        "languages": {
            language: {
                "messages": sum(one.row.language == language for one in judged),
                "right": sum(one.row.language == language and one.found == one.row.kinds for one in judged),
            }
            for language in languages
        },
    }


@dataclass(frozen=True, slots=True)
class Score:
    """How one kind was found; precision and recall are None where nothing was called so, or is so."""

    kind: str
    messages: int
    found: int
    missed: int
    wrongly: int
    precision: float | None
    recall: float | None


def _score(kind: str, judged: Sequence[Judged]) -> Score:
    found = sum(kind in one.row.kinds and kind in one.found for one in judged)
    missed = sum(kind in one.row.kinds and kind not in one.found for one in judged)
    wrongly = sum(kind not in one.row.kinds and kind in one.found for one in judged)
    precision = round(found / (found + wrongly), 3) if found + wrongly else None
    recall = round(found / (found + missed), 3) if found + missed else None
    return Score(kind, found + missed, found, missed, wrongly, precision, recall)


def as_markdown(judged: Sequence[Judged]) -> str:
    """The scores as tables, one of each part, and the languages below."""
    data, rows = as_data(judged), list[str]()
    for part, scores in data["parts"].items():
        rows += [
            f"{part.replace('_', ' ')}:",
            "",
            "| kind | messages | found | missed | wrongly | precision | recall |",
        ]
        rows.append("| --- " * 7 + "|")
        rows += [f"| {' | '.join('-' if v is None else str(v) for v in row.values())} |" for row in scores["kinds"]]
        clean = scores["clean"]
        rows.append(f"| clean | {clean['messages']} | | | {clean['hit']} | | |")
        right = ", ".join(f"{name} {each['right']}/{each['messages']}" for name, each in scores["languages"].items())
        rows += ["", f"Right by language: {right}", ""]
    return "\n".join(rows)
