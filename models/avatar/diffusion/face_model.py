"""The linear face-and-shoulders model: identity directions, 52 face units, skinned neck and head, in numpy.

Geometry: MakeHuman's hm08 (CC0), exported by `models.training.cg.export`. Axes: metres, x to the host's left (the
picture's right), y up, z to the camera. Face units carry ARKit's names, weights 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit
from safetensors import safe_open

from models.avatar.diffusion.layout import arrange
from models.errors import BadIdentity

Float = npt.NDArray[np.float32]

FACE_MODEL = Path(__file__).parent / "assets" / "face_model.safetensors"
LAYERS = ("skin", "upper_teeth", "lower_teeth", "tongue", "lashes")
MASKS = ("lips", "eyelids", "ears", "inside-mouth")
BONES = ("root", "neck01", "neck02", "neck03", "head")
NECK_SHARE = (0.18, 0.20, 0.22, 0.40)
"""How a turn of the head is shared by the four joints from the nape up."""


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Degrees. Yaw + turns to the host's left, pitch + looks up, roll + tilts to the host's left."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


class _Sparse:
    """Displacement fields packed as (vertices that move, int8 offsets, scale)."""

    def __init__(self, names: Sequence[str], arrays: Mapping[str, npt.NDArray[np.generic]], prefix: str) -> None:
        start = np.asarray(arrays[f"{prefix}.start"], np.int64)
        vertex = np.asarray(arrays[f"{prefix}.vertex"], np.int64)
        offset = np.asarray(arrays[f"{prefix}.offset"], np.float32)
        scale = np.asarray(arrays[f"{prefix}.scale"], np.float32)
        self.names = tuple(names)
        self._fields = {
            name: (vertex[a:b], offset[a:b] * s)
            for name, a, b, s in zip(names, start[:-1], start[1:], scale, strict=True)
        }

    def add(self, points: Float, weights: Mapping[str, float]) -> None:
        """points (V, 3) += sum of weight times field."""
        for name, weight in weights.items():
            if weight:
                vertex, offset = self._fields[name]
                points[vertex] += np.float32(weight) * offset


class FaceModel:
    """The shared part: topology, directions, skinning. One instance a process; see `face_model()`."""

    def __init__(self, path: Path = FACE_MODEL) -> None:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata()
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
        self.mean: Float = arrays["mean"]
        self.quads = arrays["quads"].astype(np.int32)
        """(Q, 4) vertices; a triangle repeats its last."""
        self.layer = arrays["layer"]
        """(Q,) index into LAYERS."""
        self.uv: Float = arrange(arrays["uv"].astype(np.float32) / 65535, self.layer, LAYERS)
        """(Q, 4, 2) texture coordinates, v upwards; see `layout`."""
        self.masks: Float = arrays["masks"].astype(np.float32) / 255
        """(V, 4) how much each vertex belongs to the regions of MASKS."""
        self.skinning: Float = arrays["skinning"].astype(np.float32) / 255
        self.skinning /= self.skinning.sum(axis=1, keepdims=True)
        self.eye_radius = float(about["eye_radius"])
        self._joints: Float = arrays["joints"]
        self._eyes: Float = arrays["eyes"]
        self._identity = _Sparse(about["identity"].split(), arrays, "identity")
        self._units = _Sparse(about["units"].split(), arrays, "units")

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of the identity directions."""
        return self._identity.names

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the face units, in order."""
        return self._units.names

    def shape(self, weights: Mapping[str, float]) -> FaceShape:
        """A person at rest.

        Raises:
            BadIdentity: a direction is unknown.
        """
        unknown = sorted(set(weights) - set(self.directions))
        if unknown:
            raise BadIdentity(f"{unknown[0]}: not a direction of the face; allowed: {', '.join(self.directions)}")
        rest = self.mean.copy()
        self._identity.add(rest, weights)
        row = np.array([1.0, *(weights.get(name, 0.0) for name in self.directions)], np.float32)
        joints = np.tensordot(row, self._joints, 1)
        eyes = np.tensordot(row, self._eyes, 1)
        return FaceShape(self, rest, joints.astype(np.float32), eyes.astype(np.float32))

    def add_units(self, points: Float, units: Mapping[str, float]) -> None:
        """points (V, 3) += the face units, in place."""
        self._units.add(points, units)


@dataclass(frozen=True, slots=True)
class FaceShape:
    """One person: rest vertices (V, 3), neck and head joints (4, 3), eye centres (left, right) (2, 3)."""

    model: FaceModel
    rest: Float
    joints: Float
    eyes: Float

    def pose(self, units: Mapping[str, float], head: HeadPose) -> PosedFace:
        """The face with its units applied and head turned."""
        moved = self.rest.copy()
        self.model.add_units(moved, units)
        chain = bone_chain(self.joints, head)
        return PosedFace(skinned(moved, self.model.skinning, chain), chain)


@dataclass(frozen=True, slots=True)
class PosedFace:
    """Vertices (V, 3) and the 3x4 transform of every bone (5, 3, 4), from rest to pose."""

    vertices: Float
    bones: Float

    def with_head(self, points: Float) -> Float:
        """Moves points (N, 3) that are fixed to the skull."""
        bone = self.bones[-1]
        return np.asarray(points @ bone[:, :3].T + bone[:, 3], np.float32)


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def skinned(points: Float, weights: Float, bones: Float) -> Float:
    """points (N, 3) moved by bones (5, 3, 4), blended by weights (N, 5): linear blend skinning."""
    out = np.empty(points.shape, np.float32)
    for v in range(points.shape[0]):
        for axis in range(3):
            total = 0.0
            for bone in range(bones.shape[0]):
                share = weights[v, bone]
                if share:
                    moved = bones[bone, axis, 3]
                    for other in range(3):
                        moved += bones[bone, axis, other] * points[v, other]
                    total += share * moved
            out[v, axis] = total
    return out


def bone_chain(joints: Float, head: HeadPose) -> Float:
    """Transforms (5, 3, 4) of root, neck01, neck02, neck03 and head for a pose, shared by NECK_SHARE."""
    yaw, pitch, roll = np.radians([head.yaw, head.pitch, head.roll])
    turn = _about((0, 1, 0), yaw) @ _about((1, 0, 0), -pitch) @ _about((0, 0, 1), -roll)
    axis_angle = _axis_angle(turn)
    transform = np.eye(3, 4)
    chain = [transform]
    for joint, share in zip(joints, NECK_SHARE, strict=True):
        local = _rotation(axis_angle * share)
        shift = joint - local @ joint
        transform = np.concatenate(
            [transform[:, :3] @ local, (transform[:, :3] @ shift + transform[:, 3])[:, None]], axis=1
        )
        chain.append(transform)
    return np.stack(chain).astype(np.float32)


def _about(axis: tuple[int, int, int], angle: float) -> npt.NDArray[np.float64]:
    return _rotation(np.array(axis, np.float64) * angle)


def _rotation(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rodrigues' formula."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-9:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _axis_angle(turn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    angle = float(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    length = float(np.linalg.norm(axis))
    return np.zeros(3) if length < 1e-9 else axis / length * angle


@cache
def face_model() -> FaceModel:
    """The shipped model, read once."""
    return FaceModel()
