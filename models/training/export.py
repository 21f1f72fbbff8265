"""Puts trained parts together as a diffusers pipeline folder: `python -m models.training.export WORK OUT`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.denoiser import AvatarDenoiser
from models.avatar.diffusion.pipeline import AvatarPipeline

LARGEST = 60_000_000
"""Bytes that may be shipped in the package."""


def export(autoencoder: Path, denoiser: Path, out: Path) -> int:
    """Writes the folder with float16 weights; returns the bytes of its safetensors.

    Raises:
        ValueError: it is larger than what may be shipped.
    """
    pipeline = AvatarPipeline(
        AvatarAutoencoder.from_pretrained(autoencoder, dtype=torch.float16, low_cpu_mem_usage=False),
        AvatarDenoiser.from_pretrained(denoiser, dtype=torch.float16, low_cpu_mem_usage=False),
        FlowMatchEulerDiscreteScheduler(),
    )
    pipeline.save_pretrained(out)
    for config in out.glob("*/config.json"):
        # Where the weights lay on the machine that trained them is nobody's business.
        kept = {name: value for name, value in json.loads(config.read_text()).items() if name != "_name_or_path"}
        config.write_text(json.dumps(kept, indent=2) + "\n")
    size = sum(path.stat().st_size for path in out.rglob("*.safetensors"))
    if size > LARGEST:
        raise ValueError(f"{out}: {size} bytes of weights; allowed: {LARGEST}")
    return size


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Puts trained parts together as a pipeline folder.")
    parser.add_argument("work", type=Path, help="folder that holds autoencoder/ and denoiser/, such as distillation's")
    parser.add_argument("out", type=Path)
    found = parser.parse_args(arguments)
    print(f"{found.out}: {export(found.work / 'autoencoder', found.work / 'denoiser', found.out) / 1e6:.1f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
