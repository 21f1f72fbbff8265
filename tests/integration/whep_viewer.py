"""A real aiortc viewer that notes what it sees, hears and when, and the flash-and-beep show for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtcpSrPacket

from streaming.broadcast import Broadcast
from streaming.clock import MonotonicClock
from streaming.errors import StreamingError
from streaming.media import FPS, SAMPLES_PER_FRAME
from streaming.output import Output
from streaming.show_encoder import EncoderSettings
from streaming.station import Station
from streaming.timeline import Slot, Timeline
from streaming.webrtc import WhepService, WhepSession

RATES = {"audio": 48_000, "video": 90_000}
LOOPBACK = ("127.0.0.1",)


@dataclass
class Track:
    """One received kind. RTP timestamps are unwrapped from the first packet on, in the kind's clock."""

    frames: list[tuple[int, float]] = field(default_factory=list)
    """(timestamp, mean luma or peak) of each decoded frame."""
    samples: list[tuple[int, np.ndarray]] = field(default_factory=list)
    first_timestamp: int | None = None
    arrivals: dict[int, int] = field(default_factory=dict)
    """Timestamp -> ns when its last packet came."""
    reports: list[tuple[int, float]] = field(default_factory=list)
    """(timestamp, NTP seconds) of each RTCP sender report."""
    payloads: dict[int, list[bytes]] = field(default_factory=dict)

    def ntp(self, timestamp: float, rate: int) -> float:
        """Sender's wall-clock time of a timestamp, by the report nearest to it, as a browser syncs lips."""
        at, ntp = min(self.reports, key=lambda report: abs(report[0] - timestamp))
        return ntp + (timestamp - at) / rate


class Viewer:
    """Joins a service and receives."""

    def __init__(self, service: WhepService, kinds: tuple[str, ...] = ("video", "audio"), name: str = "viewer") -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.tracks = {kind: Track() for kind in kinds}
        self.session: WhepSession | None = None
        self.changed = asyncio.Event()
        self._service, self._name = service, name
        self._readers: list[asyncio.Task[None]] = []
        for kind in kinds:
            transceiver = self.pc.addTransceiver(kind, direction="recvonly")
            self._watch(transceiver.receiver, self.tracks[kind])
        self.pc.on("track", lambda track: self._readers.append(asyncio.ensure_future(self._read(track))))

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def join(self) -> None:
        self.session = await self._service.offer(await self.offer(), self._name)
        await self.pc.setRemoteDescription(RTCSessionDescription(self.session.answer, "answer"))

    async def until(self, condition: Callable[[Viewer], bool]) -> None:
        """Wait for something to be seen; the test's own time-out is the limit."""
        while not condition(self):
            self.changed.clear()
            await self.changed.wait()

    async def aclose(self) -> None:
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        await self.pc.close()

    def go_silent(self) -> None:
        """Send no more receiver reports, as a dead viewer."""

        async def nothing(_packet: Any) -> None:
            return

        for receiver in self.pc.getReceivers():
            receiver._send_rtcp = nothing  # type: ignore[method-assign]

    async def _read(self, track: MediaStreamTrack) -> None:
        into = self.tracks[track.kind]
        with contextlib.suppress(MediaStreamError):
            while True:
                frame: Any = await track.recv()
                pcm = frame.to_ndarray()
                if track.kind == "audio":
                    into.samples.append((frame.pts, pcm.reshape(-1, 2)[:, 0]))
                into.frames.append(
                    (frame.pts, float(pcm[: frame.height].mean() if track.kind == "video" else abs(pcm).max()))
                )
                self.changed.set()

    @staticmethod
    def _watch(receiver: RTCRtpReceiver, into: Track) -> None:
        handle_rtp, handle_rtcp = receiver._handle_rtp_packet, receiver._handle_rtcp_packet

        async def on_rtp(packet: Any, arrival_time_ms: int) -> None:
            if into.first_timestamp is None:
                into.first_timestamp = packet.timestamp
            timestamp = (packet.timestamp - into.first_timestamp) & 0xFFFFFFFF
            into.arrivals[timestamp] = time.monotonic_ns()
            into.payloads.setdefault(timestamp, []).append(packet.payload)
            await handle_rtp(packet, arrival_time_ms)

        async def on_rtcp(packet: Any) -> None:
            if isinstance(packet, RtcpSrPacket) and into.first_timestamp is not None:
                info = packet.sender_info
                timestamp = (info.rtp_timestamp - into.first_timestamp) & 0xFFFFFFFF
                if timestamp < 1 << 31 and info.ntp_timestamp:
                    into.reports.append((timestamp, info.ntp_timestamp / (1 << 32)))
            await handle_rtcp(packet)

        receiver._handle_rtp_packet = on_rtp  # type: ignore[method-assign]
        receiver._handle_rtcp_packet = on_rtcp  # type: ignore[method-assign]


def flash_and_beep(size: tuple[int, int], n: int, period: int = FPS, *, moving: bool = True) -> Slot:
    """Slot `n`: every `period` slots one white picture with a 1 kHz tone from its first sample to its last."""
    on = n % period == period // 2
    picture = np.full((size[1], size[0], 4), 255 if on else 16, np.uint8)
    if moving and not on:
        picture[n % size[1] // 2, :, 0] = 200
    t = np.arange(SAMPLES_PER_FRAME)
    pcm = (20_000 * np.sin(2 * np.pi * 1000 * t / 48_000)).astype(np.int16) if on else np.zeros_like(t, np.int16)
    return Slot(picture, pcm, (n,))


@dataclass
class Show:
    """A running show of flashes and beeps with its broadcast and WHEP service."""

    station: Station
    broadcast: Broadcast
    service: WhepService
    timeline: Timeline


@contextlib.asynccontextmanager
async def on_air(
    size: tuple[int, int] = (96, 160),
    *,
    outputs: tuple[Output, ...] = (),
    gop_seconds: float = 100.0,
    queue_seconds: float = 1.0,
    **limits: Any,
) -> AsyncIterator[Show]:
    """A live show; the long GOP makes sure that an IDR somebody sees was asked for."""
    clock, timeline = MonotonicClock(), Timeline(10)
    broadcast = Broadcast(clock, queue_seconds=queue_seconds)
    settings = EncoderSettings(size=size, gop_seconds=gop_seconds)
    station = Station(timeline, clock, [broadcast, *outputs], settings=settings)
    service = WhepService(broadcast, host_addresses=LOOPBACK, **limits)

    def produce() -> None:
        n = 0
        with contextlib.suppress(StreamingError):
            while True:
                timeline.put(flash_and_beep(size, n))
                n += 1

    producer = threading.Thread(target=produce)
    producer.start()
    station.start()
    try:
        yield Show(station, broadcast, service, timeline)
    finally:
        await service.aclose()
        timeline.close()
        await asyncio.to_thread(station.close)
        await asyncio.to_thread(producer.join)
        assert station.failure is None
