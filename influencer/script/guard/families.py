"""Check: members of a family of claims (splash-proof, waterproof, submersible) rest on a fact at least as strong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from influencer.script.guard.context import denied
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.lexicon import Phrases, load_lexicon
from influencer.script.guard.view import Finding, LineView
from influencer.script.values import FactKind
from influencer.strings import load_strings

_REACH = 3
"""Words behind a member where it may be denied: "an adapter is not included"."""


class FamilyData(BaseModel):
    """One family as it is written: the words of each level by language, strongest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    levels: list[dict[str, list[str]]] = Field(min_length=1)
    denial: Literal["nothing", "claims"] = "nothing"
    kinds: tuple[FactKind, ...] = ()
    """The kinds of facts that can prove it; all when empty."""


class FamiliesData(BaseModel):
    """The whole of lexicons/families.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    caution: dict[str, list[str]]
    families: dict[str, FamilyData]

    @model_validator(mode="after")
    def _every_language_has_words(self) -> FamiliesData:
        for name, family in self.families.items():
            for number, level in enumerate(family.levels):
                if missing := self.caution.keys() - level.keys():
                    raise ValueError(f"{name}.levels[{number}]: no words for {', '.join(sorted(missing))}")
        return self


@dataclass(frozen=True)
class Family:
    """One family in one language, ready to match folded text."""

    name: str
    levels: tuple[Phrases, ...]
    denial_claims: bool
    kinds: tuple[FactKind, ...]


def check_families(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each member of a family that is not trusted."""
    for family in load_families(grounds.language):
        for level, phrases in enumerate(family.levels):
            for span in phrases.spans(view.unchecked):
                if _denies(view.text, span, family, grounds.language):
                    continue
                yield _judged(span, family, level, view, grounds)


def _judged(span: tuple[int, int], family: Family, level: int, view: LineView, grounds: Grounds) -> Finding:
    proofs = [
        ground.fact.id
        for ground in grounds.facts
        if not ground.asks
        and ground.fact.kind != "category"
        and (not family.kinds or ground.fact.kind in family.kinds)
        and _strongest(ground.text, family, grounds.language) <= level
    ]
    if proofs:
        return Finding(*span, fact_ids=tuple(dict.fromkeys(proofs)))
    return Finding(*span, reason=f'"{view.words(*span)}" ({family.name.replace("-", " ")}): no fact goes as far')


@lru_cache(maxsize=8192)
def _strongest(text: str, family: Family, language: str) -> int:
    """The first level a fact states, strongest first; past the last when it states none."""
    for level, phrases in enumerate(family.levels):
        if any(not _denies(text, found, family, language) for found in phrases.spans(text)):
            return level
    return len(family.levels)


def _denies(text: str, span: tuple[int, int], family: Family, language: str) -> bool:
    """Whether a member is denied in a family where that claims nothing."""
    if family.denial_claims:
        return False
    return denied(text, *span, load_lexicon(language), reach=_REACH, besides=_caution(language))


@lru_cache(maxsize=16)
def load_families(language: str) -> tuple[Family, ...]:
    """The families in a language, read once for the life of the process."""
    lexicon = load_lexicon(language)
    return tuple(
        Family(
            name,
            tuple(lexicon.phrases(level[language]) for level in data.levels),
            data.denial == "claims",
            data.kinds,
        )
        for name, data in _data().families.items()
    )


@lru_cache(maxsize=16)
def _caution(language: str) -> Phrases:
    return load_lexicon(language).phrases(_data().caution[language])


@lru_cache(maxsize=1)
def _data() -> FamiliesData:
    text = files("influencer.script").joinpath("lexicons/families.yaml").read_text("utf-8")
    return FamiliesData.model_validate(load_strings(text))
