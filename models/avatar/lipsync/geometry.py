"""Where the mouth is painted: boxes and masks from 68 landmarks, with MuseTalk 1.5's measures.

The original parses faces with a network whose data allows research only. Here the same steps are taken from the
landmarks' hull, which is all that a frontal host needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import BadIdentity

Points = npt.NDArray[np.float32]
"""68 landmarks in pixels, (68, 2), in the order of iBUG 300-W (Sagonas et al., 2013): jaw 0-16, brows 17-26,
nose 27-35, eyes 36-47, mouth 48-67. Left and right are the picture's."""
Mask = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels; right and bottom are outside."""

NOSE_MIDDLE = 29
EXTRA_MARGIN = 10
"""Pixels added below the chin, so that a jaw that opens stays inside."""
EXPAND = 1.5
UPPER_SHARE = 0.5
"""The upper part of the square around the face that is never painted: eyes and nose stay the clip's."""
BLUR = 0.1
PARSE_SIDE = 512
"""The kernels below are in pixels of a square of this side, whatever the size of the face."""
CONE, TAIL = 21, 12
CHEEK_KERNEL = (35, 3)
CHEEK_WIDTH = 90
SMALLEST = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where one frame's mouth goes: the face box, and how much of each of its pixels is replaced, (h, w) in 0..1."""

    box: Box
    mask: Mask


def face_box(points: Points, size: tuple[int, int], margin: int = EXTRA_MARGIN) -> Box:
    """The face's box: as far above the middle of the nose as the chin is below it, and `margin` more below.

    Raises:
        BadIdentity: less than 16 pixels of it are inside the picture of `size` (width, height).
    """
    whole = points.astype(np.int32)
    middle = int(whole[NOSE_MIDDLE, 1])
    bottom = int(whole[:, 1].max())
    top = max(0, middle - (bottom - middle))
    left, right = max(0, int(whole[:, 0].min())), min(size[0], int(whole[:, 0].max()))
    box = (left, top, right, min(bottom + margin, size[1]))
    if box[2] - box[0] < SMALLEST or box[3] - box[1] < SMALLEST:
        raise BadIdentity(
            f"landmarks: the face covers {box} of {size[0]}x{size[1]}; allowed: {SMALLEST} pixels or more"
        )
    return box


def crop_box(box: Box) -> Box:
    """The square around a face box in which the mask is made; it may reach beyond the picture."""
    left, top, right, bottom = box
    x, y = (left + right) // 2, (top + bottom) // 2
    half = int(max(right - left, bottom - top) // 2 * EXPAND)
    return x - half, y - half, x + half, y + half


def jaw_mask(points: Points, box: Box) -> Mask:
    """What is replaced inside `box`: jaw, cheeks beside the mouth and lips, not the nose; soft at its edge.

    Steps as in the original's "jaw" mode: skin dilated downwards so that the chin can move, cheeks eroded, nose left
    out, cut to the box, upper half of the square left out, blurred.
    """
    square = crop_box(box)
    side = square[2] - square[0]
    scale = PARSE_SIDE / side
    local = (points - np.array(square[:2], np.float32)) * scale
    region = cv2.resize(_jaw_region(local), (side, side), interpolation=cv2.INTER_LINEAR)
    mask = np.zeros((side, side), np.uint8)
    x, y = box[0] - square[0], box[1] - square[1]
    inside = (slice(y, y + box[3] - box[1]), slice(x, x + box[2] - box[0]))
    mask[inside] = region[inside]
    mask[: int(side * UPPER_SHARE)] = 0
    kernel = int(BLUR * side // 2 * 2) + 1
    # Beyond the box the pasted square is the picture itself, so only the part inside it matters.
    soft = cv2.GaussianBlur(mask, (kernel, kernel), 0)[inside]
    return np.asarray(soft, np.float32) / np.float32(255)


def _jaw_region(points: Points) -> npt.NDArray[np.uint8]:
    """255 where skin may be repainted, in a square of 512 pixels."""
    skin = _hull([points[:17], points[17:27]])
    nose = _hull([points[27:36]])
    mouth = _hull([points[48:60]])
    dilated = cv2.dilate(skin, _cone_kernel())
    eroded = cv2.erode(dilated, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, CHEEK_KERNEL), iterations=2)
    middle = PARSE_SIDE // 2
    columns = np.arange(PARSE_SIDE)
    cheeks = (columns <= middle - CHEEK_WIDTH) | (columns >= middle + CHEEK_WIDTH)
    region = np.where(cheeks[None, :], eroded, dilated)
    region[nose > 0] = 0
    region[mouth > 0] = 255
    return np.asarray(region, np.uint8)


def _hull(parts: list[Points]) -> npt.NDArray[np.uint8]:
    canvas = np.zeros((PARSE_SIDE, PARSE_SIDE), np.uint8)
    outline = cv2.convexHull(np.concatenate(parts).astype(np.float32))
    cv2.fillConvexPoly(canvas, np.round(outline).astype(np.int32), 255)
    return canvas


def _cone_kernel() -> npt.NDArray[np.uint8]:
    """A cone that opens downwards and its tail, 33 x 33: dilates little to the sides and well below the chin."""
    side = CONE + TAIL
    middle = side // 2
    kernel = np.zeros((side, side), np.uint8)
    for row in range(CONE // 2, side):
        reach = min(row, CONE - 1) - CONE // 2
        kernel[row, middle - reach : middle + reach + 1] = 1
    return kernel
