"""The utterance log: what was said on air, when, and why it may be said. Append-only, each line chained to the last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.ledger import START, link
from influencer.script.values import SegmentKind
from influencer.store.schema import UtteranceRow, columns

UtteranceSource = Literal["template", "model", "operator", "answer", "cut", "voice", "voice-end"]
"""Who wrote it. "cut": the line whose link is `variant` was broken off at `pts`; `text` is what was heard of it.
"voice": from `pts` on the person in `variant` ("unchecked:" and their name) was heard through a microphone, and nobody
checked it; `text` is empty. "voice-end": until `pts` the person was heard whose "voice" line has the link `variant`."""


@dataclass(frozen=True, slots=True)
class SpokenFact:
    """A fact as it stood when a sentence rested on it, and the advertiser's evidence for it."""

    id: str
    text: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class NewUtterance:
    """A sentence that goes on air at `pts` (1/48000 s, show clock); `text` is what is really spoken, slots bound."""

    show_id: str
    text: str
    fact_ids: tuple[str, ...]
    product_id: str
    segment: SegmentKind
    market: MarketId
    variant: str
    source: UtteranceSource
    pts: int
    persona: str = ""
    facts: tuple[SpokenFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance(NewUtterance):
    """A logged sentence. `chain` is its link, `previous` the one before; None in logs older than the ledger."""

    id: int
    spoken_at: datetime
    previous: str | None = None
    chain: str | None = None

    def record(self) -> dict[str, Any]:
        """As `influencer.ledger` checks and exports it: JSON values only."""
        values = asdict(self)
        return values | {
            "fact_ids": list(self.fact_ids),
            "facts": list(values["facts"]),
            "spoken_at": self.spoken_at.astimezone(UTC).isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Told:
    """How many sentences of a show are in its ledger, and when the last was said, aware."""

    show_id: str
    lines: int
    last: datetime


_COPIED = tuple(field.name for field in fields(NewUtterance))
_TRIES = 5
MOST_STRETCHES = 2_000


class UtteranceRepository:
    """Add and read; there is no way to change or remove a row."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def append(self, new: NewUtterance) -> Utterance:
        """Log a sentence; the id is what an order is attributed to.

        Two writers that append to one show at once are put in order: the later one is chained to the earlier.
        """
        for _ in range(_TRIES - 1):
            with suppress(IntegrityError):
                return await self._append(new)
        return await self._append(new)

    async def _append(self, new: NewUtterance) -> Utterance:
        newest = (
            select(UtteranceRow.chain)
            .where(UtteranceRow.show_id == new.show_id)
            .order_by(UtteranceRow.id.desc())
            .limit(1)
        )
        values = {name: getattr(new, name) for name in _COPIED}
        async with self._sessions.begin() as session:
            previous = await session.scalar(newest) or START
            said = Utterance(id=0, spoken_at=self._now().astimezone(UTC), previous=previous, **values)
            row = UtteranceRow(
                **values | {"fact_ids": list(new.fact_ids), "facts": [asdict(fact) for fact in new.facts]},
                spoken_at=said.spoken_at,
                previous=previous,
                chain=link(previous, said.record()),
            )
            session.add(row)
        return _value(row)

    async def chained(self, show_id: str, after: int = 0, limit: int | None = None) -> list[Utterance]:
        """A show's lines that have a link, oldest first: what `influencer.ledger.first_break` checks.

        All of them, or the first `limit` with an id above `after`.
        """
        query = (
            select(UtteranceRow)
            .where(UtteranceRow.show_id == show_id, UtteranceRow.chain.is_not(None), UtteranceRow.id > after)
            .order_by(UtteranceRow.id)
            .limit(limit)
        )
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def shows(self) -> list[str]:
        """The shows that have said anything."""
        async with self._sessions() as session:
            return list(await session.scalars(select(UtteranceRow.show_id).distinct().order_by(UtteranceRow.show_id)))

    async def told(
        self, products: Collection[str] | None, *, show_id: str | None = None, limit: int = 50
    ) -> list[Told]:
        """The shows that told of any of these products (None: of anything), those that spoke last first."""
        newest = func.max(UtteranceRow.id)
        query = select(UtteranceRow.show_id, func.count(), func.max(UtteranceRow.spoken_at))
        query = query.where(UtteranceRow.chain.is_not(None))
        if products is not None:
            query = query.where(UtteranceRow.product_id.in_(products))
        if show_id is not None:
            query = query.where(UtteranceRow.show_id == show_id)
        query = query.group_by(UtteranceRow.show_id).order_by(newest.desc()).limit(limit)
        async with self._sessions() as session:
            return [Told(*row) for row in await session.execute(query)]

    async def about(self, show_id: str, product_id: str, limit: int = 50) -> list[Utterance]:
        """The newest `limit` sentences of a show about one product, newest first."""
        query = (
            select(UtteranceRow)
            .where(UtteranceRow.show_id == show_id, UtteranceRow.product_id == product_id)
            .order_by(UtteranceRow.id.desc())
            .limit(limit)
        )
        async with self._sessions() as session:
            return [_value(row) for row in await session.scalars(query)]

    async def people(
        self, start: datetime, end: datetime, show_id: str | None = None, product_ids: Sequence[str] | None = None
    ) -> list[tuple[Utterance, Utterance | None]]:
        """When people were heard through a microphone, oldest first: the "voice" line of each, and its end if told."""
        query = select(UtteranceRow).where(
            UtteranceRow.source.in_(("voice", "voice-end")),
            UtteranceRow.spoken_at >= start,
            UtteranceRow.spoken_at <= end,
        )
        if show_id is not None:
            query = query.where(UtteranceRow.show_id == show_id)
        if product_ids is not None:
            query = query.where(UtteranceRow.product_id.in_(product_ids))
        async with self._sessions() as session:
            rows = [_value(row) for row in await session.scalars(query.order_by(UtteranceRow.id).limit(MOST_STRETCHES))]
        ends = {row.variant: row for row in rows if row.source == "voice-end"}
        return [(row, ends.get(row.chain or "")) for row in rows if row.source == "voice"]

    async def latest(self, show_id: str, limit: int = 50) -> list[Utterance]:
        """The newest `limit` sentences of a show, oldest first."""
        query = (
            select(UtteranceRow).where(UtteranceRow.show_id == show_id).order_by(UtteranceRow.id.desc()).limit(limit)
        )
        async with self._sessions() as session:
            rows = list(await session.scalars(query))
        return [_value(row) for row in reversed(rows)]

    async def count(self, show_id: str) -> int:
        """How many sentences a show has spoken."""
        query = select(func.count()).select_from(UtteranceRow).where(UtteranceRow.show_id == show_id)
        async with self._sessions() as session:
            return (await session.scalars(query)).one()


def _value(row: UtteranceRow) -> Utterance:
    values = columns(row)
    values["fact_ids"] = tuple(row.fact_ids)
    values["facts"] = tuple(SpokenFact(**fact) for fact in row.facts)
    values["segment"] = cast("SegmentKind", row.segment)
    return Utterance(**values)
