"""Lip sync at a real receiver: a white flash and a 1 kHz beep of equal pts, through encode, RTP and decode."""

import statistics

import numpy as np
import pytest

from tests.integration.clapper import QUIET, onsets
from tests.integration.whep_viewer import RATES, Track, Viewer, on_air

pytestmark = pytest.mark.integration

FLASHES = 7


def flash_timestamps(track: Track) -> list[int]:
    """RTP timestamps (90 kHz) at which a white picture begins."""
    white = [timestamp / RATES["video"] for timestamp, luma in track.frames if luma > 128]
    return [round(at * RATES["video"]) for at in onsets(white)]


def beep_timestamps(track: Track) -> list[int]:
    """RTP timestamps (48 kHz) at which a beep begins."""
    loud = [
        (timestamp + int(i)) / RATES["audio"]
        for timestamp, pcm in track.samples
        for i in np.flatnonzero(np.abs(pcm.astype(np.int32)) > QUIET)
    ]
    return [round(at * RATES["audio"]) for at in onsets(loud)]


def arrival(track: Track, timestamp: int, rate: int) -> float:
    """Seconds at which a sample was there to be played, had the receiver no buffer."""
    packet = max(at for at in track.arrivals if at <= timestamp)
    return track.arrivals[packet] / 1e9 + (timestamp - packet) / rate


def nearest(value: float, others: list[float]) -> float:
    return min(others, key=lambda other: abs(other - value))


async def test_flash_and_beep_reach_a_viewer_within_40_ms_of_each_other() -> None:
    async with on_air((360, 640)) as show:
        viewer = Viewer(show.service)
        await viewer.join()
        video, audio = viewer.tracks["video"], viewer.tracks["audio"]
        await viewer.until(
            lambda _: (
                len(flash_timestamps(video)) > FLASHES
                and len(beep_timestamps(audio)) > FLASHES
                and bool(video.reports)
                and bool(audio.reports)
            )
        )
        await viewer.aclose()
        stats = show.station.stats
    flashes, beeps = flash_timestamps(video)[:FLASHES], beep_timestamps(audio)
    # As a browser does it: RTCP sender reports put both clocks on the sender's wall clock (RFC 3550, 6.4.1).
    seen = [video.ntp(timestamp, RATES["video"]) for timestamp in flashes]
    heard = [audio.ntp(timestamp, RATES["audio"]) for timestamp in beeps]
    reported = [abs(nearest(at, heard) - at) for at in seen]
    # As a player without buffer would: when the packets came.
    came = [arrival(audio, timestamp, RATES["audio"]) for timestamp in beeps]
    arrived = [abs(nearest(at, came) - at) for at in (arrival(video, stamp, RATES["video"]) for stamp in flashes)]
    for name, values in (("RTCP", reported), ("arrival", arrived)):
        median, worst = statistics.median(values) * 1e3, max(values) * 1e3
        print(f"{name} skew of {len(values)} flashes: median {median:.2f} ms, max {worst:.2f} ms")
    print(f"station: {stats}")
    assert statistics.median(reported) < 0.040
    assert statistics.median(arrived) < 0.040
