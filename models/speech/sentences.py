"""Cuts text into sentences, and over-long sentences at their clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLOSERS = "\"'”’」』）)»】"
_END = re.compile(
    rf"(?<=[。！？｡])[{_CLOSERS}]*\s*"  # CJK marks need no space after them
    rf"|(?<=[!?…।॥])[{_CLOSERS}]*(?:\s+|$)"
    rf"|(?<=\.)[{_CLOSERS}]*(?:\s+(?=\S)|$)"
    r"|\n+"
)
_CLAUSE = re.compile(r"(?<=[,;:])\s+|(?<=[，、；：—])\s*")  # "1,200" and "10:30" stay whole
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Dra|Sr|Sra|St|vs|etc|approx|No|Nº|M|Mme|Prof|Rp|Rs|fl|oz|p|ej|ex|cf)\.$"
    r"|\b[ap]\.m\.$",
    re.IGNORECASE,
)


def sentences(text: str) -> Iterator[str]:
    """Sentences in order, each with its final mark. Abbreviations such as "Dr." and "a.m." do not end one."""
    start = 0
    for cut in _END.finditer(text):
        piece = text[start : cut.end()]
        if _ABBREVIATION.search(piece.rstrip()) and cut.end() < len(text):
            continue
        if piece.strip():
            yield piece.strip()
        start = cut.end()
    if text[start:].strip():
        yield text[start:].strip()


def clauses(sentence: str) -> tuple[str, str] | None:
    """Cut at the clause mark nearest to the middle; None when none leaves a fifth of the sentence on either side."""
    cuts = [match.end() for match in _CLAUSE.finditer(sentence)]
    length = len(sentence)
    cut = min(cuts, key=lambda position: abs(position - length / 2), default=0)
    if not length / 5 <= cut <= length * 4 / 5:
        return None
    return sentence[:cut].strip(), sentence[cut:].strip()


def halves(sentence: str) -> tuple[str, str] | None:
    """Cut at the clause mark, else the space, nearest to the middle; None when there is neither."""
    middle = len(sentence) / 2
    for pattern in (_CLAUSE, re.compile(r"\s+")):
        cuts = [match.end() for match in pattern.finditer(sentence) if 0 < match.end() < len(sentence)]
        if cuts:
            cut = min(cuts, key=lambda position: abs(position - middle))
            return sentence[:cut].strip(), sentence[cut:].strip()
    return None
