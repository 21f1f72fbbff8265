"""The engine as an `AvatarBackend`: shows use it unchanged, and it always has a picture for them.

A frame that was missed repeats the one before, those left out at a lower rate are mixed from their neighbours, and
while the device is lost or a show is resting the fallback (the puppet) is cross-faded in and out again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from models.base import AvatarBackend, AvatarIdentity, AvatarSession, FrameControls
from models.engine.core import Engine
from models.engine.frames import End, FrameModel, Outcome, PixelFormat, Pixels
from models.engine.quality import Policy
from models.errors import BackendUnavailable, ModelError
from streaming.clock import Clock
from streaming.media import FPS, Rgba

LEAD_S = 0.32
"""How far ahead of its deadline a live show's frame is asked for: the show has 0.6 s of slots rendered ahead."""
FADE_FRAMES = 8
Prepare = Callable[[FrameControls], Any]
_PATIENT_NS = 3_600_000_000_000
_HANG_S = 3.0
"""A frame that has no end this long after its deadline: the device hangs."""
_GIVE_UP = FPS // 2
"""Frames missed in a row before the fallback comes in: half a second of a still picture."""
_AWAY = {End.RESTING, End.LOST, End.CLOSED}


class EngineBackend:
    """One engine, started with the first host, shared by all."""

    def __init__(
        self,
        make: Callable[[], FrameModel[Any]],
        *,
        name: str = "engine",
        prepare: Callable[[AvatarIdentity], Prepare] | None = None,
        fallback: AvatarBackend | None = None,
        policy: Policy | None = None,
        clock: Clock | None = None,
        live: bool = True,
        lead_s: float = LEAD_S,
    ) -> None:
        """Prepare a backend; the device is opened with the first host.

        Args:
            make: opens the model on its device.
            name: the registry's name for it.
            prepare: for a host, what turns controls into the model's own (rasterising a guide, say). It runs in the
                show's thread, so that the engine's thread has no host work of all shows to do; none passes them on.
            fallback: draws hosts while the device cannot; without one the last picture stays.
            policy: how shows share the device.
            clock: where deadlines are read.
            live: False for recordings: no deadline, full quality, as fast as the device goes.
            lead_s: seconds from asking for a frame to its deadline.
        """
        self.name = name
        policy = policy or Policy()
        if not live:
            policy = replace(policy, degrade=False, run_ahead=1 << 30)
        self.engine: Engine[Any] = Engine(make, policy=policy, clock=clock)
        self._prepare = prepare
        self._fallback = fallback
        self._lead_ns = int(lead_s * 1e9) if live else _PATIENT_NS
        self._starting = threading.Lock()
        self._started = False

    def open(self, identity: AvatarIdentity, size: tuple[int, int]) -> EngineSession:
        """Prepare an identity; pictures are fitted to (width, height) by cutting what stands over.

        Raises:
            models.errors.AdmissionRefused: the device has no room for another show.
            models.errors.BadIdentity: an attribute is unknown or out of range.
            models.errors.BackendUnavailable: the device is lost just now.
        """
        with self._starting:
            if not self._started:
                self.engine.start()
                self._started = True
        show = self.engine.open(identity)
        try:
            prepare = self._prepare(identity) if self._prepare else _as_they_are
            fallback = self._fallback.open(identity, size) if self._fallback else None
        except ModelError:
            self.engine.close_show(show)
            raise
        return EngineSession(self.engine, show, size, prepare, fallback, self._lead_ns)

    def close(self) -> None:
        """Stop the engine. Idempotent."""
        self.engine.close()
        if self._fallback is not None:
            self._fallback.close()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A frame the engine was asked for."""

    control: FrameControls
    future: Future[Outcome]
    due_ns: int


class EngineSession:
    """One show's host on the engine."""

    def __init__(
        self,
        engine: Engine[Any],
        show: int,
        size: tuple[int, int],
        prepare: Prepare,
        fallback: AvatarSession | None,
        lead_ns: int,
    ) -> None:
        self.size = size
        self._engine = engine
        self._show = show
        self._prepare = prepare
        self._fallback = fallback
        self._lead_ns = lead_ns
        self._due_ns = 0
        self._expected: deque[list[_Asked]] = deque()
        """Batches asked for before they are rendered, in order."""
        self._last: Rgba | None = None
        self._real: Rgba | None = None
        """The last picture the engine drew; `_last` may be a mixture."""
        self._since = 0
        """Frames shown since then."""
        self._missed = 0
        self._mix = 0.0
        """Share of the fallback in the picture."""

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """One RGBA frame for each control, at the latest a moment after the last deadline.

        Raises:
            models.errors.BackendUnavailable: the device is lost, and there is neither a fallback nor a last picture.
        """
        asked = self._asked_for(controls)
        outcomes = [self._wait(one) for one in asked]
        drawn = [self._rgba(outcome.pixels) for outcome in outcomes]
        return [self._picture(i, control, drawn, outcomes[i].end) for i, control in enumerate(controls)]

    def expect(self, controls: Sequence[FrameControls]) -> None:
        """Ask for frames that come later: the engine has no pause between two batches, and a frame that is left out at
        the end of one is mixed with the first of the next; see `models.base.ForesightedSession`."""
        self._expected.append([self._submit(control) for control in controls])

    def close(self) -> None:
        """Free the host. Idempotent."""
        self._engine.close_show(self._show)
        if self._fallback is not None:
            self._fallback.close()

    # --- asking ---

    def _submit(self, control: FrameControls) -> _Asked:
        # Frames follow each other on air, so a deadline is never nearer to the last than a frame.
        self._due_ns = max(self._engine.clock.now_ns() + self._lead_ns, self._due_ns + 1_000_000_000 // FPS)
        future = self._engine.submit(self._show, self._prepare(control), self._due_ns)
        return _Asked(control, future, self._due_ns)

    def _asked_for(self, controls: Sequence[FrameControls]) -> list[_Asked]:
        """The batch as it was expected, or asked for now."""
        if self._expected and [id(one.control) for one in self._expected[0]] == [id(control) for control in controls]:
            return self._expected.popleft()
        self._expected.clear()
        return [self._submit(control) for control in controls]

    def _wait(self, asked: _Asked) -> Outcome:
        try:
            return asked.future.result(max(0, asked.due_ns - self._engine.clock.now_ns()) / 1e9 + _HANG_S)
        except FutureTimeout:
            return Outcome(End.LOST)

    # --- the picture ---

    def _picture(self, index: int, control: FrameControls, drawn: Sequence[Rgba | None], end: End) -> Rgba:
        picture = drawn[index]
        self._missed = 0 if picture is not None else self._missed + 1
        if picture is not None:
            self._real, self._since = picture, 0
        else:
            self._since += 1
            if end is End.SKIPPED:
                picture = self._between(drawn[index + 1 :])
        self._last = picture if picture is not None else self._last
        away = end in _AWAY or self._missed >= _GIVE_UP
        if self._last is None:
            self._mix = 1.0
        else:
            self._mix = min(1.0, max(0.0, self._mix + (1 if away else -1) / FADE_FRAMES))
        if self._mix == 0.0 or self._fallback is None:
            if self._last is None:
                raise BackendUnavailable("the render device is lost, and there is no fallback to draw the host")
            return self._last
        standing_in = self._fallback.render([control])[0]
        return standing_in if self._last is None else _blend(self._last, standing_in, self._mix)

    def _between(self, following: Sequence[Rgba | None]) -> Rgba | None:
        """A mixture of the last picture drawn and the next, by how far away they are; None when there is no next."""
        away, after = next(((i, one) for i, one in enumerate(following, 1) if one is not None), (0, None))
        if after is None:
            away, after = self._first_to_come(len(following) + 1)
        if self._real is None or after is None:
            return after
        return _blend(self._real, after, self._since / (self._since + away))

    def _first_to_come(self, away: int) -> tuple[int, Rgba | None]:
        """The first picture of the next batch, if one is expected, and how many frames away; waits for it."""
        for asked in self._expected[0] if self._expected else []:
            outcome = self._wait(asked)
            if outcome.end is not End.SKIPPED:
                return away, self._rgba(outcome.pixels)
            away += 1
        return away, None

    def _rgba(self, pixels: Pixels | None) -> Rgba | None:
        return None if pixels is None else fit(to_rgba(pixels, self._engine.format), self.size)


def _as_they_are(controls: FrameControls) -> FrameControls:
    return controls


def to_rgba(pixels: Pixels, pixel_format: PixelFormat) -> Rgba:
    """A picture of the engine as opaque RGBA (height, width, 4)."""
    if pixel_format == "rgba":
        return pixels
    code = cv2.COLOR_YUV2RGBA_I420 if pixel_format == "yuv420p" else cv2.COLOR_YUV2RGBA_NV12
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)


def fit(picture: Rgba, size: tuple[int, int]) -> Rgba:
    """Scale to cover (width, height) and cut what stands over, evenly on both sides."""
    height, width = picture.shape[:2]
    if (width, height) == size:
        return picture
    scale = max(size[0] / width, size[1] / height)
    wide, high = max(size[0], round(width * scale)), max(size[1], round(height * scale))
    grown = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_LINEAR)
    left, top = (wide - size[0]) // 2, (high - size[1]) // 2
    return np.ascontiguousarray(grown[top : top + size[1], left : left + size[0]], np.uint8)


def _blend(first: Rgba, second: Rgba, share: float) -> Rgba:
    """`share` of the second, the rest of the first."""
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), np.uint8)
