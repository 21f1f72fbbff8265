"""The paced loop of a show: one slot every 40 ms, encoded once, handed to every output, for ever.

The audio clock is the master. Tick n begins at start + n/25 s and carries 1,920 samples and one picture of the
same pts. What a viewer sees must leave when it is heard: RTCP sender reports (RFC 3550, 6.4.1) tie RTP time to
the moment of sending. So a picture and the sound of equal pts are released together, half a frame after the
tick began (the encode fits into that half), and the tick's second Opus packet exactly 20 ms later.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from streaming.clock import Clock, frame_deadline_ns
from streaming.media import FPS, SAMPLES_PER_FRAME, EncodedPacket, Rgba
from streaming.output import Output
from streaming.show_encoder import EncodedTick, EncoderSettings, ShowEncoder
from streaming.timeline import Slot, Timeline

logger = logging.getLogger(__name__)

FRAME_NS: Final = 1_000_000_000 // FPS
RELEASE_NS: Final = FRAME_NS // 2
RESYNC_NS: Final = 1_000_000_000
"""Further behind than this (the machine slept), the show goes on from now instead of sending a burst."""
_POLL_S: Final = 0.1
_SILENCE: Final = np.zeros(SAMPLES_PER_FRAME, np.int16)


@dataclass(slots=True)
class StationStats:
    """Counters since the start, and the last values of what moves. `Station.stats` gives out copies."""

    ticks: int = 0
    repeats: int = 0
    """Ticks without a slot: last picture (or standby) and silence."""
    late: int = 0
    """Ticks whose encode ended after their release time."""
    skipped_video: int = 0
    """Pictures left out so that sound stays on time."""
    resyncs: int = 0
    encode_ms: float = 0.0
    """Wall time of the last tick's encodes."""
    encode_ms_max: float = 0.0
    encode_ms_total: float = 0.0
    drift_ms: float = 0.0
    """Show clock behind the machine's clock since the start, resyncs included."""
    queued: int = 0
    """Slots waiting in the timeline."""


class Station:
    """Takes slots, stamps pts, encodes once, releases on time. Owns a thread between `start` and `close`."""

    def __init__(
        self,
        timeline: Timeline,
        clock: Clock,
        outputs: Sequence[Output],
        *,
        live: bool = True,
        settings: EncoderSettings | None = None,
        standby: Rgba | None = None,
        standby_after_s: float = 2.0,
        first_tick: int = 0,
        on_cue: Callable[[object, int], None] | None = None,
        observe: Callable[[str, float], None] | None = None,
    ) -> None:
        """Prepare a station; nothing runs before `start`.

        Args:
            timeline: Where the slots come from.
            clock: Paces the ticks of a live show.
            outputs: Where packets go. The station closes them when the show ends, not when it crashes.
            live: False renders off line: as fast as it can, waiting for slots, until the timeline is drained.
            settings: Sizes and bit rates.
            standby: Shown before the first slot (else black) and when none came for `standby_after_s`.
            standby_after_s: Until then the last picture is repeated.
            first_tick: Number of the first tick: a station that replaces a crashed one goes on at its pts.
            on_cue: Called on the station's thread with each cue of a slot and its pts, as the slot goes on
                air. It must return quickly.
            observe: Called with a stage's name and its seconds, for metrics.

        Raises:
            EncoderError: The settings cannot be encoded.
        """
        settings = settings or EncoderSettings()
        self._timeline, self._clock, self._outputs, self._live = timeline, clock, tuple(outputs), live
        self._encoder = ShowEncoder(settings, frozenset().union(*(out.codecs for out in self._outputs)))
        self._on_cue, self._observe = on_cue, observe
        self._standby = standby
        self._picture = _black(settings.size) if standby is None else standby
        self._standby_after = round(standby_after_s * FPS)
        self._starved = 0
        self._idr_wanted = False
        self._stats = StationStats(ticks=first_tick)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._main, name="station", daemon=True)
        self.failure: Exception | None = None
        """What ended the thread, when it was not `close` or the end of the timeline."""

    @property
    def stats(self) -> StationStats:
        """A copy of the counters; any thread."""
        return replace(self._stats, queued=self._timeline.depth)

    @property
    def pts(self) -> int:
        """Show time: the pts of the next tick."""
        return self._stats.ticks * SAMPLES_PER_FRAME

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Go on air. Once."""
        self._thread.start()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the timeline is drained (off line) or the station was closed; False on time-out.

        Raises:
            Exception: Whatever ended the thread early.
        """
        self._thread.join(timeout)
        if self.failure is not None:
            raise self.failure
        return not self._thread.is_alive()

    def close(self) -> None:
        """Go off air and wait for the thread, about a tick: call it in a worker thread. Idempotent."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _main(self) -> None:
        try:
            if self._live:
                self._run_live()
            else:
                self._run_offline()
            self._push(self._encoder.flush())
            for output in self._outputs:
                output.close()
        except Exception as error:  # the owner reads `failure` and starts another station on the same outputs
            logger.exception("the station stopped")
            self.failure = error

    def _run_offline(self) -> None:
        while not self._stop.is_set() and not self._timeline.drained:
            slot = self._timeline.take(_POLL_S)
            if slot is not None:
                tick = self._encode(slot, video=True)
                self._release(slot, tick)
                self._push(tick.second)

    def _run_live(self) -> None:
        origin = start = self._clock.now_ns() - frame_deadline_ns(0, self._stats.ticks, FPS)
        second: tuple[EncodedPacket, ...] = ()
        while not self._stop.is_set():
            deadline = frame_deadline_ns(start, self._stats.ticks, FPS)
            self._clock.sleep_until(deadline)
            self._push(second)
            lag = self._clock.now_ns() - deadline
            if lag > RESYNC_NS:
                start, deadline, lag = start + lag, deadline + lag, 0
                self._stats.resyncs += 1
            slot = self._next_slot()
            tick = self._encode(slot, video=lag < FRAME_NS)
            self._wait_for_release(deadline + RELEASE_NS)
            self._stats.drift_ms = (
                self._clock.now_ns() - frame_deadline_ns(origin, self._stats.ticks, FPS) - RELEASE_NS
            ) / 1e6
            self._release(slot, tick)
            second = tick.second

    def _next_slot(self) -> Slot:
        """The next slot; when none was rendered in time the last picture, later the standby, and silence."""
        slot = self._timeline.take()
        if slot is not None:
            self._starved, self._picture = 0, slot.rgba
            return slot
        self._stats.repeats += 1
        self._starved += 1
        if self._standby is not None and self._starved > self._standby_after:
            return Slot(self._standby, _SILENCE)
        return Slot(self._picture, _SILENCE)

    def _encode(self, slot: Slot, *, video: bool) -> EncodedTick:
        began = self._clock.now_ns()
        requests = [output.wants_keyframe() for output in self._outputs]  # all of them: asking takes it
        self._idr_wanted |= any(requests)
        tick = self._encoder.encode(self._stats.ticks, slot, video=video, force_idr=self._idr_wanted)
        if video:
            self._idr_wanted = False
        else:
            self._stats.skipped_video += 1
        self._note_encode((self._clock.now_ns() - began) / 1e9)
        return tick

    def _note_encode(self, seconds: float) -> None:
        stats = self._stats
        stats.encode_ms = seconds * 1e3
        stats.encode_ms_max = max(stats.encode_ms_max, stats.encode_ms)
        stats.encode_ms_total += stats.encode_ms
        if self._observe is not None:
            self._observe("encode", seconds)

    def _wait_for_release(self, release: int) -> None:
        if self._clock.now_ns() > release:
            self._stats.late += 1
        self._clock.sleep_until(release)

    def _release(self, slot: Slot, tick: EncodedTick) -> None:
        pts = self.pts
        self._push(tick.first)
        if self._on_cue is not None:
            for cue in slot.cues:
                self._on_cue(cue, pts)
        self._stats.ticks += 1

    def _push(self, packets: Sequence[EncodedPacket]) -> None:
        if packets:
            for output in self._outputs:
                output.push(packets)


def _black(size: tuple[int, int]) -> Rgba:
    picture = np.zeros((size[1], size[0], 4), np.uint8)
    picture[..., 3] = 255
    return picture
