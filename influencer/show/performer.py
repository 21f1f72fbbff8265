"""Turns prepared utterances into timed slots of picture and sound. Runs in a worker thread of its own.

Urgent utterances (answers, the operator's words) are taken at the next sentence boundary; the one they interrupt goes
on with its next sentence. When nothing is ready the host idles and listens, so slots never end while a show is live.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from influencer.show.director import Ticket
from influencer.show.utterance import Cue, SentenceStarted, Utterance, UtteranceFinished, UtteranceStarted
from models.avatar.performance import Mood, Performance
from models.base import AudioDrivenSession, AvatarSession, ForesightedSession, FrameControls, Speech
from streaming.errors import TimelineClosed
from streaming.media import FPS, SAMPLES_PER_FRAME, ChatHighlight, Overlay, Pcm, ProductCard, Rgba
from streaming.timeline import Slot, Timeline

BATCH = 5
"""Frames rendered in one call: 200 ms, the longest an urgent sentence waits behind idle frames."""
GAP_FRAMES = 8
"""Idle frames between utterances: a breath of 320 ms."""
FADE_FRAMES = 15
"""A persona swap cross-fades over 600 ms."""
LOW_WATER = 6
"""Slots left in the timeline below which every second host frame is drawn (and below a third of it, every fourth)."""
SILENCE: Pcm = np.zeros(SAMPLES_PER_FRAME, np.int16)


class Composes(Protocol):
    """The part of the compositor used here."""

    def compose(self, host: Rgba, overlay: Overlay) -> Rgba:
        """Draw everything over the host; see `streaming.compositor`."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What surrounds the host in one market."""

    label: str
    language: str
    card: Callable[[str], ProductCard | None]
    """The card of a product, as true as the last refresh."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some frames to draw together: frames `start` and following of a sentence, or of none."""

    controls: Sequence[FrameControls]
    sentence: Speech | None
    start: int

    def announce_to(self, host: AvatarSession, stride: int) -> None:
        """Let a host that can do so begin with every `stride`-th frame."""
        if isinstance(host, ForesightedSession):
            host.expect(self.controls[::stride])

    def drawn_by(self, host: AvatarSession, stride: int) -> list[Rgba]:
        """Every `stride`-th frame."""
        controls = self.controls[::stride]
        if self.sentence is None or not isinstance(host, AudioDrivenSession):
            return host.render(controls)
        frames = range(self.start, self.start + len(self.controls), stride)
        return host.render_speech(controls, self.sentence.pcm, frames)


class Performer:
    """The renderer thread's body: `run` until `close`. Other methods may be called from any thread."""

    def __init__(
        self,
        *,
        host: AvatarSession,
        performance: Performance,
        compositor: Composes,
        timeline: Timeline,
        stage: Stage,
        on_lost: Callable[[Ticket], None],
        observe: Callable[[str, float], None],
        live: bool = True,
        frame_limit: int | None = None,
    ) -> None:
        self._host = host
        self._performance = performance
        self._compositor = compositor
        self._timeline = timeline
        self.stage = stage
        self._on_lost = on_lost
        self._observe = observe
        self._live = live
        self._frame_limit = frame_limit
        self._lock = threading.Condition()
        self._urgent: deque[Utterance] = deque()
        self._script: deque[Utterance] = deque()
        self._begun: set[Ticket] = set()
        self._cues: list[Cue] = []
        self._held = False
        self._closed = False
        self._left: list[AvatarSession] = []
        """Hosts that were swapped out, to be closed by the thread that draws."""
        self._shown: Rgba | None = None
        """The last picture of a host, without what lies over it."""
        self._fading_from: Rgba | None = None
        self._fade_left = 0
        self._product_id = ""
        self.latest: Rgba | None = None
        """The last composed picture, for posters."""
        self.frames = 0
        self.drawn = 0
        """Host frames drawn; less than `frames` when the machine is too slow and frames are shown twice."""

    # --- from other threads ---

    def submit(self, utterance: Utterance) -> None:
        """Queue an utterance; its sentences may still be arriving."""
        with self._lock:
            (self._urgent if utterance.ticket.urgent else self._script).append(utterance)
            self._lock.notify_all()

    def discard(self, *, everything: bool) -> None:
        """Forget script utterances that have not begun; with `everything`, all of them after the current sentence."""
        with self._lock:
            self._script = deque(u for u in self._script if u.ticket in self._begun and not everything)
            if everything:
                self._urgent.clear()

    def hold(self, held: bool) -> None:
        """Fall silent at the next sentence boundary, or go on."""
        with self._lock:
            self._held = held
            self._lock.notify_all()

    def swap_host(self, host: AvatarSession) -> None:
        """Cross-fade to another host from the next frame on; the old one is closed.

        What fades is the old host's last picture: to draw two hosts for a moment would cost frames on a machine that
        can just draw one.
        """
        with self._lock:
            self._left.append(self._host)
            self._host = host

    def waiting(self) -> tuple[int, int]:
        """(urgent, script) utterances in the queues."""
        with self._lock:
            return len(self._urgent), len(self._script)

    @property
    def satisfied(self) -> bool:
        """Whether what is spoken already fills the rest of a recording: nothing more needs to be prepared."""
        if self._frame_limit is None:
            return False
        with self._lock:
            ready = sum(utterance.sentences.samples for utterance in (*self._urgent, *self._script))
        return self.frames + ready // SAMPLES_PER_FRAME >= self._frame_limit

    def close(self) -> None:
        """Make `run` return. Idempotent."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        self._timeline.close()

    # --- the thread's body ---

    def run(self) -> None:
        """Fill the timeline until closed. Blocks."""
        with suppress(TimelineClosed):
            while not self._closed:
                utterance = self._pick()
                if utterance is not None:
                    self._go_on(utterance)
                elif self._live:
                    self._emit(self._performance.idle(BATCH, Mood.LISTENING), None, None)

    def release(self) -> None:
        """Close the hosts; after `run` has returned."""
        for host in (*self._left, self._host):
            host.close()

    def _pick(self) -> Utterance | None:
        with self._lock:
            if not self._live:
                self._lock.wait_for(lambda: self._closed or self._urgent or self._script, timeout=0.2)
            if self._held or self._closed:
                return None
            if self._urgent:
                return self._urgent[0]
            return self._script[0] if self._script else None

    def _go_on(self, utterance: Utterance) -> None:
        if utterance.ticket not in self._begun and not utterance.still_true():
            self._remove(utterance)
            self._on_lost(utterance.ticket)
            return
        sentence = utterance.sentences.take(wait_s=0.0 if self._live else 0.2)
        if sentence == "pending":
            if self._live:
                self._emit(self._performance.idle(BATCH, utterance.mood), None, None)
        elif sentence == "done":
            self._finish(utterance)
        else:
            self._speak(utterance, sentence)

    def _finish(self, utterance: Utterance) -> None:
        self._remove(utterance)
        if utterance.ticket not in self._begun:  # not one sentence could be synthesised
            self._on_lost(utterance.ticket)
            return
        self._begun.discard(utterance.ticket)
        self._cues.append(UtteranceFinished(utterance))
        self._emit(self._performance.idle(GAP_FRAMES, utterance.mood), None, utterance.highlight)

    def _remove(self, utterance: Utterance) -> None:
        with self._lock:
            for queue in (self._urgent, self._script):
                if utterance in queue:
                    queue.remove(utterance)

    def _speak(self, utterance: Utterance, sentence: Speech) -> None:
        if utterance.ticket not in self._begun:
            self._begun.add(utterance.ticket)
            self._cues.append(UtteranceStarted(utterance))
        self._cues.append(SentenceStarted(utterance, sentence.text, sentence.samples))
        self._product_id = utterance.product_id
        controls = self._performance.perform(sentence, utterance.mood)
        self._emit(controls, sentence, utterance.highlight)

    def _emit(
        self, controls: Sequence[FrameControls], sentence: Speech | None, highlight: ChatHighlight | None
    ) -> None:
        if not controls:
            return
        overlay = Overlay(
            label=self.stage.label,
            card=self.stage.card(self._product_id) if self._product_id else None,
            caption=sentence.text if sentence else None,
            highlight=highlight,
            language=self.stage.language,
        )
        batches = [_Batch(controls[at : at + BATCH], sentence, at) for at in range(0, len(controls), BATCH)]
        stride, batch = self._stride(), batches[0]
        batch.announce_to(self._host, stride)
        for following in (*batches[1:], None):
            coming = self._stride(ready=len(batch.controls))
            if following is not None:
                following.announce_to(self._host, coming)
            hosts = self._hosts(batch, stride)
            pictures = self._composed(hosts, overlay)
            for offset in range(len(batch.controls)):
                self._put(pictures[offset // stride], _samples(sentence, batch.start + offset))
            if following is not None:
                batch, stride = following, coming

    def _hosts(self, batch: _Batch, stride: int) -> list[Rgba]:
        """Every `stride`-th picture of the host: under load some are shown twice rather than late."""
        began = time.monotonic_ns()
        hosts = batch.drawn_by(self._on_stage(), stride)
        self.drawn += len(hosts)
        if self._fading_from is not None:
            hosts = self._cross_fade(hosts, self._fading_from, stride)
        self._shown = hosts[-1]
        self._note("render", began, len(hosts))
        return hosts

    def _composed(self, hosts: Sequence[Rgba], overlay: Overlay) -> list[Rgba]:
        began = time.monotonic_ns()
        pictures = [self._compositor.compose(host, overlay) for host in hosts]
        self._note("compose", began, len(hosts))
        return pictures

    def _note(self, stage: str, began_ns: int, pictures: int) -> None:
        each = (time.monotonic_ns() - began_ns) / 1e9 / pictures
        for _ in range(pictures):
            self._observe(stage, each)

    def _stride(self, ready: int = 0) -> int:
        """How many frames share a picture, by the slots in the timeline and `ready` ones about to be put there."""
        depth = self._timeline.depth + ready
        if not self._live or self.frames < FPS or depth >= LOW_WATER:
            return 1
        return 2 if depth >= LOW_WATER // 3 else 4

    def _on_stage(self) -> AvatarSession:
        """The host that draws now. When it has just been swapped in, a fade from the last picture begins."""
        with self._lock:
            host, left, self._left = self._host, self._left, []
        if left:
            self._fading_from, self._fade_left = self._shown, FADE_FRAMES
        for one in left:
            one.close()
        return host

    def _cross_fade(self, hosts: list[Rgba], old: Rgba, stride: int) -> list[Rgba]:
        mixed = []
        for new in hosts:
            share = self._fade_left / FADE_FRAMES
            mixed.append(np.asarray(cv2.addWeighted(old, share, new, 1 - share, 0), np.uint8))
            self._fade_left = max(0, self._fade_left - stride)
        if self._fade_left == 0:
            self._fading_from = None
        return mixed

    def _put(self, picture: Rgba, pcm: Pcm) -> None:
        cues, self._cues = tuple(self._cues), []
        self.latest = picture
        self.frames += 1
        self._timeline.put(Slot(picture, pcm, cues))
        if self.frames == self._frame_limit:
            self._timeline.finish()
            raise TimelineClosed("the recording is long enough")


def _samples(sentence: Speech | None, frame: int) -> Pcm:
    """The 1,920 samples that belong to a frame of a sentence, padded with silence at its end."""
    if sentence is None:
        return SILENCE
    part = sentence.pcm[frame * SAMPLES_PER_FRAME : (frame + 1) * SAMPLES_PER_FRAME]
    return part if len(part) == SAMPLES_PER_FRAME else np.pad(part, (0, SAMPLES_PER_FRAME - len(part)))
