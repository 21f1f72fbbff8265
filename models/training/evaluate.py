"""Measures painted heads against held-out truth: PSNR, SSIM, gradient distance, in 1, 2 and 4 steps."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.canvas import HEAD_WINDOW
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.avatar.diffusion.host import load_pipeline
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.training.data import EYE, MOUTH, AvatarData, Batch, Place, step_generator
from models.training.loop import Leg
from models.training.metrics import flicker, gradient_distance, ms_ssim, psnr, ssim

HELD_SEED = 7
STEPS = (1, 2, 4)


def held_out(data: Path, device: torch.device, count: int = 8) -> Batch:
    """Some heads that training does not see (held_sequences; train where there are none), the same every time."""
    split = "held_sequences" if (data / "held_sequences").is_dir() else "train"
    seen = AvatarData(data, split)
    top, left, height, width = HEAD_WINDOW
    picks = step_generator(HELD_SEED, 1).permutation(len(seen))[:count]
    places = [Place(*seen.locate(int(index)), top, left) for index in picks]
    return seen.cut(places, (height, width), device)


def sample_quality(
    autoencoder: AvatarAutoencoder, denoiser: AvatarDenoiser, batch: Batch, leg: Leg, steps: Sequence[int] = STEPS
) -> dict[str, float]:
    """held_psnr_N for N steps, and held_psnr_truth: what the decoder makes of the true latents."""
    pipeline = AvatarPipeline(autoencoder, denoiser, FlowMatchEulerDiscreteScheduler())
    results = {}
    with torch.no_grad(), leg.autocast():
        ideal = autoencoder.decode(autoencoder.normalise(autoencoder.encode(batch.pictures)), batch.guide)
        results["held_psnr_truth"] = float(psnr(ideal.float(), batch.pictures))
        for count in steps:
            output: Any = pipeline(batch.guide, batch.identity, num_inference_steps=count, output_type="latent")
            clean = output.latents
            painted = autoencoder.decode(clean, batch.guide).float()
            results[f"held_psnr_{count}"] = float(psnr(painted, batch.pictures))
    return results


@torch.inference_mode()
def evaluate(
    pipeline: AvatarPipeline, data: Path, split: str, *, steps: int = 1, frames: int = 64, batch: int = 4
) -> dict[str, float]:
    """Head windows of a split, evenly chosen and in order, against the truth.

    Returns:
        psnr (dB), ssim, ms_ssim, gradient_distance, psnr_mouth and psnr_eyes (dB, in a box around them), and flicker
        (levels of 255, between neighbouring frames that were both chosen).
    """
    seen = AvatarData(data, split)
    device = pipeline._execution_device
    picks = np.unique(np.linspace(0, len(seen) - 1, min(frames, len(seen))).astype(int))
    top, left, height, width = HEAD_WINDOW
    totals: dict[str, list[float]] = {}
    last: tuple[Place, torch.Tensor, torch.Tensor] | None = None
    for start in range(0, len(picks), batch):
        places = [Place(*seen.locate(int(index)), top, left) for index in picks[start : start + batch]]
        truth = seen.cut(places, (height, width), device)
        output: Any = pipeline(truth.guide, truth.identity, num_inference_steps=steps, output_type="pt")
        painted: torch.Tensor = output.images * 2 - 1
        for row, at in enumerate(places):
            mine, real, guide = painted[row : row + 1], truth.pictures[row : row + 1], truth.guide[row]
            _add(totals, _measures(mine, real, guide))
            if last is not None and (at.person, at.frame) == (last[0].person, last[0].frame + 1):
                pair = flicker(torch.cat([last[1], mine]), torch.cat([last[2], real]))
                _add(totals, {"flicker": float(pair)})
            last = at, mine, real
    return {name: float(np.mean(values)) for name, values in totals.items()}


def _measures(painted: torch.Tensor, truth: torch.Tensor, guide: torch.Tensor) -> dict[str, float]:
    results = {
        "psnr": float(psnr(painted, truth)),
        "ssim": float(ssim(painted, truth)),
        "ms_ssim": float(ms_ssim(painted, truth)),
        "gradient_distance": float(gradient_distance(painted, truth)),
    }
    for name, channel in (("psnr_eyes", EYE), ("psnr_mouth", MOUTH)):
        rows, columns = torch.nonzero(guide[channel] > 0, as_tuple=True)
        if len(rows) > 0:
            box = (
                ...,
                slice(2 * int(rows.min()), 2 * int(rows.max()) + 2),
                slice(2 * int(columns.min()), 2 * int(columns.max()) + 2),
            )
            results[name] = float(psnr(painted[box], truth[box]))
    return results


def _add(totals: dict[str, list[float]], values: dict[str, float]) -> None:
    for name, value in values.items():
        totals.setdefault(name, []).append(value)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command: prints JSON."""
    parser = argparse.ArgumentParser(description="Measures a pipeline folder on held-out data.")
    parser.add_argument("pipeline", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--splits", nargs="+", default=["held_sequences", "held_identities"])
    parser.add_argument("--steps", nargs="+", type=int, default=list(STEPS))
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--device", default="cpu")
    found = parser.parse_args(arguments)
    pipeline = load_pipeline(found.pipeline, found.device)
    results: dict[str, Any] = {
        split: {
            str(steps): evaluate(pipeline, found.data, split, steps=steps, frames=found.frames) for steps in found.steps
        }
        for split in found.splits
    }
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
