"""Check: what a market's advertising rules forbid for a category, even when the brief claims it: data of ../rules/."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from influencer.script.guard.context import denied
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.lexicon import Phrases
from influencer.script.guard.view import Finding, LineView
from influencer.script.rule_packs import load_packs, rules_for


def check_rules(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each forbidden phrase; slots and quotations are no excuse, a denial is one."""
    for rule in rules_for(grounds.market.id, grounds.sheet.brief.category):
        for span in _phrases(rule.id, grounds).spans(view.text):
            if not denied(view.text, *span, grounds.lexicon):
                yield Finding(*span, reason=f'"{view.words(*span)}": forbidden by {rule.source}')


@lru_cache(maxsize=256)
def _compiled(rule_id: str, *, spaced: bool) -> Phrases:
    rule = next(rule for pack in load_packs() for rule in pack.rules if rule.id == rule_id)
    return Phrases(rule.forbids, spaced=spaced)


def _phrases(rule_id: str, grounds: Grounds) -> Phrases:
    return _compiled(rule_id, spaced=grounds.lexicon.spaced)
