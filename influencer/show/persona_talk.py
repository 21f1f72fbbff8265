"""A persona says a text into an MP4: speech, performance, avatar, label and encoder, without a show around them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from influencer.errors import InvalidInput, Mistake
from influencer.settings import Picture
from influencer.show.casting import Casting
from influencer.show.fonts import fonts_for
from models.avatar.performance import Mood, Performance
from models.base import AudioDrivenSession, AvatarBackend, AvatarSession, FrameControls, Speech, SpeechModel
from streaming.clock import MonotonicClock
from streaming.compositor import Compositor
from streaming.errors import TimelineClosed
from streaming.media import FPS, SAMPLES_PER_FRAME, Overlay, Pcm, Rgba
from streaming.recorder import Mp4Recorder
from streaming.show_encoder import EncoderSettings
from streaming.station import Station
from streaming.timeline import Slot, Timeline

AHEAD = 15
"""Slots that may wait for the encoder."""
QUIET = FPS // 2
"""Frames of silence before the first word and after the last."""
BATCH = 5
"""Frames asked of the avatar at once."""


def talk(
    casting: Casting,
    text: str,
    output: Path,
    *,
    speech: SpeechModel,
    avatar: AvatarBackend,
    picture: Picture,
    mood: Mood = Mood.SELLING,
    seed: int = 0,
) -> dict[str, Any]:
    """Record a persona that says `text` in the market's voice, with a moment of silence before and after.

    Args:
        casting: who speaks, and in which market: voice, style, label.
        text: one or more sentences.
        output: the MP4 to write; it appears only when it is complete.
        speech: makes the voice.
        avatar: draws the host.
        picture: size and bit rate.
        mood: how the host behaves.
        seed: of the performance: the same seed gives the same movements.

    Returns:
        Seconds recorded, wall seconds, real-time factor (recorded / wall, without preparing the host), start seconds,
        and busy seconds a stage.

    Raises:
        InvalidInput: `output` is not an .mp4 in an existing folder, or there is nothing to say.
        models.errors.ModelError: the host, the voice or the weights are not to be had.
        OSError: the disk is full or not writable.
    """
    _check(text, output)
    began = time.monotonic_ns()
    host = avatar.open(casting.identity, picture.size)
    compositor = Compositor(picture.size, fonts_for(casting.market.language))
    overlay = Overlay(casting.market.label, language=casting.market.id)
    opened = time.monotonic_ns()
    timeline, recorder = Timeline(AHEAD), Mp4Recorder(output)
    busy: Counter[str] = Counter()
    station = Station(
        timeline,
        MonotonicClock(),
        [recorder],
        live=False,
        settings=EncoderSettings(size=picture.size, video_bitrate=picture.bitrate),
        observe=lambda stage, spent: busy.update({stage: spent}),
    )
    frames = 0
    try:
        station.start()
        threading.Thread(target=_watch, args=(station, timeline), name="talk watch", daemon=True).start()
        with suppress(TimelineClosed):  # the encoder broke: `join` says how
            for act in _acts(casting, text, speech, Performance(seed, FPS), mood, busy):
                frames += _show(act, host, compositor, overlay, timeline, busy)
            timeline.finish()
        station.join()
    finally:
        timeline.close()
        station.close()
        recorder.discard()  # leaves nothing behind when it was not finished
        host.close()
    wall = (time.monotonic_ns() - opened) / 1e9
    seconds = frames / FPS
    return {
        "file": str(output),
        "seconds": round(seconds, 2),
        "wall_seconds": round(wall, 2),
        "real_time_factor": round(seconds / wall, 2),
        "start_seconds": round((opened - began) / 1e9, 2),
        "busy_seconds": {stage: round(spent, 2) for stage, spent in sorted(busy.items())},
    }


def _check(text: str, output: Path) -> None:
    mistakes = []
    if output.suffix.lower() != ".mp4" or not output.parent.is_dir():
        mistakes.append(Mistake("output", repr(str(output)), "a file name that ends in .mp4 in an existing folder"))
    if not any(letter.isalnum() for letter in text):
        mistakes.append(Mistake("text", repr(text[:40]), "at least one word or number"))
    if mistakes:
        raise InvalidInput("talk", mistakes)


@dataclass(frozen=True, slots=True)
class _Act:
    """Some frames: their controls, and which sentence they say, from its frame `first` on."""

    controls: Sequence[FrameControls]
    speech: Speech | None = None
    first: int = 0

    def sound(self, index: int) -> Pcm:
        """The sound of frame `index` of this act, filled up with silence."""
        start = (self.first + index) * SAMPLES_PER_FRAME
        part = self.speech.pcm[start : start + SAMPLES_PER_FRAME] if self.speech else np.zeros(0, np.int16)
        return np.pad(part, (0, SAMPLES_PER_FRAME - len(part)))

    def draw(self, host: AvatarSession) -> list[Rgba]:
        """One picture for each control."""
        if self.speech is None or not isinstance(host, AudioDrivenSession):
            return host.render(self.controls)
        frames = range(self.first, self.first + len(self.controls))
        return host.render_speech(self.controls, self.speech.pcm, frames)


def _acts(
    casting: Casting, text: str, speech: SpeechModel, performance: Performance, mood: Mood, busy: Counter[str]
) -> Iterator[_Act]:
    voice = casting.voice
    sentences = speech.speak(text, language=casting.market.id, voice=voice.id, speed=voice.speed)
    yield _Act(performance.idle(QUIET))
    while True:
        began = time.monotonic_ns()
        said = next(sentences, None)
        busy.update({"speech": (time.monotonic_ns() - began) / 1e9})
        if said is None:
            break
        controls = performance.perform(said, mood)
        for first in range(0, len(controls), BATCH):
            yield _Act(controls[first : first + BATCH], said, first)
    yield _Act(performance.idle(QUIET))


def _show(
    act: _Act, host: AvatarSession, compositor: Compositor, overlay: Overlay, timeline: Timeline, busy: Counter[str]
) -> int:
    """Draw an act and hand it to the encoder; returns its frames."""
    began = time.monotonic_ns()
    pictures = act.draw(host)
    drawn = time.monotonic_ns()
    slots = [Slot(compositor.compose(picture, overlay), act.sound(i)) for i, picture in enumerate(pictures)]
    busy.update({"draw": (drawn - began) / 1e9, "compose": (time.monotonic_ns() - drawn) / 1e9})
    for slot in slots:
        timeline.put(slot)
    return len(slots)


def _watch(station: Station, timeline: Timeline) -> None:
    """A writer must not wait for room in a timeline that nobody empties any more."""
    with suppress(Exception):  # the caller's own `join` raises it
        station.join()
    timeline.close()
