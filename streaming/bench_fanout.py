"""How much a viewer costs: our one shared encode beside aiortc's own encode a peer, in one run, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

import av
import numpy as np
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from streaming.bench_load import LOOPBACK
from streaming.broadcast import Broadcast
from streaming.clock import MonotonicClock, frame_deadline_ns
from streaming.encoder import TIME_BASE
from streaming.errors import StreamingError, TimelineClosed, WhepError
from streaming.media import FPS, OPUS_FRAME, SAMPLE_RATE, SAMPLES_PER_FRAME
from streaming.rtc_hooks import use_host_addresses
from streaming.show_encoder import EncoderSettings
from streaming.station import Station
from streaming.timeline import Slot, Timeline
from streaming.webrtc import WhepService, prefer_codecs

SIZE: Final = (720, 1280)
_PICTURES: Final = FPS
_SETTLE_S: Final = 1.0
_JOIN_S: Final = 90.0


class BenchError(StreamingError):
    """The load generator ended early or never connected."""


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table. CPU is the server's process only, in percent of one core, encodes included."""

    viewers: int
    """That tried to join."""
    connected: int
    """That could; the other numbers are theirs."""
    fps_median: float
    fps_min: float
    cpu_percent: float
    cpu_percent_per_viewer: float
    cpu_ms_per_picture: float
    """CPU for each picture that reached a viewer: fair also where a server falls behind."""
    mbit_per_viewer: float


class _Server(Protocol):
    async def answer(self, offer: str) -> str: ...


def run(viewers: Sequence[int] = (1, 8, 32, 64), seconds: float = 8.0) -> dict[str, Any]:
    """Measure both paths at each number of viewers; about (seconds + joins) x 2 a number.

    Args:
        viewers: Numbers of viewers.
        seconds: Length of each measurement.

    Returns:
        JSON values: the machine, the settings, rows of both paths and `ratio` (their CPU per picture).

    Raises:
        BenchError: The load generator failed.
    """
    return asyncio.run(_run(viewers, seconds))


async def _run(viewers: Sequence[int], seconds: float) -> dict[str, Any]:
    use_host_addresses(LOOPBACK)
    try:
        slots = _scene()
        pictures = [_yuv(slot) for slot in slots]
        shared = [await _measure(lambda: _shared(slots), count, seconds) for count in viewers]
        each = [await _measure(lambda: _encode_each(pictures), count, seconds) for count in viewers]
    finally:
        use_host_addresses(None)
    return {
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "size": list(SIZE),
        "seconds": seconds,
        "shared_encode": [asdict(row) for row in shared],
        "encode_per_peer": [asdict(row) for row in each],
        "ratio": {
            str(a.viewers): round(b.cpu_ms_per_picture / a.cpu_ms_per_picture, 1)
            for a, b in zip(shared, each, strict=True)
            if a.cpu_ms_per_picture and b.cpu_ms_per_picture
        },
    }


async def _measure(
    make: Callable[[], contextlib.AbstractAsyncContextManager[_Server]], count: int, seconds: float
) -> Row:
    async with make() as server, _load(count) as load:
        async with asyncio.timeout(_JOIN_S):
            for _ in range(count):
                offer = (await load.receive())["offer"]
                await load.send({"answer": await _answer(server, offer)})
            connected = (await load.receive())["connected"]
        await asyncio.sleep(_SETTLE_S)
        async with asyncio.timeout(seconds + _JOIN_S):
            await load.report()
            began, cpu = time.monotonic(), time.process_time()
            await asyncio.sleep(seconds)
            cpu, took = time.process_time() - cpu, time.monotonic() - began
            seen = await load.report()
    return _row(count, connected, seen, cpu, took)


async def _answer(server: _Server, offer: str) -> str | None:
    """None when an overloaded server turns the viewer away: the bench goes on with those it has."""
    try:
        return await server.answer(offer)
    except WhepError:
        return None


def _row(count: int, connected: int, seen: dict[str, Any], cpu: float, took: float) -> Row:
    if not connected:
        raise BenchError(f"none of {count} viewers connected")
    fps = [pictures / took for pictures in seen["pictures"]]
    delivered = sum(seen["pictures"])
    return Row(
        viewers=count,
        connected=connected,
        fps_median=round(statistics.median(fps), 2),
        fps_min=round(min(fps), 2),
        cpu_percent=round(100 * cpu / took, 1),
        cpu_percent_per_viewer=round(100 * cpu / took / connected, 2),
        cpu_ms_per_picture=round(1000 * cpu / delivered, 3) if delivered else 0.0,
        mbit_per_viewer=round(seen["octets"] * 8 / took / connected / 1e6, 2),
    )


class _Load:
    """The child process with the viewers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise BenchError("the load generator has no pipes")
        self._in, self._out = process.stdin, process.stdout

    async def receive(self) -> dict[str, Any]:
        line = await self._out.readline()
        if not line:
            raise BenchError("the load generator ended early")
        value: dict[str, Any] = json.loads(line)
        return value

    async def send(self, value: object) -> None:
        self._in.write(json.dumps(value).encode() + b"\n")
        await self._in.drain()

    async def report(self) -> dict[str, Any]:
        await self.send({})
        return await self.receive()


@contextlib.asynccontextmanager
async def _load(count: int) -> AsyncIterator[_Load]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streaming.bench_load", str(count),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 20,
    )  # fmt: skip
    try:
        yield _Load(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class _Whep:
    def __init__(self, service: WhepService) -> None:
        self._service = service

    async def answer(self, offer: str) -> str:
        return (await self._service.offer(offer, "bench")).answer


@contextlib.asynccontextmanager
async def _shared(slots: Sequence[Slot]) -> AsyncIterator[_Server]:
    """Our path: station, broadcast, WHEP."""
    clock, timeline = MonotonicClock(), Timeline(10)
    broadcast = Broadcast(clock)
    station = Station(timeline, clock, [broadcast], settings=EncoderSettings(size=SIZE))
    service = WhepService(
        broadcast,
        max_viewers=10_000,
        max_per_client=10_000,
        joins_per_second=10_000,
        report_timeout_s=1e6,  # the load generator sends no receiver reports
    )

    def produce() -> None:
        n = 0
        with contextlib.suppress(TimelineClosed):
            while True:
                timeline.put(slots[n % len(slots)])
                n += 1

    producer = threading.Thread(target=produce, name="bench producer")
    producer.start()
    station.start()
    try:
        yield _Whep(service)
    finally:
        await service.aclose()
        timeline.close()
        await asyncio.to_thread(station.close)
        await asyncio.to_thread(producer.join)


class _FrameTrack(MediaStreamTrack):
    """A paced track of raw frames, as an application gives them to aiortc. A late one skips ahead."""

    def __init__(self, kind: str, make: Callable[[int], av.VideoFrame | av.AudioFrame], step: int) -> None:
        super().__init__()
        self.kind = kind
        self._make, self._step = make, step
        self._clock = MonotonicClock()
        self._start: int | None = None
        self._n = 0

    async def recv(self) -> av.VideoFrame | av.AudioFrame:
        """The next frame, on time."""
        rate = SAMPLE_RATE // self._step
        if self._start is None:
            self._start = self._clock.now_ns()
        elapsed = (self._clock.now_ns() - self._start) * rate // 1_000_000_000
        self._n = max(self._n + 1, elapsed) if self.kind == "video" else self._n + 1
        await self._clock.wait_until(frame_deadline_ns(self._start, self._n, rate))
        frame = self._make(self._n)
        frame.pts, frame.time_base = self._n * self._step, TIME_BASE
        return frame


class _EncodeEach:
    def __init__(self, pictures: Sequence[np.ndarray[Any, Any]]) -> None:
        self._pictures = pictures
        self._silence = np.zeros((1, OPUS_FRAME), np.int16)
        self.peers: list[RTCPeerConnection] = []

    async def answer(self, offer: str) -> str:
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.peers.append(pc)
        video = pc.addTransceiver(_FrameTrack("video", self._picture, SAMPLES_PER_FRAME), direction="sendonly")
        prefer_codecs(video, "video")
        pc.addTransceiver(_FrameTrack("audio", self._sound, OPUS_FRAME), direction="sendonly")
        await pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        return str(pc.localDescription.sdp)

    def _picture(self, n: int) -> av.VideoFrame:
        return av.VideoFrame.from_ndarray(self._pictures[n % len(self._pictures)], format="yuv420p")

    def _sound(self, _n: int) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(self._silence, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        return frame


@contextlib.asynccontextmanager
async def _encode_each(pictures: Sequence[np.ndarray[Any, Any]]) -> AsyncIterator[_Server]:
    """aiortc's path: every peer encodes for itself (x264, its default 1 Mbit/s) from converted pictures."""
    server = _EncodeEach(pictures)
    try:
        yield server
    finally:
        await asyncio.gather(*(pc.close() for pc in server.peers))


def _scene() -> list[Slot]:
    """A second that looks like a show to an encoder: still backdrop, a moving face-sized block, a ticker."""
    rng = np.random.default_rng(0)
    width, height = SIZE
    backdrop = rng.integers(0, 255, (height // 40, width // 40, 4), dtype=np.uint8).repeat(40, 0).repeat(40, 1)
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(SAMPLES_PER_FRAME) / SAMPLE_RATE)).astype(np.int16)
    face = rng.integers(90, 170, (100, 75, 4), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    slots = []
    for n in range(_PICTURES):
        picture = backdrop.copy()
        shift = round(20 * np.sin(2 * np.pi * n / _PICTURES))
        picture[300:700, 210 + shift : 510 + shift] = face
        picture[1150:1190, n * 20 : n * 20 + 120] = 255
        slots.append(Slot(picture, tone))
    return slots


def _yuv(slot: Slot) -> np.ndarray[Any, Any]:
    return av.VideoFrame.from_ndarray(slot.rgba, format="rgba").reformat(format="yuv420p").to_ndarray()
