"""Small movements a living body never stops making: sway, breath, blinks, saccades. All from one seeded generator."""

from __future__ import annotations

import math

import numpy as np

TAU = 2 * math.pi


class Spring:
    """A critically damped follower: moves towards its target without overshoot and without a jump."""

    def __init__(self, value: float, response_s: float) -> None:
        self.value = value
        self._speed = 0.0
        self._omega = 2.0 / response_s

    def step(self, target: float, dt: float) -> float:
        """One frame towards `target` (exact integration, stable for any dt)."""
        offset = self.value - target
        decay = math.exp(-self._omega * dt)
        push = (self._speed + self._omega * offset) * dt
        self.value = target + (offset + push) * decay
        self._speed = (self._speed - self._omega * push) * decay
        return self.value


class Drift:
    """1/f-like wandering in about -1..1: five sines whose amplitude falls as their frequency rises."""

    def __init__(self, rng: np.random.Generator, slowest_hz: float) -> None:
        octaves = np.arange(5)
        self._hz = slowest_hz * 2.0**octaves * rng.uniform(0.85, 1.15, 5)
        self._phase = rng.uniform(0, TAU, 5)
        weight = 1.0 / 1.7**octaves
        self._weight = weight / weight.sum() * 1.6

    def at(self, seconds: float) -> float:
        """The value at a time."""
        return float((self._weight * np.sin(TAU * self._hz * seconds + self._phase)).sum())


class Blinker:
    """Blinks a few seconds apart with a log-normal spacing; one in seven is double."""

    CLOSE, HOLD, OPEN = 0.085, 0.035, 0.155

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._start = float(rng.uniform(0.8, 2.2))

    def at(self, seconds: float) -> float:
        """How far the lids are shut, 0..1; call with rising times."""
        shut = self._shape(seconds - self._start)
        if seconds - self._start > self.CLOSE + self.HOLD + self.OPEN:
            double = self._rng.random() < 0.14
            gap = 0.12 if double else float(np.clip(self._rng.lognormal(1.18, 0.42), 1.3, 7.5))
            self._start = seconds + gap
        return shut

    def soon(self, seconds: float) -> None:
        """Blink now unless a blink is under way: people blink when their eyes jump."""
        if self._start - seconds > 0.4:
            self._start = seconds

    def _shape(self, t: float) -> float:
        if t <= 0:
            return 0.0
        if t < self.CLOSE:
            return _ease(t / self.CLOSE)
        if t < self.CLOSE + self.HOLD:
            return 1.0
        return _ease(max(0.0, 1 - (t - self.CLOSE - self.HOLD) / self.OPEN))


def _ease(t: float) -> float:
    return t * t * (3 - 2 * t)
