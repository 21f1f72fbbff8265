"""WHEP's status codes, without anybody connecting."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from streaming.broadcast import Broadcast
from streaming.clock import ManualClock
from streaming.errors import WhepError
from streaming.webrtc import WhepService
from tests.integration.whep_viewer import LOOPBACK, Viewer

pytestmark = pytest.mark.integration

FRAGMENT = "a=ice-ufrag:{}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:{}\r\n"
PUBLIC = "1 1 udp 1 93.184.216.34 50000 typ host"


@contextlib.asynccontextmanager
async def service(**limits: Any) -> AsyncIterator[tuple[WhepService, str]]:
    """A service whose show is live, and a good offer."""
    clock = ManualClock()
    whep = WhepService(Broadcast(clock), host_addresses=LOOPBACK, clock=clock, **limits)
    viewer = Viewer(whep)
    try:
        yield whep, await viewer.offer()
    finally:
        await viewer.aclose()
        await whep.aclose()


async def refused(whep: WhepService, sdp: str, client: str = "me") -> WhepError:
    with pytest.raises(WhepError) as caught:
        await whep.offer(sdp, client)
    return caught.value


async def test_an_answer_is_bundled_sendonly_h264_and_opus_with_candidates() -> None:
    async with service() as (whep, sdp):
        session = await whep.offer(sdp, "me")
        assert len(session.id) >= 22  # 128 bits in base64
        assert session.answer.count("a=sendonly") == 2
        assert "a=group:BUNDLE 0 1" in session.answer
        assert set(re.findall(r"a=rtpmap:\d+ (\w+)", session.answer)) == {"H264", "rtx", "opus"}
        assert "127.0.0.1" in session.answer
        assert (await whep.offer(sdp, "me")).id != session.id
        assert whep.viewers == 2


async def test_no_common_codec_is_406() -> None:
    async with service() as (whep, sdp):
        vp8 = "\r\n".join(line for line in sdp.split("\r\n") if "H264" not in line and "packetization-mode" not in line)
        assert (await refused(whep, vp8)).status == 406
        assert whep.viewers == 0
        assert whep.stats.refused == {406: 1}


async def test_a_full_show_is_503_and_says_when_to_retry() -> None:
    async with service(max_viewers=1) as (whep, sdp):
        session = await whep.offer(sdp, "me")
        error = await refused(whep, sdp, "you")
        assert (error.status, error.retryable) == (503, True)
        assert int(error.headers["Retry-After"]) > 0
        await whep.delete(session.id)
        await whep.offer(sdp, "you")


async def test_a_crowd_at_the_door_is_let_in_slowly() -> None:
    async with service(joins_per_second=3) as (whep, sdp):
        for _ in range(3):
            await whep.offer(sdp, "me")
        assert (await refused(whep, sdp)).headers["Retry-After"] == "1"


async def test_one_client_cannot_take_all_places() -> None:
    async with service(max_per_client=2) as (whep, sdp):
        await whep.offer(sdp, "me")
        await whep.offer(sdp, "me")
        assert (await refused(whep, sdp)).status == 429
        await whep.offer(sdp, "somebody else")


async def test_many_at_once_do_not_slip_past_the_limit() -> None:
    async with service(max_viewers=4, joins_per_second=100) as (whep, sdp):
        results = await asyncio.gather(*(whep.offer(sdp, str(n)) for n in range(12)), return_exceptions=True)
        assert sum(isinstance(result, WhepError) for result in results) == 8
        assert whep.viewers == 4


async def test_after_the_end_it_is_409() -> None:
    async with service() as (whep, sdp):
        await whep.aclose()
        assert (await refused(whep, sdp)).status == 409


async def test_trickle_is_taken_and_restart_is_refused() -> None:
    async with service() as (whep, sdp):
        session = await whep.offer(sdp, "me")
        match = re.search(r"a=ice-ufrag:(\S+)", sdp)
        assert match
        good = FRAGMENT.format(match[1], PUBLIC)
        await whep.patch(session.id, good)
        await whep.patch(session.id, good, f'"{session.etag}"')
        for status, fragment, tag in (
            (404, good, None),
            (400, "hello", None),
            (412, good, '"stale"'),
            (422, good, "*"),
            (422, FRAGMENT.format("other", PUBLIC), None),
        ):
            with pytest.raises(WhepError) as caught:
                await whep.patch("unknown" if status == 404 else session.id, fragment, tag)
            assert caught.value.status == status
        with pytest.raises(WhepError) as caught:
            for _ in range(40):
                await whep.patch(session.id, good)
        assert caught.value.status == 422
