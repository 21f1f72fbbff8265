"""Renders training data: hosts, their frames under studio light, and the guide of every frame.

    python -m models.training.cg.dataset --out DATA --identities 300 --frames 12 --seed 1

Every folder of the split holds identity.json, controls.jsonl, vector.npy (64,), frames.npy (N, 768, 512, 4; uint8, sRGB
values premultiplied by alpha) and guides.npy (N, 16, 384, 256; int8, 127 is 1). The house personas come first. The
same seed gives the same data; a folder that is complete is not made again, so a run can be stopped at any time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import yaml

from models.avatar.attributes import HostAttributes, parse_attributes
from models.avatar.diffusion.controls import FaceFrame
from models.avatar.diffusion.face_model import face_model
from models.avatar.diffusion.guide import GuideRenderer
from models.avatar.diffusion.look import Look, identity_vector
from models.avatar.diffusion.scene import HostScene, Quads
from models.training.cg.lighting import Studio
from models.training.cg.population import random_frame, random_host, random_performance
from models.training.cg.subdivide import catmull_clark

TEXTURE = 1024
STRANDS = 16000
SPLITS = ("train", "held_identities", "held_sequences")


@dataclass(frozen=True, slots=True)
class Task:
    """One folder to make."""

    folder: Path
    attributes: HostAttributes
    seed: int
    frames: int
    sequence: bool


@cache
def fine_quads() -> Quads:
    """The face model's mesh after one Catmull-Clark step."""
    model = face_model()
    division = catmull_clark(model.quads, model.uv, len(model.mean))
    sizes = np.where(model.quads[:, 2] == model.quads[:, 3], 3, 4)
    return Quads(division.quads, division.uv, np.repeat(model.layer, sizes), division.apply)


def studio(look: Look) -> Studio:
    """The renderer of a host at full detail."""
    return Studio(HostScene(look, texture=TEXTURE, strands=STRANDS, quads=fine_quads(), eye_rings=32))


def make(task: Task) -> float:
    """Renders one folder; returns the seconds it took."""
    began = time.monotonic()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(task.seed)
    frames = (
        random_performance(task.seed, task.frames) if task.sequence else [random_frame(rng) for _ in range(task.frames)]
    )
    look = Look(task.attributes)
    camera, guide = studio(look), GuideRenderer(HostScene(look))
    pictures = np.stack([camera.render(frame) for frame in frames])
    guides = np.stack([np.round(np.clip(guide.render(frame), -1, 1) * 127).astype(np.int8) for frame in frames])
    task.folder.mkdir(parents=True, exist_ok=True)
    np.save(task.folder / "frames.npy", pictures)
    np.save(task.folder / "guides.npy", guides)
    np.save(task.folder / "vector.npy", identity_vector(look))
    described = task.attributes.model_dump(by_alias=True, exclude_none=True)
    (task.folder / "identity.json").write_text(json.dumps(described, indent=1))
    # Written last: it marks the folder complete.
    (task.folder / "controls.jsonl").write_text("".join(json.dumps(_line(frame)) + "\n" for frame in frames))
    return time.monotonic() - began


def _line(frame: FaceFrame) -> dict[str, object]:
    units = {name: round(weight, 4) for name, weight in frame.units.items() if weight}
    return {"units": units, **asdict(frame.head), "gaze": list(frame.gaze)}


def personas(folder: Path) -> Iterator[tuple[str, HostAttributes]]:
    """The house personas and each market's style of them."""
    for path in sorted(folder.glob("*.yaml")):
        persona = yaml.safe_load(path.read_text(encoding="utf-8"))
        yield path.stem, parse_attributes(path.stem, persona["attributes"])
        for market, style in (persona.get("styles") or {}).items():
            yield f"{path.stem}-{market}", parse_attributes(path.stem, persona["attributes"] | style)


def plan(out: Path, identities: int, frames: int, seed: int, house: Path) -> list[Task]:
    """Everything a run makes, personas first; held-out identities share no seed with the trained ones."""
    tasks: list[Task] = []

    def add(split: str, name: str, host: HostAttributes, count: int, *, sequence: bool = False) -> None:
        own = zlib.crc32(f"{seed}/{split}/{name}".encode())
        tasks.append(Task(out / split / name, host, own, count, sequence))

    hosts = list(personas(house))
    for index in range(identities):
        if index < len(hosts):
            name, host = hosts[index]
            add("train", name, host, frames * 3 if "-" not in name else frames)
        name = f"random-{seed}-{index:04d}"
        add("train", name, random_host(np.random.default_rng([seed, 1, index])), frames)
        if index % 20 == 19:
            held = f"held-{seed}-{index:04d}"
            add("held_identities", held, random_host(np.random.default_rng([seed, 2, index])), 8)
        if index % 40 == 20:
            name, host = hosts[index // 40 % len(hosts)]
            add("held_sequences", f"{name}-{index:04d}", host, 50, sequence=True)
    return tasks


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--identities", type=int, default=300)
    parser.add_argument(
        "--frames", type=int, default=12, help="frames of each identity; house personas get three times"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--personas", type=Path, default=Path("configs/personas"))
    arguments = parser.parse_args()
    tasks = plan(arguments.out, arguments.identities, arguments.frames, arguments.seed, arguments.personas)
    left = [task for task in tasks if not (task.folder / "controls.jsonl").exists()]
    print(f"{len(tasks) - len(left)} of {len(tasks)} folders are there", flush=True)
    with multiprocessing.get_context("spawn").Pool(arguments.workers, maxtasksperchild=50) as pool:
        for number, seconds in enumerate(pool.imap(make, left), 1):
            task = left[number - 1]
            print(f"{number}/{len(left)} {task.folder.name}: {task.frames} frames in {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
