"""Turns prepared utterances into timed slots of picture and sound. Runs in a worker thread of its own.

Urgent utterances (answers, the operator's words) are taken at the next sentence boundary; the one they interrupt goes
on with its next sentence. `interrupt` cuts earlier, also what already waits in the timeline. While the script waits a
person may be heard through a microphone. When nothing is ready the host idles and listens, so slots never end.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from influencer.show.interruptions import (
    CUT,
    POLICIES,
    Boundary,
    Cut,
    Emission,
    Kind,
    Part,
    faded,
    heard,
    plan,
    shortened,
)
from influencer.show.painter import Batch, Composes, Painter, Stage
from influencer.show.relay import OpenMicrophone, Relay
from influencer.show.tickets import SayTask, Ticket
from influencer.show.utterance import (
    Cue,
    SentenceStarted,
    Utterance,
    UtteranceCut,
    UtteranceFinished,
    UtteranceResumed,
    UtteranceStarted,
)
from influencer.show.waiting import Waiting
from models.avatar.performance import Mood, Performance
from models.base import AvatarSession, FrameControls, Speech
from streaming.errors import TimelineCleared, TimelineClosed
from streaming.media import FPS, SAMPLES_PER_FRAME, ChatHighlight, Rgba
from streaming.timeline import Slot, Timeline

BATCH = 5
"""Frames rendered in one call: 200 ms, the longest an urgent sentence waits behind idle frames."""
GAP_FRAMES = 8
"""Idle frames between utterances: a breath of 320 ms."""
LOW_WATER = 6
"""Slots left in the timeline below which every second host frame is drawn (and below a third of it, every fourth)."""


class _Interrupted(Exception):
    """The emission ends here."""


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
        self._painter = Painter(host, compositor, observe)
        self._performance = performance
        self._timeline = timeline
        self.stage = stage
        self._on_lost = on_lost
        self._live = live
        self._frame_limit = frame_limit
        self.waiting = Waiting()
        self.relay = Relay()
        self._lock = self.waiting.changed
        self._cues: list[Cue] = []
        self._emission: Emission | None = None
        self._interrupts = self._seen = 0
        self._rewind: tuple[Performance, Speech, Mood] | None = None
        self._cover: Rgba | None = None
        self._covered = False
        """The cover lies over all that is put, not only over silence."""
        self._closed = False
        self._product_id = ""
        self.latest: Rgba | None = None
        """The last composed picture, for posters."""
        self.frames = 0

    @property
    def drawn(self) -> int:
        """Host frames drawn; less than `frames` when the machine is too slow and frames are shown twice."""
        return self._painter.drawn

    # --- from other threads ---

    @property
    def live(self) -> bool:
        """Whether people watch now: a recording waits for what is slow instead of covering it."""
        return self._live

    def submit(self, utterance: Utterance) -> None:
        """Queue an utterance; its sentences may still be arriving."""
        task = utterance.ticket.task
        with self._lock:
            if isinstance(task, SayTask) and task.cut not in {"sentence", "line"}:
                self.interrupt("say-now", task.cut)
                self.waiting.add(utterance, first=True)
            else:
                self.waiting.add(utterance)

    def interrupt(
        self, kind: Kind, boundary: Boundary | None = None, *, when: Callable[[Utterance], bool] | None = None
    ) -> Utterance | None:
        """Cut what is heard, at once also in the timeline; what was not heard is said later, as the policy says.

        Args:
            kind: whose policy counts.
            boundary: another boundary than the policy's.
            when: only cut an utterance for which this is true.

        Returns:
            The utterance that is given up, wholly or in the middle; None when everything will still be said.
        """
        policy = POLICIES[kind]
        cuts: list[Cut] = []

        def edit(waiting: tuple[Slot, ...]) -> tuple[Slot, ...]:
            emission = self._emission
            cut = plan(waiting, emission.part if emission else None, boundary or policy.boundary)
            if when is not None and (cut.part is None or not when(cut.part.utterance)):
                return waiting
            self._interrupts += 1
            cuts.append(self._account(cut, given_up=policy.resume in {"next", "rewrite"}))
            return cuts[0].kept

        with self._lock:
            self._timeline.splice(edit)
            if not cuts or cuts[0].part is None or policy.resume not in {"next", "rewrite"}:
                return None
            utterance: Utterance = cuts[0].part.utterance
            self.waiting.remove(utterance)
            self.waiting.unbegin(utterance.ticket)
            return utterance

    def _account(self, cut: Cut, *, given_up: bool) -> Cut:
        """Put back what is not heard, end the emission, and note the cut on the last frame that is heard."""
        emission, part = self._emission, cut.part
        lost = [slot.origin for slot in cut.dropped if isinstance(slot.origin, Part) and slot.origin.frame == 0]
        if emission is not None and emission.part is not None and emission.next == 0:
            lost.append(emission.part)
        if part is not None and cut.within:
            lost.insert(0, part)
        self._put_back(lost)
        dropped: list[object] = [cue for slot in cut.dropped for cue in slot.cues]
        dropped += emission.cues if emission is not None and emission.next == 0 else []
        for cue in dropped:
            if isinstance(cue, UtteranceStarted):
                self.waiting.unbegin(cue.utterance.ticket)
            elif isinstance(cue, UtteranceResumed):
                cue.utterance.was_cut = True
        cues: list[Cue] = []
        if part is not None and (cut.within or (given_up and self.waiting.has_begun(part.utterance.ticket))):
            cues = [UtteranceCut(part.utterance, heard(part.sentence, cut.at) if cut.at else None)]
            part.utterance.was_cut = True
        return self._end(cut, emission, cues)

    def _put_back(self, lost: Sequence[Part]) -> None:
        for utterance in reversed(list(dict.fromkeys(part.utterance for part in lost))):
            utterance.sentences.put_back([part.sentence for part in lost if part.utterance is utterance])
            self.waiting.put_back(utterance)

    def _end(self, cut: Cut, emission: Emission | None, cues: list[Cue]) -> Cut:
        part = cut.part
        goes_on = emission is not None and part is not None and emission.body is part.body
        if part is not None and (cut.dropped or goes_on) and not (goes_on and cut.at == part.sentence.samples):
            self._rewind = part.body, shortened(part.sentence, cut.last_frame + 1), part.utterance.mood
        if emission is not None and not emission.last_cues:  # an earlier cut still runs to its word
            emission.last = cut.last_frame if goes_on else -1
        if emission is not None and goes_on and part is not None and cut.last_frame >= emission.next:
            if cut.within:
                emission.sentence = replace(part.sentence, pcm=faded(part.sentence.pcm, cut.at))
            emission.last_cues = cues
        elif cues and cut.kept and cut.at:
            kept = (*cut.kept[:-1], replace(cut.kept[-1], cues=(*cut.kept[-1].cues, *cues)))
            return replace(cut, kept=kept)
        else:
            self._cues += cues
        return cut

    def cover(self, picture: Rgba | None, *, at_once: bool = False) -> None:
        """Show a still in place of the host while nothing is said, or the host again (None).

        `at_once` cuts what is said and covers what waits in the timeline too. Call `hold` before.
        """
        with self._lock:
            self._cover, self._covered = picture, at_once and picture is not None
            if picture is not None and at_once:
                self.interrupt("emergency")
                self._timeline.splice(lambda waiting: [replace(slot, rgba=picture) for slot in waiting])

    @property
    def covered(self) -> bool:
        """Whether what is rendered now is the still, and not the host."""
        with self._lock:
            speaks = self._emission is not None and self._emission.sentence is not None
            return self._cover is not None and (self._covered or not speaks)

    def swap_host(self, host: AvatarSession) -> None:
        """Cross-fade to another host from the next frame on; the old one is closed.

        What fades is the old host's last picture: to draw two hosts for a moment would cost frames on a machine that
        can just draw one.
        """
        self._painter.swap(host)

    @property
    def satisfied(self) -> bool:
        """Whether what is spoken already fills the rest of a recording: nothing more needs to be prepared."""
        if self._frame_limit is None:
            return False
        return self.frames + self.waiting.samples // SAMPLES_PER_FRAME >= self._frame_limit

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
                with suppress(_Interrupted):
                    self._rewound()
                    utterance = self._pick()
                    voice, ended = self.relay.voice(free=utterance is None and self.waiting.script_waits)
                    self._cues += ended
                    if voice is not None:
                        self._relay(voice)
                    elif utterance is not None:
                        self._go_on(utterance)
                    elif self._live:
                        self._listen()
                with self._lock:
                    self._emission = None

    def _listen(self) -> None:
        with self._lock:
            cover, emission = self._cover, Emission(None, None)
            if cover is not None:
                self._emission = emission
        if cover is None:
            self._emit(self._performance.idle(BATCH, Mood.LISTENING), emission, None)
            return
        for _ in range(BATCH):
            self._put(cover, emission)

    def _relay(self, voice: OpenMicrophone) -> None:
        """A piece of a person's speech. The sound is taken as late as it can be drawn in time."""
        if not self._timeline.wait_below(voice.ahead, 0.1):
            return
        piece = voice.take()
        self._cues += piece.cues
        emission = Emission(None, None, sound=piece.pcm)
        with self._lock:
            self._emission = emission
            if self._seen != self._interrupts:
                raise _Interrupted
        overlay = self.stage.overlay(self._product_id, speaks=voice.speaking)
        for picture in voice.pictures(piece, self._performance, self._painter, overlay):
            self._put(picture, emission)

    def _rewound(self) -> None:
        """After a cut the body goes on from where it was seen last, not from where the sentence would have ended."""
        with self._lock:
            rewind, self._rewind = self._rewind, None
        if rewind is not None:
            body, sentence, mood = rewind
            self._performance = copy.deepcopy(body)
            self._performance.perform(sentence, mood)

    def release(self) -> None:
        """Close the hosts; after `run` has returned."""
        self._painter.release()

    def _pick(self) -> Utterance | None:
        with self._lock:
            if not self._live:
                self._lock.wait_for(lambda: self._closed or any(self.waiting.counts()), timeout=0.2)
            self._seen = self._interrupts
            return None if self._closed else self.waiting.first()

    def _go_on(self, utterance: Utterance) -> None:
        if not self.waiting.has_begun(utterance.ticket) and not utterance.still_true():
            self.waiting.remove(utterance)
            self._on_lost(utterance.ticket)
            return
        sentence = utterance.sentences.take(wait_s=0.0 if self._live else 0.2)
        if sentence == "pending":
            if self._live:
                self._emit(self._performance.idle(BATCH, utterance.mood), Emission(None, None), None)
        elif sentence == "done":
            self._finish(utterance)
        else:
            self._speak(utterance, sentence)

    def _finish(self, utterance: Utterance) -> None:
        if not self.waiting.has_begun(utterance.ticket):  # not one sentence could be synthesised
            self.waiting.remove(utterance)
            self._on_lost(utterance.ticket)
            return
        self.waiting.remove(utterance, finished=True)
        self._cues.append(UtteranceFinished(utterance))
        self._emit(self._performance.idle(GAP_FRAMES, utterance.mood), Emission(None, None), utterance.highlight)

    def _speak(self, utterance: Utterance, sentence: Speech) -> None:
        cues: list[Cue] = []
        first = not self.waiting.has_begun(utterance.ticket)
        if not self.waiting.begin(utterance):  # taken back by an operator while its sentence was taken
            return
        if first:
            cues.append(UtteranceStarted(utterance))
        elif utterance.was_cut:
            left = utterance.text.find(sentence.text)
            cues.append(UtteranceResumed(utterance, utterance.text[left:] if left >= 0 else sentence.text))
        utterance.was_cut = False
        cues.append(SentenceStarted(utterance, sentence.text, sentence.samples))
        self._product_id = utterance.product_id
        emission = Emission(utterance, sentence, copy.deepcopy(self._performance), cues)
        self._emit(self._performance.perform(sentence, utterance.mood), emission, utterance.highlight)

    def _emit(self, controls: Sequence[FrameControls], emission: Emission, highlight: ChatHighlight | None) -> None:
        if not controls:
            return
        sentence = emission.sentence
        with self._lock:
            self._emission = emission
            if self._seen != self._interrupts and emission.part is not None:  # cut before its first frame was drawn
                self._account(Cut((), (), emission.part), given_up=False)
                raise _Interrupted
        overlay = self.stage.overlay(self._product_id, sentence.text if sentence else None, highlight)
        batches = [Batch(controls[at : at + BATCH], sentence, at) for at in range(0, len(controls), BATCH)]
        stride, batch = self._stride(), batches[0]
        self._painter.announce(batch, stride)
        for following in (*batches[1:], None):
            coming = self._stride(ready=len(batch.controls))
            if following is not None:
                self._painter.announce(following, coming)
            hosts = self._painter.hosts(batch, stride)
            pictures = self._painter.composed(hosts, overlay)
            for offset in range(len(batch.controls)):
                self._put(pictures[offset // stride], emission)
            if following is not None:
                batch, stride = following, coming

    def _was_put(self, emission: Emission) -> None:
        emission.next += 1
        self._cues.clear()

    def _stride(self, ready: int = 0) -> int:
        """How many frames share a picture, by the slots in the timeline and `ready` ones about to be put there."""
        depth = self._timeline.depth + ready
        if not self._live or self.frames < FPS or depth >= LOW_WATER:
            return 1
        return 2 if depth >= LOW_WATER // 3 else 4

    def _put(self, picture: Rgba, emission: Emission) -> None:
        while True:
            with self._lock:
                frame, last, epoch = emission.next, emission.last, self._timeline.epoch
                if last is not None and frame > last:
                    raise _Interrupted
                opening = emission.cues if frame == 0 else []
                closing = emission.last_cues if frame == last else []
                pcm = emission.pcm(frame)
                origin = CUT if emission.last_cues else emission.part
                picture = self._cover if self._covered and self._cover is not None else picture
                slot = Slot(picture, pcm, (*self._cues, *opening, *closing), origin)
            try:
                self._timeline.put(slot, epoch=epoch, then=lambda: self._was_put(emission))
            except TimelineCleared:
                continue
            break
        self.latest = picture
        self.frames += 1
        if self.frames == self._frame_limit:
            self._timeline.finish()
            raise TimelineClosed("the recording is long enough")
