"""How much of an offer is left, in words: the text the page begins with. js/countdown.js goes on from there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from babel.dates import format_date

_CLOCK_FROM = timedelta(hours=48)
"""An offer that lasts longer has a date, not a clock: a clock that runs for weeks only hurries people."""


def countdown(ends: str | None, now: datetime, words: Mapping[str, str], language: str) -> str:
    """ "Ends in 02:13:44", "Until Jan 3, 2030", or nothing.

    Args:
        ends: ISO 8601 with an offset; None when there is no offer.
        now: aware.
        words: of the page.
        language: the page's market id.
    """
    if ends is None:
        return ""
    end = datetime.fromisoformat(ends)
    left = end - now
    if left <= timedelta(0):
        return ""
    if left > _CLOCK_FROM:
        return words["offer_until"].replace("{date}", format_date(end, "medium", locale=language.replace("-", "_")))
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return words["offer_ends_in"].replace("{time}", f"{hours:02}:{minutes:02}:{seconds:02}")
