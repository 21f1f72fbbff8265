"""A recorded show whose host is lip-synced: script, voice, performer, networks, compositor and encoder in one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from influencer.loading import load_brief
from influencer.paths import configs_dir
from influencer.script.values import Position
from influencer.settings import LanguageChoice, Picture
from influencer.show.backends import Backends
from influencer.show.casting import cast
from influencer.show.desk import MarketDesk
from influencer.show.rig import Rig, RigOptions
from models.avatar.lipsync.geometry import face_box
from models.fakes import ToneSpeechModel
from streaming.clock import MonotonicClock
from streaming.recorder import Mp4Recorder
from tests.unit.lipsync_tiny import SIZE, Vouched, face_points, one_thread, save_checkpoints, save_persona

pytestmark = pytest.mark.integration
SECONDS = 2


def fail(stage: str) -> None:
    raise AssertionError(f"the {stage} stage crashed")


async def test_a_show_with_a_lip_synced_host_is_recorded(tmp_path: Path) -> None:
    save_persona(tmp_path / "personas", "maya")
    avatar = Vouched(**save_checkpoints(tmp_path), batch=5)
    avatar.load()
    drawn: list[int] = []
    avatar.model.register_forward_hook(lambda _module, inputs, _out: drawn.append(len(inputs[0])))
    brief = load_brief(configs_dir() / "briefs" / "dew-serum.yaml")
    casting = cast("en-US", "maya")
    desk = MarketDesk(
        [brief], casting.market, now=lambda: datetime.now(UTC), units=lambda _: brief.stock,
        language=None, choice=LanguageChoice(backend="none"), seed=0,
    )  # fmt: skip
    busy: Counter[str] = Counter()
    recorder = Mp4Recorder(tmp_path / "show.mp4")
    options = RigOptions(
        picture=Picture(width=SIZE[0], height=SIZE[1], bitrate=1_000_000),
        clock=MonotonicClock(), outputs=[recorder], observe=lambda stage, spent: busy.update({stage: spent}),
        on_restart=fail, live=False, frame_limit=SECONDS * 25, seed=0,
    )  # fmt: skip
    with one_thread():
        rig = await Rig.open(options, Backends(None, ToneSpeechModel(), avatar), casting, desk, {})
        try:
            await rig.session.run(Position())
        finally:
            await rig.aclose()
            avatar.close()
    assert rig.performer.drawn == SECONDS * 25
    assert 0 < sum(drawn) <= SECONDS * 25  # the host spoke, and every frame was drawn once at most
    left, top, right, bottom = face_box(face_points(), SIZE)
    frames = recorded(tmp_path / "show.mp4")
    assert len(frames) == SECONDS * 25
    mouths = np.stack([frame[(top + bottom) // 2 + 10 : bottom - 12, left + 25 : right - 25] for frame in frames])
    brows = np.stack([frame[top + 10 : top + 30, left + 25 : right - 25] for frame in frames])
    # The still's brows never move; its mouth does, by much more than the encoder's noise.
    assert mouths.std(axis=0).mean() > 4 * brows.std(axis=0).mean()


def recorded(path: Path) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (read := capture.read())[0]:
        frames.append(np.asarray(read[1], np.float32))
    capture.release()
    return frames
