"""The values that move through a show, and the one time base they share.

Every PTS is an unbounded integer count of 1/48000 s (audio samples) since the show went on air, so audio and
video cannot drift apart by rounding: one video frame is exactly 1,920 ticks, one Opus packet exactly 960.
RTP clocks are derived from it (video: x 15/8 gives the 90 kHz clock of RFC 6184; Opus: RFC 7587 is 48 kHz).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 48_000
"""Samples a second, and ticks a second of the show clock."""
FPS = 25
SAMPLES_PER_FRAME = SAMPLE_RATE // FPS
"""1,920 samples (40 ms): the audio that belongs to one video frame."""
OPUS_FRAME = 960
"""Samples in one 20 ms Opus packet."""
VIDEO_CLOCK = 90_000

Pcm = npt.NDArray[np.int16]
"""Mono PCM, shape (samples,), 48 kHz."""
Rgba = npt.NDArray[np.uint8]
"""Picture, shape (height, width, 4), R G B A bytes, alpha not premultiplied unless said."""

Kind = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """Mono 16-bit PCM at 48 kHz. `pts` counts samples since the show's start."""

    pcm: Pcm
    pts: int


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One composed picture, RGBA (height, width, 4); `pts` in 1/48000 s. Never written to after it is made."""

    rgba: Rgba
    pts: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.rgba.shape[1], self.rgba.shape[0]


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One access unit: H.264 Annex-B with SPS/PPS before every IDR, one Opus packet, or one raw AAC frame.

    `pts` and `duration` are in 1/48000 s. There are no B-frames, so decode order is presentation order.
    """

    kind: Kind
    codec: Literal["h264", "opus", "aac"]
    data: bytes
    pts: int
    duration: int
    keyframe: bool = True


@dataclass(frozen=True, slots=True)
class Caption:
    """What the host is saying now, for the picture and the page. `start`, `end` in 1/48000 s, show clock."""

    text: str
    language: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ProductCard:
    """What the product card shows; every text is already in the market's format."""

    product_id: str
    name: str
    price: str
    list_price: str | None = None
    discount: str | None = None
    coupon: str | None = None
    stock: str | None = None
    image: Rgba | None = None
    notice: str | None = None
    """What the law wants read beside the product; it stands above the card."""


@dataclass(frozen=True, slots=True)
class ChatHighlight:
    """A viewer's question being answered on air."""

    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """Everything drawn over the host. `label` (the AI-generated notice) is not optional: the picture always has it."""

    label: str
    card: ProductCard | None = None
    caption: str | None = None
    highlight: ChatHighlight | None = None
    language: str = "en-US"
    person: str | None = None
    """That a person is speaking now; stands below the label."""
