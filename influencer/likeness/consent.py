"""A consent record: which person agreed to what, for how long, where, for what price, and the proof. Checked at use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from influencer.brief import Category
from influencer.errors import Mistake
from influencer.fields import Currency, MarketId, ShortText, Slug, Value, exact_number

Purpose = Literal["portrait", "live-show", "recording", "replay", "advert", "copy", "training"]
"""portrait: still pictures. live-show, recording, replay, advert: the host made from them. copy: handing the likeness
on, or giving it to a persona the record does not name. training: use as training data of any model."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
COPIES: tuple[Purpose, ...] = ("copy", "recording", "replay")
"""What the clause no_copy forbids, whatever the purposes say."""
MAX_MINOR = 10**12

Goods = tuple[Category, str]
"""What a show sells beside a likeness: the product's category and its brand."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Exclusive(Value):
    """In products of this category the likeness appears beside one brand only."""

    category: Category
    brand: Annotated[ShortText, Field(max_length=60)]


class ConsentRecord(Value):
    """What was signed. Dates are whole days in UTC; `valid_until` is the last day of use."""

    person: Annotated[ShortText, Field(max_length=120)]
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    markets: Annotated[tuple[MarketId, ...], Field(min_length=1)]
    personas: Annotated[tuple[Slug, ...], Field(min_length=1)]
    """The only hosts that may carry the likeness."""
    signed_on: date
    valid_until: date
    price: Annotated[Decimal, BeforeValidator(exact_number), Field(ge=0, le=Decimal(10) ** 10)]
    """What the person is paid for the whole term; 0 when the agreement says that nothing is paid."""
    currency: Currency
    no_copy: bool
    no_training: bool
    evidence_name: Annotated[ShortText, Field(max_length=200)]
    evidence_sha256: Sha256
    """Of the signed agreement; the file itself stays with whoever keeps contracts."""
    references: tuple[Sha256, ...] = ()
    """Pictures of the person that may be used: nobody else's picture comes in under this record."""
    valid_from: date | None = None
    """First day of use; the day of signature when None."""
    price_per_minute: Annotated[int, Field(ge=0, le=MAX_MINOR)] = 0
    """Minor units of `currency` for each minute on air, beside `price`."""
    minimum_fee: Annotated[int, Field(ge=0, le=MAX_MINOR)] = 0
    """Minor units: the least that minutes bring in a calendar month (UTC) with a day in which it is in force."""
    notice_days: Annotated[int, Field(ge=0, le=365)] = 0
    """What the agreement says about notice. It is told to the person; a withdrawal stops the use at once anyhow."""
    exclusive: Annotated[tuple[Exclusive, ...], Field(max_length=9)] = ()
    replaces: Annotated[str, Field(pattern=r"^C-[0-9A-F]{10}$")] | None = None
    """The record whose terms this one changes: from `begins` on that one allows nothing any more."""

    @model_validator(mode="after")
    def _consistent(self) -> ConsentRecord:
        if self.valid_until < self.signed_on:
            raise ValueError("valid_until: before signed_on; allowed: a day on or after it")
        if not self.signed_on <= self.begins <= self.valid_until:
            raise ValueError("valid_from: outside the term; allowed: a day from signed_on to valid_until")
        if len({each.category for each in self.exclusive}) < len(self.exclusive):
            raise ValueError("exclusive: names a category twice; allowed: one brand a category")
        for clause, purpose in (("no_copy", "copy"), ("no_training", "training")):
            if getattr(self, clause) and purpose in self.purposes:
                raise ValueError(f"purposes: holds {purpose}, which {clause} forbids; allowed: one or the other")
        return self

    @property
    def begins(self) -> date:
        """The first day of use."""
        return self.valid_from or self.signed_on


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A record as it is kept. It is never changed, only revoked, or replaced by another from a day on."""

    id: str
    record: ConsentRecord
    added_at: datetime
    revoked_at: datetime | None
    revoked_because: str | None
    replaced_by: str | None = None
    replaced_on: date | None = None
    """The first day that the other record counts, and this one does not."""


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to do with a likeness, and when. `market` is None for a picture shown in no market yet."""

    purpose: Purpose
    persona: str
    market: MarketId | None
    at: datetime
    goods: tuple[Goods, ...] = ()
    """What is sold beside it."""


def refusal(consent: StoredConsent, use: Use) -> Mistake | None:
    """The field of the record that forbids this use, or None when the record allows it."""
    return _term_refusal(consent, use) or _scope_refusal(consent, use)


def _term_refusal(consent: StoredConsent, use: Use) -> Mistake | None:
    record, today, field = consent.record, use.at.date(), f"consent {consent.id}"
    if consent.revoked_at is not None:
        why = f" ({consent.revoked_because})" if consent.revoked_because else ""
        return Mistake(f"{field} revoked", f"revoked on {consent.revoked_at:%Y-%m-%d}{why}", "a record in force")
    if consent.replaced_on is not None and today >= consent.replaced_on:
        return Mistake(f"{field} replaced", f"use on {today}", f"what {consent.replaced_by} allows")
    if today < record.signed_on:
        return Mistake(f"{field} signed_on", f"use on {today}", f"{record.signed_on} or later")
    if today < record.begins:
        return Mistake(f"{field} valid_from", f"use on {today}", f"{record.begins} or later")
    if today > record.valid_until:
        return Mistake(f"{field} valid_until", f"use on {today}", f"until {record.valid_until}; sign a new one")
    return None


def _scope_refusal(consent: StoredConsent, use: Use) -> Mistake | None:
    record, field = consent.record, f"consent {consent.id}"
    clauses: tuple[tuple[str, bool, tuple[Purpose, ...]], ...] = (
        ("no_training", record.no_training, ("training",)),
        ("no_copy", record.no_copy, COPIES),
    )
    for clause, forbidden, purposes in clauses:
        if forbidden and use.purpose in purposes:
            return Mistake(f"{field} {clause}", use.purpose, ", ".join(record.purposes))
    if use.purpose not in record.purposes:
        return Mistake(f"{field} purposes", use.purpose, ", ".join(record.purposes))
    if use.market is not None and use.market not in record.markets:
        return Mistake(f"{field} markets", use.market, ", ".join(record.markets))
    if use.persona not in record.personas:
        clause = " no_copy," if record.no_copy else ""
        return Mistake(f"{field}{clause} personas", use.persona, ", ".join(record.personas))
    return None


def in_force(consent: StoredConsent, day: date) -> bool:
    """Whether a record counts on a day, whatever it allows: signed, begun, not ended, revoked or replaced before it."""
    record = consent.record
    revoked = consent.revoked_at is not None and consent.revoked_at.date() < day
    replaced = consent.replaced_on is not None and consent.replaced_on <= day
    return record.begins <= day <= record.valid_until and not revoked and not replaced


def exclusion(records: Iterable[StoredConsent], use: Use) -> Mistake | None:
    """The clause of a record in force that keeps the person's likeness from what is sold; None when none does."""
    for consent in records:
        if _term_refusal(consent, use) is not None:
            continue
        for only in consent.record.exclusive:
            for category, brand in use.goods:
                if category == only.category and brand.casefold() != only.brand.casefold():
                    field = f"consent {consent.id} exclusive"
                    return Mistake(field, f"{category} of {brand}", f"{category} of {only.brand} only")
    return None


def clashes(record: ConsentRecord, others: Iterable[StoredConsent]) -> list[Mistake]:
    """Why a new record cannot stand beside others of the same person: an exclusive category promised to two brands."""
    found = []
    for other in others:
        end = min(other.replaced_on or other.record.valid_until, other.record.valid_until)
        apart = other.record.begins > record.valid_until or end < record.begins
        if other.revoked_at is not None or other.id == record.replaces or apart:
            continue
        promised = {only.category: only.brand for only in other.record.exclusive}
        for only in record.exclusive:
            brand = promised.get(only.category, only.brand)
            if brand.casefold() != only.brand.casefold():
                found.append(Mistake("exclusive", f"{only.category} of {only.brand}", f"{brand}, as {other.id} says"))
    return found


def forbidden_purposes(record: ConsentRecord) -> list[Mistake]:
    """Purposes that a clause of the same record forbids: asked of new records, old ones were signed without it."""
    wrong = [purpose for purpose in record.purposes if record.no_copy and purpose in COPIES]
    return [Mistake("purposes", f"{purpose}, which no_copy forbids", "one or the other") for purpose in wrong]
