"""How long likenesses were on air, and what was corrected afterwards."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.likeness_schema import AirtimeRow, CorrectionRow
from influencer.store.schema import columns


@dataclass(frozen=True, slots=True)
class Airtime:
    """Milliseconds of one run of a show, under one record, in one market, on one UTC day; from its start until now."""

    run: str
    """One process's run of the show; a restart is another."""
    show_id: str
    consent_id: str
    market: str
    persona: str
    day: date
    milliseconds: int


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """What a settled dispute changes: `milliseconds` of time, `amount` in minor units; either may be negative or 0."""

    consent_id: str
    month: date
    """Its first day."""
    milliseconds: int
    amount: int
    because: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Correction(NewCorrection):
    """A correction as it is kept; never changed, only corrected by another."""

    id: int
    made_at: datetime


class AirtimeRepository:
    """Writes sums, not differences: writing one again, or an older one late, changes nothing."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def keep(self, sums: Iterable[Airtime]) -> None:
        """Keep sums of runs. A sum never becomes less."""
        async with self._sessions.begin() as session:
            for one in sums:
                key = (one.run, one.consent_id, one.market, one.persona, one.day)
                row = await session.get(AirtimeRow, key, with_for_update=True)
                if row is None:
                    session.add(AirtimeRow(**asdict(one), updated_at=self._now()))
                elif row.milliseconds < one.milliseconds:
                    row.milliseconds, row.updated_at = one.milliseconds, self._now()

    async def of(
        self, consent_ids: Collection[str], since: date | None = None, until: date | None = None
    ) -> list[Airtime]:
        """Airtime under these records on the days [since, until), by day and show."""
        query = select(AirtimeRow).where(AirtimeRow.consent_id.in_(consent_ids))
        if since is not None:
            query = query.where(AirtimeRow.day >= since)
        if until is not None:
            query = query.where(AirtimeRow.day < until)
        async with self._sessions() as session:
            rows = await session.scalars(query.order_by(AirtimeRow.day, AirtimeRow.show_id, AirtimeRow.run))
            return [_airtime(row) for row in rows]

    async def correct(self, correction: NewCorrection) -> Correction:
        """Add a correction."""
        row = CorrectionRow(**asdict(correction), made_at=self._now())
        async with self._sessions.begin() as session:
            session.add(row)
        return Correction(**columns(row))

    async def corrections(self, consent_ids: Collection[str]) -> list[Correction]:
        """Every correction under these records, oldest first."""
        query = select(CorrectionRow).where(CorrectionRow.consent_id.in_(consent_ids)).order_by(CorrectionRow.id)
        async with self._sessions() as session:
            return [Correction(**columns(row)) for row in await session.scalars(query)]


def _airtime(row: AirtimeRow) -> Airtime:
    values = columns(row)
    del values["updated_at"]
    return Airtime(**values)
