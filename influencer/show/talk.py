"""What is written in a show's room: shown at once, then kept, and what nobody could answer marked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

import structlog

from influencer.assistant.language import detect
from influencer.assistant.values import Answer
from influencer.brief import Brief
from influencer.errors import ClaimRejected
from influencer.moderation.outgoing import unfit
from influencer.sales.events import Airing, NewEvent, pseudonym
from influencer.store import Store
from influencer.store.open_questions import NewOpenQuestion
from streaming.chat_hub import ChatEvent, ChatHub, chat_event

log = structlog.get_logger(__name__)
_UNANSWERED = frozenset({"not-in-brief"})


class Talk:
    """The messages of one show, in its room and in the store."""

    def __init__(
        self, store: Store, show_id: str, hub: ChatHub, now: Callable[[], datetime], briefs: Iterable[Brief] = ()
    ) -> None:
        self._store, self._show_id, self._hub, self._now = store, show_id, hub, now
        self._own = tuple(text for brief in briefs for text in _texts(brief.model_dump()))

    async def keep(
        self, author: str, text: str, *, role: Literal["viewer", "host"], reply_to: int | None = None
    ) -> ChatEvent:
        """Show a message at once, then keep it for those who join after a restart.

        Raises:
            ClaimRejected: the host's own words are such as a viewer might not write.
        """
        if role == "host" and (why := unfit(text, detect(text, "en"), self._own)):
            raise ClaimRejected(text, [f"{reason}: never said or shown" for reason in why])
        at = self._now().isoformat(timespec="seconds")
        kind: Literal["answer", "chat"] = "answer" if role == "host" else "chat"
        event = self._hub.publish(chat_event(author, text, role=role, at=at, reply_to=reply_to, kind=kind))
        await self._store.chat.append(self._show_id, author, text, role)
        return event

    async def reply(self, host: str, text: str, to: int) -> bool:
        """Write the host's answer under the message with this number; False when its words may not be shown."""
        try:
            await self.keep(host, text, role="host", reply_to=to)
        except ClaimRejected as refusal:
            log.warning("reply kept back", show=self._show_id, reasons=refusal.reasons)
            return False
        return True

    async def asked(self, answer: Answer, text: str, viewer: str | None, airing: Airing) -> None:
        """Count a question, and keep its words when the brief has no answer. `text` is as it was admitted."""
        if answer.kind == "silent":
            return
        product_id = answer.product_id or airing.product_id
        key = secrets.token_hex(12)
        event = NewEvent(
            "question",
            self._show_id,
            pseudonym(viewer or ""),
            key,
            self._now(),
            airing,
            product_id,
            detail=answer.intent,
        )
        await self._store.journal.record([event])
        if answer.reason in _UNANSWERED:
            await self._store.open_questions.add(
                NewOpenQuestion(self._show_id, product_id, airing.market, answer.language, str(answer.reason), text)
            )

    async def replay(self) -> None:
        """Fill the room of a restarted show with what was said last."""
        for said in await self._store.chat.latest(self._show_id):
            at = said.sent_at.isoformat(timespec="seconds")
            self._hub.publish(chat_event(said.author, said.text, role=said.role, at=at))


def _texts(value: Any) -> Iterator[str]:
    """Every text of a brief, in every language."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
