"""`bench render`: how many shows a device renders without missing a 40 ms deadline, beside a plain loop, in one run.

Every show asks for one frame a tick, due at the tick's end, on the real clock. Strict shows is the largest number of
which not one frame came late or was dropped. Saturated is the engine with all it can take and no clock: its fps against
the plain loop's is the ratio. FLOPs are counted (2 a multiply-add) on the network's own forward pass.
"""

from __future__ import annotations

import math
import os
import platform
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import torch

from models.base import AvatarIdentity
from models.engine.bench_subjects import Prepared, Subject, subject
from models.engine.core import Engine
from models.engine.frames import End, Outcome
from models.engine.latency import percentile
from models.engine.network import Compile
from models.engine.quality import Policy
from models.errors import ModelError
from streaming.clock import Clock, MonotonicClock

TICK_NS = 40_000_000
ASK_AHEAD_NS = 3_000_000
"""Frames are asked for this long before their tick, so that one gathering finds them all."""
_PATIENT_NS = 3_600_000_000_000
_HOPELESS = 0.5
"""Where more frames than this share are missed, more shows are not tried."""


@dataclass(frozen=True, slots=True)
class Row:
    """One number of shows. Latency is from asking, 3 ms before the tick, to the picture in host memory."""

    shows: int
    strict: bool
    frames: int
    rendered: int
    late: int
    missed: int
    fps: float
    """All shows together, pictures in time."""
    latency_p50_ms: float
    latency_p99_ms: float
    batches: int
    padded_rows: int
    tflops: float
    """Achieved: counted FLOPs of the pictures in time, padding not counted, a second."""
    of_peak: float


@dataclass(frozen=True, slots=True)
class Saturated:
    """The engine with more frames asked for than it can render."""

    shows: int
    fps: float
    tflops: float
    of_peak: float


def run(
    shows: Sequence[int] = (1, 2, 4, 8, 16, 32, 64), *, backend: str = "diffusion", device: str = "cpu",
    seconds: float = 60.0, level: str | None = None, tiny: bool = False, compile_with: Compile = "auto",
    buckets: Sequence[int] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measure; about `seconds` a number of shows, plus the rehearsal.

    Args:
        shows: numbers of shows to try, in this order.
        backend: what renders; see `models.engine.bench_subjects`.
        device: cpu or cuda.
        seconds: length of each measurement.
        level: one of the network's quality levels; the best by default.
        tiny: a small network of the same structure, to try the bench itself.
        compile_with: as `NetworkModel`.
        buckets: static batch sizes to prepare; all of the device's by default. Fewer prepare faster.

    Returns:
        JSON values: the machine, what was measured, rows, the engine saturated, the plain loop, `strict_shows` and
        `ratio` (saturated fps to the plain loop's).

    Raises:
        models.errors.UnknownBackend: no such backend.
        models.errors.ModelError: the device or level is not here, or a number of shows is below 1.
    """
    for field_name, numbers in (("shows", shows), ("buckets", buckets or [1])):
        if not numbers or min(numbers) < 1:
            raise ModelError(f"{field_name}: got {list(numbers)}; allowed: numbers from 1")
    made = subject(backend, device, tiny=tiny)
    name = level or made.levels[0]
    if name not in made.levels:
        raise ModelError(f"level: got {level!r}; allowed: {', '.join(made.levels)}")
    with torch.inference_mode():
        flops = made.flops(name)
        peak = _peak_flops(made.device, made.number_format)
        plain_fps = _plain_fps(made.plain(name), min(seconds, 10.0))
    model = made.make(name, Prepared(tuple(buckets) if buckets else None, compile_with))
    policy = Policy(admit=False, degrade=False, best=model.levels.index(name), run_ahead=1 << 30)
    engine: Engine[Any] = Engine(lambda: model, policy=policy).start()
    try:
        saturated = _saturated(engine, made, min(seconds, 10.0), flops, peak)
        rows = _rows(engine, made, shows, seconds, flops, peak)
        capacity, latencies = engine.capacity, engine.latencies_ms()[name]
    finally:
        engine.close()
    best = max((row for row in rows if row.strict), key=lambda row: row.shows, default=None)
    return {
        "backend": backend, "level": name, "tiny": tiny, **made.about,
        "machine": _machine(made.device),
        "number_format": str(made.number_format).removeprefix("torch."),
        "compile": compile_with,
        "seconds": seconds,
        "flops_per_frame": flops,
        "peak_tflops": round(peak / 1e12, 4),
        "bucket_p95_ms": {str(bucket): round(ms, 3) for bucket, ms in latencies.items()},
        "admission_would_allow": capacity,
        "rows": [asdict(row) for row in rows],
        "strict_shows": best.shows if best else 0,
        "saturated": asdict(saturated),
        "plain_loop": {
            "fps": round(plain_fps, 2),
            "strict_shows": int(plain_fps // 25),
            "of_peak": round(plain_fps * flops / peak, 4),
        },
        "ratio": round(saturated.fps / plain_fps, 2),
    }  # fmt: skip


# --- the paced load ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """What became of the frames of one measurement; filled from the engine's threads."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    ends: dict[End, int] = field(default_factory=lambda: dict.fromkeys(End, 0))
    latencies_ns: list[int] = field(default_factory=list)

    def note(self, future: Future[Outcome], asked_ns: int, now_ns: int) -> None:
        with self.lock:
            self.ends[future.result().end] += 1
            if future.result().pixels is not None:
                self.latencies_ns.append(now_ns - asked_ns)


def _rows(
    engine: Engine[Any], made: Subject, shows: Sequence[int], seconds: float, flops: int, peak: float
) -> list[Row]:
    rows: list[Row] = []
    for count in shows:
        rows.append(_row(engine, made, count, seconds, flops, peak))
        if rows[-1].missed > _HOPELESS * rows[-1].frames:
            break
    return rows


def _row(engine: Engine[Any], made: Subject, count: int, seconds: float, flops: int, peak: float) -> Row:
    before = engine.stats.batches, engine.stats.padded
    opened = [engine.open(AvatarIdentity(f"bench-{number}")) for number in range(count)]
    ticks = max(1, round(seconds * 1e9 / TICK_NS))
    try:
        tally = _play(engine, made.controls, opened, ticks)
    finally:
        for show in opened:
            engine.close_show(show)
    in_time = tally.ends[End.RENDERED]
    late, missed = tally.ends[End.LATE], sum(tally.ends.values()) - in_time - tally.ends[End.LATE]
    fps = in_time / (ticks * TICK_NS / 1e9)
    latencies = tally.latencies_ns or [0]
    return Row(
        shows=count,
        strict=in_time == count * ticks,
        frames=count * ticks,
        rendered=in_time + late,
        late=late,
        missed=missed,
        fps=round(fps, 2),
        latency_p50_ms=round(percentile(latencies, 0.50) / 1e6, 3),
        latency_p99_ms=round(percentile(latencies, 0.99) / 1e6, 3),
        batches=engine.stats.batches - before[0],
        padded_rows=engine.stats.padded - before[1],
        tflops=round(fps * flops / 1e12, 6),
        of_peak=round(fps * flops / peak, 4),
    )


def _play(engine: Engine[Any], controls: Callable[[int, int], Any], shows: Sequence[int], ticks: int) -> _Tally:
    clock, tally = engine.clock, _Tally()
    # On the engine's own grid, five ticks from now.
    start = (clock.now_ns() // TICK_NS + 5) * TICK_NS
    futures: list[Future[Outcome]] = []
    for tick in range(ticks):
        due = start + tick * TICK_NS
        clock.sleep_until(due - ASK_AHEAD_NS)
        for number, show in enumerate(shows):
            asked = clock.now_ns()
            future = engine.submit(show, controls(number, tick), due + TICK_NS)
            future.add_done_callback(partial(_note, tally, asked, clock))
            futures.append(future)
    for future in futures:
        future.result(60)
    return tally


def _note(tally: _Tally, asked_ns: int, clock: Clock, future: Future[Outcome]) -> None:
    tally.note(future, asked_ns, clock.now_ns())


def _saturated(engine: Engine[Any], made: Subject, seconds: float, flops: int, peak: float) -> Saturated:
    """As many shows as the largest bucket holds, each with two frames waiting at all times."""
    count = max(engine.latencies_ms()[engine.levels[engine.policy.best]])
    shows = [engine.open(AvatarIdentity(f"bench-{number}")) for number in range(count)]
    clock, done, over = engine.clock, threading.Semaphore(0), threading.Event()
    rendered = [0] * count

    def again(number: int, future: Future[Outcome] | None) -> None:
        if future is not None:
            rendered[number] += future.result().end is End.RENDERED
        if over.is_set():
            done.release()
            return
        wanted = engine.submit(shows[number], made.controls(number, rendered[number]), clock.now_ns() + _PATIENT_NS)
        wanted.add_done_callback(partial(again, number))

    began = clock.now_ns()
    for number in list(range(count)) * 2:
        again(number, None)
    clock.sleep_until(began + int(seconds * 1e9))
    frames, took = sum(rendered), (clock.now_ns() - began) / 1e9
    over.set()
    for _ in range(2 * count):
        done.acquire()
    for show in shows:
        engine.close_show(show)
    fps = frames / took
    return Saturated(count, round(fps, 2), round(fps * flops / 1e12, 6), round(fps * flops / peak, 4))


# --- what the device can do --------------------------------------------------------------------------------------


def _peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """The best of a sweep of square matrix products in the network's number format, FLOP/s."""
    sizes = (1024, 2048, 4096, 8192, 16384) if device.type == "cuda" else (512, 1024, 2048)
    return max(_matmul_flops(size, device, dtype) for size in sizes)


def _matmul_flops(size: int, device: torch.device, dtype: torch.dtype) -> float:
    a = torch.randn(size, size, device=device, dtype=dtype)
    b = torch.randn(size, size, device=device, dtype=dtype)
    repeats = max(3, math.ceil((2e13 if device.type == "cuda" else 4e10) / (2 * size**3)))
    clock = MonotonicClock()
    for _ in range(3):
        a @ b
    _finish(device)
    began = clock.now_ns()
    for _ in range(repeats):
        a @ b
    _finish(device)
    return 2 * size**3 * repeats / ((clock.now_ns() - began) / 1e9)


def _plain_fps(frame: Callable[[], None], seconds: float) -> float:
    """Frames a second of the plain loop, one stream, after three frames of warm-up."""
    clock = MonotonicClock()
    for _ in range(3):
        frame()
    began, frames = clock.now_ns(), 0
    while frames < 3 or clock.now_ns() - began < seconds * 1e9:
        frame()
        frames += 1
    return frames / ((clock.now_ns() - began) / 1e9)


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _machine(device: torch.device) -> dict[str, Any]:
    about: dict[str, Any] = {"cores": os.cpu_count(), "torch": torch.__version__, "threads": torch.get_num_threads()}
    if device.type == "cuda":
        return about | {"device": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
    return about | {"device": platform.machine(), "load_average": round(os.getloadavg()[0], 2)}
