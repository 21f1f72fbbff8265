"""What is owed for a likeness: exact minor units from milliseconds. Pure.

Rounding: the time of one record in one calendar month (UTC), over all shows and markets and with its corrections, is
multiplied by the price a minute and rounded once, half up. The minimum fee, the price for the whole term and
corrections in money are whole minor units already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision

from influencer.likeness.consent import StoredConsent, in_force
from influencer.store.airtime import Airtime, Correction

MINUTE_MS = 60_000
ROUNDING = (
    "Time of a record in a month is added up in milliseconds, multiplied by the price a minute, and rounded once, "
    "half up, to the currency's smallest unit. Months are calendar months in UTC."
)


@dataclass(frozen=True, slots=True)
class Played:
    """Time on air in one show and market."""

    show_id: str
    market: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What one record brings in one month; money in minor units of its currency."""

    consent_id: str
    month: date
    currency: str
    price_per_minute: int
    played: tuple[Played, ...]
    corrections: tuple[Correction, ...]
    milliseconds: int
    """With corrections."""
    for_time: int
    top_up: int
    """What the minimum fee adds."""
    for_term: int
    """The price for the whole term, in the month in which the record begins."""
    corrected: int

    @property
    def total(self) -> int:
        """What is owed."""
        return self.for_time + self.top_up + self.for_term + self.corrected


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def money_for(milliseconds: int, price_per_minute: int) -> int:
    """Time at a price, rounded half up to a whole minor unit; never below 0."""
    return max(0, (2 * milliseconds * price_per_minute + MINUTE_MS) // (2 * MINUTE_MS))


def owed(consent: StoredConsent, month: date, airtime: Iterable[Airtime], corrections: Iterable[Correction]) -> Owed:
    """One record's month, from all airtime and corrections (those of other records and months are left out)."""
    record, end = consent.record, next_month(month)
    mine = [one for one in airtime if one.consent_id == consent.id and month <= one.day < end]
    changes = tuple(one for one in corrections if one.consent_id == consent.id and one.month == month)
    milliseconds = max(0, sum(one.milliseconds for one in mine) + sum(one.milliseconds for one in changes))
    for_time = money_for(milliseconds, record.price_per_minute)
    in_month = any(in_force(consent, month + timedelta(days=day)) for day in range((end - month).days))
    return Owed(
        consent_id=consent.id,
        month=month,
        currency=record.currency,
        price_per_minute=record.price_per_minute,
        played=_by_show(mine),
        corrections=changes,
        milliseconds=milliseconds,
        for_time=for_time,
        top_up=max(0, record.minimum_fee - for_time) if in_month else 0,
        for_term=_minor(record.price, record.currency) if month_of(record.begins) == month else 0,
        corrected=sum(one.amount for one in changes),
    )


def months_of(
    consents: Sequence[StoredConsent], airtime: Iterable[Airtime], corrections: Iterable[Correction], today: date
) -> list[date]:
    """The months in which something may be owed until today, newest first."""
    found = {month_of(one.day) for one in airtime} | {one.month for one in corrections}
    for consent in consents:
        month, last = month_of(consent.record.begins), min(today, consent.record.valid_until)
        if consent.revoked_at is not None:
            last = min(last, consent.revoked_at.date())
        while month <= last:
            found.add(month)
            month = next_month(month)
    return sorted(found, reverse=True)


def _by_show(airtime: Iterable[Airtime]) -> tuple[Played, ...]:
    sums: dict[tuple[str, str], int] = {}
    for one in airtime:
        key = (one.show_id, one.market)
        sums[key] = sums.get(key, 0) + one.milliseconds
    return tuple(Played(show, market, ms) for (show, market), ms in sorted(sums.items()))


def _minor(price: Decimal, currency: str) -> int:
    """A price in major units; a fraction of the smallest unit, which old records may hold, is rounded half up."""
    return int(price.scaleb(int(get_currency_precision(currency))).quantize(Decimal(1), ROUND_HALF_UP))
