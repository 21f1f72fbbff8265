"""One prepared thing to say, filled sentence by sentence while it is already being spoken."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from influencer.script.claims import ApprovedLine
from influencer.show.tickets import Ticket
from models.avatar.performance import Mood
from models.base import Speech
from streaming.media import ChatHighlight


class Sentences:
    """The sentences of one utterance, passed from the speech thread to the performer. Thread-safe."""

    def __init__(self) -> None:
        self._ready: deque[Speech] = deque()
        self._done = False
        self._changed = threading.Condition()

    def add(self, speech: Speech) -> None:
        """Append a synthesised sentence."""
        with self._changed:
            self._ready.append(speech)
            self._changed.notify_all()

    def finish(self) -> None:
        """No sentence follows; also said when synthesis failed half-way, so that nobody waits for the rest."""
        with self._changed:
            self._done = True
            self._changed.notify_all()

    def put_back(self, sentences: Sequence[Speech]) -> None:
        """Sentences that were taken and not heard, or not to their end: they are next."""
        with self._changed:
            self._ready.extendleft(reversed(sentences))
            self._changed.notify_all()

    @property
    def samples(self) -> int:
        """Length of what is ready and not taken yet, at 48 kHz."""
        with self._changed:
            return sum(speech.samples for speech in self._ready)

    def take(self, *, wait_s: float = 0.0) -> Speech | Literal["pending", "done"]:
        """The next sentence; "pending" when it is not ready within `wait_s`, "done" after the last."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._ready) or self._done, timeout=wait_s)
            if self._ready:
                return self._ready.popleft()
            return "done" if self._done else "pending"


@dataclass(eq=False, slots=True)
class Utterance:
    """An approved line with its slots bound, on its way to the air."""

    ticket: Ticket
    line: ApprovedLine
    text: str
    """As spoken: every slot bound when it was synthesised."""
    mood: Mood
    product_id: str
    still_true: Callable[[], bool]
    """Whether binding now would give the same words; asked right before the first frame."""
    highlight: ChatHighlight | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    """Its slots with the words they were bound to."""
    sentences: Sentences = field(default_factory=Sentences)
    aired: list[str] = field(default_factory=list)
    """Sentences that went on air since it began or went on; belongs to the session."""
    was_cut: bool = False
    """It was cut within a sentence and has not gone on since."""


@dataclass(frozen=True, slots=True)
class UtteranceStarted:
    """Cue: the utterance's first frame is on air."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class SentenceStarted:
    """Cue: a sentence's first frame is on air; `samples` is its length at 48 kHz."""

    utterance: Utterance
    text: str
    samples: int


@dataclass(frozen=True, slots=True)
class UtteranceFinished:
    """Cue: the utterance's last frame is on air."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class UtteranceCut:
    """Cue: nothing of this utterance is heard after this frame for now."""

    utterance: Utterance
    sentence: str | None
    """What was heard of the sentence that started last; None: it was heard to its end."""


@dataclass(frozen=True, slots=True)
class UtteranceResumed:
    """Cue: an utterance that was cut goes on; `text` is what is left of it, the cut sentence included."""

    utterance: Utterance
    text: str


@dataclass(frozen=True, slots=True)
class PersonSpoke:
    """Cue: from this frame on a person is heard, through a microphone."""

    speaker: str


@dataclass(frozen=True, slots=True)
class PersonSilent:
    """Cue: from this frame on no person is heard any more."""

    speaker: str


Cue = (
    UtteranceStarted
    | SentenceStarted
    | UtteranceFinished
    | UtteranceCut
    | UtteranceResumed
    | PersonSpoke
    | PersonSilent
)
