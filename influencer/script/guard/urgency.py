"""Check: hurry is spoken of only when time or stock really is short."""

from __future__ import annotations

from collections.abc import Iterator

from influencer.script.facts import FactSheet
from influencer.script.guard.grounds import Grounds
from influencer.script.guard.view import Finding, LineView

LOW_STOCK = 20
"""Units from which on a host may say that few are left."""
_SOON_DAYS = 1


def check_urgency(view: LineView, grounds: Grounds) -> Iterator[Finding]:
    """One finding for each phrase that presses."""
    sheet = grounds.sheet
    for kind, phrases in grounds.lexicon.urgency.items():
        allowed, fact_id, why = _truth(kind, sheet)
        for start, end in phrases.spans(view.unchecked):
            said = view.words(start, end)
            if allowed:
                yield Finding(start, end, fact_ids=(fact_id,))
            else:
                yield Finding(start, end, reason=f'"{said}": {why}')


def _truth(kind: str, sheet: FactSheet) -> tuple[bool, str, str]:
    days = (sheet.last_day - sheet.today).days if sheet.last_day is not None else None
    match kind:
        case "ends_today":
            return days == 0, "offer_ends", "no offer ends today"
        case "ends_soon":
            return days is not None and days <= _SOON_DAYS, "offer_ends", "no offer ends today or tomorrow"
        case "limited":
            return days is not None, "offer_ends", "no offer is active"
        case "low_stock":
            return 0 < sheet.stock <= LOW_STOCK, "stock", f"{sheet.stock} in stock"
        case _:
            return sheet.sold_out, "stock", f"{sheet.stock} in stock"
