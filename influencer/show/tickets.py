"""Tickets: what the director hands out to be prepared, one for each utterance."""

from __future__ import annotations

from dataclasses import dataclass

from influencer.script.values import Line
from influencer.show.coming import Item
from influencer.show.interruptions import Boundary
from streaming.media import ChatHighlight


@dataclass(frozen=True, slots=True)
class ScriptTask:
    """Speak a line of the running order."""

    item: Item


@dataclass(frozen=True, slots=True)
class SayTask:
    """Speak a line that is already written: an answer to a viewer, or the operator's words."""

    line: Line
    highlight: ChatHighlight | None = None
    cut: Boundary = "sentence"
    """Where it may cut what is being said, once its own first sentence is spoken."""


@dataclass(frozen=True, slots=True)
class BridgeTask:
    """Lead back from an answer to the script."""


@dataclass(frozen=True, slots=True)
class FillerTask:
    """Say a few words while an answer is awaited. No director hands it out, and none waits for it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One utterance to be prepared, by number."""

    number: int
    task: ScriptTask | SayTask | BridgeTask | FillerTask

    @property
    def urgent(self) -> bool:
        """Said at the next sentence boundary, before the script goes on."""
        return not isinstance(self.task, ScriptTask)
