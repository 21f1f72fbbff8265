"""A person's microphone on its way to the air: jitter buffer, voice gate, levelling, limiter. Pure arithmetic.

Whoever takes sound never waits: what has not come is silence, and what comes late is dropped, so the delay is bounded.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME, Pcm

Floats = npt.NDArray[np.float64]

TARGET: Final = SAMPLE_RATE * 60 // 1000
"""Samples that stay behind a block that is taken: 60 ms hide the jitter of a usual network."""
_LARGEST_TARGET: Final = SAMPLE_RATE * 160 // 1000
"""As far as it grows when sound came too late, half as much again each time; it shrinks back within seconds."""
MOST: Final = SAMPLE_RATE * 240 // 1000
"""More than this behind a block is cut back to `TARGET`: the longest delay of this buffer."""
_KEPT: Final = SAMPLE_RATE
"""While nobody takes, one second is kept at most."""
_LONGEST_GAP: Final = SAMPLE_RATE // 5
"""Lost packets become silence of their length up to here; longer ones are a pause of the sender's."""
_JOIN: Final = 240
"""A cut is cross-faded over 5 ms."""
STEP: Final = 480
"""The gate and the levelling decide every 10 ms."""
AHEAD: Final = 240
"""The limiter looks 5 ms ahead, which is its delay."""
CEILING: Final = 0.89
"""-1 dBFS: no sample leaves louder."""
LOUDNESS: Final = 0.126
"""-18 dBFS RMS: about as loud as the synthetic voices are."""
_MOST_GAIN: Final = 4.0
_OPEN_DB: Final = -48.0
_HANG: Final = 30
"""Steps a gate stays open after the last loud one: 300 ms, longer than the closure of any consonant."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Sound that is ready for the air; `voiced` says for each 40 ms whether the gate let anything through."""

    pcm: Pcm
    voiced: tuple[bool, ...]


class VoiceGate:
    """Lets a voice through and holds back the room: opens 9 dB above the noise floor, which it follows slowly.

    An energy detector with hangover (Rabiner and Sambur, "An algorithm for determining the endpoints of isolated
    utterances", 1975, is the first of its kind).
    """

    def __init__(self) -> None:
        self._floor_db = -70.0
        self._hang = 0
        self._gain = 0.0

    @property
    def open(self) -> bool:
        """Whether anything passes now."""
        return self._hang > 0

    def step(self, block: Floats) -> Floats:
        """Gains of a block of `STEP` samples (-1..1); a change takes the 10 ms of the block."""
        level = decibels(block)
        # Down at once, up by 6 dB a second, never above -44 dB: a loud hum does not close the gate on a quiet voice.
        self._floor_db = min(-44.0, level if level < self._floor_db else self._floor_db + 0.06)
        if level > max(_OPEN_DB, self._floor_db + 9.0):
            self._hang = _HANG
        elif self._hang:
            self._hang -= 1
        before, self._gain = self._gain, 1.0 if self.open else 0.0
        return np.linspace(before, self._gain, len(block), endpoint=False)


class Levelling:
    """Brings a voice to `LOUDNESS` by a slow gain; RMS over 0.4 s of what the gate lets through."""

    def __init__(self) -> None:
        self._power = LOUDNESS**2
        self._gain = 1.0

    def step(self, block: Floats, *, voiced: bool) -> Floats:
        """Gains of a block of `STEP` samples: 5 dB a second up, 100 dB a second down."""
        if voiced:
            self._power += 0.025 * (float(np.mean(block**2)) - self._power)
        wanted = min(_MOST_GAIN, LOUDNESS / max(1e-4, self._power**0.5))
        before = self._gain
        self._gain = min(wanted, before * 1.0058) if wanted > before else max(wanted, before * 0.89)
        return np.linspace(before, self._gain, len(block), endpoint=False)


class Limiter:
    """Keeps every sample at or below `CEILING`: a peak limiter with look-ahead, late by `AHEAD` samples.

    The gain at each border between two pieces of 5 ms is what the louder of them needs, and is linear between borders,
    so within a piece it is never above what that piece needs.
    """

    def __init__(self) -> None:
        self._held = np.zeros(AHEAD)
        self._need = self._gain = 1.0

    def run(self, sound: Floats) -> Floats:
        """The same number of samples, `AHEAD` earlier ones first. Length: a multiple of `AHEAD`."""
        out = np.empty_like(sound)
        for at in range(0, len(sound), AHEAD):
            coming = sound[at : at + AHEAD]
            peak = float(np.abs(coming).max())
            need = min(1.0, CEILING / peak) if peak > 0 else 1.0
            until = min(self._need, need, self._gain * 1.02)  # back by 34 dB a second
            out[at : at + AHEAD] = self._held * np.linspace(self._gain, until, AHEAD, endpoint=False)
            self._held, self._need, self._gain = coming.copy(), need, until
        return out


class VoiceBuffer:
    """Between the network, which pushes, and the renderer, which takes. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: deque[Pcm] = deque()
        self._have = 0
        self._expected: int | None = None
        self._filling = True
        self._target = float(TARGET)
        self._gate, self._levelling, self._limiter = VoiceGate(), Levelling(), Limiter()
        self.underruns = 0
        """Blocks that had to be filled up with silence."""
        self.dropped = 0
        """Samples left out to keep the delay bounded."""
        self.level_db = -90.0
        """Loudness of what came last, dBFS RMS, before everything done here."""

    def push(self, pcm: Pcm, pts: int) -> None:
        """Add sound as it came: mono, 48 kHz, int16. `pts` counts samples at the sender; a gap becomes silence."""
        self.level_db = decibels(pcm / 32768.0)
        with self._lock:
            if self._expected is not None:
                missing = pts - self._expected
                if missing < 0:
                    return  # it comes again, or too late
                if 0 < missing <= _LONGEST_GAP:
                    self._add(np.zeros(missing, np.int16))
            self._add(pcm)
            self._expected = pts + len(pcm)
            while self._have > _KEPT:
                self._have -= len(self._blocks.popleft())

    def take(self, frames: int) -> Heard:
        """The next `frames` times 40 ms, at once: silence where nothing has come."""
        raw = self._taken(frames * SAMPLES_PER_FRAME) / 32768.0
        voiced = []
        for at in range(0, len(raw), STEP):
            block = raw[at : at + STEP]
            gate = self._gate.step(block)
            passes = self._gate.open or bool(gate.any())
            block *= gate * self._levelling.step(block, voiced=self._gate.open)
            voiced.append(passes)
        pcm = np.rint(self._limiter.run(raw) * 32767.0).astype(np.int16)
        each = SAMPLES_PER_FRAME // STEP
        return Heard(pcm, tuple(any(voiced[at : at + each]) for at in range(0, len(voiced), each)))

    def _add(self, pcm: Pcm) -> None:
        self._blocks.append(pcm)
        self._have += len(pcm)

    def _taken(self, samples: int) -> Pcm:
        with self._lock:
            target = round(self._target)
            if self._filling and self._have < samples + target:
                return np.zeros(samples, np.int16)
            self._filling = self._have < samples
            if self._filling:
                self.underruns += 1
                self._target = min(1.5 * self._target, _LARGEST_TARGET)
                rest = self._pop(self._have)
                return np.concatenate([rest, np.zeros(samples - len(rest), np.int16)])
            self._target += 0.01 * (TARGET - self._target)
            behind = self._have - samples
            if behind > MOST:
                self._leave_out(behind - target)
            elif behind > target + SAMPLES_PER_FRAME and not self._gate.open:
                self._leave_out(STEP)  # the sender's clock is faster than ours: caught up with where nobody hears it
            return self._pop(samples)

    def _leave_out(self, samples: int) -> None:
        old = self._pop(samples)
        fade = min(_JOIN, samples, self._have)
        new = self._pop(fade)
        share = np.linspace(0.0, 1.0, fade)
        joined = (old[:fade] * (1.0 - share) + new * share).astype(np.int16)
        self._blocks.appendleft(joined)
        self._have += fade
        self.dropped += samples

    def _pop(self, samples: int) -> Pcm:
        parts, left = [np.zeros(0, np.int16)], samples
        while left:
            block = self._blocks.popleft()
            if len(block) > left:
                self._blocks.appendleft(block[left:])
                block = block[:left]
            parts.append(block)
            left -= len(block)
        self._have -= samples
        return np.concatenate(parts)


def decibels(sound: Floats) -> float:
    """Loudness, dBFS RMS (a full-scale square wave is 0); -90 for silence."""
    return max(-90.0, 10.0 * float(np.log10(np.mean(np.square(sound)) + 1e-12)))
