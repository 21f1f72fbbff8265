"""The tables of the likeness ledger beside the consents: footage, airtime, corrections, links, withdrawals."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from influencer.store.schema import Row, RowId
from influencer.store.types import UtcDateTime


class FootageRow(Row):
    """A picture or clip that may be animated: of a person with a consent, or of nobody. Rows are only ever added."""

    __tablename__ = "footage"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    consent_id: Mapped[str | None] = mapped_column(ForeignKey("consents.id"), index=True)
    licence: Mapped[str] = mapped_column(String(200))
    added_by: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AirtimeRow(Row):
    """How long a likeness was on air: one growing number for each run of a show, record, market, host and UTC day."""

    __tablename__ = "likeness_airtime"
    __table_args__ = (
        CheckConstraint("milliseconds >= 0", name="milliseconds_not_negative"),
        Index("ix_likeness_airtime_consent_id_day", "consent_id", "day"),
    )

    run: Mapped[str] = mapped_column(String(32), primary_key=True)
    consent_id: Mapped[str] = mapped_column(ForeignKey("consents.id"), primary_key=True)
    market: Mapped[str] = mapped_column(String(16), primary_key=True)
    persona: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    show_id: Mapped[str] = mapped_column(ForeignKey("shows.id"))
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CorrectionRow(Row):
    """A dispute that was settled: time or money added to a month, or taken from it. Rows are only ever added."""

    __tablename__ = "likeness_corrections"
    __table_args__ = (CheckConstraint("milliseconds <> 0 OR amount <> 0", name="corrects_something"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    consent_id: Mapped[str] = mapped_column(ForeignKey("consents.id"), index=True)
    month: Mapped[date] = mapped_column(Date)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    because: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LikenessLinkRow(Row):
    """A secret link with which a person sees their own likeness; only the secret's digest is kept."""

    __tablename__ = "likeness_links"

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    person: Mapped[str] = mapped_column(String(120))
    person_key: Mapped[str] = mapped_column(String(16), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_by: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WithdrawalRow(Row):
    """A person took their agreement back, for everything at once. Rows are only ever added."""

    __tablename__ = "likeness_withdrawals"

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    person: Mapped[str] = mapped_column(String(120))
    person_key: Mapped[str] = mapped_column(String(16), index=True)
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    via: Mapped[str] = mapped_column(String(40))
    """The link's id, or the name of the staff member who was told."""
