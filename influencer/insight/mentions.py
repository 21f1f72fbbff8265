"""Brand names in what viewers write: exact, misspelled, split, in look-alike letters, by sound in other scripts.

A name in Hangul, Kana or Devanagari is compared by its consonants (할벤느, ハルヴェンヌ and हैल्वेन are all h-r-b-n,
like Halvenne): the letters' own Unicode names say how they sound. Han characters tell no sound that could be trusted:
a brand's Chinese name is among its `aliases`, which people write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

from influencer.assistant.folding import fold, unmask

How = Literal["exact", "spelling", "sound"]
_SCRIPTS = re.compile("[\uac00-\ud7a3]+|[\u3041-\u3096\u30a1-\u30fa\u30fc]+|[\u0900-\u097f]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_SOUNDS = str.maketrans("vwflcqgdzx", "bbprkkktsk")
_MIN_SOUNDS = 4
"""Consonants a name needs to be told by its sound; shorter ones sound like too many words."""
_PARTICLE = 2
"""Consonants that Korean or Japanese may hang on to a name."""
_WORDS = 3
"""A name may be split into so many words."""
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Brand:
    """A name to look for, and others it goes by (a Chinese name, a nickname)."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A brand in a text: the words it was told by, and how sure that is."""

    brand: str
    words: str
    how: How


def mentions(text: str, brands: Sequence[Brand]) -> list[Mention]:
    """The brands a message names, each once, by its surest sign."""
    short = text[:_MAX_TEXT]
    found = []
    for brand in brands:
        mention = _exact(short, brand) or _spelled(short, brand) or _sounding(short, brand)
        if mention is not None:
            found.append(mention)
    return found


def _exact(text: str, brand: Brand) -> Mention | None:
    folded = fold(text)
    for name in (brand.name, *brand.aliases):
        wanted = fold(name)
        inside = wanted.strip() in folded if _UNSPACED.search(name) else wanted in folded
        if wanted.strip() and inside:
            return Mention(brand.name, wanted.strip(), "exact")
    return None


def _spelled(text: str, brand: Brand) -> Mention | None:
    names = {_joined(name) for name in (brand.name, *brand.aliases) if not _UNSPACED.search(name)}
    for folded in dict.fromkeys((fold(text), unmask(text))):
        words = folded.split()
        for start in range(len(words)):
            for size in range(1, _WORDS + 1):
                run = words[start : start + size]
                if len(run) == size and any(_alike("".join(run), name, size) for name in names):
                    return Mention(brand.name, " ".join(run), "spelling")
    return None


def _alike(written: str, name: str, words: int) -> bool:
    if written == name:
        return len(name) >= 5 or words == 1
    allowed = 0 if len(name) < 6 else 1 if len(name) < 9 else 2
    if words > 1 or not written or written[0] != name[0] or abs(len(written) - len(name)) > allowed:
        return False
    return distance(written, name) <= allowed


def distance(one: str, other: str) -> int:
    """Letters put in, left out, changed or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if older and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _sounding(text: str, brand: Brand) -> Mention | None:
    wanted = sounds(_joined(brand.name))
    if len(wanted) < _MIN_SOUNDS:
        return None
    for run in _SCRIPTS.findall(unicodedata.normalize("NFC", text)):
        heard = sounds("".join(map(_latin, run)))
        if heard.startswith(wanted) and len(heard) - len(wanted) <= _PARTICLE:
            return Mention(brand.name, run, "sound")
    return None


def sounds(latin: str) -> str:
    """The consonants of a word in Latin letters, those that scripts do not tell apart made one."""
    consonants = (char for char in latin.translate(_SOUNDS) if "a" <= char <= "z" and char not in "aeiouy")
    return "".join(char for char, _ in groupby(consonants))


@lru_cache(maxsize=4096)
def _latin(char: str) -> str:
    """How a letter sounds, from its Unicode name; nothing for signs of vowels and silence."""
    name = unicodedata.name(char, "")
    if "VOWEL SIGN" in name or " SIGN " in name or "MARK" in name:
        return "n" if name.endswith(("ANUSVARA", "CANDRABINDU")) else ""
    return name.rsplit(" ", 1)[-1].lower()


def _joined(name: str) -> str:
    return fold(name).replace(" ", "")


@dataclass(frozen=True, slots=True)
class Written:
    """A message of a room, as it was shown."""

    text: str
    show_id: str
    market: str
    day: str


@dataclass(frozen=True, slots=True)
class Named:
    """How often a brand was named, and by what; `samples` are messages as they were shown."""

    brand: str
    messages: int
    share: float
    """Of all messages."""
    by_how: dict[str, int]
    by_market: dict[str, int]
    by_day: dict[str, int]
    by_show: dict[str, int]
    spellings: dict[str, int]
    samples: tuple[str, ...]


_SAMPLES = 5


def named(messages: Iterable[Written], brands: Sequence[Brand]) -> list[Named]:
    """The brands by how often they are named."""
    found: dict[str, list[tuple[Written, Mention]]] = {brand.name: [] for brand in brands}
    count = 0
    for message in messages:
        count += 1
        for mention in mentions(message.text, brands):
            found[mention.brand].append((message, mention))
    rows = [
        Named(
            brand,
            len(hits),
            round(len(hits) / count, 4) if count else 0.0,
            _counted(mention.how for _, mention in hits),
            _counted(message.market for message, _ in hits),
            _counted(message.day for message, _ in hits),
            _counted(message.show_id for message, _ in hits),
            _counted(mention.words for _, mention in hits),
            tuple(dict.fromkeys(message.text for message, _ in hits))[:_SAMPLES],
        )
        for brand, hits in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.messages, row.brand))


def _counted(keys: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
