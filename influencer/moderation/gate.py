"""The door of a room: a viewer's message goes in as it may be shown, or not at all; verdicts are counted and logged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import structlog

from influencer.assistant.language import detect
from influencer.assistant.triage import triage
from influencer.assistant.values import LANGUAGES, Language
from influencer.moderation.moderator import Moderator, Verdict
from streaming.chat_policy import ChatMessage, ChatPolicy

log = structlog.get_logger(__name__)
_GUEST = ChatPolicy().guest


@dataclass(frozen=True, slots=True)
class Judged:
    """A viewer's message with its verdict: `message` is as it may be shown, stored and prompted with if it may be."""

    verdict: Verdict
    message: ChatMessage

    @property
    def shown(self) -> bool:
        """Whether it may be shown now."""
        return self.verdict.action in {"show", "mask"}


class Gate:
    """Moderates one room. `counts` has how many messages each verdict was given to."""

    def __init__(self, language: str) -> None:
        """Open the gate of a room in a market's `language` (ISO 639-1)."""
        self._moderator = Moderator(language)
        self.speak(language)
        self.counts: Counter[str] = Counter()

    def speak(self, language: str) -> None:
        """Go on in another market's language; what was sent lately is remembered."""
        self._language: Language = next((one for one in LANGUAGES if one == language), "en")
        self._moderator.speak(language)

    def judge(self, message: ChatMessage, sender: str | None, now_ns: int) -> Judged:
        """The verdict on a message. A name that would not be shown as it is becomes the guest's.

        Args:
            message: cleaned, as it was written.
            sender: what tells the sender from others (not the name, which anybody may give); None when nothing does.
            now_ns: monotonic time.
        """
        verdict = self._moderator.judge(sender, message.text, now_ns, asks=self._asks)
        self.counts[verdict.action] += 1
        if verdict.action != "show":
            log.info("moderated", action=verdict.action, reasons=verdict.reasons, count=self.counts[verdict.action])
        known = self._moderator.read(message.author).action == "show"
        return Judged(verdict, replace(message, author=message.author if known else _GUEST, text=verdict.text))

    def _asks(self, text: str) -> bool:
        return triage(text, detect(text, self._language)).asks
