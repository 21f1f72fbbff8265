"""Viewers' data: what is deleted when a viewer asks, and what is deleted because it is old.

Orders and payments stay, since the law asks for them; they lose the link to the viewer's browser. The ledger of what
the host said holds nothing of viewers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.sql.dml import Delete, Update

from influencer.sales.events import pseudonym
from influencer.store.commerce_schema import CartLineRow, CartRow, OrderRow
from influencer.store.events_schema import EventRow, OpenQuestionRow
from influencer.store.handoffs_schema import HandOffRow
from influencer.store.moderation_schema import HeldMessageRow, MuteRow
from influencer.store.schema import ChatRow
from influencer.store.webhooks import old_events

FORGOTTEN = "forgotten"
"""What stands in an order in place of its viewer."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which what viewers left is deleted."""

    chat: int = 90
    """Chat, held messages, hand-offs, unanswered questions."""
    events: int = 400
    """Views, clicks and the like, which carry pseudonyms only."""


class Privacy:
    """Deletes; every method is one transaction, and says how many rows of each table it took."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._now = now

    async def forget(self, viewer_id: str) -> dict[str, int]:
        """Delete a viewer's data, by the id in their cookie."""
        nobody = f"{FORGOTTEN}-{pseudonym(viewer_id)[:16]}"
        return await self._run(
            {
                "chat_messages": delete(ChatRow).where(ChatRow.viewer_id == viewer_id),
                "held_messages": delete(HeldMessageRow).where(HeldMessageRow.viewer == viewer_id),
                "mutes": delete(MuteRow).where(MuteRow.viewer == viewer_id),
                "hand_offs": delete(HandOffRow).where(HandOffRow.viewer_id == viewer_id),
                "cart_lines": delete(CartLineRow).where(CartLineRow.viewer_id == viewer_id),
                "carts": delete(CartRow).where(CartRow.viewer_id == viewer_id),
                "events": delete(EventRow).where(EventRow.viewer == pseudonym(viewer_id)),
                "orders": update(OrderRow).where(OrderRow.viewer_id == viewer_id).values(viewer_id=nobody),
            }
        )

    async def retain(self, days: Retention) -> dict[str, int]:
        """Delete what is older than its days."""
        chat, events = (self._now() - timedelta(days=each) for each in (days.chat, days.events))
        return await self._run(
            {
                "chat_messages": delete(ChatRow).where(ChatRow.sent_at < chat),
                "held_messages": delete(HeldMessageRow).where(HeldMessageRow.held_at < chat),
                "hand_offs": delete(HandOffRow).where(HandOffRow.asked_at < chat),
                "open_questions": delete(OpenQuestionRow).where(OpenQuestionRow.asked_at < chat),
                "events": delete(EventRow).where(EventRow.at < events),
                "webhook_events": old_events(self._now()),
            }
        )

    async def _run(self, statements: Mapping[str, Delete | Update]) -> dict[str, int]:
        counts: dict[str, int] = {}
        async with self._sessions.begin() as session:
            for name, statement in statements.items():
                done: Any = await session.execute(statement)
                counts[name] = done.rowcount
        return counts
