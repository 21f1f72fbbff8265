"""A show into an MP4 file that plays while it downloads, and that exists only when it is complete."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import av
from av.container import OutputContainer

from streaming.encoder import AAC_CONFIG, TIME_BASE
from streaming.fmp4 import header
from streaming.h264 import parameter_sets, picture_size, to_avcc
from streaming.media import EncodedPacket
from streaming.output import Codec


class Mp4Recorder:
    """A station output that writes H.264 and AAC to a file; packets before the first IDR are left out.

    The file grows beside its place as `.<name>.part` and is moved there by `close`. `moov` stands first
    (faststart), which the muxer does by copying the file once at the end.
    """

    codecs: Final[frozenset[Codec]] = frozenset({"h264", "aac"})

    def __init__(self, path: Path) -> None:
        """Nothing is written before the first picture.

        Args:
            path: The file to make; its folder must exist. A file of that name is replaced at `close`.

        Raises:
            FileNotFoundError: The folder does not exist.
        """
        if not path.parent.is_dir():
            raise FileNotFoundError(f"recording: got {path}; allowed: a file in an existing folder")
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._container: OutputContainer | None = None
        self._start = 0
        self._waiting: list[EncodedPacket] = []
        self._closed = False

    def wants_keyframe(self) -> bool:
        """Never: the encoder's own distance of IDRs is good for seeking."""
        return False

    def push(self, packets: Sequence[EncodedPacket]) -> None:
        """Write packets.

        Raises:
            OSError: The disk is full or not writable.
        """
        for packet in packets:
            if packet.codec not in self.codecs or self._closed:
                continue
            if self._container is None:
                self._open(packet)
            if self._container is not None:
                self._write(packet)

    def close(self) -> None:
        """Finish the file and move it to its place; without a picture there is no file. Idempotent.

        Raises:
            OSError: The disk is full or not writable.
        """
        if self._closed:
            return
        self._closed = True
        if self._container is not None:
            self._container.close()
            self._part.replace(self._path)

    def discard(self) -> None:
        """Give the recording up: nothing is left on disk. Idempotent, and nothing after `close`."""
        if self._closed:
            return
        self._closed = True
        if self._container is not None:
            with contextlib.suppress(OSError):
                self._container.close()
            self._part.unlink(missing_ok=True)

    def _open(self, packet: EncodedPacket) -> None:
        """Open the file at the first IDR, whose parameter sets the header needs; sound waits until then."""
        sets = parameter_sets(packet.data) if packet.codec == "h264" and packet.keyframe else None
        if sets is None:
            if packet.codec == "aac":
                self._waiting.append(packet)
            return
        self._start = packet.pts
        container = av.open(str(self._part), "w", format="mp4", options={"movflags": "+faststart"})
        # Streams for packets that are encoded already are made from a template: our own fMP4 header.
        with av.open(BytesIO(header(picture_size(packet.data), *sets, AAC_CONFIG))) as template:
            for stream in template.streams:
                container.add_stream_from_template(stream, opaque=True)
        self._container = container
        waiting, self._waiting = self._waiting, []
        for earlier in waiting:
            if earlier.pts + earlier.duration > self._start - earlier.duration:  # one frame of priming
                self._write(earlier)

    def _write(self, packet: EncodedPacket) -> None:
        if self._container is None:
            return
        out = av.Packet(to_avcc(packet.data) if packet.kind == "video" else packet.data)
        out.pts = out.dts = packet.pts - self._start
        out.time_base, out.duration = TIME_BASE, packet.duration
        out.is_keyframe = packet.keyframe
        out.stream = self._container.streams[0 if packet.kind == "video" else 1]
        self._container.mux(out)
