"""Times that advertisers propose for their briefs, and what operators decided about each."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.errors import Conflict, NotFound
from influencer.store.briefs_schema import BriefRow
from influencer.store.programme import Entry, NewEntry, new_row, stored
from influencer.store.proposals_schema import ProposalRow
from influencer.store.schema import columns

ProposalState = Literal["proposed", "accepted", "refused", "withdrawn"]
UNKNOWN = "there is no such proposal"
MOST = 200


@dataclass(frozen=True, slots=True)
class NewProposal:
    """`minutes` a day between two hours ("HH:MM") of the market's clock, on certain days. No weekdays: on the first day
    only. A `latest` that is not after `earliest` is on the day after."""

    brief_id: str
    market: MarketId
    first_day: date
    last_day: date | None
    weekdays: tuple[int, ...]
    earliest: str
    latest: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Proposal(NewProposal):
    """A stored proposal. `entry_id` is the programme's entry it became."""

    id: str
    state: ProposalState
    made_by: str
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    entry_id: str | None
    advertiser_id: str


class ProposalRepository:
    """Proposals by id. Every method is one transaction; each proposal is decided once."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, new: NewProposal, made_by: str) -> Proposal:
        """Propose a time."""
        row = ProposalRow(
            id=f"T-{secrets.token_hex(4).upper()}", brief_id=new.brief_id, market=new.market, first_day=new.first_day,
            last_day=new.last_day, weekdays=list(new.weekdays), earliest=new.earliest, latest=new.latest,
            minutes=new.minutes, state="proposed", made_by=made_by, made_at=self._now(), decided_by=None,
            decided_at=None, note=None, entry_id=None,
        )  # fmt: skip
        async with self._sessions.begin() as session:
            session.add(row)
        return await self.get(row.id)

    async def get(self, proposal_id: str) -> Proposal:
        """One proposal.

        Raises:
            NotFound: there is none.
        """
        found = await self._all(ProposalRow.id == proposal_id)
        if not found:
            raise NotFound(UNKNOWN)
        return found[0]

    async def page(self, *, advertiser_id: str | None = None, brief_id: str | None = None) -> list[Proposal]:
        """Those that wait first, then the newest: of one advertiser or of all, of one brief or of any."""
        wanted = []
        if advertiser_id is not None:
            wanted.append(BriefRow.advertiser_id == advertiser_id)
        if brief_id is not None:
            wanted.append(ProposalRow.brief_id == brief_id)
        return await self._all(*wanted)

    async def accept(self, proposal_id: str, entry: NewEntry, decided_by: str, note: str | None) -> Entry:
        """Put a proposal into the programme, both or neither.

        Raises:
            Conflict: it was decided, or taken back, before.
        """
        row = new_row(entry, decided_by, self._now())
        async with self._sessions.begin() as session:
            session.add(row)
            await session.flush()
            await self._decide(session, proposal_id, "accepted", decided_by, note, row.id)
        return stored(row)

    async def close(
        self, proposal_id: str, state: Literal["refused", "withdrawn"], decided_by: str, note: str | None = None
    ) -> Proposal:
        """Refuse a proposal, or take it back.

        Raises:
            Conflict: it was decided, or taken back, before.
        """
        async with self._sessions.begin() as session:
            await self._decide(session, proposal_id, state, decided_by, note, None)
        return await self.get(proposal_id)

    async def _decide(
        self, session: AsyncSession, proposal_id: str, state: ProposalState, by: str, note: str | None,
        entry: str | None,
    ) -> None:  # fmt: skip
        values = {"state": state, "decided_by": by, "decided_at": self._now(), "note": note, "entry_id": entry}
        waiting = (ProposalRow.id == proposal_id, ProposalRow.state == "proposed")
        changed = await session.execute(update(ProposalRow).where(*waiting).values(**values).returning(ProposalRow.id))
        if changed.first() is None:
            raise Conflict("this proposal was decided, or taken back, before; load the page again")

    async def _all(self, *wanted: object) -> list[Proposal]:
        query = select(ProposalRow, BriefRow.advertiser_id).join(BriefRow, BriefRow.id == ProposalRow.brief_id)
        query = query.where(*wanted).order_by(  # type: ignore[arg-type]
            case((ProposalRow.state == "proposed", 0), else_=1), ProposalRow.made_at.desc(), ProposalRow.id
        )
        async with self._sessions() as session:
            return [_value(row, owner) for row, owner in (await session.execute(query.limit(MOST))).all()]


def _value(row: ProposalRow, advertiser_id: str) -> Proposal:
    values = columns(row) | {"weekdays": tuple(row.weekdays), "advertiser_id": advertiser_id}
    values["market"] = cast("MarketId", row.market)
    values["state"] = cast("ProposalState", row.state)
    return Proposal(**values)
