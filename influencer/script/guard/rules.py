"""Check: what a market's advertising rules forbid for a category, even when the brief claims it: data of ../rules/."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, Field

from influencer.brief import Category, MarketId
from influencer.script.guard.context import denied
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.lexicon import Phrases
from influencer.script.guard.view import Finding, LineView
from influencer.strings import load_strings


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Data):
    """What one law or guideline forbids to say, in the language of its markets."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    markets: Annotated[list[MarketId], Field(min_length=1)]
    source: Annotated[str, Field(min_length=10)]
    """The law or guideline, with its article where it is known."""
    forbids: Annotated[list[str], Field(min_length=1)]


class RulePack(_Data):
    """The rules of a kind of product, and the categories of briefs they are for."""

    pack: str
    categories: Annotated[list[Category], Field(min_length=1)]
    rules: Annotated[list[Rule], Field(min_length=1)]


def check_rules(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each forbidden phrase; slots and quotations are no excuse, a denial is one."""
    for rule in rules_for(grounds.market.id, grounds.sheet.brief.category):
        for span in _phrases(rule.id, grounds).spans(view.text):
            if not denied(view.text, *span, grounds.lexicon):
                yield Finding(*span, reason=f'"{view.words(*span)}": forbidden by {rule.source}')


@lru_cache(maxsize=128)
def rules_for(market: MarketId, category: Category) -> tuple[Rule, ...]:
    """The rules for a category in a market; none where no pack has any."""
    return tuple(
        rule for pack in load_packs() if category in pack.categories for rule in pack.rules if market in rule.markets
    )


@lru_cache(maxsize=1)
def load_packs() -> tuple[RulePack, ...]:
    """All packs of ../rules, checked.

    Raises:
        ValueError: a pack is malformed, or two rules have one id; the message names the field or the id.
    """
    folder = files("influencer.script").joinpath("rules")
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")]
    return checked_packs([load_strings(text) for text in sorted(texts)])


def checked_packs(raw: list[object]) -> tuple[RulePack, ...]:
    """Packs from their data.

    Raises:
        ValueError: as `load_packs`.
    """
    packs = tuple(RulePack.model_validate(one) for one in raw)
    ids = [rule.id for pack in packs for rule in pack.rules]
    if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        raise ValueError(f"rule ids used twice: {', '.join(twice)}; known categories: {', '.join(get_args(Category))}")
    return packs


@lru_cache(maxsize=256)
def _compiled(rule_id: str, *, spaced: bool) -> Phrases:
    rule = next(rule for pack in load_packs() for rule in pack.rules if rule.id == rule_id)
    return Phrases(rule.forbids, spaced=spaced)


def _phrases(rule_id: str, grounds: Grounds) -> Phrases:
    return _compiled(rule_id, spaced=grounds.lexicon.spaced)
