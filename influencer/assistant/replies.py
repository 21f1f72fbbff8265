"""The wordings of replies: replies/<language>.yaml, written by people, filled with facts and nothing else."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from influencer.assistant.values import LANGUAGES, Language, Topic
from influencer.script.slots import slots_in
from influencer.strings import load_strings

Frame = Literal[
    Topic, "price_reduced", "no_discount", "no_offer", "sold_out", "feature", "faq", "foreign", "ai_host",
    "buying", "choose", "choose_for",
]  # fmt: skip
LeadTopic = Literal[Topic, "feature", "buying", "choosing"]
Refusal = Literal["not_in_brief", "order_help", "complaint", "legal", "anger", "medical"]

_FACT = re.compile(r"\{fact(\|[a-z가-힣]+)?\}")
_ALLOWED = frozenset({
    "name", "brand", "price", "list_price", "discount", "coupon", "coupon_value", "coupon_price", "offer_ends",
    "stock", "fact",
})  # fmt: skip


class Replies(BaseModel):
    """One language. Every list holds alternatives that mean the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Language
    lead_named: list[str] = Field(min_length=1)
    """How a spoken answer begins when the asker's name may be said: {author}, {topic}."""
    lead: list[str] = Field(min_length=1)
    lead_question_named: list[str] = Field(min_length=1)
    """The same where the advertiser's own FAQ is answered: {author}, {question}."""
    lead_question: list[str] = Field(min_length=1)
    lead_many: str
    """How an answer to several askers begins: {askers} stands for how many ("12 of you"), {topic}."""
    lead_many_question: str
    """The same where the advertiser's own FAQ is answered: {askers}, {question}."""
    side_by_side: list[str] = Field(min_length=2, max_length=2)
    """How the first and the second of two products begin when they are compared aloud: {name}."""
    topics: dict[LeadTopic, str]
    """The topic as it stands in a lead, with its article or particle."""
    frames: dict[Frame, list[str]]
    refusals: dict[Refusal, list[str]]
    handed_on: str
    """That a person has the question now: said after a refusal, when it is so."""

    @model_validator(mode="after")
    def _complete(self) -> Replies:
        for given, wanted in (
            (self.topics, get_args(LeadTopic)), (self.frames, get_args(Frame)), (self.refusals, get_args(Refusal)),
        ):  # fmt: skip
            if missing := [key for key in wanted if not given.get(key)]:
                raise ValueError(f"{self.language}: no wording for {', '.join(missing)}")
        wordings = [*self.frames.values(), *self.refusals.values(), self.side_by_side]
        unknown = {slot for texts in wordings for text in texts for slot in slots_in(text)} - _ALLOWED
        if unknown:
            raise ValueError(f"{self.language}: unknown slots {', '.join(sorted(unknown))}")
        return self


def with_facts(wording: str, fact_ids: tuple[str, ...]) -> str:
    """The wording with {fact} replaced by slots of facts: "{fact|bare}" by "{spec.volume}, {spec.height|bare}"."""

    def listed(found: re.Match[str]) -> str:
        *first, last = fact_ids
        return ", ".join([*(f"{{{fact_id}}}" for fact_id in first), f"{{{last}{found.group(1) or ''}}}"])

    return _FACT.sub(listed, wording)


@lru_cache(maxsize=len(LANGUAGES))
def load_replies(language: Language) -> Replies:
    """Read a language once for the life of the process. Blocks on the first call (about 5 ms)."""
    text = files("influencer.assistant").joinpath(f"replies/{language}.yaml").read_text("utf-8")
    return Replies.model_validate(load_strings(text))
