"""The whole pipeline into a file: no viewers, no waiting, and an account of where the time went."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from influencer.errors import InfluencerError, InvalidInput, Mistake
from influencer.likeness.on_air import cleared_alone, goods_of
from influencer.loading import image_files, load_brief
from influencer.script.values import Position
from influencer.settings import load_settings
from influencer.show.backends import create_backends
from influencer.show.casting import cast
from influencer.show.desk import MarketDesk
from influencer.show.listener import Listener
from influencer.show.rig import Rig, RigOptions
from influencer.show.utterance import SentenceStarted, UtteranceStarted
from streaming.clock import MonotonicClock
from streaming.media import FPS, SAMPLE_RATE
from streaming.recorder import Mp4Recorder


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in the recording: when (seconds), what, and the facts it rests on."""

    at: float
    text: str
    fact_ids: tuple[str, ...]
    source: str


class RecordingFailed(InfluencerError):
    """A stage crashed: a file with a hole in it is worth nothing, so a recording does not go on."""


def _fail(stage: str) -> None:
    raise RecordingFailed(f"recording stopped: the {stage} stage crashed; the log above says why")


class _Transcript(Listener):
    """Collects what was said."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.sources: Counter[str] = Counter()

    async def on_started(self, cue: UtteranceStarted, pts: int) -> None:
        self.sources[cue.utterance.line.source] += 1

    async def on_sentence(self, cue: SentenceStarted, pts: int) -> None:
        line = cue.utterance.line
        self.said.append(Said(round(pts / SAMPLE_RATE, 2), cue.text, line.fact_ids, line.source))


async def record_show(
    brief_file: Path,
    output: Path,
    *,
    market: str,
    seconds: float,
    persona: str | None = None,
    writer: Literal["template", "model"] = "template",
    seed: int = 0,
) -> dict[str, Any]:
    """Record a show of one brief.

    Args:
        brief_file: the brief.
        output: the MP4 to write; it appears only when it is complete.
        market: market pack id.
        seconds: length of the recording.
        persona: persona id; the market's own when None.
        writer: "model" lets the preset's language model write its share of the lines.
        seed: the same seed records the same show (with the template writer).

    Returns:
        Seconds recorded, wall seconds, real-time factor (recorded / wall), busy seconds a stage, and the lines.

    Raises:
        InvalidInput: the brief, the market or `output` is wrong.
        LikenessRefused: the host is a real person's likeness, and no record allows a recording.
        BadIdentity, WeightsError: the host or the weights are not to be had.
    """
    if output.suffix.lower() != ".mp4" or not output.parent.is_dir():
        raise InvalidInput(
            "record", [Mistake("output", repr(str(output)), "a file name that ends in .mp4 in an existing folder")]
        )
    settings = load_settings()
    casting = cast(market, persona)
    brief = load_brief(brief_file)
    if casting.market.id not in brief.markets:
        raise InvalidInput(str(brief_file), [Mistake("market", casting.market.id, ", ".join(brief.markets))])
    casting = await cleared_alone(casting, "recording", goods_of([brief]))
    backends = create_backends(settings, with_language=writer == "model", live=False)
    busy: Counter[str] = Counter()
    transcript = _Transcript()
    began = time.monotonic_ns()
    try:
        desk = MarketDesk(
            [brief], casting.market, now=lambda: datetime.now(UTC), units=lambda _: brief.stock,
            language=backends.language, choice=settings.language, seed=seed,
        )  # fmt: skip
        desk.talk_like(casting.persona.temper)
        recorder = Mp4Recorder(output)
        options = RigOptions(
            picture=settings.picture,
            clock=MonotonicClock(),
            outputs=[recorder],
            observe=lambda stage, spent: busy.update({stage: spent}),
            on_restart=_fail,
            live=False,
            frame_limit=round(seconds * FPS),
            seed=seed,
        )
        found = image_files(brief_file, brief)
        images = {brief.id: found[0]} if found else {}
        rig = await Rig.open(options, backends, casting, desk, images)
        rig.session.listen(transcript)
        opened = time.monotonic_ns()
        try:
            await rig.session.run(Position())
        except* RecordingFailed as failed:
            raise failed.exceptions[0] from None
        finally:
            recorder.discard()  # leaves nothing behind when it was not finished
            await rig.aclose()
    finally:
        await backends.aclose()
    wall = (time.monotonic_ns() - opened) / 1e9
    return {
        "file": str(output),
        "seconds": seconds,
        "wall_seconds": round(wall, 2),
        "real_time_factor": round(seconds / wall, 2),
        "start_seconds": round((opened - began) / 1e9, 2),
        "busy_seconds": {stage: round(spent, 2) for stage, spent in sorted(busy.items())},
        "line_sources": dict(transcript.sources),
        "lines": [asdict(said) for said in transcript.said],
    }
