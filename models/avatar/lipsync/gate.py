"""When the host is speaking: energy with hysteresis, so that in silence the mouth is the idle clip's own.

The UNet keeps lips a little open in silence (a known complaint, MuseTalk issue 384), and a silent frame that is not
rendered costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streaming.media import SAMPLES_PER_FRAME, Pcm

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gate:
    """Levels in dBFS (RMS of one 40 ms frame), times in frames."""

    opens: float = -42.0
    """A frame this loud is speech."""
    closes: float = -50.0
    """Speech goes on while frames are louder than this."""
    hold: int = 4
    """Quiet frames that are still speech: the stop of a consonant lasts 50 to 150 ms."""
    lead: int = 2
    """Frames before the sound in which lips already move."""
    fade: int = 3
    """Frames over which the mouth goes from the clip's to the model's and back."""

    def __post_init__(self) -> None:
        """Refuse a gate that could never close or open."""
        if self.closes > self.opens:
            raise ValueError(f"closes: got {self.closes:g} dB; allowed: at most opens ({self.opens:g} dB)")
        if min(self.hold, self.lead) < 0 or self.fade < 1:
            raise ValueError("hold and lead must not be negative, fade must be 1 or more")

    def weights(self, pcm: Pcm) -> Weights:
        """How much of the model's mouth each frame shows, float32 (frames,) in 0..1; 0 needs no rendering."""
        speech = self._speech(levels(pcm))
        return _ramp(speech, self.fade)

    def _speech(self, level: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        speech = np.zeros(len(level), np.bool_)
        quiet = self.hold + 1
        for index, decibel in enumerate(level):
            loud = decibel >= (self.opens if quiet > self.hold else self.closes)
            quiet = 0 if loud else quiet + 1
            speech[index] = quiet <= self.hold
            if loud:
                speech[max(0, index - self.lead) : index] = True
        return speech


def levels(pcm: Pcm) -> npt.NDArray[np.float64]:
    """RMS level of each 40 ms frame in dBFS, (frames,); -120 for digital silence. The last frame may be shorter."""
    frames = -(-len(pcm) // SAMPLES_PER_FRAME)
    power = np.zeros(frames)
    for index in range(frames):
        part = pcm[index * SAMPLES_PER_FRAME : (index + 1) * SAMPLES_PER_FRAME].astype(np.float64) / 32768.0
        power[index] = np.square(part).mean()
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def _ramp(speech: npt.NDArray[np.bool_], fade: int) -> Weights:
    """1 in the middle of a stretch of speech, rising and falling by 1/(fade+1) a frame at its ends, 0 outside.

    The ends lie inside the stretch, so silence is exactly the clip, and so is what comes before and after the pcm.
    """
    weight = np.zeros(len(speech) + 2, np.float32)
    weight[1:-1] = speech
    step = np.float32(1.0 / (fade + 1))
    for index in range(1, len(weight)):
        weight[index] = min(weight[index], weight[index - 1] + step)
    for index in range(len(weight) - 2, -1, -1):
        weight[index] = min(weight[index], weight[index + 1] + step)
    return weight[1:-1]
