"""From Kokoro's 24 kHz float waveform to even, trimmed 48 kHz PCM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr

from streaming.media import SAMPLE_RATE, Pcm

MODEL_RATE = 24_000
Wave = npt.NDArray[np.float32]

TARGET_RMS = 0.10
"""Loudness of the spoken part, -20 dBFS: every voice and every sentence comes out alike."""
PEAK = 0.89
"""-1 dBFS: room for the Opus encoder's overshoot."""
_MAX_GAIN = 4.0
_BLOCK = 240
"""10 ms at 24 kHz."""
_QUIET = 0.02
"""A block below this share of the loudest block is silence (-34 dB)."""
_KEEP_BEFORE = 0.03
_KEEP_AFTER = 0.08
"""Seconds of silence left around the voice, so that soft consonants are not cut."""
_FADE = 0.005


@dataclass(frozen=True, slots=True)
class Spoken:
    """Where the voice is in a waveform, in 24 kHz samples, silence left around it included."""

    start: int
    end: int
    rms: float


def find_voice(wave: Wave) -> Spoken:
    """The stretch of `wave` (samples,) that holds the voice; all of it when it is silent throughout."""
    blocks = len(wave) // _BLOCK
    if blocks == 0:
        return Spoken(0, len(wave), 0.0)
    levels = np.sqrt(np.square(wave[: blocks * _BLOCK].reshape(blocks, _BLOCK), dtype=np.float64).mean(axis=1))
    loud = np.flatnonzero(levels > _QUIET * levels.max())
    if loud.size == 0:
        return Spoken(0, len(wave), 0.0)
    start = int(loud[0]) * _BLOCK - round(_KEEP_BEFORE * MODEL_RATE)
    end = int(loud[-1] + 1) * _BLOCK + round(_KEEP_AFTER * MODEL_RATE)
    rms = float(np.sqrt(np.square(levels[loud]).mean()))
    return Spoken(max(0, start), min(len(wave), end), rms)


def finish(wave: Wave, voice: Spoken, pause: int) -> Pcm:
    """Cut, level, fade, double the rate, and add `pause` samples (48 kHz) of silence.

    The whole sentence is resampled at once, so a sample at t in `wave` is exactly at 2t in the result, and
    sentences join without a click.
    """
    cut = wave[voice.start : voice.end] * _gain(wave, voice.rms)
    ramp = np.linspace(0.0, 1.0, min(len(cut) // 2, round(_FADE * MODEL_RATE)), dtype=np.float32)
    if ramp.size:
        cut[: ramp.size] *= ramp
        cut[-ramp.size :] *= ramp[::-1]
    doubled = soxr.resample(cut, MODEL_RATE, SAMPLE_RATE)
    samples = 2 * len(cut)
    pcm = np.zeros(samples + pause, dtype=np.int16)
    kept = min(samples, len(doubled))
    pcm[:kept] = np.round(np.clip(doubled[:kept], -1.0, 1.0) * 32767).astype(np.int16)
    return pcm


def _gain(wave: Wave, rms: float) -> np.float32:
    peak = float(np.abs(wave).max(initial=0.0))
    if rms <= 0 or peak <= 0:
        return np.float32(1.0)
    return np.float32(min(TARGET_RMS / rms, PEAK / peak, _MAX_GAIN))
