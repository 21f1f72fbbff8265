"""The grammar of one model line: which signs and slots it may hold, as GBNF, as a regular expression, as a check.

A line is one or two sentences of letters, punctuation and allowed slots. Digits of any script and currency signs are no
part of it, so a number can only come from a slot. Number words are letters: those are left to the claim guard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from influencer.script.slots import find_slots
from models.base import Grammar

_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_LETTERS = {
    "ko": _LATIN + "\uac00-\ud7a3",
    "ja": _LATIN + "\u3041-\u3096\u30a1-\u30fa\u30fc\u3005\u4e00-\u9fff",
    "zh": _LATIN + "\u4e00-\u9fff",
    "hi": _LATIN + "\u0900-\u0963\u0970-\u097f\u200c\u200d",
}
"""Letters by language; the others are written in Latin ones. Hindi's dandas and digits are left out."""
_MARKS = " ,;:'\u2019()\u2014\u2013-"
_OWN_MARKS = {"ja": "、・「」ー", "zh": "，、；：（）", "es": "¡¿", "fr": "\u00ab\u00bb\u00a0"}
_ENDS = {"ja": "。！？", "zh": "。！？", "hi": "।.!?"}
_LATIN_ENDS = ".!?"


@dataclass(frozen=True)
class LineGrammar:
    """The lines that may be written in `language` with `slots`, whole placeholders such as "{name|은는}"."""

    language: str
    slots: tuple[str, ...]
    wholes: tuple[str, ...] = ()
    """Placeholders whose value is a whole sentence with its full stop: each stands for one, and takes no mark."""

    @cached_property
    def grammar(self) -> Grammar:
        """For a backend: a slot is held by the first sentence or the last."""
        return Grammar(gbnf=self._gbnf(), regex=self._regex())

    def violations(self, text: str) -> list[str]:
        """What a text has that the grammar forbids, in words; empty when it is in the grammar."""
        allowed = (*self.slots, *self.wholes)
        found = [f"{slot} is no slot here; allowed: {', '.join(allowed)}" for slot in _braced(text, set(allowed))]
        plain = text
        for slot in allowed:
            plain = plain.replace(slot, "")
        signs = f"{self._letters}{_class(self._marks + self._ends)}"
        strange = dict.fromkeys(re.findall(f"[^{{}}{signs}]", plain))
        found += [f'"{sign}" may not be written: a number or sign comes from a slot' for sign in strange]
        if not found and not re.fullmatch(self._regex(), text):
            found.append("it must be one or two whole sentences, with a slot among them")
        return found

    @property
    def _letters(self) -> str:
        return _LETTERS.get(self.language, _LATIN)

    @property
    def _marks(self) -> str:
        return _OWN_MARKS.get(self.language, "") + _MARKS

    @property
    def _ends(self) -> str:
        return _ENDS.get(self.language, _LATIN_ENDS)

    def _regex(self) -> str:
        """Only what regular expressions of servers know: groups, classes, repetition; no look-around."""
        sign = f"[{self._letters}{_class(self._marks)}]"
        slot = f"({'|'.join(re.escape(s) for s in self.slots)})"
        end = f"[{_class(self._ends)}]"
        inner = [f"{sign}*{slot}({sign}+{slot})*{sign}*{end}"] if self.slots else []
        said = f"({'|'.join([*inner, *(re.escape(s) for s in self.wholes)])})"
        plain = f"{sign}+{end}"
        return f"({said}( ?({said}|{plain}))?|{plain} ?{said})"

    def _gbnf(self) -> str:
        inner = ["sign* slot (sign+ slot)* sign* end"] if self.slots else []
        slots = [f"slot ::= {' | '.join(_quoted(slot) for slot in self.slots)}"] if self.slots else []
        return "\n".join(
            (
                'root ::= said (" "? (said | plain))? | plain " "? said',
                f"said ::= {' | '.join([*inner, *map(_quoted, self.wholes)])}",
                "plain ::= sign+ end",
                *slots,
                f"sign ::= [{self._letters}{_class(self._marks)}]",
                f"end ::= [{_class(self._ends)}]",
            )
        )


def line_grammar(
    language: str, names: Sequence[str], forms: Sequence[str] = (), *, wholes: Sequence[str] = ()
) -> LineGrammar:
    """The grammar with these slots, each as it is and in the forms of the language; `wholes` are whole sentences.

    Raises:
        ValueError: no slot is given: such a line could state no fact.
    """
    if not names:
        raise ValueError("slots: none given; a line states at least one")
    inner = [name for name in names if name not in wholes]  # a sentence within a sentence is none: "used by Hold the"
    return LineGrammar(
        language, tuple(_placeholders(inner, forms)), tuple(f"{{{name}}}" for name in names if name in wholes)
    )


def _placeholders(names: Sequence[str], forms: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"{{{name}}}"
        yield from (f"{{{name}|{form}}}" for form in forms)


def _braced(text: str, allowed: set[str]) -> Iterator[str]:
    """What stands in braces and is no allowed slot, or a brace alone."""
    rest = text
    for name, form in find_slots(text):
        written = f"{{{name}}}" if form is None else f"{{{name}|{form}}}"
        rest = rest.replace(written, "")
        if written not in allowed:
            yield written
    yield from dict.fromkeys(found.group() for found in re.finditer(r"\{[^{}]*\}?|\}", rest))


def _class(signs: str) -> str:
    """Signs inside a class of characters; the hyphen last, where it is itself in GBNF and regular expressions."""
    return "".join(sign for sign in signs if sign != "-") + ("-" if "-" in signs else "")


def _quoted(slot: str) -> str:
    return f'"{slot}"'
