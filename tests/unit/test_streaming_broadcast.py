"""Fan-out: shared bytes, gates at an IDR, bounded queues, few forced IDRs."""

import asyncio
import threading

import numpy as np
import pytest
from aiortc.codecs.h264 import H264PayloadDescriptor

from streaming.broadcast import Broadcast, Subscription, Unit, to_unit
from streaming.clock import ManualClock
from streaming.encoder import H264Encoder
from streaming.errors import SubscriptionClosed
from streaming.media import EncodedPacket, VideoFrame

pytestmark = pytest.mark.unit

START = b"\x00\x00\x00\x01"


def video(n: int, *, key: bool = False, data: bytes = b"") -> EncodedPacket:
    return EncodedPacket("video", "h264", START + (data or bytes([0x65 if key else 0x41, n])), n * 1920, 1920, key)


def audio(k: int) -> EncodedPacket:
    return EncodedPacket("audio", "opus", bytes([k]), k * 960, 960)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def reader(subscription: Subscription, into: list[Unit]) -> None:
    try:
        while True:
            into.append(await subscription.next())
    except SubscriptionClosed:
        return


async def test_all_viewers_share_the_very_same_payloads() -> None:
    broadcast = Broadcast(ManualClock())
    seen: list[list[Unit]] = [[] for _ in range(8)]
    async with asyncio.TaskGroup() as group:
        for into in seen:
            group.create_task(reader(broadcast.subscribe("video"), into))
        await settle()
        broadcast.push([video(0, key=True)])
        broadcast.push([video(1)])
        await settle()
        broadcast.close()
    assert [unit.pts for unit in seen[0]] == [0, 1920]
    for units in seen[1:]:
        assert all(a is b for a, b in zip(units, seen[0], strict=True))


async def test_a_joiner_waits_for_an_idr_and_asks_for_one() -> None:
    broadcast = Broadcast(ManualClock())
    seen: list[Unit] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(reader(broadcast.subscribe("video"), seen))
        await settle()
        assert broadcast.wants_keyframe()
        broadcast.push([video(3)])
        broadcast.push([video(4, key=True)])
        broadcast.push([video(5)])
        await settle()
        broadcast.close()
    assert [unit.pts // 1920 for unit in seen] == [4, 5]


async def test_audio_starts_at_once() -> None:
    broadcast = Broadcast(ManualClock())
    seen: list[Unit] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(reader(broadcast.subscribe("audio"), seen))
        await settle()
        broadcast.push([audio(7)])
        await settle()
        broadcast.close()
    assert [(unit.timestamp, unit.payloads) for unit in seen] == [(6720, [b"\x07"])]


async def test_nothing_queues_up_for_a_viewer_who_does_not_read_yet() -> None:
    broadcast = Broadcast(ManualClock())
    subscription = broadcast.subscribe("video")
    for n in range(100):
        broadcast.push([video(n, key=n % 25 == 0)])
    await settle()
    assert subscription.depth == 0
    assert subscription.dropped == 0
    assert not broadcast.wants_keyframe()


async def test_a_slow_reader_drops_to_the_next_idr() -> None:
    broadcast = Broadcast(ManualClock(), queue_seconds=0.2)
    subscription = broadcast.subscribe("video")
    first = asyncio.ensure_future(subscription.next())
    await settle()
    broadcast.push([video(0, key=True)])
    await settle()
    assert (await first).pts == 0
    for n in range(1, 10):
        broadcast.push([video(n)])
    broadcast.push([video(10, key=True)])
    broadcast.push([video(11)])
    await settle()
    assert [(await subscription.next()).pts // 1920 for _ in range(2)] == [10, 11]
    assert subscription.dropped == 6  # five that waited and the one that found the queue full
    assert broadcast.stats.dropped == 6


async def test_requests_for_an_idr_are_granted_once_a_second() -> None:
    clock = ManualClock()
    broadcast = Broadcast(clock)
    for _ in range(100):
        broadcast.request_keyframe()
    assert [broadcast.wants_keyframe() for _ in range(3)] == [True, False, False]
    broadcast.request_keyframe()
    clock.advance(999_000_000)
    assert not broadcast.wants_keyframe()
    clock.advance(1_000_000)
    assert broadcast.wants_keyframe()


async def test_an_idr_made_for_another_reason_answers_the_request() -> None:
    broadcast = Broadcast(ManualClock())
    broadcast.request_keyframe()
    broadcast.push([video(0, key=True)])
    assert not broadcast.wants_keyframe()


async def test_the_station_thread_may_push_while_the_loop_works() -> None:
    broadcast = Broadcast(ManualClock(), queue_seconds=100)
    seen: list[Unit] = []

    def station() -> None:
        for k in range(500):
            broadcast.push([audio(k % 256)])
        broadcast.close()

    async with asyncio.TaskGroup() as group:
        group.create_task(reader(broadcast.subscribe("audio"), seen))
        await settle()
        thread = threading.Thread(target=station)
        thread.start()
    await asyncio.to_thread(thread.join)
    assert len(seen) <= 500
    assert [unit.payloads[0][0] for unit in seen] == [k % 256 for k in range(len(seen))]
    assert broadcast.stats.audio_subscriptions == 0
    assert broadcast.subscribe("audio").depth == 0


def test_a_loop_that_is_gone_does_not_hurt_the_station() -> None:
    async def make() -> Broadcast:
        return Broadcast(ManualClock())

    broadcast = asyncio.run(make())
    broadcast.push([audio(0)])
    broadcast.close()
    assert broadcast.closed


def test_payloads_are_rfc_6184_and_lose_nothing() -> None:
    encoder = H264Encoder((320, 480))
    rgba = np.random.default_rng(0).integers(0, 255, (480, 320, 4), dtype=np.uint8)
    (packet,) = encoder.encode(VideoFrame(rgba, 48_000))
    unit = to_unit(packet)
    assert unit.timestamp == 90_000
    assert len(unit.payloads) > 3
    assert max(len(payload) for payload in unit.payloads) <= 1300
    rebuilt = b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in unit.payloads)
    assert rebuilt.split(START) == packet.data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").replace(
        b"\x00\x00\x01", START
    ).split(START)
