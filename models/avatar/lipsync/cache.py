"""Encoded personas on disk: latents in safetensors, with the key of what they were made from."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from models.avatar.lipsync.model import LATENTS

log = logging.getLogger(__name__)

VERSION = "lipsync-latents-1"
"""Changes when latents are made in another way; older files are then made anew."""


class LatentCache:
    """A folder of latents, one file for each (footage, autoencoder). Safe with several processes."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use `folder`, by default INFLUENCER_CACHE/lipsync."""
        root = Path(os.environ.get("INFLUENCER_CACHE") or "~/.cache/influencer").expanduser()
        self._folder = folder or root / "lipsync"

    def path(self, name: str, key: str) -> Path:
        """Where the latents of a key lie; `name` is only for people."""
        return self._folder / f"{re.sub(r'[^a-zA-Z0-9_-]', '-', name)}-{key[:16]}.safetensors"

    def read(self, name: str, key: str, frames: int) -> torch.Tensor | None:
        """Latents [frames,8,32,32] float16, or None when they are missing, damaged or of something else."""
        path = self.path(name, key)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                about = file.metadata() or {}
                latents: torch.Tensor = file.get_tensor("latents")
        except (SafetensorError, OSError) as error:
            log.warning("lipsync cache %s is damaged and made anew: %s", path.name, error)
            return None
        right = about.get("version") == VERSION and about.get("key") == key
        if not right or tuple(latents.shape) != (frames, *LATENTS) or latents.dtype != torch.float16:
            log.warning("lipsync cache %s belongs to something else and is made anew", path.name)
            return None
        if not bool(torch.isfinite(latents).all()):
            log.warning("lipsync cache %s holds no numbers and is made anew", path.name)
            return None
        return latents

    def write(self, name: str, key: str, latents: torch.Tensor) -> None:
        """Save latents; a failure costs only the next start, so it is logged and not raised."""
        path = self.path(name, key)
        data = save({"latents": latents.half().contiguous().cpu()}, metadata={"version": VERSION, "key": key})
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".part", delete=False) as file:
                file.write(data)
            Path(file.name).replace(path)
        except OSError as error:
            log.warning("lipsync cache %s cannot be written: %s", path.name, error)


def key_of(crops: Iterable[npt.NDArray[np.uint8]], autoencoder: str) -> str:
    """What latents depend on: the crops' pixels, which autoencoder, and the way they are made. Hex SHA-256."""
    digest = hashlib.sha256(f"{VERSION}\n{autoencoder}\n".encode())
    for crop in crops:
        digest.update(np.ascontiguousarray(crop).data)
    return digest.hexdigest()
