"""Which frames to render now: earliest deadline first on a 40 ms tick, in static buckets. Pure; time is passed in.

Liu and Layland's earliest-deadline-first rule (JACM 20(1), 1973), non-preemptive and in batches. A batch never holds
two frames of one show, ends (by its 95th percentile) before the earliest deadline in it, and holds no frame that is
already too late. Under load the `Ladder` lowers the quality; a show that lost two frames in a row goes first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from models.engine.latency import LatencyTable
from models.engine.quality import Ladder, Policy
from models.errors import AdmissionRefused

_ACTIVE_TICKS = 25
_STARVING = 2
_PROBE_TICKS = 25


@dataclass(frozen=True, slots=True)
class Request:
    """One frame that a show wants. `frame` grows within a show; `deadline_ns` is on the engine's clock."""

    show: int
    frame: int
    deadline_ns: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What to render next: at most one frame a show, padded to `bucket`, at the model's `level`."""

    requests: tuple[Request, ...]
    bucket: int
    level: int


class Fate(StrEnum):
    """Why a frame is not rendered."""

    MISSED = "missed"
    """It could no longer be ready in time."""
    SKIPPED = "skipped"
    """At a lower rate: frames before and after it are rendered; show a mixture of them."""
    RESTING = "resting"
    """The show is on its fallback for now."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do at one moment. Without a batch, ask again at `wake_ns` (None: when something is submitted)."""

    batch: Batch | None
    dropped: tuple[tuple[Request, Fate], ...]
    wake_ns: int | None


@dataclass(slots=True)
class _Show:
    phase: int
    """Which of the frames it keeps when only some are rendered: frame n where n = phase, modulo the stride."""
    queue: deque[Request] = field(default_factory=deque)
    used: int = 0
    """Frames taken in this tick."""
    lost: int = 0
    """Frames lost in a row."""
    slack_ns: int = 1 << 62
    """The tightest it asked lately: deadline minus time of asking."""
    last_tick: int = -_ACTIVE_TICKS
    served_ns: int = 0


class Scheduler:
    """The shows of one device and their waiting frames. Not thread-safe: the engine holds a lock."""

    def __init__(self, table: LatencyTable, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.table = table
        self.ladder = Ladder(self.policy, table)
        self._shows: dict[int, _Show] = {}
        self._tick = -1
        self._gathered = False
        self._missed = 0
        self._ran_ns: int | None = None

    # --- events ---

    def admit(self, show: int, *, sure: bool = False) -> None:
        """Let a show in; with `sure` even where there is no room (it was here before the device was lost).

        Raises:
            AdmissionRefused: it would not fit; the message says what is needed and what there is.
            ValueError: `show` is already here.
        """
        if show in self._shows:
            raise ValueError(f"show {show} is already admitted")
        if self.policy.admit and not sure:
            self._check_room(len(self._shows) + 1)
        self._shows[show] = _Show(phase=self._freest_phase())

    def capacity(self) -> int:
        """How many shows admission would let in, by what is measured now; at most 1,024."""
        step = self._admission_step()
        budget = self.policy.tick_ns * (1 - self.policy.headroom)
        return next((n for n in range(1024) if self.ladder.need_ns(step, n + 1) > budget), 1024)

    def release(self, show: int) -> list[Request]:
        """Forget a show; returns its frames that were waiting."""
        gone = self._shows.pop(show, None)
        return list(gone.queue) if gone else []

    def submit(self, request: Request, now_ns: int) -> None:
        """Queue a frame.

        Raises:
            ValueError: the show is not admitted, or its deadlines or frame numbers do not grow.
        """
        show = self._shows.get(request.show)
        if show is None:
            raise ValueError(f"show {request.show} is not admitted")
        if show.queue and (request.deadline_ns < show.queue[-1].deadline_ns or request.frame <= show.queue[-1].frame):
            raise ValueError(f"show {request.show}: frame {request.frame} does not follow {show.queue[-1].frame}")
        tick = now_ns // self.policy.tick_ns
        slack = request.deadline_ns - now_ns
        show.slack_ns = min(slack, show.slack_ns) if tick - show.last_tick < _ACTIVE_TICKS else slack
        show.last_tick = tick
        show.queue.append(request)

    def absorb(self, batch: Batch, began_ns: int, ended_ns: int) -> list[Request]:
        """A batch is in host memory: learn its latency. Returns the frames that came too late."""
        self.table.add(batch.bucket, batch.level, ended_ns - began_ns, ended_ns)
        self._ran_ns = ended_ns
        late = [request for request in batch.requests if request.deadline_ns < ended_ns]
        for request in batch.requests:
            show = self._shows.get(request.show)
            if show is not None:
                show.lost = show.lost + 1 if request.deadline_ns < ended_ns else 0
        self._missed += len(late)
        return late

    # --- the decision ---

    def decide(self, now_ns: int) -> Decision:
        """What to do now. Call it after every batch, and when something was submitted or `wake_ns` has come."""
        self._turn(now_ns)
        gathering, self._gathered = not self._gathered, True
        # Latencies that forbid everything are never measured again, so now and then one frame is tried all the same.
        self._ran_ns = now_ns if self._ran_ns is None else self._ran_ns
        probing = now_ns - self._ran_ns > _PROBE_TICKS * self.policy.tick_ns
        dropped = tuple(self._drop(now_ns if probing else now_ns + self._quickest()))
        shows = self._shows.values()
        heads = [show.queue[0] for show in shows if show.queue and show.used <= self.policy.run_ahead]
        batch = self._form(sorted(heads, key=self._order), now_ns) if heads else None
        if batch is None or not (gathering or self._may_start(batch, heads, now_ns)):
            return Decision(None, dropped, self._wake(heads, now_ns))
        for request in batch.requests:
            show = self._shows[request.show]
            show.queue.popleft()
            show.used += 1
            show.served_ns = now_ns
        return Decision(batch, dropped, None)

    def resting(self) -> set[int]:
        """Shows that are on their fallback now. They take turns, the newest first."""
        count = min(self.ladder.resting, len(self._shows))
        order = sorted(self._shows, reverse=True)
        turn = count * (self._tick // self.policy.rotate_after)
        return {order[(turn + i) % len(order)] for i in range(count)}

    # --- inside ---

    def _freest_phase(self) -> int:
        """The phase that fewest shows have, so that at every stride about as many frames fall to each tick."""
        taken = [show.phase for show in self._shows.values()]
        parity = min((0, 1), key=lambda half: sum(phase % 2 == half for phase in taken))
        return min((parity, parity + 2), key=taken.count)

    def _turn(self, now_ns: int) -> None:
        tick = now_ns // self.policy.tick_ns
        if tick == self._tick:
            return
        self.table.forget_old(now_ns)
        self.ladder.turn(tick - self._tick if self._tick >= 0 else 1, self._active(tick), self._missed)
        self._tick, self._missed, self._gathered = tick, 0, False
        for show in self._shows.values():
            show.used = 0

    def _active(self, tick: int) -> int:
        return sum(1 for show in self._shows.values() if show.queue or tick - show.last_tick < _ACTIVE_TICKS)

    def _drop(self, soonest: int) -> Iterator[tuple[Request, Fate]]:
        """Take out what must not be rendered, or cannot be ready before `soonest`."""
        resting = self.resting()
        for number, show in self._shows.items():
            kept: deque[Request] = deque()
            for request in show.queue:
                fate = self._fate(request, show, number in resting, soonest)
                if fate is None:
                    kept.append(request)
                    continue
                if fate is Fate.MISSED:
                    show.lost += 1
                    self._missed += 1
                yield request, fate
            show.queue = kept

    def _fate(self, request: Request, show: _Show, resting: bool, soonest: int) -> Fate | None:
        if resting:
            return Fate.RESTING
        stride = self.ladder.stride
        if (request.frame - show.phase) % stride:
            return Fate.SKIPPED
        return Fate.MISSED if request.deadline_ns < soonest else None

    def _levels(self) -> range:
        """Levels that may be used now: the ladder's, and in need the cheaper ones."""
        last = self.table.levels if self.policy.degrade else self.ladder.level + 1
        return range(self.ladder.level, last)

    def _quickest(self) -> int:
        return min(self.table.p95(self.table.buckets(level)[0], level) for level in self._levels())

    def _order(self, request: Request) -> tuple[int, int, int]:
        show = self._shows[request.show]
        if show.lost >= _STARVING:
            return 0, show.served_ns, request.show
        return 1, request.deadline_ns, request.show

    def _form(self, ordered: Sequence[Request], now_ns: int) -> Batch:
        """The largest useful bucket that ends before the earliest deadline in it, at the best level that allows one."""
        for level in self._levels():
            sizes = self.table.buckets(level)
            for count in self._counts(len(ordered), sizes, level):
                bucket = self.table.bucket_for(count, level)
                first = min(request.deadline_ns for request in ordered[:count])
                if bucket is not None and now_ns + self.table.p95(bucket, level) <= first:
                    return Batch(tuple(ordered[:count]), bucket, level)
        # Only a probe comes here: all that is too late by measure was dropped.
        cheapest = self._levels()[-1]
        return Batch((ordered[0],), self.table.buckets(cheapest)[0], cheapest)

    def _counts(self, waiting: int, sizes: tuple[int, ...], level: int) -> list[int]:
        """Batch sizes to try, largest first: everything padded up, unless splitting is quicker; then full buckets."""
        counts = [size for size in reversed(sizes) if size <= waiting and self._pays(size, sizes, level)]
        padded = self.table.bucket_for(waiting, level)
        if padded is None or padded == waiting or not counts:
            return counts or [waiting]
        split = self.table.p95(counts[0], level) + self.table.cost(waiting - counts[0], level)
        return [waiting, *counts] if self.table.p95(padded, level) <= split else counts

    def _pays(self, size: int, sizes: tuple[int, ...], level: int) -> bool:
        """Whether a full bucket is no slower than its frames in smaller ones: on a CPU it often is."""
        return size == sizes[0] or self.table.p95(size, level) <= 1.02 * self.table.cost(size, level)

    def _may_start(self, batch: Batch, heads: Sequence[Request], now_ns: int) -> bool:
        """Between two ticks: when it holds nobody up, or when something cannot wait for the next tick's gathering."""
        length = self.table.p95(batch.bucket, batch.level)
        next_tick = (self._tick + 1) * self.policy.tick_ns
        if now_ns + length <= next_tick or self._latest_start(heads) < next_tick:
            return True
        inside = {request.show for request in batch.requests}
        others = [show for number, show in self._shows.items() if number not in inside and self._awake(show)]
        if not others:
            return True
        guard = min(show.queue[0].deadline_ns if show.queue else now_ns + show.slack_ns for show in others)
        work = length + self.table.cost(len(others), self.ladder.level)
        return now_ns + work / (1 - self.policy.headroom) <= guard

    def _awake(self, show: _Show) -> bool:
        return bool(show.queue) or self._tick - show.last_tick < _ACTIVE_TICKS

    def _latest_start(self, requests: Sequence[Request]) -> int:
        return min(request.deadline_ns for request in requests) - self._quickest()

    def _wake(self, heads: Sequence[Request], now_ns: int) -> int | None:
        if not any(self._awake(show) for show in self._shows.values()):
            return None
        next_tick = (self._tick + 1) * self.policy.tick_ns
        return max(now_ns + 1, min(next_tick, self._latest_start(heads))) if heads else next_tick

    def _admission_step(self) -> int:
        if not self.policy.degrade:
            return self.policy.best
        return self.table.levels if self.policy.admit_at_half_rate else self.table.levels - 1

    def _check_room(self, shows: int) -> None:
        step = self._admission_step()
        need = self.ladder.need_ns(step, shows) / 1e6
        tick = self.policy.tick_ns / 1e6
        budget = tick * (1 - self.policy.headroom)
        if need > budget:
            raise AdmissionRefused(
                f"no room for another show: {shows} would need {need:.1f} ms of every {tick:.0f} ms; "
                f"allowed: {budget:.1f} ms. End a show, or start this one on another device"
            )
