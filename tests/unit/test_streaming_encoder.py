"""The encoders, checked by decoding what they made."""

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder as Rtc

from streaming.encoder import AacEncoder, H264Encoder, OpusEncoder
from streaming.errors import EncoderError
from streaming.media import SAMPLES_PER_FRAME, AudioChunk, EncodedPacket, VideoFrame

pytestmark = pytest.mark.unit

SIZE = (64, 96)
IDR, SPS, PPS = 5, 7, 8


def picture(level: int, n: int, size: tuple[int, int] = SIZE) -> VideoFrame:
    return VideoFrame(np.full((size[1], size[0], 4), level, np.uint8), n * SAMPLES_PER_FRAME)


def nal_types(packet: EncodedPacket) -> list[int]:
    return [nal[0] & 31 for nal in Rtc._split_bitstream(packet.data)]


def tone(n: int, samples: int = SAMPLES_PER_FRAME) -> AudioChunk:
    t = np.arange(n * SAMPLES_PER_FRAME, n * SAMPLES_PER_FRAME + samples)
    pcm = (12_000 * np.sin(2 * np.pi * 1000 * t / 48_000)).astype(np.int16)
    return AudioChunk(pcm, n * SAMPLES_PER_FRAME)


def test_every_picture_gives_one_packet_with_its_own_pts() -> None:
    encoder = H264Encoder(SIZE)
    packets = [packet for n in range(60) for packet in encoder.encode(picture(n, n))]
    assert [packet.pts for packet in packets] == [n * 1920 for n in range(60)]
    assert [n for n, packet in enumerate(packets) if packet.keyframe] == [0, 50]


def test_sps_and_pps_stand_before_every_idr_and_the_profile_is_constrained_baseline() -> None:
    encoder = H264Encoder(SIZE)
    for n in range(8):
        (packet,) = encoder.encode(picture(n, n), force_idr=n == 5)
        assert packet.keyframe == (n in (0, 5))
        if packet.keyframe:
            types = nal_types(packet)
            assert types[:2] == [SPS, PPS]
            assert types[-1] == IDR
            sps = next(iter(Rtc._split_bitstream(packet.data)))
            assert sps[1] == 66
            assert sps[2] & 0x40  # constraint_set1_flag


def test_colours_survive_encoding_as_bt601() -> None:
    encoder = H264Encoder(SIZE)
    rgba = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    rgba[:] = (200, 60, 30, 255)
    packets = encoder.encode(VideoFrame(rgba, 0))
    decoder = av.CodecContext.create("h264", "r")
    frames = decoder.decode(av.Packet(packets[0].data)) + decoder.decode(None)
    assert frames[0].colorspace == 6  # AVCOL_SPC_SMPTE170M
    seen = frames[0].to_ndarray(format="rgb24")[20:60, 20:40].reshape(-1, 3).mean(0)
    assert np.abs(seen - (200, 60, 30)).max() < 8


def test_a_repeated_picture_costs_almost_no_bytes() -> None:
    encoder = H264Encoder(SIZE)
    rng = np.random.default_rng(1)
    rgba = rng.integers(0, 255, (SIZE[1], SIZE[0], 4), dtype=np.uint8)
    sizes = [len(encoder.encode(VideoFrame(rgba, n * 1920))[0].data) for n in range(12)]
    assert sizes[-1] < sizes[0] / 10


@pytest.mark.parametrize("size", [(63, 96), (64, 0), (-2, 4)])
def test_a_size_that_h264_cannot_have_is_named(size: tuple[int, int]) -> None:
    with pytest.raises(EncoderError, match="size: got"):
        H264Encoder(size)


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(EncoderError, match="frame size"):
        H264Encoder(SIZE).encode(picture(0, 0, (32, 32)))


def test_opus_packets_are_20_ms_and_carry_the_pts_of_their_samples() -> None:
    encoder = OpusEncoder()
    packets = [packet for n in range(10, 15) for packet in encoder.encode(tone(n))]
    assert [packet.pts for packet in packets] == [19_200 + 960 * k for k in range(10)]
    assert {packet.duration for packet in packets} == {960}


def test_opus_decodes_to_the_tone_that_went_in() -> None:
    encoder = OpusEncoder()
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    pcm = np.concatenate(
        [
            frame.to_ndarray()[0]
            for n in range(25)
            for packet in encoder.encode(tone(n))
            for frame in decoder.decode(av.Packet(packet.data))
        ]
    )
    spectrum = np.abs(np.fft.rfft(pcm[-24_000:]))
    assert spectrum.argmax() * 2 == 1000


def test_aac_says_when_its_samples_are_heard() -> None:
    encoder = AacEncoder()
    packets = [packet for n in range(8) for packet in encoder.encode(tone(n))] + encoder.flush()
    assert [packet.pts for packet in packets] == [1024 * k - 1024 for k in range(len(packets))]
    assert packets[-1].pts + 1024 >= 8 * SAMPLES_PER_FRAME


@pytest.mark.parametrize("encoder", [OpusEncoder, AacEncoder])
def test_audio_has_no_gaps(encoder: type[OpusEncoder] | type[AacEncoder]) -> None:
    it = encoder()
    it.encode(tone(0))
    with pytest.raises(EncoderError, match="audio pts: got 3840; allowed: 1920"):
        it.encode(tone(2))


def test_audio_of_any_length_is_cut_into_the_codecs_frames() -> None:
    encoder = OpusEncoder()
    assert encoder.encode(tone(0, 700)) == []
    rest = AudioChunk(np.zeros(500, np.int16), 700)
    assert [packet.pts for packet in encoder.encode(rest)] == [0]
    assert [packet.pts for packet in encoder.flush()][:1] == [960]


def test_float_samples_are_refused() -> None:
    with pytest.raises(EncoderError, match="pcm: got float64"):
        OpusEncoder().encode(AudioChunk(np.zeros(960), 0))  # type: ignore[arg-type]
