"""Fragmented MP4 (ISO/IEC 14496-12, CMAF): a header, and segments of one `moof` and one `mdat`.

Written here because a muxer shifts the first timestamps of each track to zero; ours are the show's pts in
`tfdt`, so sound and picture of any two segments fit together, whenever a packager joined the show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import pack, pack_into, unpack_from
from typing import Final

from streaming.h264 import avc_configuration
from streaming.media import SAMPLE_RATE

VIDEO_TRACK: Final = 1
AUDIO_TRACK: Final = 2

_UNITY: Final = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_SYNC: Final = 0x02000000  # sample_depends_on = 2: independent
_NON_SYNC: Final = 0x01010000  # depends on others, sample_is_non_sync_sample


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample as it stands in `mdat`: AVCC picture or raw AAC frame; `duration` in 1/48000 s."""

    data: bytes
    duration: int
    keyframe: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive samples of one track; the first is presented at `pts` (1/48000 s, not negative)."""

    track: int
    pts: int
    samples: Sequence[Sample]


def header(size: tuple[int, int], sps: bytes, pps: bytes, audio_config: bytes) -> bytes:
    """`ftyp` and `moov` of an H.264 track and a mono AAC track, both in 1/48000 s."""
    moov = _box(
        b"moov",
        _full(b"mvhd", 0, 0, pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100), _UNITY, bytes(24), pack(">I", 3)),
        _video_track(size, sps, pps),
        _audio_track(audio_config),
        _box(b"mvex", _trex(VIDEO_TRACK), _trex(AUDIO_TRACK)),
    )
    return _box(b"ftyp", b"iso6", pack(">I", 0), b"iso6cmfcmp41") + moov


def segment(sequence: int, runs: Sequence[Run]) -> bytes:
    """One media segment: `styp`, `moof`, `mdat`. `sequence` grows from 1."""
    runs = [run for run in runs if run.samples]
    # trun holds offsets from the start of moof into mdat, so moof is made twice: its size does not change.
    size = len(_moof(sequence, runs, 0))
    payload = b"".join(sample.data for run in runs for sample in run.samples)
    return (
        _box(b"styp", b"msdh", pack(">I", 0), b"msdhmsixcmfs")
        + _moof(sequence, runs, size + 8)
        + _box(b"mdat", payload)
    )


def earlier(data: bytes, by: int) -> bytes:
    """A segment of ours with its times moved back by `by` (1/48000 s), to not before 0: a clip that begins near 0."""
    out = bytearray(data)
    _move(out, 0, len(out), by)
    return bytes(out)


def _move(data: bytearray, at: int, end: int, by: int) -> None:
    while at + 8 <= end:
        size, kind = unpack_from(">I4s", data, at)
        if kind in (b"moof", b"traf"):
            _move(data, at + 8, at + size, by)
        elif kind == b"tfdt":  # version 1, as `_traf` writes it: 64 bits after version and flags
            pack_into(">Q", data, at + 12, max(0, unpack_from(">Q", data, at + 12)[0] - by))
        at += max(8, size)


def _moof(sequence: int, runs: Sequence[Run], data_offset: int) -> bytes:
    trafs = []
    for run in runs:
        trafs.append(_traf(run, data_offset))
        data_offset += sum(len(sample.data) for sample in run.samples)
    return _box(b"moof", _full(b"mfhd", 0, 0, pack(">I", sequence)), *trafs)


def _traf(run: Run, data_offset: int) -> bytes:
    entries = b"".join(
        pack(">III", sample.duration, len(sample.data), _SYNC if sample.keyframe else _NON_SYNC)
        for sample in run.samples
    )
    return _box(
        b"traf",
        _full(b"tfhd", 0, 0x020000, pack(">I", run.track)),  # default-base-is-moof
        _full(b"tfdt", 1, 0, pack(">Q", run.pts)),
        # data offset, and for each sample its duration, size and flags
        _full(b"trun", 0, 0x000701, pack(">Ii", len(run.samples), data_offset), entries),
    )


def _video_track(size: tuple[int, int], sps: bytes, pps: bytes) -> bytes:
    width, height = size
    entry = _box(
        b"avc1",
        bytes(6), pack(">H", 1), bytes(16), pack(">HHIIIH", width, height, 0x480000, 0x480000, 0, 1),
        bytes(32), pack(">Hh", 24, -1),
        _box(b"avcC", avc_configuration(sps, pps)),
        _box(b"colr", b"nclx", pack(">HHHB", 1, 1, 1, 0)),  # BT.709, limited range
    )  # fmt: skip
    media = _full(b"vmhd", 0, 1, bytes(8))
    return _track(VIDEO_TRACK, size, 0, b"vide", media, entry)


def _audio_track(config: bytes) -> bytes:
    decoder = _descriptor(4, b"\x40\x15", bytes(3), bytes(8), _descriptor(5, config))
    esds = _full(b"esds", 0, 0, _descriptor(3, pack(">HB", AUDIO_TRACK, 0), decoder, _descriptor(6, b"\x02")))
    entry = _box(b"mp4a", bytes(6), pack(">H", 1), bytes(8), pack(">HHHHI", 1, 16, 0, 0, SAMPLE_RATE << 16), esds)
    return _track(AUDIO_TRACK, (0, 0), 0x0100, b"soun", _full(b"smhd", 0, 0, bytes(4)), entry)


def _track(track: int, size: tuple[int, int], volume: int, kind: bytes, media: bytes, entry: bytes) -> bytes:
    empty = bytes(4)
    stbl = _box(
        b"stbl",
        _full(b"stsd", 0, 0, pack(">I", 1), entry),
        _full(b"stts", 0, 0, empty),
        _full(b"stsc", 0, 0, empty),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, empty),
    )
    dinf = _box(b"dinf", _full(b"dref", 0, 0, pack(">I", 1), _full(b"url ", 0, 1)))
    tkhd = _full(
        b"tkhd", 0, 3,
        pack(">IIIII8xHHHH", 0, 0, track, 0, 0, 0, 0, volume, 0), _UNITY,
        pack(">II", size[0] << 16, size[1] << 16),
    )  # fmt: skip
    mdia = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, pack(">IIIIHH", 0, 0, SAMPLE_RATE, 0, 0x55C4, 0)),  # language "und"
        _full(b"hdlr", 0, 0, empty, kind, bytes(12), b"\x00"),
        _box(b"minf", media, dinf, stbl),
    )
    return _box(b"trak", tkhd, mdia)


def _trex(track: int) -> bytes:
    return _full(b"trex", 0, 0, pack(">IIIII", track, 1, 0, 0, 0))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    """An MPEG-4 descriptor (ISO/IEC 14496-1, 7.2) of fewer than 128 bytes."""
    body = b"".join(parts)
    return bytes([tag, len(body)]) + body


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, pack(">I", version << 24 | flags), *parts)
