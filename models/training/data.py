"""Training pictures: memory-mapped frames, guides and identity vectors, cut to windows, the same for every run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.avatar.diffusion.canvas import HEAD_WINDOW, HEIGHT, PATCH, WIDTH
from models.errors import ModelError
from models.training.rights import require_training

SPLITS = ("train", "held_identities", "held_sequences")
SKIN, HAIR, CLOTH, EYE, MOUTH = 8, 9, 10, 11, 12
"""Mask channels of the guide."""
CROP_CENTRES = ((EYE, 0.25), (MOUTH, 0.25), (HAIR, 0.2), (SKIN, 0.1), (CLOTH, 0.2))
"""What a crop is centred on, and how often."""


class BadData(ModelError):
    """The training data is missing or has a wrong shape; the message names the file."""


@dataclass(frozen=True, slots=True)
class Person:
    """One identity's files: frames (N, 768, 512, 4) uint8, guides (N, 16, 384, 256) int8, vector (64,) float32."""

    name: str
    frames: npt.NDArray[np.uint8]
    guides: npt.NDArray[np.int8]
    vector: npt.NDArray[np.float32]
    latents: npt.NDArray[np.float16] | None = None
    """(N, C, 48, 32), when they were worked out before; see `models.training.latents`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which window of which frame: person, frame, top and left in pixels (multiples of 16)."""

    person: int
    frame: int
    top: int
    left: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows on a device: pictures (N, 4, H, W) in -1..1, guide (N, 16, H / 2, W / 2), identity (N, 64), latents."""

    pictures: Tensor
    guide: Tensor
    identity: Tensor
    latents: Tensor | None = None


class AvatarData:
    """The identities of one split.

    Args:
        root: the folder that holds the splits.
        split: one of `SPLITS`.
        latents: a folder of NAME.npy that `models.training.latents` wrote.

    Raises:
        BadData: no identity is there, or a file's shape is wrong.
        TrainingRefused: it shows a person whose licence does not allow training.
    """

    def __init__(self, root: Path, split: str = "train", latents: Path | None = None) -> None:
        folder = root / split
        require_training(root, datetime.now(UTC).date())
        people = [_person(path.parent, latents) for path in sorted(folder.glob("*/vector.npy"))]
        self.people = [person for person in people if len(person.frames)]
        if not self.people:
            raise BadData(f"{folder}: no identity here; each is a folder with frames.npy, guides.npy and vector.npy")
        counts = np.array([len(person.frames) for person in self.people])
        self._ends = np.cumsum(counts)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def locate(self, index: int) -> tuple[int, int]:
        """Frame `index` of the split -> (person, frame)."""
        person = int(np.searchsorted(self._ends, index, side="right"))
        return person, index - (int(self._ends[person - 1]) if person else 0)

    def crops(self, generator: np.random.Generator, count: int, size: tuple[int, int]) -> list[Place]:
        """Random windows (height, width) around eyes, mouth, hair, skin or cloth."""
        channels, shares = zip(*CROP_CENTRES, strict=True)
        places = []
        for index in generator.integers(len(self), size=count):
            person, frame = self.locate(int(index))
            channel = int(generator.choice(channels, p=shares))
            rows, columns = np.nonzero(self.people[person].guides[frame, channel])
            if len(rows):
                pick = int(generator.integers(len(rows)))
                centre = (2 * int(rows[pick]), 2 * int(columns[pick]))
            else:
                centre = (HEAD_WINDOW[0] + HEAD_WINDOW[2] // 2, WIDTH // 2)
            jitter = generator.integers(-64, 65, size=2)
            places.append(_aligned(person, frame, centre[0] + int(jitter[0]), centre[1] + int(jitter[1]), size))
        return places

    def windows(self, generator: np.random.Generator, count: int, size: tuple[int, int]) -> list[Place]:
        """Windows for the denoiser: mostly the head's own, sometimes moved a little, sometimes anywhere."""
        top, left, height, width = HEAD_WINDOW
        middle = (top + height // 2, left + width // 2)
        places = []
        for index in generator.integers(len(self), size=count):
            person, frame = self.locate(int(index))
            kind = generator.random()
            if kind < 0.55:
                centre = middle
            elif kind < 0.85:
                moved = generator.integers(-48, 49, size=2)
                centre = (middle[0] + int(moved[0]), middle[1] + int(moved[1]))
            else:
                centre = (int(generator.integers(HEIGHT)), int(generator.integers(WIDTH)))
            places.append(_aligned(person, frame, *centre, size))
        return places

    def cut(self, places: list[Place], size: tuple[int, int], device: torch.device, *, pictures: bool = True) -> Batch:
        """Reads the windows, with latents where the data has them; `pictures=False` leaves the pictures out (0 x 0)."""
        height, width = size
        frames = np.zeros((len(places), height, width, 4) if pictures else (len(places), 0, 0, 4), np.uint8)
        guides = np.empty((len(places), 16, height // 2, width // 2), np.int8)
        latents: list[npt.NDArray[np.float16]] = []
        for row, at in enumerate(places):
            person = self.people[at.person]
            if pictures:
                frames[row] = person.frames[at.frame, at.top : at.top + height, at.left : at.left + width]
            top, left = at.top // 2, at.left // 2
            guides[row] = person.guides[at.frame, :, top : top + height // 2, left : left + width // 2]
            if person.latents is not None:
                top, left = at.top // PATCH, at.left // PATCH
                window = person.latents[at.frame, :, top : top + height // PATCH, left : left + width // PATCH]
                latents.append(np.array(window))
        vectors = np.stack([self.people[at.person].vector for at in places])
        return Batch(
            picture_tensor(torch.from_numpy(frames).to(device)),
            guide_tensor(torch.from_numpy(guides).to(device)),
            torch.from_numpy(vectors).to(device),
            torch.from_numpy(np.stack(latents)).to(device).float() if len(latents) == len(places) else None,
        )


def picture_tensor(pictures: Tensor) -> Tensor:
    """(N, H, W, 4) uint8 -> (N, 4, H, W) float32 in -1..1, channels_last."""
    return (pictures.float() / 127.5 - 1).permute(0, 3, 1, 2)


def guide_tensor(guides: Tensor) -> Tensor:
    """(N, 16, h, w) int8 -> float32 in -1..1, channels_last."""
    return guides.contiguous(memory_format=torch.channels_last).float() / 127


def step_generator(seed: int, step: int) -> np.random.Generator:
    """The random numbers of one step: a function of (seed, step), so that a resumed run goes on bit for bit."""
    return np.random.default_rng((seed, step))


def prefetched(make: Callable[[int], Batch], first: int) -> Iterator[Batch]:
    """make(first), make(first + 1), ...; each is read on a thread while the one before is being trained on."""
    with ThreadPoolExecutor(1, thread_name_prefix="avatar-data") as pool:
        step, coming = first, pool.submit(make, first)
        while True:
            ready = coming.result()
            step += 1
            coming = pool.submit(make, step)
            yield ready


def describe(root: Path) -> dict[str, Any]:
    """Identities and frames of every split that is there, for model cards."""
    splits = {split: AvatarData(root, split) for split in SPLITS if (root / split).is_dir()}
    return {split: {"identities": len(data.people), "frames": len(data)} for split, data in splits.items()}


def attributes(folder: Path) -> dict[str, Any]:
    """What identity.json of one identity says."""
    found: dict[str, Any] = json.loads((folder / "identity.json").read_text())
    return found


def _aligned(person: int, frame: int, row: int, column: int, size: tuple[int, int]) -> Place:
    """The window around a pixel, moved inside the canvas, on whole latent cells."""
    top = min(max(row - size[0] // 2, 0), HEIGHT - size[0]) // PATCH * PATCH
    left = min(max(column - size[1] // 2, 0), WIDTH - size[1]) // PATCH * PATCH
    return Place(person, frame, top, left)


def _person(folder: Path, latents: Path | None) -> Person:
    arrays = {}
    for name, shape in (("frames", (HEIGHT, WIDTH, 4)), ("guides", (16, HEIGHT // 2, WIDTH // 2))):
        path = folder / f"{name}.npy"
        if not path.exists():
            raise BadData(f"{path}: missing")
        arrays[name] = np.load(path, mmap_mode="r")
        if arrays[name].shape[1:] != shape:
            raise BadData(f"{path}: got shape {arrays[name].shape}; allowed: (N, {', '.join(map(str, shape))})")
    count = min(len(arrays["frames"]), len(arrays["guides"]))
    encoded = latents / f"{folder.name}.npy" if latents else None
    return Person(
        folder.name,
        arrays["frames"][:count],
        arrays["guides"][:count],
        np.load(folder / "vector.npy").astype(np.float32),
        np.load(encoded, mmap_mode="r") if encoded else None,
    )
