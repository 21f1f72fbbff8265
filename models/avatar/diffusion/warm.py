"""Compiles the host's kernels once, so that the first show does not wait: `python -m models.avatar.diffusion.warm`."""

from __future__ import annotations

from models.avatar.diffusion.backend import DiffusionBackend
from models.base import AvatarIdentity, FrameControls


def main() -> None:
    """Paints one frame; numba keeps what it compiled beside the modules."""
    DiffusionBackend().open(AvatarIdentity("warm"), (720, 1280)).render([FrameControls()])


if __name__ == "__main__":
    main()
