"""The load of the fan-out bench: N viewers in a process of their own, so that the server's CPU stands alone.

Speaks JSON lines: {"offer": sdp} out and {"answer": sdp or null} in for each viewer, {"connected": n} out; then at
every line in it reports what came since the line before. It ends with its standard input.

Packets are decrypted and counted, not decoded: decoding 64 pictures would need more cores than serving them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from dataclasses import dataclass, field
from typing import Any, Final

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from streaming.rtc_hooks import use_host_addresses

LOOPBACK: Final = ("127.0.0.1",)
_CONNECT_S: Final = 40.0


@dataclass
class _Viewer:
    pc: RTCPeerConnection
    video_type: int = -1
    pictures: int = 0
    packets: int = 0
    octets: int = 0
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def count(self, data: bytes, arrival_time_ms: int) -> None:
        """Takes the place of aiortc's RTP parser; byte 1 is marker bit and payload type (RFC 3550, 5.1)."""
        self.packets += 1
        self.octets += len(data)
        if data[1] & 0x80 and data[1] & 0x7F == self.video_type:
            self.pictures += 1


class _Stdio:
    """JSON lines over standard input and output without blocking the loop."""

    async def open(self) -> None:
        self._lines = asyncio.StreamReader(limit=1 << 20)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self._lines), sys.stdin)

    async def read(self) -> dict[str, Any] | None:
        line = await self._lines.readline()
        return json.loads(line) if line else None

    def write(self, value: object) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


async def _join(io: _Stdio) -> _Viewer | None:
    config = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    viewer = _Viewer(RTCPeerConnection(config))
    pc = viewer.pc
    for kind in ("video", "audio"):
        pc.addTransceiver(kind, direction="recvonly")
    transport = pc.getReceivers()[0].transport
    transport._handle_rtp_data = viewer.count  # type: ignore[method-assign]
    pc.on("connectionstatechange", lambda: viewer.connected.set() if pc.connectionState == "connected" else None)
    await pc.setLocalDescription(await pc.createOffer())
    io.write({"offer": pc.localDescription.sdp})
    reply = await io.read()
    answer = reply["answer"] if reply else None
    if answer is None:
        await pc.close()
        return None
    video = re.search(r"^m=video \d+ \S+ (\d+)", answer, re.M)
    viewer.video_type = int(video[1]) if video else -1
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return viewer


async def _main(count: int) -> None:
    use_host_addresses(LOOPBACK)
    io = _Stdio()
    await io.open()
    viewers = [viewer for _ in range(count) if (viewer := await _join(io))]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CONNECT_S):
            for viewer in viewers:
                await viewer.connected.wait()
    viewers = [viewer for viewer in viewers if viewer.connected.is_set()]
    io.write({"connected": len(viewers)})
    while await io.read() is not None:
        io.write(
            {
                "pictures": [viewer.pictures for viewer in viewers],
                "packets": sum(viewer.packets for viewer in viewers),
                "octets": sum(viewer.octets for viewer in viewers),
            }
        )
        for viewer in viewers:
            viewer.pictures = viewer.packets = viewer.octets = 0
    # No goodbyes: the server notices, or ends these sessions itself.


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
