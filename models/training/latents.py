"""Encodes every training frame once, so that the denoiser's training need not; kept per autoencoder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.canvas import HEIGHT, PATCH, WIDTH
from models.training.data import AvatarData, picture_tensor
from models.training.loop import Leg

CHUNK = 4


def fingerprint(autoencoder: Path) -> str:
    """Eight hex digits that change with the weights or the config of a saved autoencoder."""
    digest = hashlib.sha256()
    for path in sorted(autoencoder.glob("*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


@torch.no_grad()
def encode_split(data: Path, split: str, model: AvatarAutoencoder, folder: Path, leg: Leg) -> None:
    """Writes folder/NAME.npy (N, C, 48, 32) float16, normalised, for every identity that has none yet."""
    device = torch.device(leg.device)
    folder.mkdir(parents=True, exist_ok=True)
    for person in AvatarData(data, split).people:
        path = folder / f"{person.name}.npy"
        if path.exists() and len(np.load(path, mmap_mode="r")) == len(person.frames):
            continue
        cells = (len(person.frames), model.config.latent_channels, HEIGHT // PATCH, WIDTH // PATCH)
        latents = np.empty(cells, np.float16)
        for start in range(0, len(person.frames), CHUNK):
            pictures = torch.from_numpy(np.array(person.frames[start : start + CHUNK])).to(device)
            with leg.autocast():
                raw = model.encode(picture_tensor(pictures))
            latents[start : start + CHUNK] = model.normalise(raw).cpu().numpy()
        temporary = path.with_suffix(".part.npy")
        np.save(temporary, latents)
        temporary.replace(path)
