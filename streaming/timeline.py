"""What is about to go on air: a bounded queue of 40 ms slots between the renderer and the station.

One slot is one picture and exactly its 1,920 samples of audio, so sound and picture cannot drift apart while
they wait. The renderer's thread fills it, the station's thread empties it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streaming.errors import TimelineCleared, TimelineClosed
from streaming.media import FPS, SAMPLES_PER_FRAME, Pcm, Rgba


@dataclass(frozen=True, slots=True)
class Slot:
    """40 ms of show: a composed picture (height, width, 4) and its 1,920 samples.

    `cues` are handed back at the moment the slot goes on air (a caption starts, a line has ended); streaming
    does not look into them.
    """

    rgba: Rgba
    pcm: Pcm
    cues: tuple[object, ...] = ()
    origin: object = None
    """Whatever the writer wants to find again in `splice`; streaming does not look into it."""

    def __post_init__(self) -> None:
        """Refuse audio of another length: it would shift everything after it."""
        if self.pcm.shape != (SAMPLES_PER_FRAME,):
            raise ValueError(f"pcm: got shape {self.pcm.shape}; allowed: ({SAMPLES_PER_FRAME},)")


class Timeline:
    """A bounded, closable queue of slots. Every method may be called from any thread."""

    def __init__(self, capacity: int = 2 * FPS) -> None:
        """Make an empty timeline.

        Args:
            capacity: Slots it holds. It is also the delay between rendering and air, and what an
                interruption has to drop.

        Raises:
            ValueError: `capacity` is not positive.
        """
        if capacity <= 0:
            raise ValueError(f"capacity: got {capacity}; allowed: 1 or more")
        self.capacity = capacity
        self._slots: deque[Slot] = deque()
        self._changed = threading.Condition()
        self._epoch = 0
        self._finished = False
        self._closed = False

    @property
    def depth(self) -> int:
        """Slots waiting."""
        return len(self._slots)

    @property
    def epoch(self) -> int:
        """Grows by one at every `clear`. A writer takes it when it starts to speak and puts with it."""
        return self._epoch

    @property
    def drained(self) -> bool:
        """Nothing waits and nothing will come any more."""
        with self._changed:
            return self._closed or (self._finished and not self._slots)

    def put(self, slot: Slot, *, epoch: int | None = None, then: Callable[[], None] | None = None) -> None:
        """Append a slot; blocks while the timeline is full.

        Args:
            slot: What goes on air after everything put before it.
            epoch: The value of `epoch` when this utterance began. With it, a writer that was waiting here
                while somebody interrupted cannot add a stale slot after the cut.
            then: Called when the slot waits, before anybody can take or splice it.

        Raises:
            TimelineCleared: `clear` was called since `epoch` was read.
            TimelineClosed: `finish` or `close` was called, also while waiting.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._slots) < self.capacity or self._ended or self._stale(epoch))
            if self._ended:
                raise TimelineClosed("the timeline is closed")
            if self._stale(epoch):
                raise TimelineCleared(f"epoch {epoch} was cleared; the current one is {self._epoch}")
            self._slots.append(slot)
            if then is not None:
                then()
            self._changed.notify_all()

    def take(self, timeout: float | None = 0.0) -> Slot | None:
        """The next slot, or None when there is none within `timeout` seconds (None waits for ever).

        Also None, at once, when the timeline is drained.
        """
        with self._changed:
            self._changed.wait_for(lambda: bool(self._slots) or self._ended, timeout)
            if not self._slots:
                return None
            slot = self._slots.popleft()
            self._changed.notify_all()
            return slot

    def wait_below(self, depth: int, timeout: float) -> bool:
        """Wait until fewer than `depth` slots wait; False when that is not so within `timeout` seconds.

        For a writer whose sound is live: what it puts is heard after everything that waits.

        Raises:
            TimelineClosed: `finish` or `close` was called, also while waiting.
        """
        with self._changed:
            below = self._changed.wait_for(lambda: len(self._slots) < depth or self._ended, timeout)
            if self._ended:
                raise TimelineClosed("the timeline is closed")
            return below

    def clear(self, keep_through: Callable[[object], bool] | None = None) -> tuple[Slot, ...]:
        """Drop what waits: an interruption.

        Args:
            keep_through: Says which cue is a place to stop (the end of a sentence). Slots up to and with the
                first such cue still go on air. Without it, or when no such cue waits, all are dropped.

        Returns:
            The dropped slots in order; their cues say from where to resume.
        """
        with self._changed:
            kept = _through(self._slots, keep_through) if keep_through else 0
            dropped = tuple(self._slots)[kept:]
            for _ in dropped:
                self._slots.pop()
            self._epoch += 1
            self._changed.notify_all()
            return dropped

    def splice(self, edit: Callable[[tuple[Slot, ...]], Sequence[Slot]]) -> None:
        """Replace what waits, in one step that the station cannot come between: an interruption within a sentence.

        Args:
            edit: Given the waiting slots in order, says what goes on air instead; it must return quickly. Writers
                that put with an older `epoch` are refused, as after `clear`.
        """
        with self._changed:
            self._slots = deque(edit(tuple(self._slots)))
            self._epoch += 1
            self._changed.notify_all()

    def finish(self) -> None:
        """Nothing more will be put; what waits still goes on air. Idempotent."""
        with self._changed:
            self._finished = True
            self._changed.notify_all()

    def close(self) -> None:
        """Drop what waits and wake every thread that waits here. Idempotent."""
        with self._changed:
            self._closed = True
            self._slots.clear()
            self._changed.notify_all()

    @property
    def _ended(self) -> bool:
        return self._finished or self._closed

    def _stale(self, epoch: int | None) -> bool:
        return epoch is not None and epoch != self._epoch


def _through(slots: deque[Slot], boundary: Callable[[object], bool]) -> int:
    """Number of slots up to and with the first whose cues hold a boundary; 0 when there is none."""
    for index, slot in enumerate(slots):
        if any(boundary(cue) for cue in slot.cues):
            return index + 1
    return 0
