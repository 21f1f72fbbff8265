"""A viewer in a process of its own, to be killed: offer on stdout, answer on stdin, both ended by NUL."""

import asyncio
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from streaming.rtc_hooks import use_host_addresses


async def main() -> None:
    use_host_addresses(("127.0.0.1",))
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    track = pc.addTransceiver("video", direction="recvonly").receiver
    await pc.setLocalDescription(await pc.createOffer())
    sys.stdout.write(pc.localDescription.sdp + "\0")
    sys.stdout.flush()
    answer = b""
    while not answer.endswith(b"\0"):
        answer += await asyncio.to_thread(sys.stdin.buffer.read, 1)
    await pc.setRemoteDescription(RTCSessionDescription(answer[:-1].decode(), "answer"))
    await track.track.recv()
    sys.stdout.write("playing\n")
    sys.stdout.flush()
    while True:
        await track.track.recv()


asyncio.run(main())
