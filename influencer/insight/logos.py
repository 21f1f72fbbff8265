"""Where a logo is in a picture: ORB features and a homography, checked by correlation; for small flat ones, a template.

Both ways end in one number: the normalised correlation (-1 to 1) of the logo with the place it was found at, brought
to the logo's own size. Features find it turned and tilted; the template at a ladder of sizes finds it where it is too
small or too plain to have features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""Height x width x 3, RGB."""

LEAST = 0.68
"""Correlation from which a place counts as the logo: see docs/guides/insight.md for how often that is wrong."""
_SURE = 0.85
"""Found by features as clearly as this, it need not be searched for again."""
_LONGEST = 1280
_LOGO_PX = 240
_RATIO = 0.78
_INLIERS = 9
_LEAST_AREA = 300.0
_LADDER = tuple(1.08**step for step in range(-23, 7))
_SMALLEST_PX = 14


@dataclass(frozen=True, slots=True)
class Sighting:
    """A logo in a picture. `box` is left, top, right, bottom as parts of the picture's width and height."""

    brand: str
    score: float
    box: tuple[float, float, float, float]


class Logo:
    """A brand's logo, prepared once. Not thread-safe."""

    def __init__(self, brand: str, picture: Pixels) -> None:
        """Prepare.

        Args:
            brand: whose.
            picture: the logo, cropped closely.

        Raises:
            ValueError: it is smaller than 24 x 12 pixels, or of one colour.
        """
        height, width = picture.shape[:2]
        if width < 24 or height < 12 or float(picture.std()) < 4:
            raise ValueError("a logo of 24 x 12 pixels or more, with something on it")
        self.brand = brand
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        self.natural = np.asarray(grey, np.uint8)
        scale = _LOGO_PX / max(width, height)
        self.grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        self.keypoints, self.descriptors = _orb(500).detectAndCompute(self.grey, None)


def sightings(picture: Pixels, logos: Sequence[Logo], least: float = LEAST) -> list[Sighting]:
    """The logos in a picture, each at most once, surest first. Up to a second for three logos: use a worker thread."""
    picture = np.ascontiguousarray(picture)
    height, width = picture.shape[:2]
    scale = min(1.0, _LONGEST / max(height, width))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    keypoints, descriptors = _orb(2_000).detectAndCompute(small, None)
    found = []
    for logo in logos:
        best = _by_features(small, keypoints, descriptors, logo)
        if best is None or best[0] < _SURE:
            places = (best, _by_template(small, logo))
            best = max((one for one in places if one is not None), key=lambda one: one[0], default=None)
        if best is not None and best[0] >= least:
            left, top, right, bottom = best[1]
            high, wide = small.shape
            box = (max(0.0, left / wide), max(0.0, top / high), min(1.0, right / wide), min(1.0, bottom / high))
            found.append(Sighting(logo.brand, round(best[0], 3), box))
    return sorted(found, key=lambda one: -one.score)


def _orb(features: int) -> Any:
    return cv2.ORB_create(nfeatures=features, scaleFactor=1.2, nlevels=10, edgeThreshold=10, fastThreshold=8)  # type: ignore[attr-defined]


_Place = tuple[float, tuple[float, float, float, float]]


def _by_features(grey: Pixels, keypoints: Any, descriptors: Any, logo: Logo) -> _Place | None:
    if descriptors is None or logo.descriptors is None or len(descriptors) < 2 or len(logo.descriptors) < _INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(logo.descriptors, descriptors, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    if len(good) < _INLIERS:
        return None
    source = np.array([logo.keypoints[match.queryIdx].pt for match in good], np.float32)
    target = np.array([keypoints[match.trainIdx].pt for match in good], np.float32)
    matrix, inliers = cv2.findHomography(source, target, cv2.RANSAC, 4.0)
    if matrix is None or int(inliers.sum()) < _INLIERS:
        return None
    height, width = logo.grey.shape
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32)
    outline = cv2.perspectiveTransform(corners, matrix)[0]
    if not cv2.isContourConvex(outline.astype(np.float32)) or cv2.contourArea(outline) < _LEAST_AREA:
        return None
    seen = cv2.warpPerspective(grey, np.linalg.inv(matrix), (width, height), flags=cv2.INTER_LINEAR)
    left, top = outline.min(axis=0)
    right, bottom = outline.max(axis=0)
    return _correlation(seen, logo.grey), (float(left), float(top), float(right), float(bottom))


def _correlation(one: Any, other: Any) -> float:
    if float(np.std(one)) < 2:
        return 0.0
    return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0])


def _by_template(grey: Pixels, logo: Logo) -> _Place | None:
    best: _Place | None = None
    half = np.asarray(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    for step in _LADDER:
        height, width = (round(side * step) for side in logo.natural.shape)
        if min(height, width) < _SMALLEST_PX:
            continue
        unit = (
            2 if min(height, width) >= 2 * _SMALLEST_PX else 1
        )  # large ones are found at half the size, for a quarter
        ground, height, width = (half if unit == 2 else grey), height // unit, width // unit
        if height >= ground.shape[0] or width >= ground.shape[1]:
            continue
        template = cv2.resize(logo.natural, (width, height), interpolation=cv2.INTER_AREA)
        if float(np.std(template)) < 4:
            continue
        found = cv2.matchTemplate(ground, template, cv2.TM_CCOEFF_NORMED)
        _, score, _, (left, top) = cv2.minMaxLoc(found)
        if best is None or score > best[0]:
            best = float(score), (
                float(left * unit), float(top * unit), float((left + width) * unit), float((top + height) * unit)
            )  # fmt: skip
    return best
