"""What a viewer may send, and what is refused with which status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import WhepError
from streaming.whep_sdp import is_usable, read_fragment, read_offer

pytestmark = pytest.mark.unit

PUBLIC = "1 1 udp 2130706431 93.184.216.34 50000 typ host"


def section(kind: str, mid: int, extra: tuple[str, ...] = (), direction: str = "recvonly") -> list[str]:
    payload = "96" if kind == "video" else "111"
    codec = "H264/90000" if kind == "video" else "opus/48000/2"
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {payload}",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        f"a=rtpmap:{payload} {codec}",
        *extra,
    ]


def offer(*sections: list[str], bundle: str = "BUNDLE 0 1") -> str:
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:{bundle}"]
    return "\r\n".join([*lines, *(line for part in sections for line in part)]) + "\r\n"


def refused(sdp: str) -> WhepError:
    with pytest.raises(WhepError) as caught:
        read_offer(sdp)
    assert "\n" not in caught.value.title
    return caught.value


def test_a_browsers_offer_is_taken_in_its_order() -> None:
    read = read_offer(offer(section("audio", 0), section("video", 1)))
    assert read.kinds == ("audio", "video")
    assert (read.first_mid, read.ufrag, read.candidates) == ("0", "abcd", 0)


def test_only_public_udp_candidates_reach_the_network() -> None:
    bad = [
        "1 1 udp 1 169.254.169.254 80 typ host",
        "1 1 udp 1 127.0.0.1 80 typ host",
        "1 1 udp 1 10.0.0.1 80 typ host",
        "1 1 udp 1 224.0.0.1 80 typ host",
        "1 1 udp 1 ::1 80 typ host",
        "1 1 udp 1 f1d2c3b4.local 80 typ host",
        "1 1 udp 1 example.com 80 typ host",
        "1 1 tcp 1 93.184.216.34 9 typ host tcptype active",
        "1 2 udp 1 93.184.216.34 80 typ host",
        "1 1 udp 1 93.184.216.34 70000 typ host",
        "1 1 udp one 93.184.216.34 80 typ host",
        "nonsense",
    ]
    assert is_usable(PUBLIC)
    lines = tuple(f"a=candidate:{value}" for value in (*bad, PUBLIC))
    read = read_offer(offer(section("video", 0, (*lines, "a=end-of-candidates")), bundle="BUNDLE 0"))
    assert read.candidates == len(bad) + 1
    assert [line for line in read.sdp.splitlines() if "candidate" in line] == [f"a=candidate:{PUBLIC}"]


@pytest.mark.parametrize(
    ("status", "sdp"),
    [
        (400, ""),
        (400, "hello"),
        (400, "v=0\r\n"),
        (400, "v=0\r\nm=video x\r\n"),
        (400, "v=0\r\n" + "a=x\r\n" * 20_000),
        (400, offer([line for line in section("video", 0) if "ice-pwd" not in line])),
        (400, offer([line for line in section("video", 0) if "fingerprint" not in line])),
        (422, offer(section("video", 0), section("video", 1))),
        (422, offer(section("audio", 0), section("video", 1), section("audio", 2))),
        (422, offer(section("audio", 0), section("video", 1), bundle="BUNDLE 0")),
        (422, offer(section("audio", 0), section("video", 0))),
        (422, offer(section("video", 0, direction="sendonly"))),
        (422, offer(section("video", 0, direction="inactive"))),
        (422, offer(section("video", 0, (f"a=candidate:{PUBLIC}",) * 33))),
        (
            422,
            offer(
                [
                    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
                    "a=mid:0",
                    "a=ice-ufrag:abcd",
                    "a=ice-pwd:abcdefghijklmnopqrstuvwx",
                ]
            ),
        ),
    ],
)
def test_what_cannot_be_served_is_refused_with_its_status(status: int, sdp: str) -> None:
    assert refused(sdp).status == status


@given(st.text(max_size=400), st.integers(0, 900))
def test_no_bytes_from_the_network_raise_anything_else(noise: str, at: int) -> None:
    good = offer(section("audio", 0), section("video", 1, (f"a=candidate:{PUBLIC}",)))
    for text in (noise, good[:at] + noise + good[at + len(noise) :], "v=0\r\nm=" + noise):
        try:
            read_offer(text)
        except WhepError as error:
            assert error.status in (400, 422)


@given(st.text(max_size=300))
def test_no_fragment_raises_anything_else(noise: str) -> None:
    for text in (noise, "a=candidate:" + noise):
        try:
            read_fragment(text)
        except WhepError as error:
            assert error.status in (400, 422)


def test_a_fragment_gives_its_usable_candidates() -> None:
    text = "\r\n".join(
        ["a=ice-ufrag:abcd", "a=ice-pwd:x", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0"]
        + [f"a=candidate:{value}" for value in (PUBLIC, "1 1 udp 1 10.0.0.1 80 typ host")]
        + ["a=end-of-candidates"]
    )
    read = read_fragment(text)
    assert (read.ufrag, read.candidates, read.total) == ("abcd", (PUBLIC,), 2)


@pytest.mark.parametrize("fragment", ["", "hello", '{"candidate": 1}', "a=x\r\n" * 5000])
def test_what_is_no_fragment_is_refused(fragment: str) -> None:
    with pytest.raises(WhepError) as caught:
        read_fragment(fragment)
    assert caught.value.status == 400
