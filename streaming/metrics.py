"""What a show's health looks like in numbers, for Prometheus. Names follow its conventions: seconds, totals."""

from __future__ import annotations

import threading
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streaming.broadcast import BroadcastStats
from streaming.media import FPS
from streaming.station import StationStats
from streaming.webrtc import WhepStats

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24)
"""Seconds; 0.04 is one frame, the budget of everything that runs for each."""


class ShowMetrics:
    """The metrics of all shows in one registry, which is the caller's to serve. Thread-safe."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register the metrics.

        Args:
            registry: Where; a new one by default, so that two servers in one process do not collide.
        """
        self.registry: Final = CollectorRegistry() if registry is None else registry
        show, kind = ("show",), ("show", "kind")
        self.stage = Histogram(
            "show_stage_seconds", "Wall time of one piece of work.", ("show", "stage"),
            registry=self.registry, buckets=_BUCKETS,
        )  # fmt: skip
        self.events = Counter("show_events", "Ticks, and what went wrong in them.", kind, registry=self.registry)
        self.verdicts = Counter(
            "show_chat_verdicts", "Viewers' messages by what moderation did with them, and why.",
            ("show", "action", "reason"), registry=self.registry,
        )  # fmt: skip
        self.restarts = Counter(
            "show_stage_restarts", "Stages restarted after a crash.", ("show", "stage"), registry=self.registry
        )
        self.queue = Gauge("show_queue_depth", "Things waiting, by queue.", ("show", "queue"), registry=self.registry)
        self.viewers = Gauge("show_viewers", "Viewers on the page's stream.", show, registry=self.registry)
        self.drift = Gauge("show_drift_seconds", "Show clock behind the machine's clock.", show, registry=self.registry)
        self.real_time_factor = Gauge(
            "show_real_time_factor", "Seconds of show made per second of work.", show, registry=self.registry
        )

    def of(self, show: str) -> OneShow:
        """The metrics of one show."""
        return OneShow(self, show)

    def forget(self, show: str) -> None:
        """Drop the series of a show that has ended, so that memory does not grow with every show."""
        for metric in (
            self.stage, self.events, self.verdicts, self.restarts, self.queue, self.viewers, self.drift,
            self.real_time_factor,
        ):  # fmt: skip
            metric.remove_by_labels({"show": show})


class OneShow:
    """One show's view: every method may be called from any thread."""

    def __init__(self, metrics: ShowMetrics, show: str) -> None:
        self._metrics, self._show = metrics, show
        self._seen: dict[str, int] = {}
        self._frame_work: dict[str, float] = {}
        self._lock = threading.Lock()

    def observe(self, stage: str, seconds: float) -> None:
        """One piece of work of a stage took `seconds`."""
        self._metrics.stage.labels(self._show, stage).observe(seconds)
        if stage in _EVERY_FRAME:
            self._note_frame_work(stage, seconds)

    def moderated(self, action: str, reason: str) -> None:
        """One message was shown, masked, held, dropped or muted; `reason` is "none" when it was shown."""
        self._metrics.verdicts.labels(self._show, action, reason).inc()

    def restarted(self, stage: str) -> None:
        """A stage was restarted after a crash."""
        self._metrics.restarts.labels(self._show, stage).inc()

    def depth(self, queue: str, waiting: int) -> None:
        """So many things wait in `queue` now."""
        self._metrics.queue.labels(self._show, queue).set(waiting)

    def viewers(self, count: int) -> None:
        """So many viewers watch now."""
        self._metrics.viewers.labels(self._show).set(count)

    def station(self, stats: StationStats) -> None:
        """Take over a station's counters; call it once a second or so."""
        self._metrics.drift.labels(self._show).set(stats.drift_ms / 1000)
        self.depth("timeline", stats.queued)
        for kind in ("ticks", "repeats", "late", "skipped_video", "resyncs"):
            self._count(kind, getattr(stats, kind))

    def model_lines(self, tried: int, fell_back: int) -> None:
        """Take over how many lines a language model was asked for, and how often a template was said instead."""
        self._count("model_lines", tried)
        self._count("model_fallbacks", fell_back)

    def broadcast(self, stats: BroadcastStats) -> None:
        """Take over a broadcast's counters."""
        self.depth("viewer", stats.deepest_queue)
        self._count("dropped_units", stats.dropped)
        self._count("keyframe_requests", stats.keyframe_requests)
        self._count("forced_keyframes", stats.forced_keyframes)

    def whep(self, stats: WhepStats) -> None:
        """Take over the viewers' counters."""
        self.viewers(stats.connected)
        self._count("joined", stats.joined)
        self._count("refused", sum(stats.refused.values()))

    def _count(self, kind: str, total: int) -> None:
        """Bring a counter up to a total kept elsewhere; a smaller one means that a new owner started at 0."""
        with self._lock:
            before = self._seen.get(kind, 0)
            self._seen[kind] = total
        self._metrics.events.labels(self._show, kind).inc(total - before if total >= before else total)

    def _note_frame_work(self, stage: str, seconds: float) -> None:
        """Smooth the work of a frame over about a second; what 40 ms of show cost gives the factor."""
        with self._lock:
            before = self._frame_work.get(stage, seconds)
            self._frame_work[stage] = before + (seconds - before) / FPS
            work = sum(self._frame_work.values())
        if work > 0:
            self._metrics.real_time_factor.labels(self._show).set(1 / FPS / work)


_EVERY_FRAME: Final = frozenset({"render", "compose", "encode"})
