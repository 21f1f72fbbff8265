"""A show's numbers of the last second, handed to the metrics."""

from __future__ import annotations

from influencer.show.rig import Rig
from streaming.broadcast import Broadcast
from streaming.metrics import OneShow
from streaming.webrtc import WhepService


def report(metrics: OneShow, rig: Rig, whep: WhepService, broadcast: Broadcast, viewers: int, answers: int) -> None:
    """Call it once a second; `viewers` are people, `answers` those that wait to be spoken."""
    metrics.whep(whep.stats)
    metrics.broadcast(broadcast.stats)
    metrics.viewers(viewers)
    metrics.station(rig.station_stats)
    for queue, waiting in rig.depths().items():
        metrics.depth(queue, waiting)
    metrics.depth("answers", answers)
    writer = rig.session.desk.model_writer
    if writer is not None:
        metrics.model_lines(writer.tried, writer.fell_back)
