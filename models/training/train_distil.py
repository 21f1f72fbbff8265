"""Distils the denoiser to few steps and tunes the decoder: `python -m models.training.train_distil DATA WORK`.

The frame follows almost wholly from guide and identity, so the student need not imitate the teacher's samples: it is
held to the truth itself, in latents and, through the decoder, in pixels, and a critic may add detail on top
(adversarial diffusion distillation, Sauer et al. 2023, with data in the place of the teacher).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.canvas import PATCH
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.training.data import AvatarData, Batch, prefetched, step_generator
from models.training.evaluate import held_out, sample_quality
from models.training.latents import encode_split, fingerprint
from models.training.loop import Leg, TrainState, adamw, averaged, channels_last, descend, ema, freeze, run_leg
from models.training.losses import PatchCritic, critic_loss, painter_loss, picture_loss, weight_map
from models.training.train_denoiser import cell_weights, noisy

LEVELS = (1.0, 0.75, 0.5, 0.25)
SHARES = (0.55, 0.15, 0.2, 0.1)
"""The noise levels that 1, 2 and 4 steps visit, and how often each is trained."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What this stage minimises."""

    window: tuple[int, int] = (320, 320)
    latent: float = 0.3
    """Weight of the latents' error beside the pixels'."""
    gan: float = 0.0
    decoder_rate: float = 0.3
    """The decoder's rate, as a share of the student's; 0 leaves the decoder as it is."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The networks of this stage and their state."""

    student: AvatarDenoiser
    painter: AvatarAutoencoder
    critic: PatchCritic
    state: TrainState
    leg: Leg
    recipe: Recipe

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of student and decoder, and of the critic when there is one."""
        clean = batch.latents
        assert clean is not None
        picks = torch.multinomial(torch.tensor(SHARES), len(clean), replacement=True)
        level = torch.tensor(LEVELS)[picks].to(clean.device)
        with self.leg.autocast():
            predicted = self.student.predict(noisy(clean, level), level, batch.guide, batch.identity)
            painted = self.painter.decode(predicted, batch.guide)
        error = predicted.float() - clean
        losses = {
            "latent": (cell_weights(batch.guide) * error.square()).mean(),
            "pixels": picture_loss(painted, batch.pictures, weight_map(batch.guide)),
        }
        loss = losses["pixels"] + self.recipe.latent * losses["latent"]
        optimizers = self.state.optimizers
        if self.recipe.gan:
            with self.leg.autocast(), _frozen(self.critic):
                losses["fooled"] = painter_loss(self.critic(painted, batch.guide))
            loss = loss + self.recipe.gan * losses["fooled"]
        for optimizer in (optimizers["student"], optimizers["decoder"]):
            optimizer.zero_grad(set_to_none=True)
        descend(optimizers["student"], loss)
        if self.recipe.decoder_rate:
            nn.utils.clip_grad_norm_(self.painter.decoder.parameters(), 1.0)
            optimizers["decoder"].step()
        if self.recipe.gan:
            with self.leg.autocast():
                real = self.critic(batch.pictures, batch.guide)
                losses["critic"] = critic_loss(real, self.critic(painted.detach(), batch.guide))
            descend(optimizers["critic"], losses["critic"])
        return losses


def train(data: Path, leg: Leg, autoencoder: Path, denoiser: Path, recipe: Recipe) -> None:
    """Runs one leg; saves the averaged student to WORK/denoiser and its decoder to WORK/autoencoder."""
    device = torch.device(leg.device)
    torch.manual_seed(leg.seed)
    if leg.threads:
        torch.set_num_threads(leg.threads)
    painter = channels_last(AvatarAutoencoder.from_pretrained(autoencoder, low_cpu_mem_usage=False), device)
    student = channels_last(AvatarDenoiser.from_pretrained(denoiser, low_cpu_mem_usage=False), device)
    critic = channels_last(PatchCritic(), device)
    # The encoder, and with it what latents mean, stays as it is; the decoder learns to paint what the student says.
    freeze(painter.encoder)
    cache = leg.work.parent / f"latents-{fingerprint(autoencoder)}"
    encode_split(data, "train", painter, cache, leg)
    seen = AvatarData(data, latents=cache)
    decoder = adamw(painter.decoder, leg.rate)
    for group in decoder.param_groups:
        group["scale"] = recipe.decoder_rate
    state = TrainState(
        {"student": student, "decoder": painter.decoder},
        {"student": adamw(student, leg.rate), "decoder": decoder},
        {"student": ema(student), "decoder": ema(painter.decoder)},
    )
    if recipe.gan:
        state.modules["critic"] = critic
        state.optimizers["critic"] = adamw(critic, leg.rate, betas=(0.5, 0.9))
    stage = Stage(student, painter, critic, state, leg, recipe)
    held = held_out(data, device, leg.held)

    def read(step: int) -> Batch:
        generator = step_generator(leg.seed, step)
        places = seen.crops(generator, leg.batch, recipe.window)
        return seen.cut(places, recipe.window, device)

    batches = None

    def step(number: int) -> dict[str, Tensor]:
        nonlocal batches
        batches = batches or prefetched(read, number)
        return stage.step(next(batches))

    def keep() -> dict[str, float]:
        twin = averaged(student, state.averages["student"])
        painter_twin = averaged_decoder(painter, state)
        twin.save_pretrained(leg.work / "denoiser")
        painter_twin.save_pretrained(leg.work / "autoencoder")
        return sample_quality(painter_twin, twin, held, leg)

    run_leg(leg, state, step, keep)


def averaged_decoder(painter: AvatarAutoencoder, state: TrainState) -> AvatarAutoencoder:
    """The autoencoder with the decoder's averaged weights."""
    twin = averaged(painter, None)
    state.averages["decoder"].copy_to(twin.decoder.parameters())
    return twin


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Within it, a module's weights get no gradient; what goes through it still does."""
    module.requires_grad_(False)
    try:
        yield
    finally:
        module.requires_grad_(True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = Leg.parser("Distils the denoiser to few steps and tunes the decoder.", batch=6, rate=3e-4)
    parser.add_argument("--autoencoder", type=Path, help="default: WORK/../autoencoder/autoencoder")
    parser.add_argument("--denoiser", type=Path, help="default: WORK/../denoiser/denoiser")
    parser.add_argument("--window", type=int, default=320, help=f"side of the windows, a multiple of {2 * PATCH}")
    parser.add_argument("--gan", type=float, default=0.0, help="weight of a PatchGAN's word; for the last leg")
    parser.add_argument("--decoder-rate", type=float, default=0.3, help="as a share of --rate")
    found = parser.parse_args(arguments)
    train(
        found.data,
        Leg.from_arguments(found),
        found.autoencoder or found.work.parent / "autoencoder" / "autoencoder",
        found.denoiser or found.work.parent / "denoiser" / "denoiser",
        Recipe((found.window, found.window), gan=found.gan, decoder_rate=found.decoder_rate),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
