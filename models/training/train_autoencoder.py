"""Trains the avatar's autoencoder: `python -m models.training.train_autoencoder DATA WORK --minutes 20`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.canvas import HEAD_WINDOW
from models.training.data import AvatarData, Batch, prefetched, step_generator
from models.training.evaluate import held_out
from models.training.loop import Leg, TrainState, adamw, averaged, channels_last, descend, ema, freeze, run_leg
from models.training.losses import PatchCritic, critic_loss, painter_loss, picture_loss, weight_map
from models.training.metrics import psnr

HELD_SEED = 7


@dataclass(frozen=True, slots=True)
class Recipe:
    """What this stage minimises."""

    crop: int = 256
    noise: float = 0.15
    """Standard deviation of what disturbs the latents, which have unit variance; the denoiser is never exact."""
    guide_dropout: float = 0.08
    """Share of crops painted without the guide, so that latents go on saying where things are."""
    gan: float = 0.0
    """Weight of the critic's word; 0 is no critic. Switch it on for the last leg."""


def train(
    data: Path,
    leg: Leg,
    recipe: Recipe,
    model: AvatarAutoencoder | None = None,
    encoder: Path | None = None,
) -> AvatarAutoencoder:
    """Runs one leg; returns the averaged model, which is also saved to WORK/autoencoder.

    `encoder` is the folder of an autoencoder whose encoder is taken over and left as it is: only a new decoder is
    trained, and a denoiser of the same latents stays of use.
    """
    device = torch.device(leg.device)
    torch.manual_seed(leg.seed)
    if leg.threads:
        torch.set_num_threads(leg.threads)
    model = channels_last(model or AvatarAutoencoder(), device)
    if encoder is not None:
        take_encoder(model, encoder)
    critic = channels_last(PatchCritic(), device)
    state = TrainState({"model": model}, {"model": adamw(model, leg.rate)}, {"model": ema(model)})
    if recipe.gan:
        state.modules["critic"] = critic
        state.optimizers["critic"] = adamw(critic, leg.rate, betas=(0.5, 0.9))
    pictures = AvatarData(data)
    size = (recipe.crop, recipe.crop)

    def read(step: int) -> Batch:
        return pictures.cut(pictures.crops(step_generator(leg.seed, step), leg.batch, size), size, device)

    batches = None

    def step(number: int) -> dict[str, Tensor]:
        nonlocal batches
        batches = batches or prefetched(read, number)
        return _step(model, critic, state, next(batches), leg, recipe)

    def keep() -> dict[str, float]:
        return export(averaged(model, state.averages["model"]), data, leg, measure=encoder is None)

    run_leg(leg, state, step, keep)
    return averaged(model, state.averages["model"])


def take_encoder(model: AvatarAutoencoder, folder: Path) -> None:
    """Copies encoder and statistics from a saved autoencoder and freezes them; its decoder may be another network."""
    kept = load_file(folder / "diffusion_pytorch_model.safetensors")
    for name in ("encoder", "standard"):
        part = getattr(model, name)
        part.load_state_dict({key.removeprefix(f"{name}."): kept[key] for key in kept if key.startswith(f"{name}.")})
        freeze(part)
    known = AvatarAutoencoder.load_config(folder)
    model.set_statistics(known["latents_mean"], known["latents_std"])


def _step(
    model: AvatarAutoencoder, critic: PatchCritic, state: TrainState, batch: Batch, leg: Leg, recipe: Recipe
) -> dict[str, Tensor]:
    weights = weight_map(batch.guide)
    kept = torch.rand(len(batch.guide), 1, 1, 1, device=batch.guide.device) >= recipe.guide_dropout
    with leg.autocast():
        painted = model(batch.pictures, batch.guide * kept, recipe.noise)
    painted = painted.float()
    pixels = picture_loss(painted, batch.pictures, weights)
    losses = {"pixels": pixels}
    loss = pixels
    if recipe.gan:
        with leg.autocast():
            losses["fooled"] = painter_loss(critic(painted, batch.guide))
        loss = loss + recipe.gan * losses["fooled"]
    descend(state.optimizers["model"], loss)
    if recipe.gan:
        with leg.autocast():
            losses["critic"] = critic_loss(critic(batch.pictures, batch.guide), critic(painted.detach(), batch.guide))
        descend(state.optimizers["critic"], losses["critic"])
    return losses


@torch.no_grad()
def export(model: AvatarAutoencoder, data: Path, leg: Leg, *, measure: bool = True) -> dict[str, float]:
    """Measures the latents' statistics, saves to WORK/autoencoder; returns PSNR on held-out heads."""
    device = torch.device(leg.device)
    if measure:
        seen = AvatarData(data)
        size = HEAD_WINDOW[2:]
        batch = seen.cut(seen.windows(step_generator(HELD_SEED, 0), 3 * leg.held, size), size, device)
        with leg.autocast():
            raw = torch.cat([model.encode(some) for some in torch.split(batch.pictures, 8)])
        model.set_statistics(raw.mean((0, 2, 3)).tolist(), raw.std((0, 2, 3)).clamp(min=1e-3).tolist())
    model.save_pretrained(leg.work / "autoencoder")
    batch = held_out(data, device, leg.held)
    with leg.autocast():
        painted = model.decode(model.normalise(model.encode(batch.pictures)), batch.guide).float()
        blind = model.decode(model.normalise(model.encode(batch.pictures)), torch.zeros_like(batch.guide)).float()
    return {
        "held_psnr": float(psnr(painted, batch.pictures)),
        "held_psnr_without_guide": float(psnr(blind, batch.pictures)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = Leg.parser("Trains the avatar's autoencoder.", batch=8, rate=1.6e-3)
    parser.add_argument("--crop", type=int, default=256)
    parser.add_argument("--noise", type=float, default=0.15, help="disturbs the latents")
    parser.add_argument("--guide-dropout", type=float, default=0.08)
    parser.add_argument("--gan", type=float, default=0.0, help="weight of a PatchGAN's word; for the last leg")
    parser.add_argument("--encoder", type=Path, help="autoencoder folder whose encoder is kept: trains a new decoder")
    found = parser.parse_args(arguments)
    recipe = Recipe(found.crop, found.noise, found.guide_dropout, found.gan)
    train(found.data, Leg.from_arguments(found), recipe, encoder=found.encoder)


if __name__ == "__main__":
    main(sys.argv[1:])
