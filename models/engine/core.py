"""The engine: one thread that renders for all shows of a device, batch by batch, as the scheduler decides.

Decide (the scheduler, pure), execute (the frame model), absorb (the latency table and the shows' futures). While the
next batch is computed, a second thread takes the pictures of the last one from the device.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic

from models.base import AvatarIdentity
from models.engine.frames import Controls, End, EngineStats, FrameModel, Outcome, PixelFormat, Pixels, Rendering
from models.engine.latency import LatencyTable
from models.engine.quality import Policy
from models.engine.scheduler import Batch, Fate, Request, Scheduler
from models.errors import BackendUnavailable, DeviceLost, ModelError
from streaming.clock import Clock, MonotonicClock

_log = logging.getLogger(__name__)
_REHEARSALS = 5
_REHEARSE_NS = 1_000_000_000
_IN_FLIGHT = 2
_USELESS_TICKS = 8
"""A bucket that takes longer than this many ticks is not used: nobody waits so long for a frame."""
_FATES = {Fate.MISSED: End.MISSED, Fate.SKIPPED: End.SKIPPED, Fate.RESTING: End.RESTING}


@dataclass(slots=True)
class _Wanted(Generic[Controls]):
    controls: Controls
    future: Future[Outcome]


@dataclass(slots=True)
class _Show(Generic[Controls]):
    identity: AvatarIdentity
    slot: int | None = None
    next_frame: int = 0
    wanted: dict[int, _Wanted[Controls]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Job(Generic[Controls]):
    """A batch with what it needs, taken out of the shared state."""

    model: FrameModel[Controls]
    scheduler: Scheduler
    batch: Batch
    slots: tuple[int, ...]
    wanted: tuple[_Wanted[Controls], ...]
    began_ns: int


class Engine(Generic[Controls]):
    """All shows of one device. Every method may be called from any thread; `start` and `close` once."""

    def __init__(
        self,
        make: Callable[[], FrameModel[Controls]],
        *,
        policy: Policy | None = None,
        clock: Clock | None = None,
        first_retry_s: float = 0.5,
        last_retry_s: float = 30.0,
    ) -> None:
        """Prepare an engine; `start` opens the device.

        Args:
            make: opens the model on the device; called again after the device was lost.
            policy: how shows share the device.
            clock: where deadlines are read.
            first_retry_s: seconds before a lost device is opened again; doubled after each failure.
            last_retry_s: the longest wait between two tries.
        """
        self.policy = policy or Policy()
        self.clock: Clock = clock or MonotonicClock()
        self.stats = EngineStats()
        self._make = make
        self._retries_s = (first_retry_s, last_retry_s)
        self._state = threading.Condition()
        self._device = threading.Lock()  # held while a batch is computed: no slot is freed under it
        self._model: FrameModel[Controls] | None = None
        self._scheduler = Scheduler(LatencyTable(1), self.policy)
        self._shows: dict[int, _Show[Controls]] = {}
        self._next_show = 0
        self._news = False
        self._closed = False
        self._counting = threading.Lock()
        self._free = threading.Semaphore(_IN_FLIGHT)
        self._egress = ThreadPoolExecutor(1, thread_name_prefix="render egress")
        self._thread = threading.Thread(target=self._loop, name="render engine", daemon=True)

    # --- lifetime ---

    def start(self) -> Engine[Controls]:
        """Open the model, measure every bucket and start rendering. Blocks.

        Raises:
            models.errors.ModelError: the model cannot be opened.
        """
        self._model, self._scheduler = self._open_model()
        self.size: tuple[int, int] = self._model.size
        self.format: PixelFormat = self._model.format
        self.levels: tuple[str, ...] = self._model.levels
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop rendering; every frame that waits ends as CLOSED. Idempotent."""
        with self._state:
            if self._closed:
                return
            self._closed = True
            self._state.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        self._egress.shutdown()
        with self._state:
            waiting = [one for show in self._shows.values() for one in show.wanted.values()]
            self._shows.clear()
            model, self._model = self._model, None
        self._resolve(waiting, End.CLOSED)
        if model is not None:
            model.shutdown()

    # --- shows ---

    def open(self, identity: AvatarIdentity) -> int:
        """Let a show in and prepare its identity; returns the show's number. Blocks.

        Raises:
            models.errors.AdmissionRefused: the device has no room for it.
            models.errors.BadIdentity: an attribute is unknown or out of range.
            models.errors.BackendUnavailable: the device is lost just now, or the engine is closed.
        """
        with self._state:
            model = self._model
            if model is None or self._closed:
                raise BackendUnavailable("the render device is lost and being opened again; try again in a minute")
            number, self._next_show = self._next_show, self._next_show + 1
            self._scheduler.admit(number)
        try:
            slot = model.open(identity)
        except DeviceLost as error:
            self._lose(model, error)
            raise BackendUnavailable(str(error)) from error
        except ModelError:
            with self._state:
                self._scheduler.release(number)
            raise
        with self._state:
            if self._model is not model:
                raise BackendUnavailable("the render device was lost while the host was prepared; try again")
            self._shows[number] = _Show(identity, slot)
        return number

    def submit(self, show: int, controls: Controls, deadline_ns: int) -> Future[Outcome]:
        """Ask for the show's next frame, ready by `deadline_ns` on the engine's clock.

        Returns:
            A future that always gets an `Outcome`, never an exception.

        Raises:
            ValueError: the deadline lies before that of the frame before, which still waits.
        """
        future: Future[Outcome] = Future()
        with self._state:
            open_show = self._shows.get(show)
            if open_show is None or self._closed:
                end = End.CLOSED
            elif self._model is None or open_show.slot is None:
                end = End.LOST
            else:
                frame = open_show.next_frame
                self._scheduler.submit(Request(show, frame, deadline_ns), self.clock.now_ns())
                open_show.next_frame += 1
                open_show.wanted[frame] = _Wanted(controls, future)
                self._news = True
                self._state.notify_all()
                return future
        self._resolve([_Wanted(controls, future)], end)
        return future

    def close_show(self, show: int) -> None:
        """Free a show; its waiting frames end as CLOSED. Idempotent."""
        with self._state:
            gone = self._shows.pop(show, None)
            self._scheduler.release(show)
        if gone is None:
            return
        self._resolve(list(gone.wanted.values()), End.CLOSED)
        with self._device:
            if self._model is not None and gone.slot is not None:
                self._model.close(gone.slot)

    @property
    def capacity(self) -> int:
        """How many shows admission would let in by what is measured now."""
        with self._state:
            return self._scheduler.capacity()

    @property
    def step(self) -> int:
        """The quality ladder's step; 0 is the best, see `models.engine.quality`."""
        return self._scheduler.ladder.step

    def latencies_ms(self) -> dict[str, dict[int, float]]:
        """Measured 95th percentiles by level and bucket."""
        with self._state:
            table = self._scheduler.table
            return {
                name: {bucket: table.p95(bucket, level) / 1e6 for bucket in table.buckets(level)}
                for level, name in enumerate(self.levels)
            }

    # --- the thread ---

    def _loop(self) -> None:
        wait_s = self._retries_s[0]
        while not self._closed:
            if self._model is not None:
                wait_s = self._retries_s[0]
                self._step()
                continue
            with self._state:
                self._state.wait_for(lambda: self._closed, timeout=wait_s)
            if not self._closed and not self._find_again():
                wait_s = min(2 * wait_s, self._retries_s[1])

    def _step(self) -> None:
        """Decide once; render what was decided, or wait for what comes first: the next moment or news."""
        with self._state:
            model = self._model
            if model is None:
                return
            self._news = False
            now = self.clock.now_ns()
            decision = self._scheduler.decide(now)
            dropped = [(self._take(request), _FATES[fate]) for request, fate in decision.dropped]
            job = self._job(model, decision.batch, now) if decision.batch else None
        for wanted, end in dropped:
            self._resolve([wanted], end)
        if job is not None:
            self._execute(job)
            return
        timeout = None if decision.wake_ns is None else max(0, decision.wake_ns - self.clock.now_ns()) / 1e9
        with self._state:
            self._state.wait_for(lambda: self._news or self._closed or self._model is None, timeout)

    def _take(self, request: Request) -> _Wanted[Controls]:
        return self._shows[request.show].wanted.pop(request.frame)

    def _job(self, model: FrameModel[Controls], batch: Batch, now_ns: int) -> _Job[Controls]:
        slots = [self._shows[request.show].slot for request in batch.requests]
        return _Job(
            model=model,
            scheduler=self._scheduler,
            batch=batch,
            slots=tuple(slot for slot in slots if slot is not None),
            wanted=tuple(self._take(request) for request in batch.requests),
            began_ns=now_ns,
        )

    def _execute(self, job: _Job[Controls]) -> None:
        self._free.acquire()
        controls = [one.controls for one in job.wanted]
        try:
            with self._device:
                rendering = job.model.run(job.slots, controls, job.batch.level, job.batch.bucket)
                rendering.computed()
        except Exception as error:  # noqa: BLE001  whatever a model raises, shows go on with their fallback
            self._free.release()
            self._lose(job.model, error)
            self._resolve(job.wanted, End.LOST)
            return
        self._egress.submit(self._deliver, job, rendering)

    def _deliver(self, job: _Job[Controls], rendering: Rendering) -> None:
        """Take the pictures from the device; runs in the egress thread."""
        frames: list[Pixels] = []
        try:
            frames = rendering.frames()
        except Exception as error:  # noqa: BLE001  as above
            self._lose(job.model, error)
            self._resolve(job.wanted, End.LOST)
            return
        finally:
            self._free.release()
        with self._state:
            late = {r.show for r in job.scheduler.absorb(job.batch, job.began_ns, self.clock.now_ns())}
            self.stats.batches += 1
            self.stats.padded += job.batch.bucket - len(job.wanted)
        for request, wanted, pixels in zip(job.batch.requests, job.wanted, frames, strict=True):
            end = End.LATE if request.show in late else End.RENDERED
            self._resolve([wanted], end, pixels, job.batch.level)

    def _resolve(
        self, wanted: list[_Wanted[Controls]] | tuple[_Wanted[Controls], ...], end: End,
        pixels: Pixels | None = None, level: int = 0,
    ) -> None:  # fmt: skip
        """Answer; never with the lock held, because callbacks run here."""
        for one in wanted:
            with self._counting:
                self.stats.count(end)
            if one.future.set_running_or_notify_cancel():
                one.future.set_result(Outcome(end, pixels, level))

    # --- the device ---

    def _open_model(self) -> tuple[FrameModel[Controls], Scheduler]:
        """Open and measure. A bucket that does not fit into memory, or into any deadline, is left out."""
        model = self._make()
        try:
            return model, Scheduler(self._measure(model), self.policy)
        except BaseException:
            model.shutdown()
            raise

    def _measure(self, model: FrameModel[Controls]) -> LatencyTable:
        table = LatencyTable(len(model.levels))
        for level in range(len(model.levels)):
            for bucket in model.buckets:
                try:
                    samples = self._rehearse(model, bucket, level)
                except MemoryError:
                    break
                table.measured(bucket, level, samples)
                if min(samples) > _USELESS_TICKS * self.policy.tick_ns:
                    break
            if not table.buckets(level):
                raise DeviceLost(f"{model.name}: level {model.levels[level]} does not fit into the device's memory")
        return table

    def _rehearse(self, model: FrameModel[Controls], bucket: int, level: int) -> list[int]:
        """Latencies in ns; the first run, which may compile, does not count."""
        model.rehearse(bucket, level)
        samples: list[int] = []
        while len(samples) < _REHEARSALS and sum(samples) < _REHEARSE_NS:
            began = self.clock.now_ns()
            model.rehearse(bucket, level)
            samples.append(self.clock.now_ns() - began)
        return samples

    def _lose(self, model: FrameModel[Controls], error: Exception) -> None:
        """The device failed: everything that waits ends as LOST, and the loop opens it again."""
        with self._state:
            if self._model is not model:
                return
            self._model = None
            self.stats.losses += 1
            waiting = [one for show in self._shows.values() for one in show.wanted.values()]
            for show in self._shows.values():
                show.wanted.clear()
                show.slot = None
            self._state.notify_all()
        _log.error("the render device was lost: %s", error, exc_info=error)
        self._resolve(waiting, End.LOST)
        with suppress(Exception):
            model.shutdown()

    def _find_again(self) -> bool:
        """Open the device and every show's identity again; False when it is still gone."""
        try:
            model, scheduler = self._open_model()
        except Exception as error:  # noqa: BLE001  it is tried again later
            _log.warning("the render device is still lost: %s", error)
            return False
        with self._state:
            known = {number: show.identity for number, show in self._shows.items()}
        try:
            slots = {number: model.open(identity) for number, identity in known.items()}
        except Exception as error:  # noqa: BLE001  as above
            _log.warning("the hosts cannot be prepared again: %s", error)
            model.shutdown()
            return False
        with self._state:
            for number in known.keys() - self._shows.keys():
                model.close(slots.pop(number))
            for number, slot in slots.items():
                self._shows[number].slot = slot
                scheduler.admit(number, sure=True)
            self._model, self._scheduler = model, scheduler
        _log.warning("the render device is back; %d shows go on", len(slots))
        return True
