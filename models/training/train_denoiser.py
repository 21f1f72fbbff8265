"""Trains the avatar's denoiser by flow matching: `python -m models.training.train_denoiser DATA WORK --minutes 30`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone uses
from torch import Tensor

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.canvas import HEAD_WINDOW
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.training.data import AvatarData, Batch, prefetched, step_generator
from models.training.evaluate import held_out, sample_quality
from models.training.latents import encode_split, fingerprint
from models.training.loop import Leg, TrainState, adamw, averaged, channels_last, descend, ema, run_leg
from models.training.losses import weight_map

PURE_NOISE = 0.25
"""Share of samples at t = 1, where one-step painting starts and a logit-normal has no mass."""
NOISE_MEAN, NOISE_SPREAD = 0.6, 1.2
"""Of the logit of t elsewhere (Esser et al. 2024), moved towards noise: near t = 0 there is nothing left to learn."""
NEAR_CLEAN = 0.3
"""The velocity's error is the clean prediction's over t; below this t it is held, or it would rule the loss."""


def noise_levels(count: int, device: torch.device) -> Tensor:
    """Random t (N,) in 0..1; 1 is pure noise."""
    levels = torch.sigmoid(NOISE_MEAN + NOISE_SPREAD * torch.randn(count, device=device))
    return torch.where(torch.rand(count, device=device) < PURE_NOISE, torch.ones_like(levels), levels)


def noisy(clean: Tensor, level: Tensor) -> Tensor:
    """x_t = (1 - t) x0 + t noise, the straight path of flow matching (Lipman et al. 2023; Liu et al. 2023)."""
    t = level.view(-1, 1, 1, 1)
    mixed = (1 - t) * clean + t * torch.randn_like(clean)
    return mixed.contiguous(memory_format=torch.channels_last)


def cell_weights(guide: Tensor) -> Tensor:
    """The pictures' weights, averaged to latent cells (N, 1, h, w) and to a mean of 1."""
    weights = F.avg_pool2d(weight_map(guide), 8)
    return weights / weights.mean()


def flow_loss(model: AvatarDenoiser, clean: Tensor, batch: Batch, leg: Leg) -> Tensor:
    """The weighted squared error of the velocity at random noise levels."""
    level = noise_levels(len(clean), clean.device)
    with leg.autocast():
        predicted = model.predict(noisy(clean, level), level, batch.guide, batch.identity)
    error = (predicted.float() - clean) / level.clamp(min=NEAR_CLEAN).view(-1, 1, 1, 1)
    return (cell_weights(batch.guide) * error.square()).mean()


def train(
    data: Path, leg: Leg, autoencoder: Path, model: AvatarDenoiser | None = None, window: tuple[int, int] = (0, 0)
) -> AvatarDenoiser:
    """Runs one leg; returns the averaged model, which is also saved to WORK/denoiser."""
    device = torch.device(leg.device)
    torch.manual_seed(leg.seed)
    if leg.threads:
        torch.set_num_threads(leg.threads)
    painter = channels_last(AvatarAutoencoder.from_pretrained(autoencoder, low_cpu_mem_usage=False).eval(), device)
    model = channels_last(model or AvatarDenoiser(latent_channels=painter.config.latent_channels), device)
    cache = leg.work.parent / f"latents-{fingerprint(autoencoder)}"
    encode_split(data, "train", painter, cache, leg)
    seen = AvatarData(data, latents=cache)
    state = TrainState({"model": model}, {"model": adamw(model, leg.rate)}, {"model": ema(model)})
    size = window if all(window) else HEAD_WINDOW[2:]
    held = held_out(data, device, leg.held)

    def read(step: int) -> Batch:
        places = seen.windows(step_generator(leg.seed, step), leg.batch, size)
        return seen.cut(places, size, device, pictures=False)

    batches = None

    def step(number: int) -> dict[str, Tensor]:
        nonlocal batches
        batches = batches or prefetched(read, number)
        batch = next(batches)
        assert batch.latents is not None
        loss = flow_loss(model, batch.latents, batch, leg)
        descend(state.optimizers["model"], loss)
        return {"flow": loss}

    def keep() -> dict[str, float]:
        twin = averaged(model, state.averages["model"])
        twin.save_pretrained(leg.work / "denoiser")
        return sample_quality(painter, twin, held, leg)

    run_leg(leg, state, step, keep)
    return averaged(model, state.averages["model"])


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = Leg.parser("Trains the avatar's denoiser by flow matching.", batch=16, rate=6e-4)
    parser.add_argument(
        "--autoencoder", type=Path, help="folder of the trained autoencoder; WORK/../autoencoder/autoencoder"
    )
    found = parser.parse_args(arguments)
    autoencoder = found.autoencoder or found.work.parent / "autoencoder" / "autoencoder"
    train(found.data, Leg.from_arguments(found), autoencoder)


if __name__ == "__main__":
    main(sys.argv[1:])
