"""The door of a room: a viewer's message goes in as it may be shown, or not at all; verdicts are counted and logged."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import structlog

from influencer.assistant.language import detect
from influencer.assistant.triage import triage
from influencer.assistant.values import LANGUAGES, Language
from influencer.moderation.moderator import Moderator
from streaming.chat_policy import ChatMessage, ChatPolicy

log = structlog.get_logger(__name__)


class Gate:
    """Moderates one room. `counts` has how many messages each verdict was given to."""

    def __init__(self, language: str) -> None:
        """Open the gate of a room in a market's `language` (ISO 639-1)."""
        self._language: Language = next((one for one in LANGUAGES if one == language), "en")
        self._moderator = Moderator(language)
        self.counts: Counter[str] = Counter()

    def admit(self, message: ChatMessage, now_ns: int) -> ChatMessage | None:
        """The message as it may be shown, stored and prompted with; None when it is held or dropped.

        A name that would not be shown as it is becomes the guest's.
        """
        sender = None if message.author == ChatPolicy().guest else message.author
        verdict = self._moderator.judge(sender, message.text, now_ns, asks=self._asks)
        self.counts[verdict.action] += 1
        if verdict.action != "show":
            log.info("moderated", action=verdict.action, reasons=verdict.reasons, count=self.counts[verdict.action])
        if verdict.action in {"hold", "drop"}:
            return None
        known = self._moderator.read(message.author).action == "show"
        return replace(message, author=message.author if known else ChatPolicy().guest, text=verdict.text)

    def _asks(self, text: str) -> bool:
        return triage(text, detect(text, self._language)).asks
