"""A consent record: which person agreed to what, for how long, where, for what price, and the proof. Checked at use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from influencer.errors import Mistake
from influencer.fields import Currency, MarketId, ShortText, Slug, Value, exact_number

Purpose = Literal["portrait", "live-show", "recording", "advert", "copy", "training"]
"""portrait: still pictures. live-show, recording, advert: the host made from them. copy: handing the likeness on, or
giving it to a persona the record does not name. training: use as training data of any model."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


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

    @model_validator(mode="after")
    def _consistent(self) -> ConsentRecord:
        if self.valid_until < self.signed_on:
            raise ValueError("valid_until: before signed_on; allowed: a day on or after it")
        for clause, purpose in (("no_copy", "copy"), ("no_training", "training")):
            if getattr(self, clause) and purpose in self.purposes:
                raise ValueError(f"purposes: holds {purpose}, which {clause} forbids; allowed: one or the other")
        return self


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A record as it is kept. It is never changed, only revoked."""

    id: str
    record: ConsentRecord
    added_at: datetime
    revoked_at: datetime | None
    revoked_because: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to do with a likeness, and when. `market` is None for a picture shown in no market yet."""

    purpose: Purpose
    persona: str
    market: MarketId | None
    at: datetime


def refusal(consent: StoredConsent, use: Use) -> Mistake | None:
    """The field of the record that forbids this use, or None when the record allows it."""
    return _term_refusal(consent, use) or _scope_refusal(consent, use)


def _term_refusal(consent: StoredConsent, use: Use) -> Mistake | None:
    record, today, field = consent.record, use.at.date(), f"consent {consent.id}"
    if consent.revoked_at is not None:
        why = f" ({consent.revoked_because})" if consent.revoked_because else ""
        return Mistake(f"{field} revoked", f"revoked on {consent.revoked_at:%Y-%m-%d}{why}", "a record in force")
    if today < record.signed_on:
        return Mistake(f"{field} signed_on", f"use on {today}", f"{record.signed_on} or later")
    if today > record.valid_until:
        return Mistake(f"{field} valid_until", f"use on {today}", f"until {record.valid_until}; sign a new one")
    return None


def _scope_refusal(consent: StoredConsent, use: Use) -> Mistake | None:
    record, field = consent.record, f"consent {consent.id}"
    clauses: tuple[tuple[str, bool, str], ...] = (
        ("no_training", record.no_training, "training"),
        ("no_copy", record.no_copy, "copy"),
    )
    for clause, forbidden, purpose in clauses:
        if forbidden and use.purpose == purpose:
            return Mistake(f"{field} {clause}", use.purpose, ", ".join(record.purposes))
    if use.purpose not in record.purposes:
        return Mistake(f"{field} purposes", use.purpose, ", ".join(record.purposes))
    if use.market is not None and use.market not in record.markets:
        return Mistake(f"{field} markets", use.market, ", ".join(record.markets))
    if use.persona not in record.personas:
        clause = " no_copy," if record.no_copy else ""
        return Mistake(f"{field}{clause} personas", use.persona, ", ".join(record.personas))
    return None
