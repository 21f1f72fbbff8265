"""HLS segments, put together as a player does and decoded."""

import re
from io import BytesIO

import av
import pytest

from streaming.encoder import H264Encoder
from streaming.hls import HlsPackager
from streaming.media import EncodedPacket, VideoFrame
from tests.integration.clapper import SIZE, flashes_and_beeps, record
from tests.integration.whep_viewer import flash_and_beep

pytestmark = pytest.mark.integration


def named(packager: HlsPackager) -> list[str]:
    return re.findall(r"^s\d+\.m4s$", packager.playlist() or "", re.M)


def whole(packager: HlsPackager, names: list[str]) -> bytes:
    init = packager.init_segment()
    assert init
    return init + b"".join(packager.segment(name) or b"" for name in names)


def test_a_player_gets_one_second_segments_with_sound_and_picture_in_sync() -> None:
    packager = HlsPackager(window=20)
    record([packager], 8 * 25)
    playlist = packager.playlist() or ""
    assert re.findall(r"#EXTINF:([\d.]+)", playlist) == ["1.00000"] * 8
    assert '#EXT-X-MAP:URI="init.mp4"' in playlist
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    flashes, beeps = flashes_and_beeps(whole(packager, named(packager)))
    assert len(flashes) == len(beeps) == 8
    skew = [abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)]
    print(f"HLS skew: median {sorted(skew)[4] * 1e3:.2f} ms, max {max(skew) * 1e3:.2f} ms")
    assert max(skew) < 0.040


def test_every_segment_can_be_the_first() -> None:
    packager = HlsPackager(window=20)
    record([packager], 4 * 25)
    for n, name in enumerate(named(packager)):
        flashes, beeps = flashes_and_beeps(whole(packager, [name]))
        assert flashes == [pytest.approx(n + 12 / 25, abs=1e-4)]
        assert beeps == [pytest.approx(n + 12 / 25, abs=0.02)]


def test_the_window_slides_and_older_segments_stay_a_little_longer() -> None:
    packager = HlsPackager(window=3, spare=2)
    record([packager], 8 * 25)
    assert named(packager) == ["s6.m4s", "s7.m4s", "s8.m4s"]
    assert "#EXT-X-MEDIA-SEQUENCE:6" in (packager.playlist() or "")
    assert packager.segment("s4.m4s") is not None
    assert packager.segment("s3.m4s") is None
    assert packager.segment("../../etc/passwd") is None


def test_before_the_first_segment_there_is_nothing_to_play() -> None:
    packager = HlsPackager()
    assert packager.playlist() is None
    assert packager.init_segment() is None
    encoder = H264Encoder(SIZE)
    packager.push(encoder.encode(VideoFrame(flash_and_beep(SIZE, 0).rgba, 0)))
    assert packager.init_segment() is not None
    assert packager.playlist() is None


def test_a_station_that_takes_over_goes_on_in_the_same_playlist() -> None:
    class Kept(HlsPackager):
        def close(self) -> None:
            """As after a crash: the outputs stay open."""

    packager = Kept(window=20)
    record([packager], 3 * 25)
    record([packager], 3 * 25, first_tick=3 * 25)
    HlsPackager.close(packager)
    flashes, beeps = flashes_and_beeps(whole(packager, named(packager)))
    assert [round(flash, 2) for flash in flashes] == [0.48 + n for n in range(6)]
    assert all(abs(flash - beep) < 0.04 for flash, beep in zip(flashes, beeps, strict=True))


def test_missing_pictures_make_the_one_before_longer() -> None:
    packager = HlsPackager()
    encoder = H264Encoder(SIZE)
    for n in (0, 1, 2, 6, 7, 25):
        packets: list[EncodedPacket] = encoder.encode(
            VideoFrame(flash_and_beep(SIZE, n).rgba, n * 1920), force_idr=n == 25
        )
        packager.push(packets)
    with av.open(BytesIO(whole(packager, ["s1.m4s"]))) as container:
        assert [frame.pts // 1920 for frame in container.decode(video=0)] == [0, 1, 2, 6, 7]
    assert "#EXTINF:1.00000" in (packager.playlist() or "")
