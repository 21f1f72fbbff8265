"""Finds requests to imitate a person in free text: likeness phrases, names, people who are meant without a name.

It errs on refusing. Extras are short English phrases in lower case, so a capital letter reads as a name. What it cannot
find: a family or given name in lower case that is also an ordinary word ("swift", "drake"), and a description that only
a person who knows the face would recognise. docs/portraits.md says so.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

MASK = "§"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SPELLED = re.compile(r"\b[^\W\d_](?:[\s._-]+[^\W\d_]\b){2,}")
_CODED = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])\w{3,}\b")
_HANDLE = re.compile(r"@\w|https?:|www\.|\.\w{2,3}/|#\w")
_UNIT = re.compile(r"\d+(?:mm|cm|k|s|th|nd|rd|st|px|d)?", re.IGNORECASE)
_JOINT = re.compile(r"[\s·・･=＝]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """Words that ask for somebody's likeness, and why they read so."""

    words: str
    why: str


def imitations(text: str, consenting: Iterable[str] = ()) -> list[Finding]:
    """Everything in `text` that asks for a person's likeness.

    Args:
        text: a free phrase.
        consenting: names whose mention is allowed (a consent record in force, or the persona's own name).
    """
    masked = mask(text, consenting)
    plain = fold(masked)
    found = [*_phrases(plain), *_shapes(masked, plain), *_listed(plain)]
    return list({finding.words.casefold(): finding for finding in reversed(found)}.values())[::-1]


def name_findings(name: str) -> list[Finding]:
    """What is wrong with a persona's display name: it is somebody's full name, or asks for a likeness."""
    found = _phrases(fold(name))
    if len([word for word in _JOINT.split(name.strip()) if word]) > 1 or _unspaced_full_name(name.strip()):
        found.append(Finding(name, "a full name, as real people have; a host has one name"))
    return found


def mask(text: str, names: Iterable[str], put: str = MASK) -> str:
    """`text` in NFKC with every mention of `names` (whole words, any case or accents) replaced by `put`."""
    text = " ".join(unicodedata.normalize("NFKC", text).replace(MASK, " ").split())  # nobody masks for us
    whole = {" ".join(unicodedata.normalize("NFKC", name).split()) for name in names}
    for name in sorted(whole, key=len, reverse=True):
        pattern = re.compile(rf"(?<!\w){re.escape(fold(name)).replace(chr(92) + ' ', '[^a-z0-9]+')}(?!\w)")
        while (found := pattern.search(fold(text))) is not None:
            text = text[: found.start()] + put + text[found.end() :]
            if fold(name) in fold(put):
                break
    return text


def fold(text: str) -> str:
    """Lower case without accents, as long as `text` itself, so that positions agree."""
    return "".join(unicodedata.normalize("NFD", char)[0].lower()[0] for char in unicodedata.normalize("NFC", text))


def same_person(one: str, other: str) -> bool:
    """Whether two names are written the same but for case, accents and spaces."""
    return _squeezed(one) == _squeezed(other)


def person_key(name: str) -> str:
    """An id for addresses, the same for all ways in which `same_person` lets a name be written: 16 hex digits."""
    return hashlib.sha256(_squeezed(name).encode()).hexdigest()[:16]


def _squeezed(name: str) -> str:
    return " ".join(re.findall(r"\w+", fold(unicodedata.normalize("NFKC", name))))


def _phrases(plain: str) -> list[Finding]:
    spaced = re.sub(r"[\s_-]+", " ", plain)
    likeness, pointing = _patterns()
    found = [
        Finding(match.group(), "asks for somebody's likeness")
        for match in likeness.finditer(spaced)
        if not re.match(rf"\s*(?:the |a |of )?{MASK}", spaced[match.end() :])
    ]
    return found + [Finding(match.group(), "means a real person") for match in pointing.finditer(spaced)]


def _shapes(masked: str, plain: str) -> list[Finding]:
    found = [Finding(match.group(), "a handle or an address") for match in _HANDLE.finditer(masked)]
    found += [Finding(match.group(), "a word spelled letter by letter") for match in _SPELLED.finditer(masked)]
    coded = (match.group() for match in _CODED.finditer(masked))
    found += [Finding(word, "a word with digits in it") for word in coded if not _UNIT.fullmatch(word)]
    foreign = sorted({char for char in masked if char.isalpha() and not unicodedata.name(char, "").startswith("LATIN")})
    if foreign:
        found.append(Finding("".join(foreign)[:12], "letters that are not Latin; extras are written in English"))
    return found + _capitals(masked, plain)


def _capitals(masked: str, plain: str) -> list[Finding]:
    """Runs of capitalised words, "de" and "van" between them included."""
    harmless = _data()["folded_harmless"]
    words = [match for match in _WORD.finditer(masked) if MASK not in match.group()]
    runs: list[list[re.Match[str]]] = []
    for word in words:
        named = any(char.isupper() for char in word.group()) and plain[slice(*word.span())] not in harmless
        follows = runs and masked[runs[-1][-1].end() : word.start()].strip(" .") == ""
        if named and follows:
            runs[-1].append(word)
        elif named:
            runs.append([word])
    texts = (masked[run[0].start() : run[-1].end()] for run in runs)
    return [Finding(text, "a capital letter reads as a name; ordinary words go in lower case") for text in texts]


def _listed(plain: str) -> list[Finding]:
    names = _data()["folded_names"]
    return [Finding(word, "a person's name") for word in re.findall(r"[^\W\d_]+", plain) if word in names]


def _unspaced_full_name(name: str) -> bool:
    family = _data()["family"]
    if all("\uac00" <= char <= "\ud7a3" for char in name):
        return len(name) >= 3 and name[0] in family["hangul"]
    if all("\u4e00" <= char <= "\u9fff" for char in name):
        return len(name) >= 4 or (len(name) == 3 and name[0] in family["han"])
    return False


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    data = _data()
    return _any_of(data["likeness"]), _any_of(data["pointing"])


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    folded = sorted({fold(phrase).replace("-", " ") for phrase in phrases}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, folded))})(?!\w)")


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("influencer.likeness").joinpath("lexicon.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    data["folded_harmless"] = {fold(word) for word in data["harmless"]}
    data["folded_names"] = {fold(word) for word in data["names"]}
    return data
