"""A tiny stand-in for the CG data: ellipses for head, eyes, mouth and chest, drawn with a guide that says where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.canvas import HEIGHT, WIDTH

COLOURS = np.array([[0.85, 0.65, 0.55], [0.45, 0.3, 0.22]], np.float32)


def _ellipse(row: float, column: float, height: float, width: float) -> npt.NDArray[np.bool_]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside: npt.NDArray[np.bool_] = ((rows - row) / height) ** 2 + ((columns - column) / width) ** 2 < 1
    return inside


def draw(
    person: int, sway: float, mouth: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """One frame (768, 512, 4), its guide (16, 384, 256) and the identity vector. Sway in pixels, mouth 0..1."""
    middle = 256 + sway
    parts = (
        (10, _ellipse(700, 256, 200, 210), np.array([0.1, 0.2 + 0.4 * person, 0.5], np.float32)),
        (8, _ellipse(270, middle, 140, 100), COLOURS[person]),
        (11, _ellipse(256, middle - 35, 12, 20), np.ones(3, np.float32)),
        (11, _ellipse(256, middle + 35, 12, 20), np.ones(3, np.float32)),
        (12, _ellipse(340, middle, 6 + 24 * mouth, 35), np.array([0.5, 0.1, 0.1], np.float32)),
    )
    picture = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    guide = np.zeros((16, HEIGHT, WIDTH), np.float32)
    light = 1 - 0.4 * np.abs(np.arange(WIDTH) - middle)[None, :, None] / WIDTH
    for channel, inside, colour in parts:
        picture[inside] = np.concatenate(
            [(light * colour * np.ones((HEIGHT, 1, 1)))[inside], np.ones((inside.sum(), 1))], 1
        )
        guide[:, inside] = 0
        guide[:3, inside] = colour[:, None]
        guide[channel, inside] = 1
    vector = np.zeros(64, np.float32)
    vector[person] = 1
    return (
        (255 * picture).round().astype(np.uint8),
        (127 * guide[:, ::2, ::2]).round().astype(np.int8),
        vector,
    )


def write(root: Path, *, split: str = "train", people: int = 2, frames: int = 3) -> Path:
    """Writes a split as the data generator does; returns `root`."""
    random = np.random.default_rng(3)
    for person in range(people):
        folder = root / split / f"person-{person}"
        folder.mkdir(parents=True)
        drawn = [draw(person, float(random.uniform(-30, 30)), float(random.uniform())) for _ in range(frames)]
        np.save(folder / "frames.npy", np.stack([frame for frame, _, _ in drawn]))
        np.save(folder / "guides.npy", np.stack([guide for _, guide, _ in drawn]))
        np.save(folder / "vector.npy", drawn[0][2])
    return root
