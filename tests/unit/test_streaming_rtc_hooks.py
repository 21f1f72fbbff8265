"""The contract with aiortc and aioice: every private name we rely on. An upgrade that breaks one fails here."""

import inspect

import aioice.ice
import aiortc.rtcrtpsender
import pytest
from aiortc import RTCPeerConnection, RTCRtpSender
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtcrtpsender import RTCEncodedFrame

from streaming.rtc_hooks import RTP_HISTORY, keep_longer_history, use_host_addresses

pytestmark = pytest.mark.unit


def test_a_sender_asks_itself_for_frames_keyframes_and_rtcp() -> None:
    source = inspect.getsource(RTCRtpSender)
    assert "await self._next_encoded_frame(codec)" in source
    assert "self._send_keyframe()" in source
    assert inspect.iscoroutinefunction(RTCRtpSender._handle_rtcp_packet)
    assert list(inspect.signature(RTCRtpSender._next_encoded_frame).parameters) == ["self", "codec"]
    assert list(inspect.signature(RTCRtpSender._handle_rtcp_packet).parameters) == ["self", "packet"]
    transport = inspect.getsource(aiortc.rtcdtlstransport.RTCDtlsTransport)
    assert "._handle_rtcp_packet(packet)" in transport, "looked up on the sender, so that the hook is seen"


def test_an_encoded_frame_is_payloads_timestamp_and_level() -> None:
    assert list(inspect.signature(RTCEncodedFrame).parameters) == ["payloads", "timestamp", "audio_level"]
    assert "if enc_frame.audio_level is not None" in inspect.getsource(RTCRtpSender._run_rtp)


def test_a_sender_that_ends_stops_its_track() -> None:
    assert "self.__track.stop()" in inspect.getsource(RTCRtpSender._run_rtp)


def test_the_packetizer_splits_annex_b() -> None:
    units = list(H264Encoder._split_bitstream(b"\x00\x00\x00\x01\x67\x01\x00\x00\x01\x68\x02"))
    assert units == [b"\x67\x01", b"\x68\x02"]
    assert H264Encoder._packetize(units) == [b"\x78\x00\x02\x67\x01\x00\x02\x68\x02"]


def test_the_nack_history_is_a_module_global_read_at_run_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiortc.rtcrtpsender, "RTP_HISTORY_SIZE", 128)
    keep_longer_history()
    assert aiortc.rtcrtpsender.RTP_HISTORY_SIZE == RTP_HISTORY
    assert "% RTP_HISTORY_SIZE" in inspect.getsource(RTCRtpSender._retransmit)
    assert "% RTP_HISTORY_SIZE" in inspect.getsource(RTCRtpSender._run_rtp)


def test_the_bench_can_count_packets_instead_of_parsing_them() -> None:
    source = inspect.getsource(aiortc.rtcdtlstransport.RTCDtlsTransport)
    assert "self._handle_rtp_data(data, arrival_time_ms=" in source


def test_host_addresses_are_the_chosen_ones_until_restored() -> None:
    own = aioice.ice.get_host_addresses
    try:
        use_host_addresses(("127.0.0.1", "::1", "192.0.2.7"))
        assert aioice.ice.get_host_addresses(True, False) == ["127.0.0.1", "192.0.2.7"]
        assert aioice.ice.get_host_addresses(True, True) == ["127.0.0.1", "::1", "192.0.2.7"]
        assert "get_host_addresses(" in inspect.getsource(aioice.ice.Connection.gather_candidates)
    finally:
        use_host_addresses(None)
    assert aioice.ice.get_host_addresses is own


async def test_a_connection_has_the_events_and_states_that_are_watched() -> None:
    pc = RTCPeerConnection()
    states: list[str] = []
    pc.on("connectionstatechange", lambda: states.append(pc.connectionState))
    assert pc.connectionState == "new"
    await pc.close()
    assert states == ["closed"]
