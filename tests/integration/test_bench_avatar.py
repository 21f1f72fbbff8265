"""`influencer bench avatar` from command to report, with tiny random weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from typer.testing import CliRunner

from influencer.cli import app
from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.errors import BackendUnavailable, ModelError, WeightsMissing
from models.training import bench_avatar
from models.training.bench_avatar import CEILING, run, tables
from models.training.data import BadData
from tests import avatar_fixture

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def one_thread_and_short_timings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(bench_avatar, "WARM", 1)
    monkeypatch.setattr(bench_avatar, "TIMED", 2)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "tiny"
    autoencoder = AvatarAutoencoder(8, (16, 24), (1, 1), (24, 16), (1, 1), 8)
    denoiser = AvatarDenoiser(8, 64, (16, 24), (1, 1, 1), 16, 32)
    AvatarPipeline(autoencoder, denoiser, FlowMatchEulerDiscreteScheduler()).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    avatar_fixture.write(root, split="held_identities", people=2, frames=2)
    return avatar_fixture.write(root, split="held_sequences", people=1, frames=2)


def test_the_command_compares_steps_in_one_run_and_writes_json(data: Path, weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    arguments = ["bench", "avatar", "--data", str(data), "--weights", str(weights), "--frames", "16", "--out", str(out)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.exception
    report = json.loads(out.read_text())
    assert str(data) not in out.read_text()
    assert report["data"]["held_sequences"] == {"identities": 1, "frames": 2}
    assert {split: found["frames"] for split, found in report["splits"].items()} == {
        "held_identities": 4, "held_sequences": 2,
    }  # fmt: skip
    rows = report["splits"]["held_identities"]["rows"]
    assert list(rows) == [CEILING, "1", "2", "4"]
    assert list(report["speed"]["window"]) == list(report["speed"]["canvas"]) == ["1", "2", "4"]
    for row in rows.values():
        assert 0 < row["face"]["psnr"] < row["picture"]["psnr"] < 60
        assert row["mouth"]["check_opening_r"] is None or row["mouth"]["check_opening_r"] <= 1
    assert len({json.dumps(row["picture"]) for row in rows.values()}) == 4
    assert report["splits"]["held_sequences"]["rows"]["1"]["likeness"]["right"] is None
    headings, *lines = tables(report)["held_sequences"]
    assert headings == ["measure", CEILING, "1", "2", "4"]
    assert all(len(line) == len(headings) for line in lines)
    assert f"{row['face']['psnr']:.1f}" in result.output
    assert "…" not in result.output  # the table fits into 80 columns


def test_a_perfect_painter_gets_full_marks(data: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def truth(_pipeline: Any, _person: Any, _guide: Any, frame: npt.NDArray[np.uint8], _steps: Any) -> Any:
        return frame

    monkeypatch.setattr("models.training.bench_avatar._paint", truth)
    row = run(data, weights=weights, frames=16, steps=(1,))["splits"]["held_identities"]["rows"]["1"]
    assert row["picture"]["psnr"] >= 100
    assert row["picture"]["ssim"] == pytest.approx(1)
    assert row["face"]["gradient_distance"] == pytest.approx(0, abs=1e-6)
    assert row["likeness"]["right"] == 1
    assert row["likeness"]["ratio_painted"] == row["likeness"]["ratio_truth"]
    assert row["mouth"]["opening_error_px"] == 0


def test_what_is_missing_is_named(tmp_path: Path, data: Path, weights: Path) -> None:
    with pytest.raises(BadData, match="held_identities nor held_sequences"):
        run(tmp_path, weights=weights)
    with pytest.raises(WeightsMissing, match="no avatar pipeline"):
        run(data, weights=tmp_path)
    with pytest.raises(BackendUnavailable, match="device: got 'tpu9'"):
        run(data, weights=weights, device="tpu9")
    with pytest.raises(ModelError, match="at least"):
        run(data, weights=weights, steps=())


def test_what_needs_an_order_is_measured_on_sequences_only(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def truth(_pipeline: Any, _person: Any, _guide: Any, frame: npt.NDArray[np.uint8], _steps: Any) -> Any:
        return frame

    monkeypatch.setattr("models.training.bench_avatar._paint", truth)
    monkeypatch.setattr(bench_avatar, "_quality", lambda painted, real: {})
    for split in ("held_identities", "held_sequences"):
        avatar_fixture.write(tmp_path, split=split, people=1, frames=20)
    splits = run(tmp_path, weights=weights, frames=20, steps=(1,))["splits"]
    mouths = {split: found["rows"]["1"]["mouth"] for split, found in splits.items()}
    assert (mouths["held_sequences"]["opening_lag"], mouths["held_sequences"]["opening_r"]) == (0, 1)
    assert mouths["held_sequences"]["check_opening_r"] > 0.95
    assert mouths["held_identities"]["opening_lag"] is None
    assert splits["held_identities"]["rows"]["1"]["flicker"] is None
