"""WHEP over HTTP: every status code, header and method of the draft, with real offers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from aiortc import RTCPeerConnection

from influencer.web import WebSettings
from tests.web_house import RoomHouse

pytestmark = pytest.mark.integration
SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@pytest.fixture
async def offer() -> AsyncIterator[str]:
    connection = RTCPeerConnection()
    for kind in ("audio", "video"):
        connection.addTransceiver(kind, direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    yield connection.localDescription.sdp
    await connection.close()


async def test_a_viewer_joins_trickles_and_leaves(client: httpx.AsyncClient, house: RoomHouse, offer: str) -> None:
    joined = await client.post("/whep/demo", content=offer, headers=SDP)
    assert joined.status_code == 201
    assert joined.headers["content-type"].startswith("application/sdp")
    assert "a=sendonly" in joined.text
    assert house.get("demo").whep.viewers == 1
    session, etag = joined.headers["location"], joined.headers["etag"]
    assert session.startswith("/whep/demo/")
    assert len(session.rsplit("/", 1)[1]) >= 22

    ufrag = next(line for line in offer.splitlines() if line.startswith("a=ice-ufrag:"))
    password = next(line for line in offer.splitlines() if line.startswith("a=ice-pwd:"))
    candidate = "a=candidate:1 1 UDP 2130706431 203.0.113.9 50000 typ host"
    fragment = f"{ufrag}\r\n{password}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n{candidate}\r\n"

    async def patch(**headers: str) -> int:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await client.patch(session, content=fragment, headers=FRAGMENT | sent)).status_code

    assert await patch() == 428
    assert await patch(If_Match='"stale"') == 412
    assert await patch(If_Match="*") == 422
    assert await patch(If_Match=etag) == 204
    assert (await client.patch(session, content="{}", headers={"Content-Type": "application/json"})).status_code == 415
    assert (await client.patch(session, content="x", headers=FRAGMENT | {"If-Match": etag})).status_code == 400

    assert (await client.delete(session)).status_code == 200
    assert (await client.delete(session)).status_code == 404
    assert await patch(If_Match=etag) == 404
    assert house.get("demo").whep.viewers == 0


async def test_what_is_no_offer_is_refused(client: httpx.AsyncClient, offer: str) -> None:
    assert (await client.post("/whep/demo", content=offer)).status_code == 415
    assert (await client.post("/whep/demo", content=b"", headers=SDP)).status_code == 400
    assert (await client.post("/whep/demo", content=b"\xff\xfe", headers=SDP)).status_code == 400
    assert (await client.post("/whep/demo", content="v=0 nonsense", headers=SDP)).status_code == 400
    assert (await client.post("/whep/nope", content=offer, headers=SDP)).status_code == 404


async def test_no_common_codec_is_406(client: httpx.AsyncClient, offer: str) -> None:
    refused = await client.post("/whep/demo", content=offer.replace("H264/90000", "H265/90000"), headers=SDP)
    assert refused.status_code == 406
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_show_that_is_not_on_air_yet_says_when_to_come_back(
    client: httpx.AsyncClient, house: RoomHouse, offer: str
) -> None:
    house.get("demo").state = "starting"
    refused = await client.post("/whep/demo", content=offer, headers=SDP)
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (409, True)


async def test_joining_too_often_is_429_with_a_time(client: httpx.AsyncClient) -> None:
    answers = [await client.post("/whep/demo", content="x", headers=SDP) for _ in range(11)]
    assert [answer.status_code for answer in answers[-2:]] == [400, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_full_show_is_503_with_a_time(client: httpx.AsyncClient, house: RoomHouse, offer: str) -> None:
    object.__setattr__(house.get("demo").whep._limits, "max_viewers", 0)
    refused = await client.post("/whep/demo", content=offer, headers=SDP)
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)


async def test_the_other_methods_answer_as_the_draft_says(client: httpx.AsyncClient) -> None:
    assert (await client.get("/whep/demo")).status_code == 204
    head = await client.head("/whep/demo")
    assert (head.status_code, head.headers["content-type"].split(";")[0]) == (200, "application/sdp")
    options = await client.options("/whep/demo")
    assert (options.status_code, options.headers["accept-post"]) == (204, "application/sdp")
    put = await client.put("/whep/demo", content="x")
    assert put.status_code == 405
    assert "POST" in put.headers["allow"]
    assert (await client.get("/whep/nope")).status_code == 404


async def test_only_allowed_origins_may_read_the_answer(client: httpx.AsyncClient, offer: str) -> None:
    partner = {"Origin": "https://partner.test", "Access-Control-Request-Method": "POST"}
    preflight = await client.options("/whep/demo", headers=partner)
    assert preflight.headers["access-control-allow-origin"] == "https://partner.test"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    joined = await client.post("/whep/demo", content=offer, headers=SDP | partner)
    assert "Location" in joined.headers["access-control-expose-headers"]
    evil = await client.options("/whep/demo", headers=partner | {"Origin": "https://evil.test"})
    assert "access-control-allow-origin" not in evil.headers
    assert "access-control-allow-credentials" not in joined.headers


class TestWithAViewerToken:
    @pytest.fixture
    def web_settings(self) -> WebSettings:
        return WebSettings(demo=True, viewer_token="only-for-friends", allowed_hosts=("shop.test",))

    async def test_watching_needs_the_bearer_token(self, client: httpx.AsyncClient, offer: str) -> None:
        refused = await client.post("/whep/demo", content=offer, headers=SDP)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        wrong = SDP | {"Authorization": "Bearer nope"}
        assert (await client.post("/whep/demo", content=offer, headers=wrong)).status_code == 401
        right = SDP | {"Authorization": "Bearer only-for-friends"}
        assert (await client.post("/whep/demo", content=offer, headers=right)).status_code == 201
        assert (await client.get("/hls/demo/index.m3u8")).status_code == 401

    async def test_another_host_name_gets_no_answer(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers={"Host": "rebound.evil.test"})).status_code == 421


async def test_hls_serves_what_the_packager_has(client: httpx.AsyncClient, house: RoomHouse) -> None:
    assert (await client.get("/hls/demo/index.m3u8")).status_code == 404
