"""Checks a text that is shown and not spoken, such as "Back at 20:30": what it claims of the product must be so."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from influencer.errors import ClaimRejected
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.guard.banned import check_banned
from influencer.script.guard.families import check_families
from influencer.script.guard.grounds import Grounds, build_grounds
from influencer.script.guard.mentions import find_mentions
from influencer.script.guard.numbers import check_numbers
from influencer.script.guard.rules import check_rules
from influencer.script.guard.urgency import check_urgency
from influencer.script.guard.view import Finding, LineView, look_at
from influencer.script.guard.words import check_words
from influencer.script.slots import BoundPart

_SELLING = frozenset({"money", "percent", "ratio"})
"""Numbers that say something of the offer. A time of day or a number of minutes does not."""


def check_notice(text: str, sheet: FactSheet, market: Market) -> str:
    """The text as it is shown.

    It may name a sponsor, a time or a number of minutes. Claims, prices, discounts and hurry are held to what is true
    of the product of `sheet`.

    Raises:
        ClaimRejected: it says something of the product that no fact supports.
    """
    shown = " ".join(unicodedata.normalize("NFC", text).split())
    grounds = build_grounds(sheet, market)
    view = look_at([BoundPart(shown)], grounds)
    reasons = dict.fromkeys(found.reason for found in _findings(view, grounds) if found.reason is not None)
    if reasons:
        raise ClaimRejected(shown, list(reasons))
    return shown


def _findings(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    yield from check_banned(view, grounds)
    yield from check_rules(view, grounds)
    yield from check_words(view, grounds)
    yield from check_families(view, grounds)
    yield from check_urgency(view, grounds)
    mentions = find_mentions(view.unchecked, grounds.language, grounds.currency)
    selling = {(mention.start, mention.end) for mention in mentions if mention.kind in _SELLING}
    yield from (found for found in check_numbers(view, grounds) if (found.start, found.end) in selling)
