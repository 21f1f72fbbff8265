"""What a language model is asked: the turns of one line, from a versioned file, without a word of the brief."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from influencer.script.grammar import forms_of
from influencer.script.slots import find_slots
from influencer.script.writers import LineRequest
from models.base import ChatTurn

PROMPT = "line-v5"
"""The version in use. A version that was on air is never edited: copy the file, count up, and name it here."""
_FAMILIES = ("key_point", "question", "faq")
"""Slots that stand for one of many, in turn; a question and its answer are of the same number."""
_GOAL_SLOTS: dict[str, tuple[str, ...]] = {
    "hook": ("name", "brand", "summary", "audience"),
    "product": ("name", "brand", "summary", "how_to_use"),
    "proof": ("name", "key_point"),
    "demonstration": ("name", "how_to_use"),
    "objection": ("question", "faq"),
    "offer": ("name", "price", "coupon", "coupon_value", "coupon_price", "offer_ends", "ends_in"),
    "recap": ("name", "brand", "summary", "price"),
    "call-to-action": ("name", "price", "list_price"),
}
"""The slots of each kind a model writes. The others are templates always: an opening must hold the disclosure word for
word, and an invitation to ask has nothing to gain from a model."""
NEEDED = {"proof": "key_point", "demonstration": "how_to_use", "objection": "faq", "offer": "coupon"}
"""The slot without which a line of a kind misses its goal: a doubt that is not answered is worse than none."""
KINDS = frozenset(_GOAL_SLOTS)


def request_slots(request: LineRequest) -> dict[str, str]:
    """The slots a model may write now, by the name it writes: {"key_point": "key_point.fragrance-free"}.

    Empty when the slot that the kind needs has no value now.
    """
    slots, found = request.sheet.slots, dict[str, str]()
    for name in _GOAL_SLOTS[request.kind]:
        many = _members(name, slots) if name in _FAMILIES else []
        if many:
            found[name] = many[request.nth % len(many)]
        elif name in slots:
            found[name] = name
    return found if NEEDED.get(request.kind, next(iter(found), "")) in found else {}


def _members(family: str, slots: Mapping[str, str]) -> list[str]:
    """The slots of a family, in the order of the brief; a question without its answer is none, nor is an answer."""
    names = [slot.removeprefix(f"{family}.") for slot in slots if slot.startswith(f"{family}.")]
    other = {"question": "faq", "faq": "question"}.get(family, family)
    return [f"{family}.{name}" for name in names if f"{other}.{name}" in slots]


def goal(request: LineRequest) -> str:
    """What is asked for, in words."""
    return str(_prompt(PROMPT)["goals"][request.kind])


def line_turns(request: LineRequest, examples: Sequence[str]) -> list[ChatTurn]:
    """Rules, lines as a host of this market says them, and the task. Short: a CPU reads some 50 tokens a second."""
    prompt, task = _prompt(PROMPT), goal(request)
    rules = prompt["rules"].format(language=request.market.language_name, tone=request.sheet.brief.tone).strip()
    shown = "\n".join(f"{{{name}}} {prompt['slots'][name]}" for name in request_slots(request))
    turns = [ChatTurn("system", rules), ChatTurn("user", f"{task}\n<slots>\n{shown}\n</slots>")]
    for text in examples:
        turns += [ChatTurn("assistant", text), ChatTurn("user", prompt["again"])]
    return turns


def correction(reasons: Sequence[str]) -> ChatTurn:
    """What is answered to a refused line."""
    return ChatTurn("user", _prompt(PROMPT)["correction"].format(reasons="; ".join(reasons)))


def capitalised(text: str, request: LineRequest) -> str:
    """A model's text whose sentences begin with capitals, where the language has them, slots as well."""
    if "cap" not in forms_of(request.market.language):
        return text
    slots, values = request_slots(request), request.sheet.slots

    def fitted(found: re.Match[str]) -> str:
        before, name, form = found.groups()
        starts_low = name in slots and values[slots[name]][:1].islower() and form in {None, "bare"}
        return f"{before}{{{name}|cap}}" if starts_low else found.group()

    text = re.sub(r"(^|[.!?] )\{([a-z_]+)(?:\|([^{}|]*))?\}", fitted, text)
    return re.sub(r"(^|[.!?] )([^\W\d_])", lambda found: found.group(1) + found.group(2).upper(), text)


def with_particles(text: str, language: str) -> str:
    """A Korean text whose particles behind slots are slots' forms, so that they fit what is filled in; others as is."""
    if language != "ko":
        return text
    return _PARTICLE.sub(lambda found: f"{{{found.group(1)}|{_FORM_OF[found.group(2)]}}}", text)


_FORM_OF = {"은": "은는", "는": "은는", "이": "이가", "가": "이가", "을": "을를", "를": "을를", "과": "과와",
            "와": "과와", "으로": "으로로", "로": "으로로", "이에요": "이에요예요", "예요": "이에요예요"}  # fmt: skip
_PARTICLE = re.compile(r"\{([a-z_]+)\}(이에요|예요|으로|은|는|이|가|을|를|과|와|로)(?![가-힣])")


def with_full_names(text: str, slots: Mapping[str, str]) -> str:
    """A model's text with the slots of the sheet."""
    for name, form in find_slots(text):
        rest = "" if form is None else f"|{form}"
        text = text.replace(f"{{{name}{rest}}}", f"{{{slots.get(name, name)}{rest}}}")
    return text


@lru_cache(maxsize=4)
def _prompt(name: str) -> dict[str, Any]:
    text = files("influencer.script.prompts").joinpath(f"{name}.yaml").read_text("utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return]
