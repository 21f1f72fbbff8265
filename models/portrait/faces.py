"""Face embeddings for the identity gate: find the face, align it, embed it. Weights are given by path, never guessed.

AuraFace-v1 (fal, Apache-2.0; a ResNet-100 in the ArcFace form, `glintr100.onnx`) embeds; OpenCV's YuNet (MIT,
`face_detection_yunet_2023mar.onnx`) finds five landmarks. The detector inside the AuraFace repository is not used: its
licence is unclear. Alignment follows Deng et al., ArcFace (2019): a similarity transform onto a fixed 112 px template.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.errors import BackendUnavailable, WeightsMissing

Embedding = NDArray[np.float32]
"""Shape (d,), length 1."""
Landmarks = NDArray[np.float32]
"""Shape (5, 2), pixels (x, y): the eye on the picture's left, the other eye, nose tip, mouth corner left, right."""

ENCODER_FILE = "glintr100.onnx"
DETECTOR_FILE = "face_detection_yunet_2023mar.onnx"
HOW_TO_GET = (
    f"allowed: a folder with {ENCODER_FILE} (https://huggingface.co/fal/AuraFace-v1, Apache-2.0) and {DETECTOR_FILE} "
    "(https://github.com/opencv/opencv_zoo, MIT)"
)
SIDE = 112
TEMPLATE: Landmarks = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
_MIN_SCORE = 0.7


class FaceEncoder(Protocol):
    """A picture in, who it shows out."""

    @property
    def name(self) -> str:
        """What it is, for the sidecar."""

    def embed(self, image: Image.Image) -> Embedding | None:
        """The largest face's embedding, None when there is no face.

        Raises:
            BackendUnavailable: the model cannot run.
        """


class ArcFaceEncoder:
    """An ONNX model in the ArcFace form: float32 [1, 3, 112, 112] RGB in -1..1, to one vector.

    Args:
        model: the encoder's ONNX file.
        locate: finds the landmarks of the largest face in an RGB picture; see `yunet`.
    """

    def __init__(
        self, model: Path, locate: Callable[[Image.Image], Landmarks | None], name: str = "AuraFace-v1"
    ) -> None:
        import onnxruntime as ort

        self.name = name
        self._locate = locate
        try:
            self._session = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise BackendUnavailable(f"face encoder: {model} is no ONNX model: {str(error)[:200]}") from error
        self._input = self._session.get_inputs()[0].name

    def embed(self, image: Image.Image) -> Embedding | None:
        """The largest face's embedding, None when there is no face."""
        landmarks = self._locate(image)
        if landmarks is None:
            return None
        pixels = np.asarray(align(image, landmarks), dtype=np.float32)
        batch = ((pixels - 127.5) / 127.5).transpose(2, 0, 1)[None]
        vector = np.asarray(self._session.run(None, {self._input: batch})[0], dtype=np.float32).reshape(-1)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length == 0:
            raise BackendUnavailable(f"face encoder: {self.name} returned no usable vector")
        return vector / np.float32(length)


def load_face_encoder(folder: Path) -> ArcFaceEncoder:
    """AuraFace with YuNet from one folder.

    Raises:
        WeightsMissing: a file is not there; the message says what to put where.
    """
    missing = [name for name in (ENCODER_FILE, DETECTOR_FILE) if not (folder / name).is_file()]
    if missing:
        raise WeightsMissing(f"face encoder: {folder} has no {' and no '.join(missing)}; {HOW_TO_GET}")
    return ArcFaceEncoder(folder / ENCODER_FILE, yunet(folder / DETECTOR_FILE))


def yunet(model: Path) -> Callable[[Image.Image], Landmarks | None]:
    """A locator on OpenCV's YuNet; its five points come in the template's order already."""
    import cv2

    try:
        detector = cv2.FaceDetectorYN.create(str(model), "", (320, 320), _MIN_SCORE)
    except cv2.error as error:
        raise BackendUnavailable(f"face detector: {model} cannot be loaded") from error

    def locate(image: Image.Image) -> Landmarks | None:
        detector.setInputSize(image.size)
        _, faces = detector.detect(np.asarray(image.convert("RGB"))[:, :, ::-1].copy())
        if faces is None or len(faces) == 0:
            return None
        largest = max(faces, key=lambda face: float(face[2] * face[3]))
        return np.asarray(largest[4:14], dtype=np.float32).reshape(5, 2)

    return locate


def align(image: Image.Image, landmarks: Landmarks) -> Image.Image:
    """The face as `SIDE` x `SIDE` RGB, its landmarks on the template as nearly as turning and scaling allow."""
    inverse = np.linalg.inv(np.vstack([similarity(landmarks, TEMPLATE), [0, 0, 1]]))
    coefficients = tuple(float(value) for value in inverse[:2].reshape(-1))
    return image.convert("RGB").transform(
        (SIDE, SIDE), Image.Transform.AFFINE, coefficients, resample=Image.Resampling.BILINEAR
    )


def similarity(source: Landmarks, target: Landmarks) -> NDArray[np.float64]:
    """The 2x3 similarity transform (scale, rotation, shift) from `source` onto `target` of least squared error.

    Linear least squares in (a, b, tx, ty) for x' = a x - b y + tx, y' = b x + a y + ty; a mirror image is impossible.
    """
    x, y = source[:, 0].astype(np.float64), source[:, 1].astype(np.float64)
    one, zero = np.ones_like(x), np.zeros_like(x)
    system = np.concatenate([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    wanted = np.concatenate([target[:, 0], target[:, 1]]).astype(np.float64)
    (a, b, tx, ty), *_ = np.linalg.lstsq(system, wanted, rcond=None)
    return np.array([[a, -b, tx], [b, a, ty]])
