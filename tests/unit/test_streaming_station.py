"""The paced loop, with a manual clock: pts, repeats, standby, cues, and what a late tick costs."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import av
import numpy as np
import pytest

from streaming.clock import ManualClock
from streaming.errors import EncoderError
from streaming.media import SAMPLES_PER_FRAME, EncodedPacket, Rgba
from streaming.output import Codec
from streaming.show_encoder import EncoderSettings
from streaming.station import FRAME_NS, RELEASE_NS, Station
from streaming.timeline import Slot, Timeline

pytestmark = pytest.mark.unit

SMALL = EncoderSettings(size=(32, 48))


def picture(level: int) -> Rgba:
    return np.full((48, 32, 4), level, np.uint8)


def slot(level: int = 0, *cues: object) -> Slot:
    return Slot(picture(level), np.full(SAMPLES_PER_FRAME, level, np.int16), cues)


class Collector:
    """Keeps packets with the time they came; calls `at_tick[n]` before tick n is encoded."""

    def __init__(self, clock: ManualClock, codecs: frozenset[Codec] = frozenset({"h264", "opus"})) -> None:
        self.codecs = codecs
        self.clock = clock
        self.packets: list[tuple[int, EncodedPacket]] = []
        self.at_tick: dict[int, Callable[[], None]] = {}
        self.keyframe_at: set[int] = set()
        self.stop_at = 0
        self.polls = 0
        self.closed = False
        self.enough = threading.Event()
        self.resume = threading.Event()

    def push(self, packets: Sequence[EncodedPacket]) -> None:
        self.packets += [(self.clock.now_ns(), packet) for packet in packets if packet.codec in self.codecs]

    def wants_keyframe(self) -> bool:
        n, self.polls = self.polls, self.polls + 1
        if n in self.at_tick:
            self.at_tick[n]()
        if n == self.stop_at:
            self.enough.set()
            self.resume.wait(10)
        return n in self.keyframe_at

    def close(self) -> None:
        self.closed = True

    def of(self, codec: Codec) -> list[tuple[int, EncodedPacket]]:
        return [(at, packet) for at, packet in self.packets if packet.codec == codec]


def live(
    ticks: int, slots: Sequence[Slot], prepare: Callable[[Collector], None] = lambda _: None, **options: Any
) -> tuple[Station, Collector, list[tuple[object, int]]]:
    """Run a live station for `ticks` ticks; returns it, its output and the cues as (cue, pts)."""
    clock = ManualClock()
    cues: list[tuple[object, int]] = []
    timeline = Timeline(max(1, len(slots)))
    for item in slots:
        timeline.put(item)
    output = Collector(clock)
    output.stop_at = ticks
    prepare(output)
    station = Station(
        timeline,
        clock,
        [output],
        settings=SMALL,
        on_cue=lambda cue, pts: cues.append((cue, pts)),
        **options,
    )
    station.start()
    assert output.enough.wait(20)
    output.resume.set()
    station.close()
    assert station.failure is None
    assert output.closed
    return station, output, cues


def test_sound_and_picture_of_equal_pts_leave_together_and_the_second_packet_20_ms_later() -> None:
    _, output, _ = live(5, [slot(n) for n in range(5)])
    video, audio = output.of("h264")[:5], output.of("opus")[:10]
    assert [packet.pts for _, packet in video] == [n * 1920 for n in range(5)]
    assert [packet.pts for _, packet in audio] == [k * 960 for k in range(10)]
    assert [at for at, _ in video] == [n * FRAME_NS + RELEASE_NS for n in range(5)]
    assert [at for at, _ in audio] == [k * FRAME_NS // 2 + RELEASE_NS for k in range(10)]


def test_cues_are_given_back_with_the_pts_of_their_slot() -> None:
    _, _, cues = live(4, [slot(0), slot(1, "caption"), slot(2), slot(3, "line", "end")])
    assert cues == [("caption", 1920), ("line", 5760), ("end", 5760)]


def test_the_show_goes_on_without_slots() -> None:
    station, output, _ = live(10, [slot(200)])
    assert len(output.of("h264")) >= 10
    assert [packet.pts for _, packet in output.of("opus")][:20] == [k * 960 for k in range(20)]
    assert station.stats.repeats >= 9


def decoded(output: Collector) -> list[int]:
    """Mean luma of every picture sent."""
    decoder = av.CodecContext.create("h264", "r")
    frames = [f for _, p in output.of("h264") for f in decoder.decode(av.Packet(p.data))] + decoder.decode(None)
    return [round(float(frame.to_ndarray(format="gray").mean())) for frame in frames]


def test_a_standby_picture_comes_only_when_the_renderer_is_silent_for_long() -> None:
    _, output, _ = live(12, [slot(250)], standby=picture(0), standby_after_s=0.2)
    luma = decoded(output)
    assert min(luma[:6]) > 200
    assert max(luma[7:12]) < 60


def test_an_output_gets_the_idr_it_asks_for() -> None:
    _, output, _ = live(8, [slot(n) for n in range(8)], lambda out: out.keyframe_at.add(5))
    assert [packet.pts // 1920 for _, packet in output.of("h264")[:8] if packet.keyframe] == [0, 5]


def test_a_late_tick_leaves_out_its_picture_but_never_its_sound() -> None:
    def stall(output: Collector) -> None:
        output.at_tick[3] = lambda: output.clock.advance(3 * FRAME_NS)

    station, output, _ = live(12, [slot(n) for n in range(12)], stall)
    assert [packet.pts for _, packet in output.of("opus")][:20] == [k * 960 for k in range(20)]
    seen = [packet.pts // 1920 for _, packet in output.of("h264")]
    assert set(range(12)) - set(seen) == {4, 5}
    assert station.stats.skipped_video == 2
    assert station.stats.late >= 3
    assert output.of("opus")[-1][0] == (len(output.of("opus")) - 1) * FRAME_NS // 2 + RELEASE_NS  # caught up


def test_after_a_long_sleep_of_the_machine_the_show_goes_on_from_now() -> None:
    def sleep(output: Collector) -> None:
        output.at_tick[3] = lambda: output.clock.advance(60_000_000_000)

    station, output, _ = live(8, [slot(n) for n in range(8)], sleep)
    assert station.stats.resyncs == 1
    assert [packet.pts for _, packet in output.of("opus")][:16] == [k * 960 for k in range(16)]
    assert station.stats.drift_ms > 59_000


def test_off_line_every_slot_is_encoded_and_then_it_ends() -> None:
    timeline, clock = Timeline(3), ManualClock()
    output = Collector(clock, frozenset({"h264", "aac"}))
    output.stop_at = -1
    station = Station(timeline, clock, [output], live=False, settings=SMALL)
    station.start()
    for n in range(40):
        timeline.put(slot(n))
    timeline.finish()
    assert station.join(20)
    assert [packet.pts for _, packet in output.of("h264")] == [n * 1920 for n in range(40)]
    aac = output.of("aac")
    assert aac[-1][1].pts + 1024 >= 40 * 1920
    assert station.stats.repeats == 0
    assert output.closed
    assert clock.now_ns() == 0


def test_after_a_crash_the_next_station_goes_on_at_the_same_pts_for_the_same_outputs() -> None:
    timeline, clock = Timeline(3), ManualClock()
    output = Collector(clock)
    output.stop_at = -1
    station = Station(timeline, clock, [output], live=False, settings=SMALL)
    timeline.put(slot(1))
    timeline.put(Slot(np.zeros((10, 10, 4), np.uint8), np.zeros(SAMPLES_PER_FRAME, np.int16)))
    station.start()
    with pytest.raises(EncoderError, match="frame size"):
        station.join(20)
    assert not station.running
    assert not output.closed, "viewers must not be sent away by a crash"
    timeline.put(slot(2))
    timeline.finish()
    following = Station(timeline, clock, [output], live=False, settings=SMALL, first_tick=station.stats.ticks)
    following.start()
    assert following.join(20)
    pictures = [packet for _, packet in output.of("h264")]
    assert [packet.pts for packet in pictures] == [0, SAMPLES_PER_FRAME]
    assert pictures[1].keyframe
    assert output.closed


def test_closing_a_station_that_never_started_is_fine() -> None:
    Station(Timeline(1), ManualClock(), [], settings=SMALL).close()
