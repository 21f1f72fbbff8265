"""Every private thing of aiortc and aioice that we rely on, in one place.

aiortc encodes once a viewer, ignores PLI for packets it did not encode, keeps half a second of packets for
retransmission, and never offers loopback. Four hooks change that. A contract test (tests/unit/
test_streaming_rtc_hooks.py) fails when an upgrade renames one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import aioice.ice
import aiortc.rtcrtpsender
from aiortc import MediaStreamTrack, RTCRtpSender
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpsender import RTCEncodedFrame
from aiortc.rtp import AnyRtcpPacket, RtcpRrPacket, RtcpSrPacket
from av import Packet, VideoStream

from streaming.broadcast import Broadcast, Subscription
from streaming.errors import SubscriptionClosed

RTP_HISTORY: Final = 1024
"""Packets kept for NACK: about 4 s at 2.5 Mbit/s, where aiortc keeps 128 (half a second)."""

_own_host_addresses: Final = aioice.ice.get_host_addresses


class UnitTrack(MediaStreamTrack):
    """The track a sender owns. Its units go through `carry_units`; ended means the sender has stopped."""

    def __init__(self, subscription: Subscription, on_stop: Callable[[], None]) -> None:
        super().__init__()
        self.kind = subscription.kind
        self._subscription = subscription
        self._on_stop = on_stop

    async def next_frame(self) -> RTCEncodedFrame:
        """The next unit in aiortc's form; the payloads are shared with every other viewer."""
        try:
            unit = await self._subscription.next()
        except SubscriptionClosed:
            raise MediaStreamError from None
        return RTCEncodedFrame(unit.payloads, unit.timestamp, None)  # type: ignore[arg-type]  # level: optional

    async def recv(self) -> Packet[VideoStream]:
        """Only senders with `carry_units` may read this track.

        Raises:
            MediaStreamError: Always; units are RTP payloads already, not frames or packets.
        """
        raise MediaStreamError

    def stop(self) -> None:
        """Leave the broadcast. aiortc calls it when the sender ends, also when it crashed."""
        if self.readyState == "live":
            super().stop()
            self._subscription.close()
            self._on_stop()


def carry_units(sender: RTCRtpSender, track: UnitTrack, broadcast: Broadcast, on_report: Callable[[], None]) -> None:
    """Make a sender pass shared units on instead of encoding.

    Args:
        sender: Not started yet.
        track: The sender's own track.
        broadcast: Told when the viewer reports picture loss (PLI, FIR).
        on_report: Called at every RTCP receiver report: the viewer is alive.
    """
    handle_rtcp = sender._handle_rtcp_packet

    async def next_encoded_frame(_codec: RTCRtpCodecParameters) -> RTCEncodedFrame | None:
        return await track.next_frame()

    async def handle_rtcp_packet(packet: AnyRtcpPacket) -> None:
        if isinstance(packet, (RtcpRrPacket, RtcpSrPacket)):
            on_report()
        await handle_rtcp(packet)

    sender._next_encoded_frame = next_encoded_frame  # type: ignore[method-assign, assignment]
    sender._send_keyframe = broadcast.request_keyframe  # type: ignore[method-assign]
    sender._handle_rtcp_packet = handle_rtcp_packet  # type: ignore[method-assign]


def keep_longer_history() -> None:
    """Let NACK reach back further. For the whole process: aiortc reads a module global."""
    aiortc.rtcrtpsender.RTP_HISTORY_SIZE = RTP_HISTORY  # type: ignore[attr-defined]


def use_host_addresses(addresses: Sequence[str] | None) -> None:
    """Offer exactly these local addresses as ICE host candidates; None restores the machine's own.

    aioice leaves loopback out, as RFC 8445 (5.1.1.1) asks, and takes no list. Tests, benches and a demo on a
    machine without network need 127.0.0.1; a server with many interfaces wants to name one. For the whole
    process: aioice calls a module function.
    """
    if addresses is None:
        aioice.ice.get_host_addresses = _own_host_addresses
        return
    chosen = list(addresses)

    def get_host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return [address for address in chosen if (use_ipv6 if ":" in address else use_ipv4)]

    aioice.ice.get_host_addresses = get_host_addresses
