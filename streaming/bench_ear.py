"""A real WebRTC peer for benches: when did the sound of a show's moment reach it, and how loud was it?"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from streaming.broadcast import Broadcast
from streaming.errors import SubscriptionClosed
from streaming.media import OPUS_FRAME
from streaming.webrtc import WhepService


@dataclass
class Ear:
    """Listens to a show's Opus packets over ICE, DTLS and SRTP. Show time (pts) in 1/48000 s, others in ns."""

    service: WhepService
    broadcast: Broadcast
    arrivals: dict[int, int] = field(default_factory=dict)
    """RTP timestamp -> when its packet came."""
    loud: dict[int, int] = field(default_factory=dict)
    """Show time of a decoded packet -> its peak, 0 to 32767."""
    first: int | None = None
    """RTP timestamp of the first packet; the decoder counts from there."""
    origin: int | None = None
    """RTP timestamp of pts 0: found from a packet that the broadcast sent and the peer got, byte for byte."""
    _sent: dict[bytes, int] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def join(self) -> None:
        """Connect, and learn how RTP time and show time belong together.

        Sound only: decoding pictures in the same process would cost the show what a viewer's machine pays.
        """
        pc = self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        receiver = pc.addTransceiver("audio", direction="recvonly").receiver
        inner = receiver._handle_rtp_packet

        async def on_rtp(packet: Any, arrival_time_ms: int) -> None:
            self.first = packet.timestamp if self.first is None else self.first
            self.arrivals.setdefault(packet.timestamp, time.monotonic_ns())
            if self.origin is None and bytes(packet.payload) in self._sent:
                self.origin = packet.timestamp - self._sent[bytes(packet.payload)]
            await inner(packet, arrival_time_ms)

        receiver._handle_rtp_packet = on_rtp  # type: ignore[method-assign]
        loop = asyncio.get_running_loop()
        pc.on("track", lambda track: self._tasks.append(loop.create_task(self._listen(track))))
        self._tasks.append(loop.create_task(self._note_sent()))
        await pc.setLocalDescription(await pc.createOffer())
        session = await self.service.offer(pc.localDescription.sdp, "ear")
        await pc.setRemoteDescription(RTCSessionDescription(session.answer, "answer"))
        while self.origin is None:  # noqa: ASYNC110 - packets come 50 times a second
            await asyncio.sleep(0.01)

    def came(self, pts: int) -> int | None:
        """When the packet with this moment came; None when it has not."""
        if self.origin is None or self.first is None:
            return None
        into = (pts + self.origin - self.first) % OPUS_FRAME
        return self.arrivals.get((self.origin + pts - into) & 0xFFFFFFFF)

    def audible_after(self, pts: int, until: int, threshold: int = 300) -> int | None:
        """Show time of the first decoded packet from `pts` to `until` that is louder than `threshold`."""
        return next((at for at in sorted(self.loud) if pts <= at < until and self.loud[at] > threshold), None)

    def loudest(self, pts: int, until: int) -> int | None:
        """The peak of the decoded sound between two moments; None when it was not decoded yet."""
        peaks = [peak for at, peak in self.loud.items() if pts <= at < until]
        return max(peaks, default=None)

    async def aclose(self) -> None:
        """Leave."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pc.close()

    async def _note_sent(self) -> None:
        subscription = self.broadcast.subscribe("audio")
        with contextlib.suppress(SubscriptionClosed):
            while self.origin is None:
                unit = await subscription.next()
                if len(unit.payloads[0]) > 40:  # silence looks the same every time
                    self._sent[unit.payloads[0]] = unit.pts
        subscription.close()

    async def _listen(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame: Any = await track.recv()
                if self.origin is not None and self.first is not None:
                    peak = int(abs(frame.to_ndarray().astype("int32")).max())
                    self.loud[self.first + frame.pts - self.origin] = peak
