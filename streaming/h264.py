"""H.264 access units taken apart (ITU-T H.264, 7.3.1 and annex B)."""

from __future__ import annotations

from typing import Final

import av

SPS: Final = 7
PPS: Final = 8
_START: Final = b"\x00\x00\x01"


def nal_units(annex_b: bytes) -> list[bytes]:
    """The NAL units between start codes of three or four bytes; trailing zeros belong to a start code."""
    return [unit.rstrip(b"\x00") for unit in annex_b.split(_START) if unit.strip(b"\x00")]


def nal_type(unit: bytes) -> int:
    """`nal_unit_type` of a NAL unit."""
    return unit[0] & 0x1F


def parameter_sets(annex_b: bytes) -> tuple[bytes, bytes] | None:
    """(SPS, PPS) of an access unit, or None when it does not have both."""
    found = {nal_type(unit): unit for unit in nal_units(annex_b)}
    if SPS in found and PPS in found:
        return found[SPS], found[PPS]
    return None


def to_avcc(annex_b: bytes) -> bytes:
    """As a sample of an MP4: units behind four length bytes, without parameter sets (ISO/IEC 14496-15)."""
    return b"".join(
        len(unit).to_bytes(4, "big") + unit for unit in nal_units(annex_b) if nal_type(unit) not in (SPS, PPS)
    )


def avc_configuration(sps: bytes, pps: bytes) -> bytes:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) for four length bytes."""
    return (
        bytes([1, sps[1], sps[2], sps[3], 0xFF, 0xE1])
        + len(sps).to_bytes(2, "big")
        + sps
        + b"\x01"
        + len(pps).to_bytes(2, "big")
        + pps
    )


def picture_size(idr: bytes) -> tuple[int, int]:
    """(width, height) of an IDR access unit with its parameter sets, found by decoding it.

    Raises:
        ValueError: It cannot be decoded.
    """
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    for frame in [*decoder.decode(av.Packet(idr)), *decoder.decode(None)]:
        return frame.width, frame.height
    raise ValueError("the access unit holds no picture")
