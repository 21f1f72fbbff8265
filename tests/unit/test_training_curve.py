"""The plot of a training's curves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.avatar.diffusion.host import WEIGHTS
from models.training.curve import COLOURS, join, plot, traces

pytestmark = pytest.mark.unit


def test_stages_follow_each_other_and_keep_their_values(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text('{"step": 1, "minutes": 2.0, "pixels": 0.5}\n{"step": 2, "minutes": 4.0, "held_psnr": 20.0}\n')
    second.write_text('{"step": 1, "minutes": 1.0, "pixels": 0.25}\n')
    lines = join([("autoencoder", first), ("distil", second)])
    found = traces(lines, ("pixels",))
    assert [(trace.stage, trace.minutes, trace.values) for trace in found] == [
        ("autoencoder", [2.0], [0.5]),
        ("distil", [5.0], [0.25]),
    ]


def test_the_shipped_curves_are_drawn_stage_by_stage() -> None:
    lines = [json.loads(line) for line in (WEIGHTS / "curves.jsonl").read_text().splitlines()]
    drawn = np.asarray(plot(lines)).reshape(-1, 3)
    for stage in {line["stage"] for line in lines}:
        assert (drawn == COLOURS[stage]).all(axis=1).sum() > 100, stage
