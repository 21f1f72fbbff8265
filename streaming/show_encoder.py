"""All encoders of one show behind one call: a slot goes in, the packets of that tick come out."""

from __future__ import annotations

from dataclasses import dataclass

from streaming.encoder import AacEncoder, H264Encoder, OpusEncoder
from streaming.media import SAMPLES_PER_FRAME, AudioChunk, EncodedPacket, VideoFrame
from streaming.output import Codec
from streaming.timeline import Slot


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How a show is encoded. `size` is (width, height) in pixels, bit rates are bits a second."""

    size: tuple[int, int] = (720, 1280)
    video_bitrate: int = 2_500_000
    opus_bitrate: int = 64_000
    aac_bitrate: int = 96_000
    gop_seconds: float = 2.0
    preset: str = "superfast"


@dataclass(frozen=True, slots=True)
class EncodedTick:
    """What one slot became, in the two halves in which it is released (20 ms apart in a live show)."""

    first: tuple[EncodedPacket, ...]
    second: tuple[EncodedPacket, ...]


class ShowEncoder:
    """Encodes each slot once for all outputs. One thread owns it."""

    def __init__(self, settings: EncoderSettings, codecs: frozenset[Codec]) -> None:
        """Open the encoders for `codecs`.

        Raises:
            EncoderError: The settings cannot be encoded.
        """
        self._video = (
            H264Encoder(settings.size, settings.video_bitrate, settings.gop_seconds, preset=settings.preset)
            if "h264" in codecs
            else None
        )
        self._opus = OpusEncoder(settings.opus_bitrate) if "opus" in codecs else None
        self._aac = AacEncoder(settings.aac_bitrate) if "aac" in codecs else None

    def encode(self, n: int, slot: Slot, *, video: bool, force_idr: bool) -> EncodedTick:
        """Encode tick `n`: sound always, the picture only if `video`.

        The audio comes first in `first`: it is small, and behind a picture of sixty packets it would be late.
        """
        pts = n * SAMPLES_PER_FRAME
        audio = AudioChunk(slot.pcm, pts)
        opus = self._opus.encode(audio) if self._opus else []
        aac = self._aac.encode(audio) if self._aac else []
        picture = self._video.encode(VideoFrame(slot.rgba, pts), force_idr=force_idr) if video and self._video else []
        return EncodedTick((*opus[:1], *aac, *picture), tuple(opus[1:]))

    def flush(self) -> tuple[EncodedPacket, ...]:
        """Drain every encoder; they are spent afterwards."""
        packets: list[EncodedPacket] = []
        if self._aac:
            packets += self._aac.flush()
        if self._video:
            packets += self._video.close()
        return tuple(packets)
