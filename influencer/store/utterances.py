"""The utterance log: what was said on air, when, and why it may be said. Append-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.brief import MarketId
from influencer.script.values import SegmentKind
from influencer.store.schema import UtteranceRow, columns

UtteranceSource = Literal["template", "model", "operator", "answer"]


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


@dataclass(frozen=True, slots=True)
class Utterance(NewUtterance):
    """A logged sentence."""

    id: int
    spoken_at: datetime


class UtteranceRepository:
    """Add and read; there is no way to change or remove a row."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def append(self, new: NewUtterance) -> Utterance:
        """Log a sentence; the id is what an order is attributed to."""
        row = UtteranceRow(
            show_id=new.show_id,
            text=new.text,
            fact_ids=list(new.fact_ids),
            product_id=new.product_id,
            segment=new.segment,
            market=new.market,
            variant=new.variant,
            source=new.source,
            pts=new.pts,
            spoken_at=self._now(),
        )
        async with self._sessions.begin() as session:
            session.add(row)
        return _value(row)

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
    values["segment"] = cast("SegmentKind", row.segment)
    return Utterance(**values)
