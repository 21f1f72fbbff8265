"""A person's likeness as a whole: its records and their states, and what a month brought, for pages, CSV and alerts."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from influencer.commerce.money import major_units
from influencer.errors import InvalidInput, Mistake
from influencer.likeness.consent import StoredConsent, in_force
from influencer.likeness.owed import MINUTE_MS, ROUNDING, Owed, month_of, months_of, owed
from influencer.likeness.people import person_key
from influencer.store import Store

State = Literal["valid", "ends-soon", "not-yet", "lapsed", "withdrawn"]
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Month:
    """What one calendar month (UTC) brought a person."""

    month: date
    records: tuple[Owed, ...]

    @property
    def milliseconds(self) -> int:
        """Time on air, with corrections."""
        return sum(one.milliseconds for one in self.records)

    @property
    def totals(self) -> dict[str, int]:
        """Minor units by currency."""
        sums: dict[str, int] = {}
        for one in self.records:
            sums[one.currency] = sums.get(one.currency, 0) + one.total
        return dict(sorted(sums.items()))


@dataclass(frozen=True, slots=True)
class Likeness:
    """A person, every record of theirs (oldest first), and every month that brought something (newest first)."""

    key: str
    person: str
    state: State
    consents: tuple[StoredConsent, ...]
    ends_on: date | None
    """The last day that a record in force, or coming, allows anything."""
    withdrawn_at: datetime | None
    months: tuple[Month, ...]

    @property
    def milliseconds(self) -> int:
        """Time on air, since ever."""
        return sum(month.milliseconds for month in self.months)

    @property
    def totals(self) -> dict[str, int]:
        """What was ever owed, in minor units by currency."""
        sums: dict[str, int] = {}
        for month in self.months:
            for currency, amount in month.totals.items():
                sums[currency] = sums.get(currency, 0) + amount
        return dict(sorted(sums.items()))


@dataclass(frozen=True, slots=True)
class Ending:
    """A likeness that will be refused after `last_day`, unless something is signed: for alerts and webhooks."""

    key: str
    person: str
    last_day: date
    personas: tuple[str, ...]
    consents: tuple[str, ...]


async def likenesses(store: Store, at: datetime) -> list[Likeness]:
    """Everybody with a record, by name."""
    by_key: dict[str, list[StoredConsent]] = {}
    for consent in await store.consents.all():
        by_key.setdefault(person_key(consent.record.person), []).append(consent)
    found = [await _likeness(store, key, consents, at) for key, consents in by_key.items()]
    return sorted(found, key=lambda one: (one.person.casefold(), one.key))


async def likeness_of(store: Store, key: str, at: datetime) -> Likeness:
    """One person.

    Raises:
        NotFound: nobody has this key.
    """
    return await _likeness(store, key, await store.consents.of_key(key), at)


async def ending_soon(store: Store, at: datetime, within: timedelta = SOON) -> list[Ending]:
    """Whose last day of use is today or within this time, earliest first; not what has ended or was withdrawn."""
    day, found = at.date(), []
    by_key: dict[str, list[StoredConsent]] = {}
    for consent in await store.consents.all():
        by_key.setdefault(person_key(consent.record.person), []).append(consent)
    for key, consents in by_key.items():
        last = _last_day(consents, day)
        if last is None or last > day + within:
            continue
        now = [one for one in consents if _allows(one, day)]
        personas = sorted({persona for one in now for persona in one.record.personas})
        ids = tuple(one.id for one in now)
        found.append(Ending(key, consents[-1].record.person, last, tuple(personas), ids))
    return sorted(found, key=lambda one: (one.last_day, one.person.casefold()))


def state_of(consents: Sequence[StoredConsent], withdrawn_at: datetime | None, day: date) -> State:
    """What the records of one person come to on a day."""
    last = _last_day(consents, day)
    if any(_allows(one, day) for one in consents):
        assert last is not None
        return "ends-soon" if last <= day + SOON else "valid"
    if last is not None:
        return "not-yet"
    return "withdrawn" if withdrawn_at is not None else "lapsed"


def record_state(consent: StoredConsent, day: date) -> str:
    """One record on a day, in a word or two."""
    if consent.revoked_at is not None:
        return "revoked"
    if consent.replaced_on is not None and consent.replaced_on <= day:
        return "replaced"
    if day < consent.record.begins:
        return "not yet"
    return "ended" if day > consent.record.valid_until else "in force"


def as_csv(person: str, month: Month) -> str:
    """A statement as CSV (RFC 4180): a line for each show and market, correction, fee, total; money in major units."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(
        ("person", "month", "record", "kind", "show", "market", "milliseconds", "minutes", "currency", "amount", "note")
    )
    for one in month.records:
        head = (_safe(person), f"{month.month:%Y-%m}", one.consent_id)
        money = one.currency
        for played in one.played:
            minutes = minutes_text(played.milliseconds)
            sheet.writerow((*head, "time", played.show_id, played.market, played.milliseconds, minutes, money, "", ""))
        for change in one.corrections:
            amount = major_units(change.amount, money)
            minutes = minutes_text(change.milliseconds)
            note = _safe(change.because)
            sheet.writerow((*head, "correction", "", "", change.milliseconds, minutes, money, amount, note))
        price = f"{major_units(one.price_per_minute, money)} a minute"
        minutes = minutes_text(one.milliseconds)
        for_time = major_units(one.for_time, money)
        sheet.writerow((*head, "for time", "", "", one.milliseconds, minutes, money, for_time, price))
        for kind, amount_minor in (("minimum fee", one.top_up), ("whole term", one.for_term)):
            if amount_minor:
                sheet.writerow((*head, kind, "", "", "", "", money, major_units(amount_minor, money), ""))
        sheet.writerow((*head, "total", "", "", "", "", money, major_units(one.total, money), ROUNDING))
    return out.getvalue()


def month_from(text: str) -> date:
    """2026-05 -> the first of May.

    Raises:
        InvalidInput: it is no month.
    """
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise InvalidInput("statement", [Mistake("month", repr(text[:20]), "a month such as 2026-05")])
    return date(int(text[:4]), int(text[5:]), 1)


def minutes_text(milliseconds: int) -> str:
    """Minutes with three decimals, the last cut off: for reading, never for money."""
    sign, rest = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    thousandths = rest * 1000 // MINUTE_MS
    return f"{sign}{thousandths // 1000}.{thousandths % 1000:03d}"


def _safe(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _allows(consent: StoredConsent, day: date) -> bool:
    return consent.revoked_at is None and in_force(consent, day)


def _last_day(consents: Sequence[StoredConsent], day: date) -> date | None:
    """The last day from `day` on that any record allows anything; a gap before a later record counts as covered."""
    lasts = []
    for one in consents:
        last = one.record.valid_until
        if one.replaced_on is not None:
            last = min(last, one.replaced_on - timedelta(days=1))
        if one.revoked_at is None and last >= day:
            lasts.append(last)
    return max(lasts, default=None)


async def _likeness(store: Store, key: str, consents: Sequence[StoredConsent], at: datetime) -> Likeness:
    ids, day = [one.id for one in consents], at.date()
    airtime, corrections = await store.airtime.of(ids), await store.airtime.corrections(ids)
    person = consents[-1].record.person
    withdrawn_at = await store.consents.withdrawn_at(person)
    months = []
    for month in months_of(consents, airtime, corrections, day):
        sums = tuple(owed(one, month, airtime, corrections) for one in consents)
        something = tuple(one for one in sums if one.total or one.milliseconds or one.corrections)
        if something or month == month_of(day):
            months.append(Month(month, something))
    return Likeness(
        key=key,
        person=person,
        state=state_of(consents, withdrawn_at, day),
        consents=tuple(consents),
        ends_on=_last_day(consents, day),
        withdrawn_at=withdrawn_at,
        months=tuple(months),
    )
