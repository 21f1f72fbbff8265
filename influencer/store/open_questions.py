"""Questions nobody could answer: kept so that an advertiser can put the answer into the brief."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from influencer.store.events_schema import OpenQuestionRow
from influencer.store.schema import columns
from influencer.store.tellings import question_unanswered


@dataclass(frozen=True, slots=True)
class NewOpenQuestion:
    """What was asked, about which product, and why there was no answer (`assistant.values.Reason`)."""

    show_id: str
    product_id: str
    market: str
    language: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenQuestion(NewOpenQuestion):
    """A stored one."""

    id: int
    asked_at: datetime


class OpenQuestionRepository:
    """Add and read."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def add(self, new: NewOpenQuestion) -> OpenQuestion:
        """Keep one."""
        row = OpenQuestionRow(
            show_id=new.show_id, product_id=new.product_id, market=new.market, language=new.language,
            reason=new.reason, text=new.text, asked_at=self._now(),
        )  # fmt: skip
        async with self._sessions.begin() as session:
            session.add(row)
            await session.flush()
            await question_unanswered(session, row, row.asked_at)
        return OpenQuestion(**columns(row))

    async def latest(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        show_id: str | None = None,
        product_ids: Sequence[str] | None = None,
        limit: int = 500,
    ) -> list[OpenQuestion]:
        """The newest `limit`, newest first."""
        query = select(OpenQuestionRow).order_by(OpenQuestionRow.id.desc()).limit(limit)
        if start is not None:
            query = query.where(OpenQuestionRow.asked_at >= start)
        if end is not None:
            query = query.where(OpenQuestionRow.asked_at < end)
        if show_id is not None:
            query = query.where(OpenQuestionRow.show_id == show_id)
        if product_ids is not None:
            query = query.where(OpenQuestionRow.product_id.in_(product_ids))
        async with self._sessions() as session:
            return [OpenQuestion(**columns(row)) for row in await session.scalars(query)]
