"""Landmarks of a persona's picture: read from the file beside it, or estimated from a face detector's five points.

A sidecar is exact: our own renders know where their landmarks are. Its form:
`{"version": 1, "scheme": "ibug-68", "size": [width, height], "frames": [[[x, y], ... 68], ...]}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.avatar.lipsync.geometry import Points
from models.avatar.lipsync.sources import find_file
from models.errors import BadIdentity, WeightsCorrupt

VERSION = 1
SCHEME = "ibug-68"
COUNT = 68
SUFFIX = ".landmarks.json"
YUNET = ("face_detection_yunet_2026may.onnx", "face_detection_yunet_2023mar.onnx", "yunet.onnx")
_DETECT_SIDE = 320
"""YuNet finds faces of 10 to 300 pixels; larger pictures are shrunk to this."""


def sidecar_of(picture: Path) -> Path:
    """maya.png -> maya.landmarks.json, in the same folder."""
    return picture.with_name(picture.stem + SUFFIX)


def write_sidecar(picture: Path, size: tuple[int, int], frames: Sequence[Points]) -> Path:
    """Write the landmarks of a picture of `size` (width, height), one (68, 2) array a frame."""
    path = sidecar_of(picture)
    rows = [np.round(points.astype(float), 2).tolist() for points in frames]
    content = {"version": VERSION, "scheme": SCHEME, "size": list(size), "frames": rows}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def read_sidecar(path: Path, size: tuple[int, int], frames: int) -> npt.NDArray[np.float32]:
    """The landmarks of every frame, (frames, 68, 2), in pixels of a picture of `size` (width, height).

    Raises:
        BadIdentity: the file is not such a sidecar, or belongs to another picture; the message names the field.
    """
    name = path.name
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadIdentity(f"{name}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadIdentity(f"{name}: got {type(content).__name__}; allowed: an object")
    for field, allowed in (("version", VERSION), ("scheme", SCHEME), ("size", list(size))):
        if content.get(field) != allowed:
            raise BadIdentity(f"{name}: {field}: got {content.get(field)!r}; allowed: {allowed!r}")
    try:
        points = np.asarray(content.get("frames"), np.float32)
    except (TypeError, ValueError):
        points = np.zeros(0, np.float32)
    if points.shape != (frames, COUNT, 2) or not np.isfinite(points).all():
        raise BadIdentity(f"{name}: frames: got shape {points.shape}; allowed: ({frames}, {COUNT}, 2), finite numbers")
    return points


class FaceDetector:
    """YuNet (Wu et al., 2023; MIT) through OpenCV: the largest face's five points, and 68 estimated from them.

    The estimate is a mean face turned and scaled onto the five points: good for a host who looks at the camera.
    """

    def __init__(self, source: str) -> None:
        """Read the ONNX file: a path, or a hub repository such as opencv/face_detection_yunet.

        Raises:
            BackendUnavailable: it cannot be had.
            WeightsCorrupt: OpenCV cannot read it.
        """
        path = find_file(source, YUNET)
        try:
            self._net = cv2.FaceDetectorYN.create(str(path), "", (_DETECT_SIDE, _DETECT_SIDE))
        except cv2.error as error:
            raise WeightsCorrupt(f"face_detector: OpenCV cannot read {path.name}: {error.err}") from error

    def detect(self, rgb: npt.NDArray[np.uint8]) -> Points | None:
        """68 landmarks of the largest face in (height, width, 3), or None when there is none."""
        height, width = rgb.shape[:2]
        scale = _DETECT_SIDE / max(height, width)
        small = cv2.resize(rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        canvas = np.zeros((_DETECT_SIDE, _DETECT_SIDE, 3), np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small[..., ::-1]
        _, faces = self._net.detect(canvas)
        if faces is None or not len(faces):
            return None
        largest = max(faces, key=lambda face: float(face[2] * face[3]))
        return fit_mean_face(np.asarray(largest[4:14], np.float32).reshape(5, 2) / np.float32(scale))


def fit_mean_face(five: npt.NDArray[np.float32]) -> Points:
    """68 landmarks from five (picture-left eye, picture-right eye, nose tip, mouth corners), by a similarity transform.

    Least squares in the complex plane (Umeyama, 1991, without reflection).
    """
    mean = mean_face()
    source = np.array([mean[36:42].mean(0), mean[42:48].mean(0), mean[30], mean[48], mean[54]])
    a, b = source[:, 0] + 1j * source[:, 1], five[:, 0] + 1j * five[:, 1].astype(np.float64)
    a0, b0 = a.mean(), b.mean()
    turn = np.vdot(a - a0, b - b0) / np.vdot(a - a0, a - a0)
    placed = turn * (mean[:, 0] + 1j * mean[:, 1] - a0) + b0
    return np.stack([placed.real, placed.imag], axis=1).astype(np.float32)


def mean_face() -> npt.NDArray[np.float64]:
    """An average face in units of the distance between the pupils (63 mm), origin between the eyes, y down, (68, 2).

    Widths and heights after Farkas, "Anthropometry of the Head and Face" (1994).
    """
    t = np.linspace(-1, 1, 17)
    jaw = np.stack([1.08 * np.sign(t) * np.abs(np.sin(np.pi / 2 * t)) ** 0.9, 1.80 * np.cos(np.pi / 2 * t) ** 0.62], 1)
    brow = np.array([[-0.86, -0.22], [-0.70, -0.36], [-0.50, -0.40], [-0.32, -0.37], [-0.16, -0.30]])
    nose = np.array([[0, 0.02], [0, 0.24], [0, 0.45], [0, 0.68]])
    wing = np.array([[-0.22, 0.80], [-0.11, 0.85], [0, 0.88], [0.11, 0.85], [0.22, 0.80]])
    eye = np.array([[-0.24, 0], [-0.12, -0.09], [0.12, -0.09], [0.24, 0], [0.12, 0.07], [-0.12, 0.07]])
    lips = np.array([
        [-0.41, 1.15], [-0.26, 1.07], [-0.10, 1.02], [0, 1.04], [0.10, 1.02], [0.26, 1.07], [0.41, 1.15],
        [0.27, 1.27], [0.12, 1.32], [0, 1.33], [-0.12, 1.32], [-0.27, 1.27],
        [-0.34, 1.15], [-0.12, 1.12], [0, 1.13], [0.12, 1.12], [0.34, 1.15], [0.12, 1.17], [0, 1.18], [-0.12, 1.17],
    ])  # fmt: skip
    mirrored = (brow * [-1, 1])[::-1]
    return np.concatenate([jaw, brow, mirrored, nose, wing, eye - [0.5, 0], eye + [0.5, 0], lips])
