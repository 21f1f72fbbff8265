"""The bench of the avatar: painted hosts against held-out truth, and their speed, for 1, 2 and 4 steps in one run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.avatar.diffusion.canvas import HEAD_WINDOW
from models.avatar.diffusion.host import WEIGHTS, load_pipeline
from models.avatar.diffusion.pipeline import AvatarPipeline
from models.errors import BackendUnavailable, ModelError
from models.training.data import AvatarData, BadData, Person, describe, picture_tensor
from models.training.measures import (
    MouthGauge,
    Rgb,
    cut,
    descriptor,
    face_box,
    lag,
    likeness,
    over_grey,
    pearson,
    still_flicker,
)
from models.training.metrics import gradient_distance, psnr, ssim

SEQUENCES = "held_sequences"
HELD = ("held_identities", SEQUENCES)
LEAST = {"held_identities": 8, SEQUENCES: 50}
"""Frames of one person that are measured at least, where it has them: fewer say little about its mouth."""
STEPS = (1, 2, 4)
CEILING = "decoder alone"
"""The row of the true latents: what the decoder could do with a perfect denoiser."""
MOUTH_VALUES = (
    "opening_r", "opening_error_px", "opening_lag", "width_r", "width_error_px", "width_lag",
    "check_opening_r", "check_width_r",
)  # fmt: skip
"""Pearson's r, mean error in pixels and best lag in frames of a person's frames, and how well measuring them went."""
WARM, TIMED = 3, 20
"""Frames before a measurement of speed, and in it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Frames of one person, in order: indices into its arrays."""

    person: Person
    frames: range


def run(
    data: Path, *, weights: Path | None = None, device: str = "cpu", frames: int = 100, steps: Sequence[int] = STEPS
) -> dict[str, Any]:
    """Paint held-out frames from their guides and compare them with the truth, then time the same networks.

    Args:
        data: the folder of the CG data, with held_identities, held_sequences or both.
        weights: a pipeline folder; the shipped one when None.
        device: cpu, cuda or cuda:1.
        frames: how many of each split at most.
        steps: denoising steps to compare.

    Returns:
        What was measured on what, for each split and row ("decoder alone", "1", "2", "4"): psnr (dB), ssim and
        gradient_distance on the whole picture over mid-grey and on the face, mouth, likeness and flicker (see
        `models.training.measures`); and speed for each number of steps.

    Raises:
        BadData: neither split is there, or a file is missing or of a wrong shape.
        WeightsError: the pipeline is missing or damaged.
        BackendUnavailable: the device is not there.
        ModelError: `frames` or `steps` is not allowed.
    """
    if frames < 2 or not steps or min(steps) < 1:
        raise ModelError(
            f"bench avatar: got {frames} frames, steps {list(steps)}; allowed: 2 frames and 1 step at least"
        )
    present = [split for split in HELD if (data / split).is_dir()]
    if not present:
        raise BadData(
            f"{data}: got neither {HELD[0]} nor {HELD[1]}; allowed: a folder that models.training.cg.dataset wrote"
        )
    held = {split: AvatarData(data, split) for split in present}
    pipeline = load_pipeline(weights or WEIGHTS, _checked(device))
    splits = {split: _split(pipeline, split, seen, frames, steps) for split, seen in held.items()}
    sizes = describe(data)
    return {
        "weights": (weights or WEIGHTS).name,
        "parameters": {name: _count(getattr(pipeline, name)) for name in ("autoencoder", "denoiser")},
        "device": _name(pipeline.device),
        "threads": torch.get_num_threads(),
        "dtype": str(pipeline.dtype).removeprefix("torch."),
        "torch": torch.__version__,
        "data": {split: sizes[split] for split in present},
        "splits": splits,
        "speed": _speed(pipeline, next(iter(held.values())).people[0], steps),
    }


def tables(report: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """A report for people: for each split its lines, first the headings (measure, then numbers of steps)."""
    return {split: _lines(found["rows"], report["speed"]["window"]) for split, found in report["splits"].items()}


SHOWN = (
    ("PSNR, dB", "picture", "psnr"),
    ("PSNR of the face, dB", "face", "psnr"),
    ("SSIM", "picture", "ssim"),
    ("SSIM of the face", "face", "ssim"),
    ("gradient distance", "picture", "gradient_distance"),
    ("gradient distance, face", "face", "gradient_distance"),
    ("mouth opening, r", "mouth", "opening_r"),
    ("mouth opening, error in px", "mouth", "opening_error_px"),
    ("mouth opening, lag in frames", "mouth", "opening_lag"),
    ("mouth width, r", "mouth", "width_r"),
    ("likeness, truth", "likeness", "ratio_truth"),
    ("likeness, painted", "likeness", "ratio_painted"),
    ("nearest to the right person", "likeness", "right"),
    ("flicker where still, truth", "flicker", "truth"),
    ("flicker where still, painted", "flicker", "painted"),
)


def _lines(rows: Mapping[str, Any], speed: Mapping[str, Any]) -> list[list[str]]:
    lines = [["measure", *rows]]
    lines += [
        [title, *(_text(row[group][value] if row[group] else None) for row in rows.values())]
        for title, group, value in SHOWN
    ]
    return [
        *lines,
        ["frames a second, window", *(_text(speed[name]["fps"] if name in speed else None) for name in rows)],
    ]


# --- quality ---


def _split(pipeline: AvatarPipeline, name: str, data: AvatarData, frames: int, steps: Sequence[int]) -> dict[str, Any]:
    pieces = _pieces(data, frames, LEAST[name])
    ordered = name == SEQUENCES
    rows: dict[str, Any] = {CEILING: _row(pipeline, pieces, None, ordered=ordered)}
    rows |= {str(count): _row(pipeline, pieces, count, ordered=ordered) for count in steps}
    return {"identities": len(pieces), "frames": sum(len(piece.frames) for piece in pieces), "rows": rows}


def _pieces(data: AvatarData, frames: int, least: int) -> list[Piece]:
    """The first `least` frames or more of as many people as that allows, evenly chosen; `frames` in all at most."""
    count = min(len(data.people), max(1, frames // least))
    picks = np.linspace(0, len(data.people) - 1, count).round().astype(int)
    share, rest = divmod(frames, count)
    people = [data.people[pick] for pick in picks]
    return [
        Piece(person, range(min(len(person.frames), share + (number < rest)))) for number, person in enumerate(people)
    ]


def _row(pipeline: AvatarPipeline, pieces: Sequence[Piece], steps: int | None, *, ordered: bool) -> dict[str, Any]:
    """Everything about one number of steps; None decodes the true latents. Lag and flicker need `ordered` frames."""
    whole: list[dict[str, float]] = []
    faces: list[dict[str, float]] = []
    mouths: list[dict[str, float | None]] = []
    still: list[tuple[float, float, int]] = []
    seen: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = []
    people: list[int] = []
    known: dict[bytes, int] = {}
    for piece in pieces:
        guides = [np.array(piece.person.guides[frame]) for frame in piece.frames]
        frames = [np.array(piece.person.frames[frame]) for frame in piece.frames]
        truth = [over_grey(frame) for frame in frames]
        painted = [
            over_grey(_paint(pipeline, piece.person, guide, frame, steps))
            for guide, frame in zip(guides, frames, strict=True)
        ]
        number = known.setdefault(piece.person.vector.tobytes(), len(known))
        for real, mine, guide in zip(truth, painted, guides, strict=True):
            box = face_box(guide)
            whole.append(_quality(mine, real))
            faces.append(_quality(cut(mine, box), cut(real, box)))
            seen.append((descriptor(cut(real, box)), descriptor(cut(mine, box))))
            people.append(number)
        mouths.append(_mouth(truth, painted, guides, ordered=ordered))
        flickering = still_flicker(truth, painted, [frame[..., 3] for frame in frames]) if ordered else None
        if flickering is not None:
            still.append((flickering.truth, flickering.painted, flickering.pixels))
    alike = likeness(np.stack([a for a, _ in seen]), np.stack([b for _, b in seen]), np.array(people))
    return {
        "picture": _means(whole),
        "face": _means(faces),
        "mouth": _means(mouths),
        "likeness": {name: _round(value) for name, value in asdict(alike).items()},
        "flicker": _pooled(still),
    }


@torch.inference_mode()
def _paint(
    pipeline: AvatarPipeline, person: Person, guide: npt.NDArray[np.int8], truth: npt.NDArray[np.uint8],
    steps: int | None,
) -> npt.NDArray[np.uint8]:  # fmt: skip
    """(768, 512, 4) premultiplied."""
    if steps is None:
        autoencoder, dtype = pipeline.autoencoder, pipeline.dtype
        picture = picture_tensor(torch.from_numpy(truth[None]).to(pipeline.device)).to(dtype)
        latents = autoencoder.normalise(autoencoder.encode(picture)).to(dtype)
        return np.asarray(pipeline.decode(latents, pipeline.guide_tensor(guide))[0].cpu().numpy(), np.uint8)
    images, _ = pipeline(guide, person.vector, num_inference_steps=steps, return_dict=False)
    return np.asarray(images[0], np.uint8)


def _quality(painted: Rgb, truth: Rgb) -> dict[str, float]:
    a, b = _tensor(painted), _tensor(truth)
    return {
        "psnr": float(psnr(a, b)),
        "ssim": float(ssim(a, b)),
        "gradient_distance": float(gradient_distance(a, b)),
    }


def _mouth(
    truth: Sequence[Rgb], painted: Sequence[Rgb], guides: Sequence[npt.NDArray[np.int8]], *, ordered: bool
) -> dict[str, float | None]:
    try:
        gauge = MouthGauge(truth, guides)
    except ValueError:
        return dict.fromkeys(MOUTH_VALUES)
    real, mine = gauge.measure(truth, guides), gauge.measure(painted, guides)
    check_opening, check_width = gauge.check(real, guides)
    values = (
        pearson(real.opening, mine.opening),
        float(np.nanmean(np.abs(real.opening - mine.opening))),
        lag(real.opening, mine.opening) if ordered else None,
        pearson(real.width, mine.width),
        float(np.nanmean(np.abs(real.width - mine.width))),
        lag(real.width, mine.width) if ordered else None,
        check_opening,
        check_width,
    )
    return dict(zip(MOUTH_VALUES, values, strict=True))


def _means(rows: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """The mean of each value over the frames or people where there is one."""
    names = dict.fromkeys(name for row in rows for name in row)
    found: dict[str, float | None] = {}
    for name in names:
        values = [value for row in rows if (value := row.get(name)) is not None]
        found[name] = _round(float(np.mean(values))) if values else None
    return found


def _pooled(still: Sequence[tuple[float, float, int]]) -> dict[str, Any] | None:
    if not still:
        return None
    truth, painted, pixels = np.array(still).T
    return {
        "truth": _round(float(np.average(truth, weights=pixels))),
        "painted": _round(float(np.average(painted, weights=pixels))),
        "pixels": int(pixels.sum()),
    }


# --- speed ---


@torch.inference_mode()
def _speed(pipeline: AvatarPipeline, person: Person, steps: Sequence[int]) -> dict[str, Any]:
    """Median ms of one frame, networks only, batch 1: of the moving window and of the whole canvas.

    The numbers of steps take turns frame by frame, so that whatever else the machine does meets all of them.
    """
    top, left, height, width = (side // 2 for side in HEAD_WINDOW)
    whole = np.array(person.guides[0])
    window = np.ascontiguousarray(whole[:, top : top + height, left : left + width])
    found: dict[str, Any] = {}
    for name, guide in (("window", window), ("canvas", whole)):
        noise = pipeline.noise(2 * guide.shape[1], 2 * guide.shape[2])
        plans = {count: pipeline.plan(person.vector, count) for count in steps}
        spent: dict[int, list[float]] = {count: [] for count in steps}
        for turn in range(WARM + TIMED):
            for count, plan in plans.items():
                began = time.perf_counter_ns()
                seen = pipeline.guide_tensor(guide)
                pipeline.decode(pipeline.denoise(noise, seen, plan), seen).cpu()  # waits for the device
                if turn >= WARM:
                    spent[count].append((time.perf_counter_ns() - began) / 1e6)
        found[name] = {
            str(count): {"ms": _round(float(np.median(ms))), "fps": _round(1000 / float(np.median(ms)))}
            for count, ms in spent.items()
        }
    return found


# --- small parts ---


def _checked(device: str) -> str:
    try:
        kind = torch.device(device).type
    except RuntimeError:
        raise BackendUnavailable(f"device: got {device!r}; allowed: cpu, cuda, cuda:1 …") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise BackendUnavailable(f"device: got {device!r}, but no CUDA device is here; allowed: cpu")
    return device


def _name(device: torch.device) -> str:
    return (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"{device.type}, {torch.get_num_threads()} threads"
    )


def _count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _tensor(picture: Rgb) -> Tensor:
    """(H, W, 3) uint8 -> (1, 3, H, W) in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
