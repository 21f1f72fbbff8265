"""A persona's footage: an image, a clip or a folder of frames, fitted to the picture, with its landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from models.avatar.footage_hash import footage_sha256
from models.avatar.lipsync.geometry import Points
from models.avatar.lipsync.landmarks import COUNT, FaceDetector, read_sidecar, sidecar_of
from models.base import AvatarIdentity
from models.errors import BadIdentity, FootageRefused
from streaming.media import FPS

IMAGES = (".png", ".jpg", ".jpeg", ".webp")
CLIPS = (".mp4", ".mov", ".webm", ".mkv")
LONGEST = 10 * FPS
"""Frames kept of a clip; forth and back they make 20 s, and at 720x1280 they fill 0.9 GB."""
LARGEST_CLIP = 1920
"""Pixels a side of a clip: its frames are all in memory while it is fitted."""
FACE_HEIGHT = 0.40
"""Where the face's middle is put when a picture is taller than needed, as a share of the height."""

Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Footage:
    """Frames of one size, RGB (height, width, 3) each, and the 68 landmarks of each in its pixels."""

    frames: tuple[Rgb, ...]
    points: tuple[Points, ...]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.frames[0].shape[1], self.frames[0].shape[0]


def find_picture(folder: Path, name: str) -> Path:
    """The footage called `name` in `folder`: an image, a clip, or a folder of frames.

    Raises:
        BadIdentity: there is none, or the name is not a plain one.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise BadIdentity(f"picture: got {name!r}; allowed: the name of a file in the personas folder, without a path")
    found = [folder / f"{name}{suffix}" for suffix in (*CLIPS, *IMAGES) if (folder / f"{name}{suffix}").is_file()]
    if found:
        return found[0]
    if (folder / name).is_dir():
        return folder / name
    raise BadIdentity(
        f"persona {name}: no footage in {folder.name or folder}; allowed: {name} with one of "
        f"{', '.join((*CLIPS, *IMAGES))}, or a folder {name} of numbered frames"
    )


def require_vouched(picture: Path, identity: AvatarIdentity) -> None:
    """Refuse a recording that may be of somebody who agreed to nothing. Reads all of it.

    Raises:
        FootageRefused: its SHA-256 is not among the identity's.
        BadIdentity: it cannot be read.
    """
    try:
        sha256 = footage_sha256(picture)
    except OSError as error:
        raise BadIdentity(f"{picture.name}: cannot be read") from error
    if sha256 not in identity.footage:
        raise FootageRefused(
            f"persona {identity.persona_id}: footage {picture.name} ({sha256[:12]}…) is not in the ledger for it; "
            "allowed: footage that was entered with `influencer likeness footage add`, under a licence that is in force"
        )


def load_footage(picture: Path, size: tuple[int, int], detector: FaceDetector | None = None) -> Footage:
    """Read footage and fit it to (width, height): scaled to cover, the face in the middle, edges cut.

    Raises:
        BadIdentity: it cannot be read, or its landmarks are neither beside it nor can be found.
    """
    frames, kept = _read(picture)
    height, width = frames[0].shape[:2]
    points = _landmarks(picture, frames, kept, detector)
    scale = max(size[0] / width, size[1] / height)
    whole = max(size[0], round(width * scale)), max(size[1], round(height * scale))
    middle = points.mean(axis=(0, 1)) * [whole[0] / width, whole[1] / height]
    left = _clamp(middle[0] - size[0] / 2, whole[0] - size[0])
    top = _clamp(middle[1] - size[1] * FACE_HEIGHT, whole[1] - size[1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    fitted = tuple(_cut(frame, whole, left, top, size, way) for frame in frames)
    moved = points * np.array([whole[0] / width, whole[1] / height], np.float32) - np.array([left, top], np.float32)
    return Footage(fitted, tuple(moved.astype(np.float32)))


def _cut(frame: Rgb, whole: tuple[int, int], left: int, top: int, size: tuple[int, int], way: int) -> Rgb:
    resized = frame if frame.shape[1::-1] == whole else cv2.resize(frame, whole, interpolation=way)
    return np.ascontiguousarray(resized[top : top + size[1], left : left + size[0]], np.uint8)


def _clamp(value: float, most: int) -> int:
    return max(0, min(most, round(float(value))))


def _read(picture: Path) -> tuple[list[Rgb], list[int]]:
    """(frames at 25 fps, the index of each in the file and so in its sidecar with the file's number of frames last)."""
    if picture.is_dir():
        files = sorted(path for path in picture.iterdir() if path.suffix.lower() in IMAGES)
        frames, fps = [_image(path) for path in files[:LONGEST]], float(FPS)
        total = len(files)
    elif picture.suffix.lower() in IMAGES:
        return [_image(picture)], [0, 1]
    else:
        frames, fps, total = _clip(picture)
    if not frames:
        raise BadIdentity(f"{picture.name}: no frame can be read; allowed: {', '.join((*IMAGES, *CLIPS))}")
    if max(frames[0].shape) > LARGEST_CLIP:
        height, width = frames[0].shape[:2]
        raise BadIdentity(f"{picture.name}: {width}x{height}; allowed: at most {LARGEST_CLIP} pixels a side")
    if len({frame.shape for frame in frames}) > 1:
        raise BadIdentity(f"{picture.name}: its frames differ in size; allowed: one size")
    at = [int(i * fps / FPS + 0.5) for i in range(LONGEST)]
    kept = [i for i in at if i < len(frames)]
    return [frames[i] for i in kept], [*kept, total]


def _image(path: Path) -> Rgb:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"), np.uint8)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise BadIdentity(f"{path.name}: cannot be read as an image") from error


def _clip(path: Path) -> tuple[list[Rgb], float, int]:
    capture = cv2.VideoCapture(str(path))
    try:
        fps = capture.get(cv2.CAP_PROP_FPS)
        if not 1 <= fps <= 240:
            fps = float(FPS)
        most = int(LONGEST * fps / FPS) + 1
        frames = []
        total = 0
        for frame in _decoded(capture):
            total += 1
            if total <= most:
                frames.append(frame)
        return frames, fps, total
    finally:
        capture.release()


def _decoded(capture: cv2.VideoCapture) -> Iterator[Rgb]:
    while True:
        ok, frame = capture.read()
        if not ok:
            return
        yield np.ascontiguousarray(frame[..., ::-1], np.uint8)


def _landmarks(
    picture: Path, frames: list[Rgb], kept: list[int], detector: FaceDetector | None
) -> npt.NDArray[np.float32]:
    beside = sidecar_of(picture)
    height, width = frames[0].shape[:2]
    if beside.is_file():
        return read_sidecar(beside, (width, height), kept[-1])[kept[:-1]]
    if detector is None:
        raise BadIdentity(
            f"{picture.name}: where is the face? Allowed: landmarks in {beside.name} beside it, or the option "
            "face_detector (a YuNet file, or opencv/face_detection_yunet)"
        )
    found = np.zeros((len(frames), COUNT, 2), np.float32)
    for index, frame in enumerate(frames):
        points = detector.detect(frame)
        if points is None:
            raise BadIdentity(f"{picture.name}: no face found in frame {kept[index]}; allowed: a face in every frame")
        found[index] = points
    return found
