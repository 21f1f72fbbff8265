"""The one encode of a show: H.264, Opus and AAC, each made once however many people watch."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from streaming.errors import EncoderError
from streaming.media import (
    FPS,
    OPUS_FRAME,
    SAMPLE_RATE,
    SAMPLES_PER_FRAME,
    AudioChunk,
    EncodedPacket,
    Rgba,
    VideoFrame,
)

TIME_BASE: Final = Fraction(1, SAMPLE_RATE)
AAC_FRAME: Final = 1024
AAC_CONFIG: Final = bytes.fromhex("1188")
"""AudioSpecificConfig of what `AacEncoder` makes: AAC-LC, 48 kHz, one channel (ISO/IEC 14496-3, 1.6.2.1)."""

# BT.601, which the conversion uses, is written into the stream (VUI): without it players guess BT.601 or BT.709 from
# the height, and the brand's colours shift.
_COLOURS: Final = "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:range=tv"
_X264_PARAMS: Final = f"sliced-threads=0:scenecut=0:{_COLOURS}"


class H264Encoder:
    """RGBA pictures to H.264 Annex-B, one access unit a picture, at once (x264, zero latency).

    Constrained Baseline without B-frames, so every WebRTC peer can decode it; SPS and PPS stand before every
    IDR, so a viewer can join there. Not thread-safe: one thread owns it.
    """

    def __init__(
        self,
        size: tuple[int, int],
        bitrate: int = 2_500_000,
        gop_seconds: float = 2.0,
        *,
        preset: str = "superfast",
        threads: int = 1,
    ) -> None:
        """Open the encoder.

        Args:
            size: (width, height) in pixels, both even (4:2:0 chroma).
            bitrate: Mean and maximum, bits a second. The VBV buffer is a quarter of a second: nothing paces
                the packets of an IDR, so it must not be a burst that a last mile drops.
            gop_seconds: Longest distance between two IDRs.
            preset: An x264 preset. `superfast` costs 1.4 ms a 720x1280 frame more than `ultrafast` on one
                2.5 GHz core and keeps small text clean (it has a deblocking filter).
            threads: x264 threads; more than one helps only when a core is idle.

        Raises:
            EncoderError: A size is odd or not positive, or x264 refuses the settings.
        """
        width, height = size
        if width <= 0 or height <= 0 or width % 2 or height % 2:
            raise EncoderError(f"size: got {width}x{height}; allowed: positive even numbers")
        self.size = size
        self._codec = _open_x264(size, bitrate, gop_seconds, preset, threads)
        self._yuv = np.empty((height * 3 // 2, width), np.uint8)
        self._source: Rgba | None = None
        self._planes: av.VideoFrame | None = None

    def encode(self, frame: VideoFrame, *, force_idr: bool = False) -> list[EncodedPacket]:
        """Encode one picture.

        Args:
            frame: Its `pts` must be larger than the one before. The same array as last time (a repeat) is
                not converted again.
            force_idr: Make it an IDR.

        Returns:
            One packet: x264 holds nothing back at zero latency.

        Raises:
            EncoderError: The picture has another size, or a pts that does not grow.
        """
        if frame.size != self.size:
            raise EncoderError(f"frame size: got {frame.size}; allowed: {self.size}")
        picture = self._convert(frame.rgba)
        # PyAV rescales pts in place when time bases differ; they never do here.
        picture.pts, picture.time_base = frame.pts, TIME_BASE
        picture.pict_type = PictureType.I if force_idr else PictureType.NONE
        try:
            packets = self._codec.encode(picture)
        except FFmpegError as error:
            raise EncoderError(f"x264 refused the picture at pts {frame.pts}: {error}") from error
        return [_video_packet(packet) for packet in packets]

    def close(self) -> list[EncodedPacket]:
        """Drain the encoder (nothing is left at zero latency) and drop the last picture."""
        self._source = self._planes = None
        return [_video_packet(packet) for packet in self._codec.encode(None)]

    def _convert(self, rgba: Rgba) -> av.VideoFrame:
        """RGBA to limited-range BT.601 4:2:0, into the same planes every time.

        OpenCV's conversion takes a tenth of swscale's time, and releases the GIL.
        """
        if self._planes is None or rgba is not self._source:
            cv2.cvtColor(rgba, cv2.COLOR_RGBA2YUV_I420, self._yuv)
            self._planes = av.VideoFrame.from_ndarray(self._yuv, format="yuv420p")
            self._source = rgba
        return self._planes


def _open_x264(size: tuple[int, int], bitrate: int, gop_seconds: float, preset: str, threads: int) -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = size
    codec.pix_fmt = "yuv420p"
    codec.bit_rate = bitrate
    codec.framerate = Fraction(FPS)
    codec.time_base = TIME_BASE
    codec.gop_size = max(1, round(gop_seconds * FPS))
    codec.max_b_frames = 0
    codec.thread_count = threads
    codec.options = {
        "preset": preset,
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        "maxrate": str(bitrate),
        "bufsize": str(bitrate // 4),
        "x264-params": _X264_PARAMS,
    }
    try:
        codec.open()
    except FFmpegError as error:
        raise EncoderError(f"x264 refused {size[0]}x{size[1]} at {bitrate} bit/s: {error}") from error
    return codec


def _video_packet(packet: av.Packet[av.VideoStream]) -> EncodedPacket:
    pts = packet.pts
    if pts is None or packet.time_base != TIME_BASE:
        raise EncoderError(f"x264 changed the time base to {packet.time_base}")
    return EncodedPacket("video", "h264", bytes(packet), pts, SAMPLES_PER_FRAME, packet.is_keyframe)


class _AudioEncoder:
    """Cuts PCM into the codec's frames; the remainder waits for the next chunk. One thread owns it."""

    def __init__(self, codec: AudioCodecContext, name: Literal["opus", "aac"], frame: int) -> None:
        self._codec = codec
        self._name: Final = name
        self._frame: Final = frame
        self._pending: npt.NDArray[np.int16] = np.empty(0, np.int16)
        self._next_pts: int | None = None

    def encode(self, chunk: AudioChunk) -> list[EncodedPacket]:
        """Encode `chunk`; returns the packets that are complete.

        Raises:
            EncoderError: `chunk.pts` does not continue the audio so far, or the samples are not mono int16.
        """
        if chunk.pcm.dtype != np.int16 or chunk.pcm.ndim != 1:
            raise EncoderError(f"pcm: got {chunk.pcm.dtype} {chunk.pcm.shape}; allowed: int16 (samples,)")
        if self._next_pts is None:
            self._next_pts = chunk.pts
        expected = self._next_pts + len(self._pending)
        if chunk.pts != expected:
            raise EncoderError(f"audio pts: got {chunk.pts}; allowed: {expected} (audio has no gaps)")
        self._pending = np.concatenate((self._pending, chunk.pcm)) if len(self._pending) else chunk.pcm
        packets: list[EncodedPacket] = []
        while len(self._pending) >= self._frame:
            packets += self._encode_frame(self._pending[: self._frame])
            self._pending = self._pending[self._frame :]
        return packets

    def flush(self) -> list[EncodedPacket]:
        """Pad the remainder with silence, encode it and drain the codec. The encoder is spent afterwards."""
        packets: list[EncodedPacket] = []
        if len(self._pending):
            padded = np.zeros(self._frame, np.int16)
            padded[: len(self._pending)] = self._pending
            packets += self._encode_frame(padded)
        return packets + [self._packet(packet) for packet in self._codec.encode(None)]

    def _encode_frame(self, pcm: npt.NDArray[np.int16]) -> list[EncodedPacket]:
        if self._next_pts is None:
            raise EncoderError("no audio was given")
        frame = self._wrap(pcm)
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._next_pts, TIME_BASE
        self._next_pts += self._frame
        return [self._packet(packet) for packet in self._codec.encode(frame)]

    def _wrap(self, pcm: npt.NDArray[np.int16]) -> av.AudioFrame:
        return av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm)[None, :], format="s16", layout="mono")

    def _packet(self, packet: av.Packet[av.AudioStream]) -> EncodedPacket:
        if packet.pts is None:
            raise EncoderError(f"{self._name} gave a packet without a pts")
        return EncodedPacket("audio", self._name, bytes(packet), self._pts(packet.pts), self._frame)

    def _pts(self, codec_pts: int) -> int:
        return codec_pts


class OpusEncoder(_AudioEncoder):
    """48 kHz mono to 20 ms Opus packets (RFC 6716), for RTP (RFC 7587).

    A packet's pts is that of the samples put in. The codec's look-ahead (6.5 ms) is not taken off, because
    RTP has no pre-skip: a receiver plays what it decodes.
    """

    def __init__(self, bitrate: int = 64_000) -> None:
        codec = av.CodecContext.create("libopus", "w")
        _set_audio(codec, "s16", bitrate)
        codec.options = {"application": "audio", "frame_duration": "20", "vbr": "constrained"}
        _open_audio(codec)
        super().__init__(codec, "opus", OPUS_FRAME)
        self._lookahead: int | None = None

    def _pts(self, codec_pts: int) -> int:
        # FFmpeg takes the look-ahead off every pts; the first packet shows how much that is.
        if self._lookahead is None:
            self._lookahead = (self._next_pts or 0) - OPUS_FRAME - codec_pts
        return codec_pts + self._lookahead


class AacEncoder(_AudioEncoder):
    """48 kHz mono to raw AAC-LC frames of 1,024 samples (ISO/IEC 14496-3), for MP4 and HLS.

    A packet's pts says when its decoded samples are heard, so the first one (priming) lies 1,024 samples
    before the audio put in.
    """

    def __init__(self, bitrate: int = 96_000) -> None:
        codec = av.CodecContext.create("aac", "w")
        _set_audio(codec, "fltp", bitrate)
        # The configuration goes out of band into the MP4 header (AAC_CONFIG), not as ADTS before every frame.
        codec.flags |= av.codec.context.Flags.global_header
        _open_audio(codec)
        if not (codec.extradata or b"").startswith(AAC_CONFIG):
            raise EncoderError(f"aac: got configuration {codec.extradata!r}; allowed: AAC-LC, 48 kHz, mono")
        super().__init__(codec, "aac", AAC_FRAME)

    def _wrap(self, pcm: npt.NDArray[np.int16]) -> av.AudioFrame:
        samples = (pcm.astype(np.float32) / 32768.0)[None, :]
        return av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")


def _set_audio(codec: AudioCodecContext, sample_format: str, bitrate: int) -> None:
    codec.sample_rate = SAMPLE_RATE
    codec.layout = "mono"
    codec.format = sample_format
    codec.bit_rate = bitrate
    codec.time_base = TIME_BASE


def _open_audio(codec: AudioCodecContext) -> None:
    try:
        codec.open()
    except FFmpegError as error:
        raise EncoderError(f"{codec.name} refused {codec.bit_rate} bit/s: {error}") from error
