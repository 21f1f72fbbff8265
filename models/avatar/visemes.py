"""From viseme timings to mouth weights for every frame: coarticulation, and how far the jaw falls.

A mouth starts a shape before its sound and leaves it late, and a short sound never reaches its full shape (Cohen and
Massaro, "Modeling Coarticulation in Synthetic Visual Speech", 1993). So each span acts as a bump of influence that
leads its sound by about 50 ms; a frame's weights are the bumps at its middle, normalised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.base import Viseme, VisemeSpan
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME

LEAD = round(0.030 * SAMPLE_RATE)
"""The mouth runs ahead of the sound by this much (samples)."""
SPREAD = round(0.026 * SAMPLE_RATE)
"""Half the overlap of neighbouring shapes (samples)."""
KEPT = 3
"""Shapes that are blended in one frame at most."""

JAW: dict[Viseme, float] = {
    "sil": 0.0, "PP": 0.0, "FF": 0.08, "TH": 0.16, "DD": 0.18, "kk": 0.26, "CH": 0.14, "SS": 0.08, "nn": 0.16,
    "RR": 0.20, "aa": 0.85, "E": 0.50, "I": 0.26, "O": 0.58, "U": 0.24,
}  # fmt: skip
"""How far each shape opens the jaw at full voice, 0..1."""
_DOMINANCE: dict[Viseme, float] = {"PP": 1.9, "FF": 1.6, "sil": 0.7}
"""Lips must meet for p, b, m and touch the teeth for f, v: these win over their neighbours."""

Weights = tuple[tuple[Viseme, float], ...]


@dataclass(frozen=True, slots=True)
class MouthFrame:
    """One frame of the mouth: weights that sum to 1, the jaw 0..1, the stress under way 0..1."""

    visemes: Weights
    jaw_open: float
    stress: float


REST = MouthFrame((("sil", 1.0),), 0.0, 0.0)


def frame_count(samples: int) -> int:
    """Video frames that cover `samples` of audio: the last may be part silence."""
    return -(-samples // SAMPLES_PER_FRAME)


def mouth_track(spans: Sequence[VisemeSpan], samples: int) -> list[MouthFrame]:
    """The mouth of every frame of a speech of `samples`; silence where no span reaches."""
    count = frame_count(samples)
    if not spans:
        return [REST] * count
    centres = (np.arange(count, dtype=np.float64) + 0.5) * SAMPLES_PER_FRAME + LEAD
    influence = np.stack([_influence(span, centres) for span in spans])
    jaws = np.array([JAW[span.viseme] * (0.86 + 0.14 * span.stress) for span in spans])
    stresses = np.array([span.stress for span in spans])
    return [_frame(spans, influence[:, i], jaws, stresses) for i in range(count)]


def _influence(span: VisemeSpan, at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A smooth bump: 1 inside the span, 1/2 at its ends, 0 beyond SPREAD; weighted by dominance."""
    rise = _smoothstep((at - span.start + SPREAD) / (2 * SPREAD))
    fall = _smoothstep((span.end + SPREAD - at) / (2 * SPREAD))
    return rise * fall * _DOMINANCE.get(span.viseme, 1.0)


def _smoothstep(t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def _frame(
    spans: Sequence[VisemeSpan],
    influence: npt.NDArray[np.float64],
    jaws: npt.NDArray[np.float64],
    stresses: npt.NDArray[np.float64],
) -> MouthFrame:
    total = float(influence.sum())
    if total <= 1e-6:
        return REST
    shares = influence / total
    summed: dict[Viseme, float] = {}
    for index in np.flatnonzero(shares > 0):
        viseme = spans[int(index)].viseme
        summed[viseme] = summed.get(viseme, 0.0) + float(shares[index])
    return MouthFrame(strongest(summed), float(jaws @ shares), float(stresses @ shares))


def strongest(weights: dict[Viseme, float]) -> Weights:
    """The few largest weights, normalised, in a fixed order."""
    kept = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:KEPT]
    total = sum(weight for _, weight in kept)
    return tuple((viseme, weight / total) for viseme, weight in kept)
