"""Rule packs: what advertising rules forbid and demand for a kind of product, market by market. Data of rules/."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from influencer.brief import Brief, Category, MarketId
from influencer.strings import load_strings

Reading = Literal["to be read by counsel", "read by counsel"]
"""Whether a lawyer of the market has read an entry. Nothing here is legal advice."""
MANDATED = "mandated."
"""How the slots and facts of mandated sentences begin."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Data):
    """What one law or guideline forbids to say, in the language of its markets."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    markets: Annotated[list[MarketId], Field(min_length=1)]
    source: Annotated[str, Field(min_length=10)]
    """The law or guideline, with its article where it is known."""
    forbids: Annotated[list[str], Field(min_length=1)]


class Condition(_Data):
    """When a sentence is demanded; always when nothing is named. One that holds is enough."""

    claims: list[str] = []
    """Kinds of claims among the brief's key points for the market, such as "efficacy"."""
    specs: list[str] = []
    """Ids of specs of the brief, such as "small-parts"."""

    @model_validator(mode="after")
    def _names_something(self) -> Condition:
        if not self.claims and not self.specs:
            raise ValueError("when: names neither claims nor specs; leave it out for always")
        return self

    def holds(self, brief: Brief, market: MarketId) -> bool:
        """Whether the brief is of that kind in the market."""
        claimed = {point.claim for point in brief.key_points if point.valid_in(market)}
        return bool(claimed & set(self.claims)) or any(spec.id in self.specs for spec in brief.specs)


class Mandated(_Data):
    """A sentence that must be said in every turn of a product, and shown beside it where `show` has words."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    market: MarketId
    source: Annotated[str, Field(min_length=10)]
    status: Reading
    say: Annotated[str, Field(min_length=5, max_length=300)]
    show: Annotated[str, Field(min_length=5, max_length=160)] | None = None
    when: Condition | None = None


class RulePack(_Data):
    """The rules of a kind of product, and the categories of briefs they are for."""

    pack: str
    categories: Annotated[list[Category], Field(min_length=1)]
    rules: list[Rule] = []
    mandated: list[Mandated] = []

    @model_validator(mode="after")
    def _says_something(self) -> RulePack:
        if not self.rules and not self.mandated:
            raise ValueError(f"{self.pack}: neither rules nor mandated; allowed: one of them or both")
        return self


@lru_cache(maxsize=128)
def rules_for(market: MarketId, category: Category) -> tuple[Rule, ...]:
    """The rules for a category in a market; none where no pack has any."""
    return tuple(
        rule for pack in load_packs() if category in pack.categories for rule in pack.rules if market in rule.markets
    )


def mandated_for(brief: Brief, market: MarketId) -> tuple[Mandated, ...]:
    """The sentences a show must say about a product in a market; none where no pack demands any."""
    return tuple(
        one
        for pack in load_packs()
        if brief.category in pack.categories
        for one in pack.mandated
        if one.market == market and (one.when is None or one.when.holds(brief, market))
    )


def notice_for(brief: Brief, market: MarketId) -> str | None:
    """What must be read beside a product while it is on air; None where nothing must be."""
    return " ".join(one.show for one in mandated_for(brief, market) if one.show) or None


@lru_cache(maxsize=1)
def load_packs() -> tuple[RulePack, ...]:
    """All packs of rules/, checked.

    Raises:
        ValueError: a pack is malformed, or two entries have one id; the message names the field or the id.
    """
    folder = files("influencer.script").joinpath("rules")
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")]
    return checked_packs([load_strings(text) for text in sorted(texts)])


def checked_packs(raw: list[Any]) -> tuple[RulePack, ...]:
    """Packs from their data.

    Raises:
        ValueError: as `load_packs`.
    """
    packs = tuple(RulePack.model_validate(one) for one in raw)
    ids = [id_ for pack in packs for id_ in (*(one.id for one in pack.rules), *(one.id for one in pack.mandated))]
    if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        raise ValueError(f"rule ids used twice: {', '.join(twice)}; known categories: {', '.join(get_args(Category))}")
    return packs
