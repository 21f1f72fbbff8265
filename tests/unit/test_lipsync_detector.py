"""YuNet's contract, with a network that always sees one face: names, shapes and decoding are OpenCV's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.avatar.lipsync.footage import load_footage
from models.avatar.lipsync.landmarks import FaceDetector, mean_face, sidecar_of
from models.errors import BackendUnavailable, BadIdentity, WeightsCorrupt
from tests.unit.lipsync_tiny import SIZE, face_points, save_persona

pytestmark = pytest.mark.unit

SIDE, STRIDE = 320, 32
ROW, COLUMN = 3, 2
"""The cell of the coarsest grid that claims the face."""


def save_net(path: Path, five: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> Path:
    """A YuNet-shaped ONNX whose answer is constant: the face with these five points (in 320 x 320), or none."""
    nodes, outputs = [helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0)], []
    nodes.append(helper.make_node("Mul", ["mean", "zero"], ["nothing"]))
    constants = [helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])]
    for head, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            side = SIDE // stride
            values = np.zeros((1, side * side, width), np.float32)
            if stride == STRIDE and five is not None:
                cell = ROW * side + COLUMN
                if head == "kps":
                    values[0, cell] = (five / STRIDE - [COLUMN, ROW]).ravel()
                else:
                    values[0, cell] = [0.0, 0.0, 1.0, 1.0] if head == "bbox" else 1.0
            name = f"{head}_{stride}"
            constants.append(helper.make_tensor(f"c_{name}", TensorProto.FLOAT, values.shape, values.ravel().tolist()))
            nodes.append(helper.make_node("Add", [f"c_{name}", "nothing"], [name]))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape))
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    graph = helper.make_graph(nodes, "yunet", [picture], outputs, constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def five_of(
    points: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    scale = SIDE / max(SIZE)
    rows = [points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]]
    return np.array(rows, np.float64) * scale


def test_a_detected_face_becomes_68_landmarks_in_the_pictures_pixels(tmp_path: Path) -> None:
    path = save_persona(tmp_path, "maya")
    sidecar_of(path).unlink()
    detector = FaceDetector(str(save_net(tmp_path / "yunet.onnx", five_of(face_points()))))
    footage = load_footage(path, SIZE, detector)
    # The drawn face is the mean face, so all 68 are known.
    moved = footage.points[0] - footage.points[0].mean(0)
    assert np.abs(moved - (face_points() - face_points().mean(0))).max() < 1.0
    assert mean_face()[8, 1] > mean_face()[57, 1]  # the chin is below the lips


def test_a_picture_without_a_face_is_refused(tmp_path: Path) -> None:
    path = save_persona(tmp_path, "maya")
    sidecar_of(path).unlink()
    with pytest.raises(BadIdentity, match=r"no face found in frame 0; allowed: a face in every frame"):
        load_footage(path, SIZE, FaceDetector(str(save_net(tmp_path / "yunet.onnx", None))))


def test_a_detector_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "yunet.onnx").write_bytes(b"not onnx")
    with pytest.raises(WeightsCorrupt, match=r"face_detector: OpenCV cannot read yunet\.onnx"):
        FaceDetector(str(tmp_path))
    with pytest.raises(BackendUnavailable, match="no such file or folder"):
        FaceDetector(str(tmp_path / "nothing.onnx"))
