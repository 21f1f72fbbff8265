"""The linear face model: what its units and poses do to the geometry, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from models.avatar.attributes import HostAttributes
from models.avatar.diffusion.controls import LIPS, MAX_YAW, face_frame
from models.avatar.diffusion.face_model import FACE_MODEL, LAYERS, MASKS, FaceShape, HeadPose, face_model
from models.avatar.diffusion.look import LIKENESS, Look, face_weights, identity_vector
from models.base import FrameControls
from models.errors import BadIdentity

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def shape() -> FaceShape:
    return Look(HostAttributes()).shape


def _lips(shape: FaceShape) -> np.ndarray:
    model = shape.model
    skin = np.unique(model.quads[model.layer == LAYERS.index("skin")])
    return skin[model.masks[skin, MASKS.index("lips")] > 0.6]


def test_the_shipped_file_is_small_and_has_arkits_units() -> None:
    assert FACE_MODEL.stat().st_size < 1.5e6
    assert len(face_model().units) == 52
    assert {"jawOpen", "eyeBlinkLeft", "mouthSmileRight", "tongueOut"} <= set(face_model().units)


def test_at_rest_nothing_moves(shape: FaceShape) -> None:
    np.testing.assert_allclose(shape.pose({}, HeadPose()).vertices, shape.rest, atol=1e-6)


def test_the_jaw_opens_the_lips(shape: FaceShape) -> None:
    lips = _lips(shape)
    shut, wide = (shape.pose({"jawOpen": weight}, HeadPose()).vertices[lips, 1] for weight in (0.0, 0.8))
    assert np.ptp(wide) > np.ptp(shut) + 0.012  # metres


def test_one_eye_blinks_alone(shape: FaceShape) -> None:
    moved = shape.pose({"eyeBlinkLeft": 1.0}, HeadPose()).vertices - shape.rest
    reach = np.linalg.norm(moved, axis=1)
    left = shape.rest[:, 0] > 0.01  # +x is the host's left
    assert reach[left].max() > 0.008
    assert reach[shape.rest[:, 0] < -0.01].max() < 0.35 * reach[left].max()


@pytest.mark.parametrize(
    ("pose", "axis", "sign"),
    [(HeadPose(yaw=15), 0, 1), (HeadPose(pitch=10), 1, 1), (HeadPose(roll=10), 0, 1)],
)
def test_the_head_turns_the_way_it_says(shape: FaceShape, pose: HeadPose, axis: int, sign: int) -> None:
    """Yaw and pitch move the nose, roll the crown."""
    at = np.argmax(shape.rest[:, 1] if pose.roll else shape.rest[:, 2] * (shape.rest[:, 1] > shape.joints[3, 1]))
    moved = shape.pose({}, pose).vertices[at] - shape.rest[at]
    assert moved[axis] * sign > 0.01


def test_shoulders_stay_when_the_head_turns(shape: FaceShape) -> None:
    low = shape.rest[:, 1] < shape.joints[0, 1] - 0.12
    moved = shape.pose({}, HeadPose(20, 10, 10)).vertices - shape.rest
    assert np.abs(moved[low]).max() < 0.006


def test_an_unknown_direction_is_named() -> None:
    with pytest.raises(BadIdentity, match=r"nose\.green: not a direction"):
        face_model().shape({"nose.green": 1.0})


def test_every_viseme_uses_units_that_exist() -> None:
    assert {unit for lips in LIPS.values() for unit in lips} <= set(face_model().units)


def test_controls_stay_inside_what_was_trained() -> None:
    frame = face_frame(FrameControls(head_yaw=90.0, jaw_open=1.0, visemes=(("aa", 1.0),), smile=1.0))
    assert frame.head.yaw == MAX_YAW
    assert all(0 <= weight <= 1.1 for weight in frame.units.values())


def test_likeness_is_another_face_of_the_same_description() -> None:
    first, again, other = (face_weights(HostAttributes(likeness=n)) for n in (4, 4, 5))
    assert first == again
    assert {name for name in first if first[name] != other[name]} <= set(LIKENESS)


def test_the_identity_vector_tells_hosts_apart() -> None:
    plain = identity_vector(Look(HostAttributes()))
    assert plain.shape == (64,)
    assert plain.dtype == np.float32
    for change in ({"hair.style": "bun"}, {"skin": "ebony"}, {"outfit.color": "#00ff00"}, {"makeup": 1.0}):
        changed = identity_vector(Look(HostAttributes.model_validate(change)))
        assert not np.array_equal(plain, changed), change
