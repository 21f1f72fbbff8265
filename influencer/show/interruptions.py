"""Interruptions by type: what may be cut, at which boundary, and how the script goes on. Pure: data and arithmetic.

Where words end is told by the speech model's own durations (`models.base.Speech.words`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np

from models.base import Speech, VisemeSpan
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME, Pcm
from streaming.timeline import Slot

Kind = Literal["emergency", "say-now", "facts", "market", "persona", "answer", "filler", "bridge"]
Boundary = Literal["now", "word", "phrase", "sentence", "line"]
"""Where a cut may fall. A phrase ends where the voice pauses; a line is one utterance, so "line" waits for a gap."""
Resume = Literal["again", "rest", "next", "rewrite"]
"""again: the cut sentence from its beginning, then the rest; rest: the sentences not yet said; next: the line is given
up; rewrite: the line is written anew from what is true now."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How one kind of interruption behaves."""

    boundary: Boundary
    resume: Resume
    bridge_after_s: float | None = None
    """An interruption of at least this long is followed by a bridge; None: no bridge."""


POLICIES: Mapping[Kind, Policy] = MappingProxyType({
    "emergency": Policy("now", "again", bridge_after_s=15.0),
    "say-now": Policy("word", "again", bridge_after_s=8.0),  # the operator may choose another boundary
    "facts": Policy("word", "rewrite"),  # only what is no longer true; a false price is never finished
    "market": Policy("phrase", "next"),  # the new market begins with its own opening
    "persona": Policy("sentence", "next"),  # what is prepared has the old voice
    "answer": Policy("sentence", "rest", bridge_after_s=0.0),
    "filler": Policy("line", "rest"),
    "bridge": Policy("sentence", "rest"),
})  # fmt: skip

SILENCE: Final[Pcm] = np.zeros(SAMPLES_PER_FRAME, np.int16)
CUT: Final = "cut"
"""Origin of a slot whose sentence is broken off: it still goes on air, and is not cut a second time."""
FADE = SAMPLE_RATE // 100
"""A cut fades over 10 ms: shorter clicks, longer is heard as a fade."""
PAUSE = SAMPLE_RATE // 12
"""A silence of 83 ms within a sentence ends a phrase: longer than the closure of any stop consonant."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a slot in the timeline holds: a frame of a sentence of an utterance. `body` is the host before it."""

    utterance: Any
    sentence: Speech
    frame: int
    body: Any


@dataclass(slots=True)
class Emission:
    """What the thread puts into the timeline now: a sentence, or a silence."""

    utterance: Any
    sentence: Speech | None
    body: Any = None
    """The performance as it was before."""
    cues: list[Any] = field(default_factory=list)
    """Of its first frame."""
    next: int = 0
    """Frame that is put next."""
    last: int | None = None
    """Where an interruption ends it; None: it is put to its end."""
    last_cues: list[Any] = field(default_factory=list)
    sound: Pcm | None = None
    """What is heard when there is no sentence; None: silence."""

    def pcm(self, frame: int) -> Pcm:
        """The samples of a frame."""
        if self.sentence is not None:
            return frame_of(self.sentence, frame)
        return (
            SILENCE if self.sound is None else self.sound[frame * SAMPLES_PER_FRAME : (frame + 1) * SAMPLES_PER_FRAME]
        )

    @property
    def part(self) -> Part | None:
        """What its next slot holds; None in a silence, and of what is cut already."""
        if self.sentence is None or self.last is not None:  # what is cut is not cut again
            return None
        return Part(self.utterance, self.sentence, self.next, self.body)


@dataclass(frozen=True, slots=True)
class Cut:
    """What an interruption does to the slots that wait."""

    kept: tuple[Slot, ...]
    dropped: tuple[Slot, ...]
    part: Part | None = None
    """The first thing that would have been heard next; None in a silence."""
    at: int = 0
    """Samples of its sentence that are heard, counted from the sentence's beginning: 0 when none is, its length when
    the boundary is its end."""

    @property
    def within(self) -> bool:
        """Whether a sentence is broken off."""
        return self.part is not None and 0 < self.at < self.part.sentence.samples

    @property
    def last_frame(self) -> int:
        """The last frame of the sentence that goes on air; -1 when none does."""
        assert self.part is not None
        if not self.at:
            return -1
        end = self.at if self.at == self.part.sentence.samples else self.at + FADE
        return ceil(min(end, self.part.sentence.samples) / SAMPLES_PER_FRAME) - 1


def plan(waiting: Sequence[Slot], going_on: Part | None, boundary: Boundary) -> Cut:
    """Decide what still goes on air.

    Args:
        waiting: the timeline's slots; `origin` is a `Part` where something is said.
        going_on: what the renderer puts next, None when it says nothing.
        boundary: where the cut may fall.
    """
    said = [index for index, slot in enumerate(waiting) if isinstance(slot.origin, Part)]
    first = said[0] if said else len(waiting)
    part = waiting[first].origin if said else going_on
    lead = _through_cues(waiting[:first])
    if not isinstance(part, Part) or part.frame == 0:
        return Cut(lead, tuple(waiting[len(lead) :]), part if isinstance(part, Part) else None)
    at = boundary_after(part.sentence, part.frame * SAMPLES_PER_FRAME, boundary)
    cut = Cut((), (), part, at)
    short = replace(part.sentence, pcm=faded(part.sentence.pcm, at))
    mine = [
        replace(slot, pcm=frame_of(short, slot.origin.frame), origin=CUT if cut.within else slot.origin)
        for slot in waiting[first:]
        if isinstance(slot.origin, Part)
        and slot.origin.sentence is part.sentence
        and slot.origin.body is part.body
        and slot.origin.frame <= cut.last_frame
    ]
    end = first + len(mine)
    if at == part.sentence.samples:
        following = next((i for i in range(end, len(waiting)) if isinstance(waiting[i].origin, Part)), len(waiting))
        mine += _through_cues(waiting[end:following])
    kept = (*waiting[:first], *mine)
    return replace(cut, kept=kept, dropped=tuple(waiting[len(kept) :]))


def boundary_after(speech: Speech, position: int, boundary: Boundary) -> int:
    """The first sample from `position` on at which `speech` may be cut; its length when that is its end."""
    places: Sequence[int] = ()
    if boundary == "now":
        places = (position,)
    elif boundary == "word":
        places = speech.words or tuple(span.end for span in speech.visemes)
    elif boundary == "phrase":
        places = [span.start for span in speech.visemes if span.viseme == "sil" and span.end - span.start >= PAUSE]
    voiced = max((span.end for span in speech.visemes if span.viseme != "sil"), default=speech.samples)
    return next((at for at in places if position <= at < voiced), speech.samples)


def faded(pcm: Pcm, at: int) -> Pcm:
    """The samples up to `at`, then `FADE` samples of fading, then silence; the same length."""
    if at >= len(pcm):
        return pcm
    out = pcm.copy()
    tail = out[at : at + FADE]
    tail[:] = (tail * np.linspace(1, 0, len(tail))).astype(np.int16)
    out[at + FADE :] = 0
    return out


def frame_of(sentence: Speech, frame: int) -> Pcm:
    """The 1,920 samples that belong to a frame of a sentence, padded with silence at its end."""
    part = sentence.pcm[frame * SAMPLES_PER_FRAME : (frame + 1) * SAMPLES_PER_FRAME]
    return part if len(part) == SAMPLES_PER_FRAME else np.pad(part, (0, SAMPLES_PER_FRAME - len(part)))


def shortened(speech: Speech, frames: int) -> Speech:
    """The first frames of a sentence."""
    end = min(frames * SAMPLES_PER_FRAME, speech.samples)
    spans = tuple(
        VisemeSpan(span.viseme, span.start, min(span.end, end), span.stress)
        for span in speech.visemes
        if span.start < end
    )
    return replace(speech, pcm=speech.pcm[:end], visemes=spans)


def heard(speech: Speech, at: int) -> str:
    """The words of a sentence up to the one that sounds at sample `at`, that one included.

    Exact where as many words are spoken as written. Where they are not (numbers are spelled out, or the script has no
    spaces) the share of the time decides, and a word more rather than less counts as heard.
    """
    if at <= 0:
        return ""
    if at >= speech.samples:
        return speech.text
    written = speech.text.split()
    if len(written) == len(speech.words):
        # The fade reaches into what follows, but no word is made out of 10 ms.
        return " ".join(written[: sum(end < at for end in speech.words) + 1])
    voiced = max((span.end for span in speech.visemes if span.viseme != "sil"), default=speech.samples)
    length = ceil(len(speech.text) * min(1.0, at / max(1, voiced)))
    space = speech.text.find(" ", length)
    if len(written) <= 1:  # no spaces to round up to
        return speech.text[: length + 1]
    return speech.text if space < 0 else speech.text[:space]


def _through_cues(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Slots up to the last that carries a cue, which tells what has happened, or the rest of what is cut already."""
    last = max((index for index, slot in enumerate(slots) if slot.cues or slot.origin is CUT), default=-1)
    return tuple(slots[: last + 1])
