"""A person's voice on its way to the air: when it may be heard, how far ahead, and the host's mouth that follows it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from influencer.show.painter import Batch, Painter
from influencer.show.utterance import Cue, PersonSilent, PersonSpoke
from models.avatar.listening import LiveMouth
from models.avatar.performance import Mood, Performance
from models.avatar.visemes import MouthFrame
from models.base import Speech
from streaming.media import FPS, SAMPLES_PER_FRAME, Overlay, Pcm, Rgba
from streaming.voice import VoiceBuffer

QUIET: Final = 3 * FPS // 2
"""Frames without voice after which a person has stopped speaking: a breath is shorter than 1.5 s."""
PIECE: Final = 2
"""Frames that are drawn together while the machine keeps up: 80 ms, which is also how long the sound waits for them."""
LONGEST_PIECE: Final = 6
_HEARD: Final = FPS
"""Frames of sound that a host which follows the sound itself is given."""
_FRAME_S: Final = 1.0 / FPS
_QUICK: Final = 0.7
"""Share of its time that drawing may take before fewer pictures are drawn."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some frames of live sound: 1,920 samples and a mouth each; `cues` belong before the first."""

    pcm: Pcm
    mouths: list[MouthFrame]
    cues: list[Cue]


class OpenMicrophone:
    """One speaker's sound as the renderer's thread takes it. `on_air` and `speaking` may be read from any thread."""

    def __init__(self, speaker: str, sound: VoiceBuffer, language: str) -> None:
        self.speaker = speaker
        self.on_air = False
        """Its sound goes to the viewers, or would if there were any."""
        self.speaking = False
        """A voice is in it, or was a moment ago."""
        self.frames, self.stride = PIECE, 1
        self._sound, self._language = sound, language
        self._mouth = LiveMouth()
        self._quiet = 0
        self._heard: Pcm = np.zeros(0, np.int16)
        self._piece_s = 0.02
        """What drawing a piece takes, smoothed."""

    @property
    def ahead(self) -> int:
        """Slots that may wait when a piece is begun: as many as are on air while it is drawn, and one for safety."""
        return math.ceil(self._piece_s / _FRAME_S) + 2

    def take(self) -> Piece:
        """The next `frames` frames, at once."""
        heard = self._sound.take(self.frames)
        self.on_air = True
        cues: list[Cue] = []
        if any(heard.voiced):
            self._quiet = 0
            if not self.speaking:
                self.speaking = True
                cues.append(PersonSpoke(self.speaker))
        elif self.speaking:
            self._quiet += self.frames
            if self._quiet >= QUIET:
                cues.append(self.stopped())
        self._heard = np.concatenate([self._heard, heard.pcm])[-_HEARD * SAMPLES_PER_FRAME :]
        return Piece(heard.pcm, self._mouth.follow(heard.pcm), cues)

    def speech(self) -> tuple[Speech, int]:
        """The sound so far, and which frame of it the last piece begins with: for hosts whose mouth follows sound."""
        start = len(self._heard) // SAMPLES_PER_FRAME - self.frames
        return Speech("", self._language, self._heard, ()), start

    def pictures(self, piece: Piece, body: Performance, painter: Painter, overlay: Overlay) -> list[Rgba]:
        """A picture for each frame of the piece that was taken last; some are shown more than once."""
        frames, stride = self.frames, self.stride
        controls = body.follow(piece.mouths) if self.speaking else body.idle(frames, Mood.LISTENING)
        batch = Batch(controls, *self.speech())
        with self.drawing():
            painter.announce(batch, stride)
            drawn = painter.composed(painter.hosts(batch, stride), overlay)
        return [drawn[frame // stride] for frame in range(frames)]

    def stopped(self) -> PersonSilent:
        """Nobody speaks any more."""
        self.speaking, self._quiet = False, 0
        return PersonSilent(self.speaker)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Measure how long a piece takes to draw, and choose how many pictures the next one gets."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        self._piece_s += (0.4 if took > self._piece_s else 0.1) * (took - self._piece_s)
        picture_s = self._piece_s * self.stride / self.frames
        if picture_s <= _QUICK * _FRAME_S:
            self.frames, self.stride = PIECE, 1
        else:  # one picture a piece, which is as long as the picture takes to draw
            self.frames = min(LONGEST_PIECE, max(PIECE, math.ceil(picture_s / (_QUICK * _FRAME_S))))
            self.stride = self.frames


class Relay:
    """Which microphone is open. `open` and `close` may be called from any thread, `voice` belongs to the renderer's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OpenMicrophone | None = None
        self._on_air: OpenMicrophone | None = None

    @property
    def microphone(self) -> OpenMicrophone | None:
        """The one that is open, on air or about to."""
        return self._open

    def open(self, microphone: OpenMicrophone) -> None:
        """From now on its sound is heard whenever nothing else is said."""
        with self._lock:
            self._open = microphone

    def close(self) -> None:
        """Nothing more of it is heard than what waits in the timeline already."""
        with self._lock:
            self._open = None

    def voice(self, *, free: bool) -> tuple[OpenMicrophone | None, list[Cue]]:
        """The microphone that is heard now, if it is `free` to be; and what has ended with one that is not any more."""
        with self._lock:
            voice = self._open if free else None
            before, self._on_air = self._on_air, voice
        if before is None or before is voice:
            return voice, []
        before.on_air = False
        return voice, [before.stopped()] if before.speaking else []
