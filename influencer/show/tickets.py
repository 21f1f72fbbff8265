"""Tickets: what the director hands out to be prepared, one for each utterance."""

from __future__ import annotations

from dataclasses import dataclass

from influencer.script.pacing import seconds_of
from influencer.script.values import Line, Position
from influencer.show.coming import Item
from influencer.show.interruptions import POLICIES, Boundary
from streaming.media import ChatHighlight


@dataclass(frozen=True, slots=True)
class ScriptTask:
    """Speak a line of the running order."""

    item: Item


@dataclass(frozen=True, slots=True)
class Window:
    """A question window that a surge of questions opens, and the place of the planned one that it stands for."""

    instead_of: Position | None = None


@dataclass(frozen=True, slots=True)
class SayTask:
    """Speak a line that is already written: an answer to a viewer, the operator's words, or a question window's."""

    line: Line
    highlight: ChatHighlight | None = None
    cut: Boundary = "sentence"
    """Where it may cut what is being said, once its own first sentence is spoken."""
    window: Window | None = None
    """It opens a question window, or keeps it open."""


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


def leads_away(task: ScriptTask | SayTask | BridgeTask | FillerTask) -> bool:
    """Whether listeners have lost the thread after it: an answer, or long words that cut a sentence."""
    if not isinstance(task, SayTask):
        return False
    if task.line.source == "answer":
        return True
    long_s = POLICIES["say-now"].bridge_after_s or 0.0
    return task.cut != "sentence" and seconds_of(task.line.text, task.line.market[:2]) >= long_s
