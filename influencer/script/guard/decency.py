"""Check: the host says nothing that a viewer might not write: no bad words, addresses or numbers."""

from __future__ import annotations

from collections.abc import Iterator

from influencer.moderation.outgoing import unfit
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.view import Finding, LineView


def check_decency(view: LineView, bound: str, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each kind; slots and quotations are no excuse, but for a shop's own address and number."""
    own = [fact.text for fact in grounds.sheet.facts.values()]
    for reason in unfit(bound, grounds.market.language, own):
        yield Finding(0, len(view.text), reason=f"{reason}: never said or shown")
