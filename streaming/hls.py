"""HLS (RFC 8216) of one-second fMP4 segments, in memory: the fallback for browsers whose WebRTC fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from streaming.encoder import AAC_CONFIG
from streaming.fmp4 import AUDIO_TRACK, VIDEO_TRACK, Run, Sample, header, segment
from streaming.h264 import parameter_sets, picture_size, to_avcc
from streaming.media import SAMPLE_RATE, SAMPLES_PER_FRAME, EncodedPacket
from streaming.output import Codec

INIT_NAME: Final = "init.mp4"

Taker = Callable[[bytes, int, int, bytes], None]
"""Told of each segment: the header it needs, its first pts, the pts it ends before (1/48000 s), its bytes."""


@dataclass(frozen=True, slots=True)
class _Segment:
    name: str
    duration: int
    data: bytes


class HlsPackager:
    """A station output that keeps the last segments.

    `push`, `wants_keyframe` and `close` are called by the station's thread; `playlist`, `init_segment` and
    `segment` by any thread, at any time: what they read is replaced as a whole, never changed.
    """

    codecs: Final[frozenset[Codec]] = frozenset({"h264", "aac"})

    def __init__(
        self, *, segment_seconds: int = 1, window: int = 6, spare: int = 3, taker: Taker | None = None
    ) -> None:
        """Make an empty packager.

        Args:
            segment_seconds: Length of a segment; the packager asks the encoder for an IDR at each start.
            window: Segments named by the playlist.
            spare: Segments kept a little longer, for players that read an older playlist.
            taker: Called by the station's thread with each finished segment; must not block.
        """
        self._length = segment_seconds * SAMPLE_RATE
        self._target = segment_seconds
        self._window, self._spare = window, spare
        self._taker = taker
        self._sets: tuple[bytes, bytes] | None = None
        self._video: list[EncodedPacket] = []
        self._audio: list[EncodedPacket] = []
        self._audio_end = 0
        self._made = 0
        self._segments: tuple[_Segment, ...] = ()
        self._init: bytes | None = None
        self._ended = False

    def wants_keyframe(self) -> bool:
        """Whether the next picture starts a segment."""
        if not self._video:
            return False
        return self._video[-1].pts + SAMPLES_PER_FRAME - self._video[0].pts >= self._length

    def push(self, packets: Sequence[EncodedPacket]) -> None:
        """Collect; an IDR closes the segment before it."""
        for packet in packets:
            if packet.codec == "aac" and packet.pts >= self._audio_end:
                # Priming before the show's start cannot be expressed; a station that replaces another one
                # primes its encoder again, over sound that is out already. Both fall out here.
                self._audio.append(packet)
                self._audio_end = packet.pts + packet.duration
            elif packet.codec == "h264":
                self._take_picture(packet)

    def close(self) -> None:
        """Finish the last segment and end the playlist. Idempotent."""
        if not self._ended and self._video:
            self._finish(self._video[-1].pts + self._video[-1].duration)
        self._ended = True

    def playlist(self) -> str | None:
        """The media playlist, or None before the first segment is complete."""
        segments = self._segments
        if not segments:
            return None
        named = segments[-self._window :]
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{self._target}",
            f"#EXT-X-MEDIA-SEQUENCE:{_number(named[0].name)}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            f'#EXT-X-MAP:URI="{INIT_NAME}"',
        ]
        for item in named:
            lines += [f"#EXTINF:{item.duration / SAMPLE_RATE:.5f},", item.name]
        if self._ended:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"

    def init_segment(self) -> bytes | None:
        """The fMP4 header (`INIT_NAME`), or None before the first picture."""
        return self._init

    def segment(self, name: str) -> bytes | None:
        """The bytes of a segment, or None when it is gone or never was."""
        return next((item.data for item in self._segments if item.name == name), None)

    def _take_picture(self, packet: EncodedPacket) -> None:
        if packet.keyframe:
            self._read_sets(packet)
            if self._video:
                self._finish(packet.pts)
        if packet.keyframe or self._video:
            self._video.append(packet)

    def _read_sets(self, packet: EncodedPacket) -> None:
        sets = parameter_sets(packet.data)
        if sets is not None and sets != self._sets:
            self._sets = sets
            self._init = header(picture_size(packet.data), *sets, AAC_CONFIG)

    def _finish(self, end: int) -> None:
        """Make a segment of the pictures so far and the sound that came with them; `end` is exclusive."""
        pictures, self._video = self._video, []
        sound, self._audio = self._audio, []
        start = pictures[0].pts
        if not self._segments:  # a first segment must not open with seconds of sound before its picture
            sound = [packet for packet in sound if packet.pts >= start]
        ends = [packet.pts for packet in pictures[1:]] + [end]
        runs = [
            Run(
                VIDEO_TRACK,
                start,
                [
                    Sample(to_avcc(packet.data), until - packet.pts, packet.keyframe)
                    for packet, until in zip(pictures, ends, strict=True)
                ],
            ),
            Run(AUDIO_TRACK, sound[0].pts if sound else 0, [Sample(p.data, p.duration) for p in sound]),
        ]
        self._made += 1
        made = _Segment(f"s{self._made}.m4s", end - start, segment(self._made, runs))
        self._segments = (*self._segments, made)[-(self._window + self._spare) :]
        if self._taker is not None and self._init is not None:
            self._taker(self._init, start, end, made.data)


def _number(name: str) -> int:
    return int(name[1:].partition(".")[0])
