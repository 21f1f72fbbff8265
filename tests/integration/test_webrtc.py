"""Real peers on loopback: joining late, losing pictures, reading slowly, leaving, dying."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from aiortc.rtp import RTCP_PSFB_PLI

from streaming.errors import WhepError
from tests.integration.whep_viewer import Show, Viewer, on_air

pytestmark = pytest.mark.integration


def frames(count: int, kind: str = "video") -> Callable[[Viewer], bool]:
    return lambda viewer: len(viewer.tracks[kind].frames) >= count


async def eventually(condition: Callable[[], bool]) -> None:
    """Poll for something that has no event; the test's own time-out is the limit."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def gone(show: Show) -> None:
    await eventually(lambda: show.service.viewers == 0)


def has_idr(payloads: list[bytes]) -> bool:
    """An SPS in a STAP-A opens every IDR of this encoder."""
    return payloads[0][0] & 31 == 24 and payloads[0][3] & 31 == 7


async def test_a_late_joiner_starts_with_an_idr_and_sees_and_hears_the_show() -> None:
    async with on_air() as show:
        first, late = Viewer(show.service), Viewer(show.service)
        await first.join()
        await first.until(frames(30))
        await late.join()
        await late.until(lambda viewer: frames(30)(viewer) and frames(60, "audio")(viewer))
        for viewer in (first, late):
            assert has_idr(viewer.tracks["video"].payloads[0])
        assert sum(has_idr(payloads) for payloads in first.tracks["video"].payloads.values()) == 2
        assert show.service.stats.connected == 2
        assert show.broadcast.stats.dropped == 0
        await late.aclose()
        await first.aclose()


async def test_picture_loss_is_answered_by_an_idr() -> None:
    async with on_air() as show:
        viewer = Viewer(show.service)
        await viewer.join()
        await viewer.until(frames(35))
        track, receiver = viewer.tracks["video"], viewer.pc.getReceivers()[0]
        assert receiver.track.kind == "video"
        before = sum(map(has_idr, track.payloads.values()))
        ssrc = next(iter(receiver.getSynchronizationSources())).source
        await receiver._send_rtcp_pli(ssrc)
        assert RTCP_PSFB_PLI == 1
        await viewer.until(lambda _: sum(map(has_idr, track.payloads.values())) > before)
        await viewer.aclose()


async def test_eight_viewers_get_the_same_bytes() -> None:
    async with on_air(joins_per_second=100) as show:
        viewers = [Viewer(show.service, ("video",)) for _ in range(8)]
        for viewer in viewers:
            await viewer.join()
        for viewer in viewers:
            await viewer.until(frames(50))
        seen = [b"".join(b"".join(p) for p in viewer.tracks["video"].payloads.values()) for viewer in viewers]
        last = min((pictures[-4000:-2000] for pictures in seen), key=len)
        common = [pictures for pictures in seen if last[:500] in pictures]
        assert len(common) >= 7  # the eighth may have begun at a later IDR
        for viewer in viewers:
            await viewer.aclose()


async def test_a_viewer_that_stalls_goes_on_at_an_idr() -> None:
    async with on_air(queue_seconds=0.4) as show:
        viewer = Viewer(show.service)
        await viewer.join()
        await viewer.until(frames(30))
        track = viewer.tracks["video"]
        server = next(iter(show.service._peers.values())).pc
        sender = next(sender for sender in server.getSenders() if sender.kind == "video")
        subscription = sender.track._subscription  # type: ignore[attr-defined]
        read, resume = sender._next_encoded_frame, asyncio.Event()

        async def stalled(codec):  # type: ignore[no-untyped-def]
            await resume.wait()
            return await read(codec)

        sender._next_encoded_frame = stalled  # type: ignore[method-assign]
        await eventually(lambda: subscription.dropped > 0)
        count, idrs = len(track.payloads), sum(map(has_idr, track.payloads.values()))
        resume.set()
        await viewer.until(lambda _: len(track.payloads) > count + 5)
        after = list(track.payloads.values())[count + 1 :]
        assert sum(map(has_idr, track.payloads.values())) > idrs
        assert has_idr(after[0]) or has_idr(list(track.payloads.values())[count])
        await viewer.aclose()


async def test_delete_frees_the_session_and_stops_the_stream() -> None:
    async with on_air() as show:
        viewer = Viewer(show.service)
        await viewer.join()
        await viewer.until(frames(5))
        assert viewer.session
        await show.service.delete(viewer.session.id)
        assert show.service.viewers == 0
        assert show.broadcast.stats.video_subscriptions == 0
        assert show.broadcast.stats.audio_subscriptions == 0
        with pytest.raises(WhepError) as refused:
            await show.service.delete(viewer.session.id)
        assert refused.value.status == 404
        await viewer.aclose()


async def test_a_viewer_that_leaves_is_freed_without_delete() -> None:
    async with on_air() as show:
        viewer = Viewer(show.service)
        await viewer.join()
        await viewer.until(frames(5))
        await viewer.aclose()
        await gone(show)
        assert show.broadcast.stats.video_subscriptions == 0


async def test_an_offer_without_candidates_dies_at_the_join_deadline() -> None:
    async with on_air(join_deadline_s=0.5) as show:
        viewer = Viewer(show.service)
        sdp = re.sub(r"a=(candidate:|end-of-candidates).*\r\n", "", await viewer.offer())
        await show.service.offer(sdp, "ghost")  # the answer never reaches the viewer
        assert show.service.viewers == 1
        await gone(show)
        assert show.service.stats.ended == {"join deadline": 1}
        assert show.broadcast.stats.video_subscriptions == 0
        await viewer.aclose()


async def test_a_viewer_without_receiver_reports_is_freed() -> None:
    async with on_air(report_timeout_s=2.0) as show:
        viewer = Viewer(show.service)
        await viewer.join()
        await viewer.until(frames(5))
        viewer.go_silent()
        await gone(show)
        assert show.service.stats.ended == {"no receiver reports": 1}
        await viewer.aclose()


async def test_a_killed_viewer_is_freed() -> None:
    async with on_air(report_timeout_s=2.0) as show:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.whep_child",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert child.stdin
        assert child.stdout
        try:
            offer = (await child.stdout.readuntil(b"\0"))[:-1].decode()
            session = await show.service.offer(offer, "child")
            child.stdin.write(session.answer.encode() + b"\0")
            assert await child.stdout.readline() == b"playing\n"
        finally:
            child.kill()
            await child.wait()
        await gone(show)
        assert set(show.service.stats.ended) == {"no receiver reports"}


async def test_nobody_can_join_a_show_that_has_ended() -> None:
    async with on_air() as show:
        viewer = Viewer(show.service)
        sdp = await viewer.offer()
        await asyncio.to_thread(show.station.close)
        with pytest.raises(WhepError) as refused:
            await show.service.offer(sdp, "late")
        assert refused.value.status == 409
        assert refused.value.headers["Retry-After"]
        await viewer.aclose()
