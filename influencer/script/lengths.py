"""How long the lines of a stretch of show are on average: wordings that fit the product, with its own values."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from statistics import mean

from influencer.brief import Brief
from influencer.market import Market
from influencer.script.facts import FactSheet
from influencer.script.pacing import seconds_of
from influencer.script.slots import SlotUnavailable, bind
from influencer.script.values import SegmentKind

GAP_S = 0.32
"""The breath between two lines; see `influencer.show.performer.GAP_FRAMES`."""
_SAMPLE = 16
_UNKNOWN_S = 8.0
"""Of a kind that no wording fits; it is not said at all."""


def line_seconds(brief: Brief, market: Market, kind: SegmentKind) -> float:
    """Seconds one template line of this kind takes at the voice's own pace, the breath after it included."""
    from influencer.script.writers import LineRequest, TemplateWriter  # which follows rundowns, made of these lengths

    during = brief.offer.starts if brief.offer is not None else datetime.now(UTC)
    sheet = FactSheet.build(brief, market, now=during, stock=max(1, brief.stock))
    pace = next(iter(market.voices.values())).speed
    lengths: list[float] = []
    for line in islice(TemplateWriter().candidates(LineRequest(kind, sheet, market)), _SAMPLE):
        with suppress(SlotUnavailable):
            lengths.append(seconds_of(bind(line.text, sheet, market), market.language) / pace)
    return (mean(lengths) if lengths else _UNKNOWN_S) + GAP_S
