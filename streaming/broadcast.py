"""Fan-out: every packet is cut into RTP payloads once, and all viewers share the very same bytes.

A viewer costs one queue of references a kind. Nothing here waits for a viewer: who reads too slowly loses what
waits and goes on at the next IDR; who joins starts at one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiortc.codecs.h264 import H264Encoder as RtpH264

from streaming.clock import Clock
from streaming.errors import SubscriptionClosed
from streaming.media import FPS, OPUS_FRAME, SAMPLE_RATE, VIDEO_CLOCK, EncodedPacket, Kind
from streaming.output import Codec

logger = logging.getLogger(__name__)

IDR_INTERVAL_NS: Final = 1_000_000_000
"""At most one requested IDR in this time: a hundred joiners must not cause a hundred IDRs."""
_UNITS_A_SECOND: Final[dict[Kind, int]] = {"video": FPS, "audio": SAMPLE_RATE // OPUS_FRAME}


@dataclass(frozen=True, slots=True)
class Unit:
    """One access unit or Opus packet, ready for RTP: never changed, shared by all viewers.

    `timestamp` is in the kind's RTP clock (90 kHz or 48 kHz), unbounded, without the sender's random origin.
    """

    kind: Kind
    payloads: list[bytes]
    timestamp: int
    pts: int
    keyframe: bool


def to_unit(packet: EncodedPacket) -> Unit:
    """Packetize H.264 by RFC 6184 (STAP-A, FU-A at 1,300 bytes); an Opus packet is one payload (RFC 7587)."""
    if packet.kind == "audio":
        return Unit("audio", [packet.data], packet.pts, packet.pts, keyframe=True)
    payloads = RtpH264._packetize(RtpH264._split_bitstream(packet.data))
    return Unit("video", payloads, packet.pts * VIDEO_CLOCK // SAMPLE_RATE, packet.pts, packet.keyframe)


class Subscription:
    """One viewer's view of one kind. Every method belongs to the event loop."""

    def __init__(self, broadcast: Broadcast, kind: Kind, capacity: int) -> None:
        self.kind: Final = kind
        self.dropped = 0
        """Units lost to slow reading."""
        self.delivered = 0
        self._broadcast = broadcast
        self._capacity = capacity
        self._units: deque[Unit] = deque()
        self._arrived = asyncio.Event()
        self._reading = False
        self._gated = kind == "video"
        self._closed = False

    @property
    def depth(self) -> int:
        """Units waiting to be read."""
        return len(self._units)

    async def next(self) -> Unit:
        """The next unit; the first one of a video subscription, and of one that fell behind, is an IDR.

        Units count only from the first call on: until a peer is connected, nothing queues up for it.

        Raises:
            SubscriptionClosed: Nothing will come any more.
        """
        if not self._reading:
            self._reading = True
            self._wait_for_idr()
        while not self._units:
            if self._closed:
                raise SubscriptionClosed
            self._arrived.clear()
            await self._arrived.wait()
        self.delivered += 1
        return self._units.popleft()

    def offer(self, unit: Unit) -> None:
        """Queue a unit, or drop it: the viewer does not read yet, waits for an IDR, or is too far behind."""
        if not self._reading or self._closed or (self._gated and not unit.keyframe):
            return
        if len(self._units) >= self._capacity:
            self.dropped += len(self._units)
            self._units.clear()
            if not unit.keyframe:
                self.dropped += 1
                self._gated = True
                self._wait_for_idr()
                return
        self._gated = False
        self._units.append(unit)
        self._arrived.set()

    def close(self) -> None:
        """Leave the broadcast and wake the reader. Idempotent."""
        self._closed = True
        self._units.clear()
        self._arrived.set()
        self._broadcast.unsubscribe(self)

    def _wait_for_idr(self) -> None:
        if self._gated:
            self._broadcast.request_keyframe()


@dataclass(frozen=True, slots=True)
class BroadcastStats:
    """A snapshot: subscriptions by kind, units lost to slow readers, deepest queue now."""

    video_subscriptions: int
    audio_subscriptions: int
    dropped: int
    deepest_queue: int
    keyframe_requests: int
    forced_keyframes: int


class Broadcast:
    """A station output that serves any number of WebRTC viewers.

    `push`, `wants_keyframe` and `close` are called by the station's thread; the rest belongs to the event loop
    that is running when the broadcast is made.
    """

    codecs: Final[frozenset[Codec]] = frozenset({"h264", "opus"})

    def __init__(self, clock: Clock, *, queue_seconds: float = 1.0) -> None:
        """Make an empty broadcast. Call it on the event loop that will serve the viewers.

        Args:
            clock: Spaces the requested IDRs.
            queue_seconds: How far a viewer may fall behind before it is sent on to the next IDR.
        """
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._queue_seconds = queue_seconds
        self._subscriptions: dict[Kind, set[Subscription]] = {"video": set(), "audio": set()}
        self._dropped_before = 0
        self._idr_wanted = False
        self._idr_at: int | None = None
        self._requests = self._forced = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        """The show has ended."""
        return self._closed

    @property
    def stats(self) -> BroadcastStats:
        """Numbers for metrics."""
        everyone = [sub for subs in self._subscriptions.values() for sub in subs]
        return BroadcastStats(
            video_subscriptions=len(self._subscriptions["video"]),
            audio_subscriptions=len(self._subscriptions["audio"]),
            dropped=self._dropped_before + sum(sub.dropped for sub in everyone),
            deepest_queue=max((sub.depth for sub in everyone), default=0),
            keyframe_requests=self._requests,
            forced_keyframes=self._forced,
        )

    def subscribe(self, kind: Kind) -> Subscription:
        """A new viewer of one kind. It must be closed. After the show's end it is closed already."""
        capacity = max(1, round(self._queue_seconds * _UNITS_A_SECOND[kind]))
        subscription = Subscription(self, kind, capacity)
        if self._closed:
            subscription.close()
        else:
            self._subscriptions[kind].add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a subscription; `Subscription.close` calls it."""
        subscriptions = self._subscriptions[subscription.kind]
        if subscription in subscriptions:
            subscriptions.discard(subscription)
            self._dropped_before += subscription.dropped

    def request_keyframe(self) -> None:
        """A viewer needs an IDR: it joins, lost packets (PLI, FIR) or fell behind. Any thread."""
        self._requests += 1
        self._idr_wanted = True

    def wants_keyframe(self) -> bool:
        """Whether the next picture shall be an IDR: somebody asked, and none was made within a second."""
        if not self._idr_wanted:
            return False
        now = self._clock.now_ns()
        if self._idr_at is not None and now - self._idr_at < IDR_INTERVAL_NS:
            return False
        self._idr_at = now
        self._idr_wanted = False
        self._forced += 1
        return True

    def push(self, packets: Sequence[EncodedPacket]) -> None:
        """Packetize on the station's thread, then hand over to the loop in one step."""
        units = [to_unit(packet) for packet in packets if packet.codec in self.codecs]
        if not units or self._closed:
            return
        if any(unit.kind == "video" and unit.keyframe for unit in units):
            self._idr_at = self._clock.now_ns()
            self._idr_wanted = False
        try:
            self._loop.call_soon_threadsafe(self._deliver, units)
        except RuntimeError:  # the loop was closed first: there is nobody left to serve
            self._closed = True

    def close(self) -> None:
        """The show has ended: every reader gets `SubscriptionClosed`. Any thread, idempotent."""
        self._closed = True
        try:
            self._loop.call_soon_threadsafe(self._close_all)
        except RuntimeError:
            logger.debug("the loop is closed already")

    def _deliver(self, units: list[Unit]) -> None:
        for unit in units:
            for subscription in self._subscriptions[unit.kind]:
                subscription.offer(unit)

    def _close_all(self) -> None:
        for subscription in [sub for subs in self._subscriptions.values() for sub in subs]:
            subscription.close()
