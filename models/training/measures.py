"""Measures on the pixels of painted hosts: mouth opening and width, likeness over frames, flicker where nothing moves.

All work on opaque uint8 RGB pictures, alike on truth and on painted frames, and know no learned weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.diffusion.canvas import HEAD_WINDOW, HEIGHT, WIDTH
from models.training.data import EYE, MOUTH, SKIN

Rgb = npt.NDArray[np.uint8]
"""(H, W, 3)."""
Guide = npt.NDArray[np.int8]
"""(16, H / 2, W / 2), times 127."""
Floats = npt.NDArray[np.float64]
Box = tuple[int, int, int, int]
"""Top, left, height, width in picture pixels."""

GREY = 128
LAGS = 5
"""Frames that an output may be early or late by, to be found."""
STILL = 2
"""Levels of 255: the truth stands still where no channel changes by more."""
MARGIN = 16
"""Pixels of skin around the mouth that are looked at, too."""
CELLS, ORIENTATIONS, FACE = 6, 8, 96
_SEEN = 0.25
_CLASSES = 4


def over_grey(premultiplied: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Premultiplied (..., 4) over mid-grey: (..., 3)."""
    picture = premultiplied.astype(np.uint16)
    seen = picture[..., :3] + ((255 - picture[..., 3:]) * GREY + 127) // 255
    return np.asarray(np.minimum(seen, 255), np.uint8)


def face_box(guide: Guide) -> Box:
    """Eyes, nose and mouth with some cheek and brow; the head's window where the guide shows neither eye nor mouth."""
    rows, columns = np.nonzero((guide[EYE] > 0) | (guide[MOUTH] > 127 * _SEEN))
    if len(rows) == 0:
        return HEAD_WINDOW
    top, bottom, left, right = (2 * int(side) for side in (rows.min(), rows.max(), columns.min(), columns.max()))
    tall, wide = max(bottom - top, 64), max(right - left, 64)
    top, bottom = max(0, top - tall // 3), min(HEIGHT, bottom + tall // 4)
    left, right = max(0, left - wide // 5), min(WIDTH, right + wide // 5)
    return top, left, bottom - top, right - left


def cut(picture: Rgb, box: Box) -> Rgb:
    """A part of a picture."""
    top, left, height, width = box
    return picture[top : top + height, left : left + width]


# --- the mouth ---


@dataclass(frozen=True, slots=True)
class Mouth:
    """Of each frame, in pixels: the height of what is between the lips at the middle of the mouth, and its width."""

    opening: Floats
    width: Floats


class MouthGauge:
    """Measures one person's mouth.

    Skin, lips, and the dark and the light half of what is between the lips each get a normal distribution of Lab
    colours (quadratic discriminant analysis), fitted to this person's true pixels with the guide's masks as labels.
    Truth and painted pictures are then measured alike, by the colours of their pixels, in a box that is as large in
    every frame; the guide only says where its middle is. Lips of skin colour are hard to tell from skin: `check` says
    how well it went.
    """

    def __init__(self, pictures: Sequence[Rgb], guides: Sequence[Guide]) -> None:
        """Fit to the truth of some frames of one person.

        Raises:
            ValueError: the guides show no mouth, or no skin around it.
        """
        marks = [guide[MOUTH] > 127 * _SEEN for guide in guides]
        extents = np.array([_extent(mark) for mark in marks if mark.any()])
        if len(extents) == 0:
            raise ValueError("no frame shows a mouth")
        self._size = tuple(int(side) + 2 * MARGIN for side in extents[:, 2:].max(axis=0))
        samples: list[list[npt.NDArray[np.float32]]] = [[] for _ in range(_CLASSES)]
        insides = []
        for picture, guide in zip(pictures, guides, strict=True):
            box = self._box(guide)
            if box is None:
                continue
            lab, depth, skin = _lab(cut(picture, box)), _up(guide[MOUTH], box), _up(guide[SKIN], box)
            samples[0].append(lab[(depth == 0) & (skin > 64)])
            samples[1].append(lab[(depth > 40) & (depth < 90)])
            insides.append(lab[depth > 115])
        inside = np.concatenate(insides)
        if len(inside):
            middle = np.median(inside[:, 0])
            samples[2], samples[3] = [inside[inside[:, 0] <= middle]], [inside[inside[:, 0] > middle]]
        fits = [np.concatenate(one) if one else np.zeros((0, 3), np.float32) for one in samples]
        self._fits = [_normal(one) if len(one) > 8 else None for one in fits]
        if self._fits[0] is None or not any(self._fits[1:]):
            raise ValueError("no frame shows a mouth with skin around it")

    def measure(self, pictures: Sequence[Rgb], guides: Sequence[Guide]) -> Mouth:
        """Measure frames; nan where the guide shows no mouth."""
        found = np.full((len(pictures), 2), np.nan)
        for row, (picture, guide) in enumerate(zip(pictures, guides, strict=True)):
            box = self._box(guide)
            if box is not None:
                found[row] = self._one(cut(picture, box))
        return Mouth(found[:, 0], found[:, 1])

    def check(self, truth: Mouth, guides: Sequence[Guide]) -> tuple[float | None, float | None]:
        """Pearson's r of what was measured on the truth with what the guide's mask says: opening, width."""
        opening, width = [], []
        for guide in guides:
            depth = guide[MOUTH]
            top, left, height, wide = _extent(depth > 127 * _SEEN) if (depth > 32).any() else (0, 0, 0, 0)
            third = slice(left // 2 + wide // 6, left // 2 + wide // 3 + 1)
            opening.append(2 * float((depth[:, third] > 115).sum(axis=0).mean()) if wide else np.nan)
            width.append(float(wide) if wide else np.nan)
        return pearson(truth.opening, np.array(opening)), pearson(truth.width, np.array(width))

    def _box(self, guide: Guide) -> Box | None:
        mark = guide[MOUTH] > 127 * _SEEN
        if not mark.any():
            return None
        top, left, height, width = _extent(mark)
        tall, wide = self._size
        return (
            min(max(0, top + (height - tall) // 2), HEIGHT - tall),
            min(max(0, left + (width - wide) // 2), WIDTH - wide),
            tall,
            wide,
        )

    def _one(self, picture: Rgb) -> tuple[float, float]:
        lab = _lab(picture)
        likely = np.stack(
            [np.full(lab.shape[:2], -np.inf) if fit is None else _loglikely(lab, fit) for fit in self._fits]
        )
        label = likely.argmax(axis=0).astype(np.uint8)
        mouth = cv2.morphologyEx((label > 0).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        count, parts, stats, _ = cv2.connectedComponentsWithStats(mouth)
        if count < 2:
            return 0.0, 0.0
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        left, width = int(stats[largest, cv2.CC_STAT_LEFT]), int(stats[largest, cv2.CC_STAT_WIDTH])
        inside = (label >= 2) & (parts == largest)
        third = inside[:, left + width // 3 : left + width - width // 3]
        return float(third.sum(axis=0).mean()) if third.size else 0.0, float(width)


def pearson(a: Floats, b: Floats) -> float | None:
    """Pearson's r over the frames where both are known; None where one of them does not vary."""
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 3 or np.ptp(a[known]) < 1e-6 or np.ptp(b[known]) < 1e-6:
        return None
    return float(np.corrcoef(a[known], b[known])[0, 1])


def lag(truth: Floats, painted: Floats) -> int | None:
    """Frames by which `painted` is late (negative: early), where the cross-correlation is best.

    None as for `pearson`, and for fewer than 20 frames. A lag other than 0 must beat 0 by more than rounding.
    """
    if len(truth) < 4 * LAGS:
        return None
    best: tuple[float, int] | None = None
    for late in sorted(range(-LAGS, LAGS + 1), key=abs):
        first, then = (truth[: len(truth) - late], painted[late:]) if late >= 0 else (truth[-late:], painted[:late])
        r = pearson(first, then)
        if r is not None and (best is None or r > best[0] + 1e-9):
            best = r, late
    return None if best is None else best[1]


# --- likeness ---


def descriptor(face: Rgb) -> Floats:
    """What a face looks like from afar: mean Lab colours and histograms of edge directions on a 6 x 6 grid (396,).

    Not a face recogniser: it knows colours, brows, glasses, beard and where edges are, and is moved by pose.
    """
    small = np.asarray(cv2.resize(face, (FACE, FACE), interpolation=cv2.INTER_AREA), np.uint8)
    side = FACE // CELLS
    colour = _lab(small).reshape(CELLS, side, CELLS, side, 3).mean(axis=(1, 3)).astype(np.float64)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down)
    direction = (np.arctan2(down, across) % np.pi / np.pi * ORIENTATIONS).astype(int) % ORIENTATIONS
    cell = (np.arange(FACE) // side)[:, None] * CELLS + (np.arange(FACE) // side)[None, :]
    edges = np.bincount((cell * ORIENTATIONS + direction).ravel(), strength.ravel(), CELLS * CELLS * ORIENTATIONS)
    edges = edges / (np.linalg.norm(edges) + 1e-9)
    # Both parts weigh about the same: Lab colours differ by tens, the histograms are of length 1.
    return np.concatenate([colour.ravel() / (40 * CELLS), edges])


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the frames of a person are. Ratios are mean distances within a person over those between persons."""

    ratio_truth: float | None
    ratio_painted: float | None
    right: float | None
    """Share of painted frames that are nearer to their own person's other true frames than to anybody else's."""


def likeness(truth: Floats, painted: Floats, people: npt.NDArray[np.int64]) -> Likeness:
    """Compare descriptors (N, D) of frames of `people` (N,); None where there is one person or one frame each."""
    return Likeness(_ratio(truth, people), _ratio(painted, people), _right(truth, painted, people))


def _ratio(seen: Floats, people: npt.NDArray[np.int64]) -> float | None:
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    same = people[:, None] == people[None]
    within = same & ~np.eye(len(people), dtype=bool)
    if not within.any() or same.all():
        return None
    return float(distance[within].mean() / distance[~same].mean())


def _right(truth: Floats, painted: Floats, people: npt.NDArray[np.int64]) -> float | None:
    names = np.unique(people)
    votes = []
    for row, mine in enumerate(people):
        others = np.arange(len(people)) != row
        if len(names) < 2 or not (others & (people == mine)).any():
            continue
        means = [truth[others & (people == name)].mean(axis=0) for name in names]
        votes.append(names[np.argmin([np.linalg.norm(painted[row] - mean) for mean in means])] == mine)
    return float(np.mean(votes)) if votes else None


# --- flicker ---


@dataclass(frozen=True, slots=True)
class Flicker:
    """Mean change from frame to frame where the truth stands still, levels of 255; and how many pixels that are."""

    truth: float
    painted: float
    pixels: int


def still_flicker(
    truth: Sequence[Rgb], painted: Sequence[Rgb], alphas: Sequence[npt.NDArray[np.uint8]]
) -> Flicker | None:
    """Over neighbouring frames, on the host only (truth's alpha (H, W) not 0); None where nothing stands still."""
    total = np.zeros(2)
    pixels = 0
    for i in range(1, len(truth)):
        real = np.abs(truth[i].astype(np.int16) - truth[i - 1])
        mine = np.abs(painted[i].astype(np.int16) - painted[i - 1])
        still = (real.max(axis=2) <= STILL) & (alphas[i] > 0) & (alphas[i - 1] > 0)
        total += real[still].sum(), mine[still].sum()
        pixels += int(still.sum())
    return Flicker(float(total[0] / (3 * pixels)), float(total[1] / (3 * pixels)), pixels) if pixels else None


# --- small parts ---


def _extent(mark: npt.NDArray[np.bool_]) -> Box:
    """The box around a mark of the guide's size, in picture pixels."""
    rows, columns = np.flatnonzero(mark.any(axis=1)), np.flatnonzero(mark.any(axis=0))
    return 2 * int(rows[0]), 2 * int(columns[0]), 2 * int(np.ptp(rows) + 1), 2 * int(np.ptp(columns) + 1)


def _up(plane: npt.NDArray[np.int8], box: Box) -> npt.NDArray[np.int8]:
    """A plane of the guide at the picture's size, cut to a box."""
    top, left, height, width = box
    grown = plane.repeat(2, axis=0).repeat(2, axis=1)
    return grown[top : top + height, left : left + width]


def _lab(picture: Rgb) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture, np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


Normal = tuple[Floats, Floats, float]
"""Mean (3,), inverse covariance (3, 3) and log determinant."""


def _normal(samples: npt.NDArray[np.float32]) -> Normal:
    # Two levels of Lab more in every direction: no class is infinitely sure.
    covariance = np.asarray(np.cov(samples.T.astype(np.float64)) + 4.0 * np.eye(3), np.float64)
    inverse = np.asarray(np.linalg.inv(covariance), np.float64)
    return samples.mean(axis=0).astype(np.float64), inverse, float(np.linalg.slogdet(covariance)[1])


def _loglikely(lab: npt.NDArray[np.float32], fit: Normal) -> Floats:
    mean, inverse, logdet = fit
    away = lab - mean
    return np.asarray(-0.5 * (((away @ inverse) * away).sum(axis=2) + logdet), np.float64)
