"""What a batch costs: the 95th percentile of measured latencies, by bucket and quality level. Pure; no clock, no torch.

All times are integer nanoseconds. A bucket is a static batch size; a group of frames is padded to the next one.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

BUCKETS = (1, 2, 4, 8, 16, 24, 32, 48, 64)
"""The static batch sizes of the engine (DESIGN.md, section 4). A model may offer fewer."""
KEEP = 64
_FASTEST_EIGHTHS = 4
FRESH_NS = 20_000_000_000
"""Samples older than this no longer count, so a bucket that was slow once is tried again."""


class LatencyTable:
    """Latencies of every (bucket, level): measured before the first show, and kept up to date while shows run."""

    def __init__(self, levels: int) -> None:
        """Start empty.

        Args:
            levels: how many quality levels the model has, 0 the best.
        """
        self.levels = levels
        self._measured: dict[tuple[int, int], int] = {}
        self._recent: dict[tuple[int, int], deque[tuple[int, int]]] = {}
        self._current: dict[tuple[int, int], tuple[int, int]] = {}  # (95th percentile, median)
        self._slowdowns: deque[float] = deque(maxlen=KEEP // 2)
        self._eighths = 8
        self._costs: dict[tuple[int, int, bool], int] = {}
        self._sizes: list[tuple[int, ...]] = [()] * levels

    def measured(self, bucket: int, level: int, samples_ns: Sequence[int]) -> None:
        """Enter the rehearsal of a bucket, whose median counts; only entered buckets are used.

        Raises:
            ValueError: no sample, or a bucket below 1, or an unknown level.
        """
        if not samples_ns or bucket < 1 or not 0 <= level < self.levels:
            raise ValueError(f"bucket {bucket}, level {level}: got {len(samples_ns)} samples; allowed: 1 or more")
        key = (bucket, level)
        self._measured[key] = percentile(samples_ns, 0.5)
        self._recent[key] = deque(maxlen=KEEP)
        self._sizes[level] = tuple(sorted({bucket, *self._sizes[level]}))
        self._costs.clear()

    def add(self, bucket: int, level: int, latency_ns: int, now_ns: int) -> None:
        """Take note of a batch that ran just now."""
        self._recent[bucket, level].append((now_ns, latency_ns))
        self._refresh(bucket, level, now_ns)
        self._slowdowns.append(latency_ns / max(1, self._measured[bucket, level]))
        # In eighths, so that it seldom changes and the costs can be kept.
        ordered = sorted(self._slowdowns)
        eighths = max(_FASTEST_EIGHTHS, math.ceil(8 * ordered[3 * (len(ordered) - 1) // 4]))
        if eighths != self._eighths:
            self._eighths = eighths
            self._costs.clear()

    def forget_old(self, now_ns: int) -> None:
        """Drop samples that are no longer fresh; where none is left, the rehearsal counts again."""
        for bucket, level in self._recent:
            recent = self._recent[bucket, level]
            if recent and recent[0][0] < now_ns - FRESH_NS:
                self._refresh(bucket, level, now_ns)

    def buckets(self, level: int) -> tuple[int, ...]:
        """The buckets that can be used at `level`, smallest first."""
        return self._sizes[level]

    def bucket_for(self, frames: int, level: int) -> int | None:
        """The smallest bucket that holds `frames`, or None when there is none that large."""
        return next((size for size in self._sizes[level] if size >= frames), None)

    def p95(self, bucket: int, level: int) -> int:
        """From launch to pictures in host memory.

        A bucket that did not run lately is taken to be slower than in its rehearsal by as much as the others are, or
        faster, by half at most: what slows one (another process, heat) slows all, and may have slowed the rehearsal.
        """
        return self._latency(bucket, level, typical=False)

    def _latency(self, bucket: int, level: int, *, typical: bool) -> int:
        key = (bucket, level)
        if key in self._current:
            return self._current[key][typical]
        return self._measured[key] * self._eighths // 8

    def cost(self, frames: int, level: int, *, typical: bool = False) -> int:
        """The least time in which `frames` frames, each of another show, can be rendered one batch after another.

        By 95th percentiles, as deadlines need it; or by medians (`typical`), as throughput over many ticks needs it.
        """
        sizes = self._sizes[level]
        if not sizes:
            raise ValueError(f"level {level}: nothing was measured")
        known = self._costs
        for n in range(1, frames + 1):
            if (n, level, typical) not in known:
                known[n, level, typical] = min(
                    self._latency(size, level, typical=typical) + (known[n - size, level, typical] if n > size else 0)
                    for size in sizes
                )
        return known[frames, level, typical] if frames > 0 else 0

    def _refresh(self, bucket: int, level: int, now_ns: int) -> None:
        key = (bucket, level)
        recent = self._recent[key]
        while recent and recent[0][0] < now_ns - FRESH_NS:
            recent.popleft()
        before = self._current.pop(key, None)
        if recent:
            samples = [latency for _, latency in recent]
            self._current[key] = (percentile(samples, 0.95), percentile(samples, 0.5))
        if before != self._current.get(key):
            self._costs.clear()


def percentile(samples: Sequence[int], share: float) -> int:
    """The nearest-rank percentile: the smallest sample that `share` of all samples do not exceed."""
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]
