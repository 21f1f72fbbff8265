"""Off-line shows of flashes and beeps, and how far apart a decoder finds the two."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import av
import numpy as np

from streaming.clock import ManualClock
from streaming.output import Output
from streaming.show_encoder import EncoderSettings
from streaming.station import Station
from streaming.timeline import Timeline
from tests.integration.whep_viewer import flash_and_beep

SIZE = (96, 160)
QUIET = 3000
"""16-bit level below which nothing counts as the beep."""


def record(outputs: Sequence[Output], ticks: int, first_tick: int = 0) -> None:
    """Run `ticks` slots through an off-line station into `outputs`."""
    timeline = Timeline(ticks)
    for n in range(first_tick, first_tick + ticks):
        timeline.put(flash_and_beep(SIZE, n))
    timeline.finish()
    station = Station(
        timeline,
        ManualClock(),
        outputs,
        live=False,
        settings=EncoderSettings(size=SIZE),
        first_tick=first_tick,
    )
    station.start()
    assert station.join(30)


def onsets(times: Sequence[float], gap: float = 0.3) -> list[float]:
    """The first of each group of moments that lie closer than `gap` seconds."""
    return [t for i, t in enumerate(times) if i == 0 or t - times[i - 1] > gap]


def flashes_and_beeps(file: Path | bytes) -> tuple[list[float], list[float]]:
    """Seconds at which a white picture and a beep begin in a decoded MP4."""
    flashes: list[float] = []
    loud: list[float] = []
    with av.open(BytesIO(file) if isinstance(file, bytes) else str(file)) as container:
        for frame in container.decode():
            at = float(frame.pts * frame.time_base)
            if isinstance(frame, av.VideoFrame):
                if frame.to_ndarray(format="gray").mean() > 128:
                    flashes.append(at)
            else:
                pcm = np.abs(frame.to_ndarray()[0]) * 32768
                loud += [at + i / frame.sample_rate for i in np.flatnonzero(pcm > QUIET)]
    return onsets(flashes), onsets(loud)
