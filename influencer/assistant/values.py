"""The values of the assistant: a question comes in, an answer goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from influencer.script.values import Line

Language = Literal["en", "ko", "ja", "zh", "es", "pt", "fr", "it", "hi", "id"]
"""ISO 639-1 codes of the ten languages that are understood and answered."""
LANGUAGES: tuple[Language, ...] = get_args(Language)

Topic = Literal[
    "shipping", "returns", "offer", "discount", "stock", "ingredients", "how_to_use", "spec", "origin",
    "suitability", "price", "what_is_it",
]  # fmt: skip
"""What the brief can answer. The order breaks ties: "how much is shipping" is about shipping."""
TOPICS: tuple[Topic, ...] = get_args(Topic)

Intent = Literal[
    Topic, "faq", "feature", "ai_host", "buying", "choosing", "order_help", "complaint", "legal", "anger", "medical",
    "greeting", "small_talk", "abuse", "injection", "unknown",
]  # fmt: skip
"""What a message wants. `feature`: a key point answers it; `ai_host`: is the host a machine; `buying`: how to order;
`choosing`: which product."""
HandOff = Literal["order_help", "complaint", "legal", "anger", "medical"]
"""What a person answers, and never the assistant."""
HAND_OFFS: tuple[HandOff, ...] = get_args(HandOff)

Readiness = Literal["looking", "weighing", "buying"]
"""How near a question is to a purchase: what it is, what it costs and when it comes, how to get it."""
WEIGHING: frozenset[Intent] = frozenset({"price", "offer", "discount", "stock", "shipping"})

AnswerKind = Literal["answer", "refusal", "silent"]
Reason = Literal[
    "not-in-brief", "order-help", "complaint", "legal", "anger", "medical", "injection", "abuse", "link", "greeting",
    "small-talk", "not-a-question",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """What a viewer wrote. `product_id` is the product on air when it was asked; all of it is untrusted text."""

    author: str
    text: str
    product_id: str | None = None
    viewer: str | None = None
    """Who asks, by id; what they named is remembered for a moment."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is done about a question.

    `text` goes to the chat at once, in the asker's language; `spoken`, in the show's language and with its slots
    unbound, goes to the claim guard and then on air. A refusal is text only; "silent" is neither.
    """

    kind: AnswerKind
    intent: Intent
    language: Language
    text: str
    spoken: Line | None
    fact_ids: tuple[str, ...]
    reason: Reason | None
    product_id: str | None
    together: Line | None = None
    """`spoken` when several ask the same: it begins with {askers}, how many they are. Never spoken as it is."""
    short: Line | None = None
    """`spoken` without its beginning, for when many wait; None when it is no shorter."""
    then: tuple[Line, ...] = ()
    """What is spoken after `spoken`: of two products that are compared, the second, a line about it alone."""
    readiness: Readiness = "looking"
    hand_off: HandOff | None = None
    """Why a person should answer; None when the assistant did."""
    highlight: str | None = None
    """The question in a form that may stand on the picture; None when it may not (links, numbers, commands)."""
