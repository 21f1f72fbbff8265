"""Plots a training's curves: `python -m models.training.curve CURVES.jsonl OUT.png`.

CURVES.jsonl is what `run_leg` writes, several stages one after another, each line with its `stage` (see `join`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1100, 420
MARGIN = 56
INK, PAPER, GRID = (40, 36, 52), (255, 255, 255), (228, 226, 234)
COLOURS = {"autoencoder": (35, 110, 190), "denoiser": (200, 110, 20), "distil": (25, 140, 90)}
PANELS = (
    ("loss (pixels; flow for the denoiser)", ("pixels", "flow")),
    ("held-out PSNR, dB (1 step)", ("held_psnr", "held_psnr_1")),
)

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """One line of a plot."""

    stage: str
    minutes: list[float]
    values: list[float]


def join(stages: Iterable[tuple[str, Path]]) -> list[Line]:
    """The curves of several stages as one: every line gets its stage."""
    return [
        {"stage": stage, **json.loads(line)} for stage, path in stages for line in path.read_text().splitlines() if line
    ]


def traces(lines: Sequence[Line], names: Sequence[str]) -> list[Trace]:
    """The values called `names` over the minutes of all stages, one trace a stage; stages follow each other."""
    found: list[Trace] = []
    offset = 0.0
    for stage in dict.fromkeys(str(line["stage"]) for line in lines):
        mine = [line for line in lines if line["stage"] == stage]
        points = [(offset + line["minutes"], line[name]) for line in mine for name in names if name in line]
        if points:
            found.append(Trace(stage, [at for at, _ in points], [value for _, value in points]))
        offset += max(line["minutes"] for line in mine)
    return found


def plot(lines: Sequence[Line]) -> Image.Image:
    """Both panels side by side."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    wide = WIDTH // len(PANELS)
    for number, (title, names) in enumerate(PANELS):
        box = (number * wide + MARGIN, MARGIN, (number + 1) * wide - MARGIN // 2, HEIGHT - MARGIN)
        _panel(pen, box, title, traces(lines, names))
    return picture


def _panel(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], title: str, found: Sequence[Trace]) -> None:
    left, top, right, bottom = box
    font = ImageFont.load_default(13)
    pen.text((left, top - 26), title, INK, font)
    if not found:
        return
    last = max(trace.minutes[-1] for trace in found)
    values = np.concatenate([trace.values for trace in found])
    # The first steps of a stage are far off: they would flatten all that follows.
    low, high = float(values.min()), float(np.percentile(values, 97))
    high = high if high > low else low + 1

    def place(minutes: float, value: float) -> tuple[float, float]:
        up = (min(value, high) - low) / (high - low)
        return left + (right - left) * minutes / last, bottom - (bottom - top) * up

    for share in np.linspace(0, 1, 5):
        value = low + share * (high - low)
        y = place(0, value)[1]
        pen.line([(left, y), (right, y)], GRID)
        pen.text((left - 46, y - 7), f"{value:.3g}", INK, font)
        pen.text((left + (right - left) * share - 8, bottom + 6), f"{last * share:.0f}", INK, font)
    pen.text((right - 52, bottom + 24), "minutes", INK, font)
    for row, trace in enumerate(found):
        colour = COLOURS.get(trace.stage, INK)
        points = [place(*point) for point in zip(trace.minutes, trace.values, strict=True)]
        pen.line(points, colour, 2)
        for x, y in points if len(points) < 40 else []:
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), colour)
        pen.text((left + 110 * row, bottom + 24), trace.stage, colour, font)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Plots a training's curves.")
    parser.add_argument("curves", type=Path, help="lines of JSON, each with its stage")
    parser.add_argument("out", type=Path, help="a picture: .png or .jpg")
    found = parser.parse_args()
    plot([json.loads(line) for line in found.curves.read_text().splitlines()]).save(found.out)


if __name__ == "__main__":
    main()
