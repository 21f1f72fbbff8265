"""From live sound to mouth shapes, when nobody knows the words: energies of four bands of the spectrum.

Llorach, Evans, Blat, Grimm and Hohmann, "Web-based live speech-driven lip-sync", VS-Games 2016: the short-term power
spectrum, scaled from decibels to 0..1, is averaged in 0-400, 400-560, 560-2400 and 2400-4800 Hz; the second band opens
the mouth, a weak third band rounds the lips, the fourth narrows them. Here these three become weights of visemes, and
the loudness of the frame says how far the mouth leaves its rest.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from models.avatar.visemes import JAW, REST, MouthFrame, strongest
from models.base import Viseme
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME, Pcm

WINDOW: Final = 2048
"""Samples of one spectrum, 43 ms: as long as a frame of the picture, and the power of two the paper uses."""
BANDS_HZ: Final = (0, 400, 560, 2400, 4800)
_SENSITIVITY: Final = 0.5
_SMOOTHING: Final = 0.3
"""Share of the last spectrum that is kept: at 25 frames a second a mouth still follows every syllable."""
_SOFTEST_DB: Final = -46.0
_FULL_DB: Final = -17.0
"""Loudness at which a mouth begins to open, and at which it opens as far as its shape does (a levelled voice)."""
_OPEN: Final = 3.0
"""The paper's mouth-open weight of a levelled voice is below 1/3."""


class LiveMouth:
    """The mouth of whoever speaks into a microphone. One caller at a time; it remembers the last 43 ms."""

    def __init__(self) -> None:
        self._heard = np.zeros(WINDOW)
        self._window = np.blackman(WINDOW)
        self._power = np.zeros(WINDOW // 2 + 1)
        bins = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
        self._bands = [
            (int(np.searchsorted(bins, low)), int(np.searchsorted(bins, high)))
            for low, high in zip(BANDS_HZ, BANDS_HZ[1:], strict=False)
        ]
        self._usual = 0.0

    def follow(self, pcm: Pcm) -> list[MouthFrame]:
        """One mouth for each 1,920 samples of mono sound at 48 kHz.

        Raises:
            ValueError: the length is not a multiple of 1,920.
        """
        if len(pcm) % SAMPLES_PER_FRAME:
            raise ValueError(f"pcm: got {len(pcm)} samples; allowed: a multiple of {SAMPLES_PER_FRAME}")
        return [self._mouth(frame / 32768.0) for frame in pcm.reshape(-1, SAMPLES_PER_FRAME)]

    def _mouth(self, frame: npt.NDArray[np.float64]) -> MouthFrame:
        self._heard = np.concatenate([self._heard, frame])[-WINDOW:]
        power = np.abs(np.fft.rfft(self._heard * self._window)) / WINDOW
        self._power = _SMOOTHING * self._power + (1 - _SMOOTHING) * power
        scaled = np.maximum(0.0, _SENSITIVITY + (20 * np.log10(self._power + 1e-9) + 20) / 140)
        _, second, third, fourth = (float(scaled[low:high].mean()) for low, high in self._bands)
        level_db = 10 * float(np.log10(np.mean(np.square(frame)) + 1e-12))
        loud = _unit((level_db - _SOFTEST_DB) / (_FULL_DB - _SOFTEST_DB))
        if loud == 0.0:
            self._usual *= 0.9
            return REST
        wide = _unit(_OPEN * 0.8 * (second - fourth))
        round_ = _unit(1.6 - 2.2 * third / second) if second > 0 else 0.0
        hiss = _unit(5 * (fourth - second))
        voice = loud * (1 - hiss)
        weights: dict[Viseme, float] = {
            "sil": 1 - loud, "SS": loud * hiss, "aa": voice * wide * (1 - round_), "O": voice * wide * round_,
            "U": voice * (1 - wide) * round_, "E": voice * (1 - wide) * (1 - round_),
        }  # fmt: skip
        shapes = strongest({viseme: weight for viseme, weight in weights.items() if weight > 0.0})
        stress = _unit(2.5 * (loud - self._usual))
        self._usual += 0.15 * (loud - self._usual)
        return MouthFrame(shapes, sum(weight * JAW[viseme] for viseme, weight in shapes), stress)


def _unit(value: float) -> float:
    return max(0.0, min(1.0, value))
