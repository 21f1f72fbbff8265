"""Words as people disguise them: signs for letters, letters apart, stars, repeated and look-alike letters. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from influencer.script.guard.folding import Folded, fold

_LEET = str.maketrans("@013457$!|+", "aoieastsilt")
_OTHER_LEET = str.maketrans("@013457$!|+", "aoleagtslit")
"""What else the same signs stand for: 1 and ! for l, 5 for g, $ for t in some hands."""
_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ"
_DRAWN = str.maketrans(
    _SMALL_CAPITALS + "".join(chr(0x1F1E6 + at) for at in range(26)) + "ɑɒƒɩʟɴʀʏʂⱪ",
    "abcdefghijklmnopqrstuvwyz" + "abcdefghijklmnopqrstuvwxyz" + "aafilnrysk",
)
"""Small capitals, flags' letters and phonetic letters drawn like Latin ones; folding does the rest."""
_RUN = re.compile(r"(.)\1+")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_MARKS = "\u0900-\u0903\u093a-\u094f\u0e31-\u0e4e"
_ONE = rf"[^\W\d_][{_MARKS}]*"
_SPELLED = re.compile(rf"(?<![^\W_{_MARKS}]){_ONE}(?:[ .,*_~·-]+{_ONE}(?![^\W_{_MARKS}])){{2,}}")
"""Single letters (in Devanagari: syllables) with spaces or signs between them: "f u c k"."""
_LETTER_SIGNS = "@$!|+"
_INNER_SIGNS = "*.·_~-#•"
_STARS = re.compile(r"[*#•]+")


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of a text as a word may be hidden in it. `start` and `end` are in the folded text."""

    text: str
    start: int
    end: int
    spelled: bool = False
    """Letter by letter, so a word may stand anywhere in it."""


@lru_cache(maxsize=2048)
def drawn(text: str) -> Folded:
    """The text folded, with letters that are only drawn like others made those."""
    folded = fold(text)
    return Folded(folded.text.translate(_DRAWN), folded.at)


def pieces(text: str) -> Iterator[Written]:
    """Whole words of a folded text, and letters standing alone that may be one."""
    for start, end in _tokens(text):
        yield Written(text[start:end], start, end)
    for match in _SPELLED.finditer(text):
        yield Written(match.group(), *match.span(), spelled=True)


def readings(piece: str) -> Iterator[str]:
    """What the letters of a piece may mean, the plainest first: "sh1tttt" is shitttt, shitt, shit."""
    for table in (_LEET, _OTHER_LEET):
        word = bare(piece.translate(table))
        yield word
        yield _LONG_RUN.sub(r"\1\1", word)
        yield _LONG_RUN.sub(r"\1", word)
        yield _RUN.sub(r"\1", word)


def starred(piece: str) -> re.Pattern[str] | None:
    """What a piece with stars may stand for; None when it has none or shows less than two letters and the first."""
    core = piece.strip("".join(_INNER_SIGNS)).translate(_LEET)
    shown = bare(core)
    if len(shown) < 2 or not _STARS.search(core):
        return None
    parts = [re.escape(bare(part)) for part in _STARS.split(core)]
    stars = [len(run.group()) for run in _STARS.finditer(core)]
    pattern = parts[0]
    for count, part in zip(stars, parts[1:], strict=True):
        pattern += rf".{{1,{count + 1}}}" + part
    return re.compile(pattern)


def bare(text: str) -> str:
    """The letters and vowel signs of a text."""
    return "".join(char for char in text if unicodedata.category(char)[0] in "LM")


def _tokens(text: str) -> list[tuple[int, int]]:
    """Spans between spaces and signs; a sign between two letters, or one that stands for a letter, does not end one."""
    spans: list[tuple[int, int]] = []
    start = -1
    for index, char in enumerate(text + " "):
        inside = unicodedata.category(char)[0] in "LMN" or char in _LETTER_SIGNS
        joins = start >= 0 and char in _INNER_SIGNS and _is_inside(text[index + 1 : index + 2])
        if inside and start < 0:
            start = index
        elif not (inside or joins) and start >= 0:
            # "!" also ends a sentence: signs at the end of a word are not letters
            end = start + len(text[start:index].rstrip("!|+"))
            if end > start:
                spans.append((start, end))
                spans += _parts_of(text, start, end)
            start = -1
    return spans


def _parts_of(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The words of "shit-storm" and "good.shit", beside the whole."""
    parts = [(start + m.start(), start + m.end()) for m in re.finditer(r"[^*.·_~#•-]+", text[start:end])]
    return parts if len(parts) > 1 else []


def _is_inside(char: str) -> bool:
    return char != "" and (unicodedata.category(char)[0] in "LMN" or char in _LETTER_SIGNS or char in _INNER_SIGNS)
