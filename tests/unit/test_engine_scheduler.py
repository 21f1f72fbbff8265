"""The render scheduler, without torch: what it promises, checked on random loads."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.engine.latency import BUCKETS, FRESH_NS, LatencyTable, percentile
from models.engine.quality import Ladder, Policy
from models.engine.scheduler import Batch, Fate, Request, Scheduler
from models.errors import AdmissionRefused

pytestmark = pytest.mark.unit
MS = 1_000_000
TICK = 40 * MS


def table(*levels: dict[int, float]) -> LatencyTable:
    """A table from milliseconds by bucket, one mapping a level."""
    made = LatencyTable(len(levels))
    for level, buckets in enumerate(levels):
        for bucket, ms in buckets.items():
            made.measured(bucket, level, [int(ms * MS)])
    return made


def gpu() -> LatencyTable:
    return table({b: 2 + 0.9 * b for b in BUCKETS}, {b: 2 + 0.5 * b for b in BUCKETS})


def scheduler(latencies: LatencyTable, shows: int, **policy: object) -> Scheduler:
    made = Scheduler(latencies, Policy(**{"admit": False, **policy}))  # type: ignore[arg-type]
    for show in range(shows):
        made.admit(show)
    return made


class Device:
    """Plays a scheduler in simulated time; every batch takes `factor` times its latency in `truth`."""

    def __init__(self, made: Scheduler, truth: LatencyTable, factor: float = 1.0) -> None:
        self.scheduler, self.truth, self.factor, self.now = made, truth, factor, 0
        self.batches: list[tuple[int, Batch]] = []
        self.rendered: dict[tuple[int, int], int] = {}
        self.dropped: dict[tuple[int, int], Fate] = {}
        self.asked: set[tuple[int, int]] = set()

    def ask(self, show: int, frame: int, deadline: int) -> None:
        self.asked.add((show, frame))
        self.scheduler.submit(Request(show, frame, deadline), self.now)

    def run(self, until: int) -> None:
        while self.now < until:
            decision = self.scheduler.decide(self.now)
            for request, fate in decision.dropped:
                assert (request.show, request.frame) not in self.dropped
                self.dropped[request.show, request.frame] = fate
            if decision.batch is None:
                self.now = min(until, decision.wake_ns or until)
                continue
            self.batches.append((self.now, decision.batch))
            began, batch = self.now, decision.batch
            self.now += int(self.truth.p95(batch.bucket, batch.level) * self.factor)
            late = self.scheduler.absorb(batch, began, self.now)
            assert late == [r for r in batch.requests if r.deadline_ns < self.now]
            for request in batch.requests:
                assert (request.show, request.frame) not in self.rendered
                self.rendered[request.show, request.frame] = self.now

    def play(self, ticks: int, shows: int, *, lead: int = TICK) -> None:
        """Every show asks for one frame a tick, due `lead` later."""
        start = self.now
        for tick in range(ticks):
            for show in range(shows):
                due = start + tick * TICK
                self.ask(show, tick, due + lead)
            self.run(start + (tick + 1) * TICK)


def test_it_needs_no_torch() -> None:
    code = "import sys, models.engine.scheduler; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_percentile_is_nearest_rank() -> None:
    assert percentile(range(1, 101), 0.95) == 95
    assert percentile([7], 0.95) == 7


# --- the invariants ---------------------------------------------------------------------------------------------

latency_tables = st.builds(
    lambda base, slope, share, sizes: table(
        {b: base + slope * b for b in sizes}, {b: (base + slope * b) * share for b in sizes}
    ),
    st.floats(0.5, 30),
    st.floats(0.05, 12),
    st.floats(0.2, 1.0),
    st.sets(st.sampled_from(BUCKETS), min_size=1, max_size=5),
)
loads = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 90), st.integers(1, 6), st.integers(5, 400)), min_size=1, max_size=40
)
"""(show, milliseconds since the last, frames at once, milliseconds until the first is due)."""


@settings(max_examples=150, deadline=None)
@given(latency_tables, loads, st.floats(0.3, 3.0), st.booleans(), st.integers(0, 5))
def test_every_promise_holds_on_random_loads(
    latencies: LatencyTable, load: list[tuple[int, int, int, int]], factor: float, degrade: bool, run_ahead: int
) -> None:
    made = scheduler(latencies, 8, degrade=degrade, run_ahead=run_ahead)
    truth = LatencyTable(2)
    for level in (0, 1):
        for bucket in latencies.buckets(level):
            truth.measured(bucket, level, [latencies.p95(bucket, level)])
    device = Device(made, truth, factor)
    next_frame, last_due = [0] * 8, [0] * 8
    for show, wait, frames, slack in load:
        device.run(device.now + wait * MS)
        for i in range(frames):
            due = last_due[show] = max(last_due[show], device.now + slack * MS + i * TICK)
            device.ask(show, next_frame[show], due)
            next_frame[show] += 1
    device.run(device.now + 3_000 * MS)

    # Each frame has exactly one end, and none crossed to another show.
    assert set(device.rendered) | set(device.dropped) == device.asked
    assert not set(device.rendered) & set(device.dropped)
    frames_taken: dict[tuple[int, int], int] = {}
    for began, batch in device.batches:
        shows = [r.show for r in batch.requests]
        assert len(set(shows)) == len(shows) <= batch.bucket
        assert batch.bucket in latencies.buckets(batch.level)
        assert all(r.deadline_ns >= began for r in batch.requests), "a stale frame was rendered"
        for show in shows:
            frames_taken[began // TICK, show] = frames_taken.get((began // TICK, show), 0) + 1
    assert all(count <= 1 + run_ahead for count in frames_taken.values())
    for show in range(8):  # and in order
        order = [r.frame for _, batch in device.batches for r in batch.requests if r.show == show]
        assert order == sorted(order)


@settings(max_examples=100, deadline=None)
@given(latency_tables, st.lists(st.integers(1, 300), min_size=1, max_size=80))
def test_a_batch_takes_the_earliest_deadlines_and_ends_before_them(latencies: LatencyTable, dues: list[int]) -> None:
    made = scheduler(latencies, len(dues), degrade=False)
    for show, due in enumerate(dues):
        made.submit(Request(show, 0, due * MS), 0)
    decision = made.decide(0)
    dropped = {request.show for request, _ in decision.dropped}
    smallest = latencies.p95(latencies.buckets(0)[0], 0)
    assert dropped == {show for show, due in enumerate(dues) if due * MS < smallest}
    assert (decision.batch is None) == (len(dropped) == len(dues))
    if decision.batch is not None:
        taken = [request.deadline_ns for request in decision.batch.requests]
        left = [due * MS for show, due in enumerate(dues) if show not in dropped]
        assert taken == sorted(left)[: len(taken)]
        assert latencies.p95(decision.batch.bucket, 0) <= taken[0]


@settings(max_examples=40, deadline=None)
@given(latency_tables, st.integers(1, 12), st.booleans(), st.floats(0.5, 1.0))
def test_no_show_starves_under_overload(latencies: LatencyTable, shows: int, degrade: bool, factor: float) -> None:
    """However many shows there are, each gets a frame again and again as long as one frame alone can be in time."""
    made = scheduler(latencies, shows, degrade=degrade, rotate_after=20)
    device = Device(made, latencies, factor)
    lead = 4 * max(latencies.p95(b, 0) for b in latencies.buckets(0)) + 4 * TICK
    device.play(500, shows, lead=lead)
    for show in range(shows):
        frames = [frame for (owner, frame) in device.rendered if owner == show]
        assert frames
        assert max(frames) > 200


# --- buckets and ticks ------------------------------------------------------------------------------------------


def test_shows_of_one_tick_share_a_batch() -> None:
    device = Device(scheduler(gpu(), 13), gpu())
    device.play(10, 13)
    assert [(len(b.requests), b.bucket) for _, b in device.batches] == [(13, 16)] * 10
    assert not device.dropped


def test_the_bucket_follows_the_deadline() -> None:
    """Bucket 16 takes 16.4 ms: too long for the first frame, so eight go first and the rest follow in time."""
    made = scheduler(gpu(), 16)
    device = Device(made, gpu())
    for show in range(16):
        device.ask(show, 0, (10 if show == 3 else 40) * MS)
    device.run(TICK)
    first = device.batches[0][1]
    assert (first.bucket, first.requests[0].show) == (8, 3)
    assert not device.dropped
    assert all(end <= (10 if show == 3 else 40) * MS for (show, _), end in device.rendered.items())


def test_padding_is_refused_where_two_batches_are_quicker() -> None:
    cpu = table({1: 10, 4: 40})
    made = scheduler(cpu, 2)
    for show in range(2):
        made.submit(Request(show, 0, 100 * MS), 0)
    batch = made.decide(0).batch
    assert batch is not None
    assert batch.bucket == 1


def test_mid_tick_arrivals_wait_for_the_next_gathering_unless_urgent() -> None:
    made = scheduler(table({1: 20, 2: 21, 4: 22}), 3)
    for show in range(3):
        made.submit(Request(show, 0, 42 * MS), 0)
    first = made.decide(0).batch
    assert first is not None
    assert len(first.requests) == 3
    made.absorb(first, 0, 22 * MS)
    made.submit(Request(0, 1, 110 * MS), 23 * MS)
    waiting = made.decide(23 * MS)
    assert (waiting.batch, waiting.wake_ns) == (None, TICK)
    made.submit(Request(1, 1, 50 * MS), 24 * MS)
    urgent = made.decide(24 * MS).batch
    assert urgent is not None
    assert urgent.requests[0].show == 1


def test_a_lone_show_runs_ahead_but_no_further_than_allowed() -> None:
    device = Device(scheduler(table({1: 5}), 1, run_ahead=2), table({1: 5}))
    for frame in range(8):
        device.ask(0, frame, 500 * MS + frame * TICK)
    device.run(TICK)
    assert len(device.rendered) == 3
    device.run(2 * TICK)
    assert len(device.rendered) == 6


# --- load -------------------------------------------------------------------------------------------------------


def test_admission_says_what_is_needed() -> None:
    made = Scheduler(table({1: 4, 8: 10, 16: 18}), Policy())
    for show in range(26):
        if show >= made.capacity():
            break
        made.admit(show)
    with pytest.raises(AdmissionRefused, match=r"\d+ would need \d+\.\d ms of every 40 ms; allowed: 32\.0 ms"):
        made.admit(99)
    assert show == made.capacity() == 25  # 18 + 10 + 4 = 32 ms
    made.release(0)
    made.admit(99)
    with pytest.raises(ValueError, match="already"):
        made.admit(99)


def test_a_slower_device_degrades_in_steps_and_recovers_slowly() -> None:
    """The device takes 2.5 times as long for two seconds; quality comes back only after quiet ones."""
    made = scheduler(gpu(), 24, recover_after=20)
    device = Device(made, gpu())
    steps = []

    def play(ticks: int) -> None:
        start = device.now
        for tick in range(ticks):
            for show in range(24):
                device.ask(show, tick + start // TICK, start + tick * TICK + 2 * TICK)
            device.run(start + (tick + 1) * TICK)
            steps.append(made.ladder.step)

    play(25)
    assert set(steps) == {0}
    device.factor = 2.5
    play(50)
    worst = max(steps)
    assert worst >= 1
    missed_early = sum(fate is Fate.MISSED for fate in device.dropped.values())
    play(10)
    assert sum(fate is Fate.MISSED for fate in device.dropped.values()) <= missed_early + 24
    device.factor = 1.0
    play(FRESH_NS // TICK + 300)
    assert steps[-1] == 0
    assert all(b - a in {-1, 0, 1} for a, b in zip(steps, steps[1:], strict=False))
    ups = [i for i, (a, b) in enumerate(zip(steps, steps[1:], strict=False)) if b < a]
    assert all(b - a >= 20 for a, b in zip(ups, ups[1:], strict=False))


def test_half_rate_keeps_every_second_frame_of_each_show() -> None:
    slow = table({1: 30})
    device = Device(scheduler(slow, 2), slow)
    device.play(100, 2, lead=3 * TICK)
    halves = [key for key, fate in device.dropped.items() if fate is Fate.SKIPPED]
    late_frames = {(show, frame) for show, frame in device.rendered if frame > 50}
    assert {frame % 2 for show, frame in late_frames if show == 0} == {0}
    assert {frame % 2 for show, frame in late_frames if show == 1} == {1}
    assert len(halves) > 80


def test_shows_take_turns_on_the_fallback() -> None:
    slow = table({1: 35})
    device = Device(scheduler(slow, 8, rotate_after=25), slow)
    device.play(600, 8, lead=6 * TICK)
    rested = {show for (show, _), fate in device.dropped.items() if fate is Fate.RESTING}
    assert rested == set(range(8))
    assert all(sum(owner == show for owner, _ in device.rendered) > 40 for show in range(8))


def test_a_quarter_of_the_rate_comes_before_any_fallback_and_shows_share_the_ticks() -> None:
    slow = table({1: 35})
    made = scheduler(slow, 4)
    device = Device(made, slow)
    device.play(300, 4, lead=6 * TICK)
    assert made.ladder.stride == 4 and made.ladder.resting == 0
    kept = [{frame % 4 for show, frame in device.rendered if show == one and frame > 200} for one in range(4)]
    assert sorted(kept, key=min) == [{0}, {1}, {2}, {3}]
    assert Fate.RESTING not in device.dropped.values()


def test_without_degrading_what_does_not_fit_is_missed() -> None:
    slow = table({1: 30}, {1: 3})
    device = Device(scheduler(slow, 3, degrade=False), slow)
    device.play(50, 3)
    assert {b.level for _, b in device.batches} == {0}
    assert set(device.dropped.values()) == {Fate.MISSED}


def test_an_urgent_frame_takes_a_cheaper_level_rather_than_be_missed() -> None:
    made = scheduler(table({1: 30}, {1: 3}), 1)
    made.submit(Request(0, 0, 10 * MS), 0)
    batch = made.decide(0).batch
    assert batch is not None
    assert batch.level == 1


def test_early_recovery_waits_longer_each_time() -> None:
    ladder = Ladder(Policy(recover_after=10), table({1: 5}, {1: 1}))
    waits = []
    for _ in range(4):
        ladder.turn(1, 1, 1)
        ladder.turn(1, 1, 1)
        assert ladder.step == 1
        quiet = 0
        while ladder.step == 1:
            ladder.turn(1, 1, 0)
            quiet += 1
        waits.append(quiet)
    assert waits == [10, 20, 40, 80]


def test_a_bucket_that_was_slow_once_is_tried_again() -> None:
    made = table({1: 5, 2: 6})
    for _ in range(9):
        made.add(2, 0, 6 * MS, 0)
    made.add(1, 0, 90 * MS, 0)
    assert made.p95(1, 0) == 90 * MS
    made.forget_old(FRESH_NS + 1)
    assert made.p95(1, 0) == 5 * MS


def test_a_device_that_seemed_too_slow_is_tried_again() -> None:
    """The rehearsal fell into a slow moment: nothing could ever be in time by it, until one frame is tried."""
    device = Device(scheduler(table({1: 60}), 1, degrade=False), table({1: 5}))
    device.play(60, 1)
    assert [frame for _, frame in device.rendered] == list(range(26, 60))


def test_a_rehearsal_in_a_slow_moment_does_not_keep_quality_down() -> None:
    """By the rehearsal two shows do not fit at the better level; what is measured then says that they do."""
    latencies = table({1: 52, 2: 100}, {1: 30, 2: 55})
    device = Device(scheduler(latencies, 2), table({1: 13, 2: 25}, {1: 8, 2: 15}))
    device.play(200, 2, lead=4 * TICK)
    levels = [batch.level for _, batch in device.batches]
    assert levels[-50:] == [0] * 50
    assert Fate.MISSED not in device.dropped.values()


def test_one_slow_frame_in_ten_costs_no_quality_when_shows_ask_early() -> None:
    made = scheduler(table({1: 30}, {1: 10}), 1)
    device = Device(made, table({1: 30}))
    for tick in range(200):
        device.factor = 1.5 if tick % 10 == 0 else 1.0
        device.ask(0, tick, device.now + 8 * TICK)
        device.run((tick + 1) * TICK)
    assert made.table.p95(1, 0) == 45 * MS
    assert {batch.level for _, batch in device.batches} == {0}
    assert not device.dropped


def test_a_step_up_is_tried_once_a_minute_whatever_is_forecast() -> None:
    latencies = table({1: 35}, {1: 1})
    ladder = Ladder(Policy(recover_after=10, recover_at_most=100), latencies)
    ladder.turn(1, 1, 1)
    ladder.turn(1, 1, 1)
    steps = []
    for _ in range(120):
        ladder.turn(1, 1, 0)
        steps.append(ladder.step)
    assert steps.index(0) == 99


def test_a_slow_device_makes_unused_buckets_slow_too() -> None:
    made = table({1: 5, 8: 20}, {1: 2})
    for _ in range(5):
        made.add(1, 0, 10 * MS, 0)
    assert (made.p95(8, 0), made.p95(1, 1)) == (40 * MS, 4 * MS)
    assert made.cost(9, 0) == 50 * MS


@pytest.mark.parametrize(("frame", "due"), [(0, 90), (5, 10)])
def test_frames_out_of_order_are_refused(frame: int, due: int) -> None:
    made = scheduler(table({1: 5}), 1)
    made.submit(Request(0, 3, 80 * MS), 0)
    with pytest.raises(ValueError, match="does not follow"):
        made.submit(Request(0, frame, due * MS), 0)


def test_a_released_show_gives_back_its_frames() -> None:
    made = scheduler(table({1: 5}), 2)
    waiting = Request(1, 0, 80 * MS)
    made.submit(waiting, 0)
    assert made.release(1) == [waiting]
    assert made.decide(0).batch is None
    with pytest.raises(ValueError, match="not admitted"):
        made.submit(waiting, 0)


def test_a_frame_longer_than_a_tick_is_fine_where_every_other_one_is_painted() -> None:
    """60 ms of every 80 at half rate, which is step 1 of one level: it stays there."""
    ladder = Ladder(Policy(best=1), table({1: 60}))
    for _ in range(200):
        ladder.turn(1, 1, 0)
    assert (ladder.step, ladder.need_ns(1, 1), ladder.need_ns(2, 1)) == (1, 30 * MS, 15 * MS)
    assert ladder.need_ns(1, 2) == 60 * MS, "two shows take turns: one frame a tick"


def test_half_rate_comes_back_when_its_frames_fit_into_two_ticks() -> None:
    ladder = Ladder(Policy(best=1, recover_after=10), table({1: 60}))
    ladder.turn(1, 1, 1)
    ladder.turn(1, 1, 1)
    assert ladder.step == 2
    for _ in range(10):
        ladder.turn(1, 1, 0)
    assert ladder.step == 1
