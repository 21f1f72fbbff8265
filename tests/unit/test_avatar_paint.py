"""What is painted on the face lands where it belongs, for every allowed value."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from models.avatar.attributes import Beard, BrowShape, HostAttributes
from models.avatar.diffusion.eyes import IRIS_RADIUS, eye_mesh, eye_units, iris_texture, turn_eye
from models.avatar.diffusion.face_model import MASKS, face_model
from models.avatar.diffusion.look import Look, linear
from models.avatar.diffusion.paint import SkinTexture, paint_skin
from models.avatar.diffusion.paint_hair import BROW_SPAN, brow_picture
from models.avatar.diffusion.position_map import position_map, upper_lid_line

pytestmark = pytest.mark.unit

SIZE = 256


def _paint(**attributes: str | float) -> SkinTexture:
    return paint_skin(
        Look(HostAttributes.model_validate({key.replace("__", "."): v for key, v in attributes.items()})), SIZE
    )


def _changed(a: SkinTexture, b: SkinTexture) -> np.ndarray:
    return np.asarray(np.abs(a.albedo - b.albedo).max(axis=2) > 0.02)


def test_positions_belong_to_their_vertices() -> None:
    spots, model = position_map(SIZE), face_model()
    middle = model.shape({}).eyes.mean(axis=0)
    lips = model.masks[:, MASKS.index("lips")] > 0.9
    here = spots.position[spots.mask("lips") > 0.9]
    low, high = (model.mean[lips] - middle).min(axis=0), (model.mean[lips] - middle).max(axis=0)
    assert len(here) > 100
    assert (here > low - 0.003).all()
    assert (here < high + 0.003).all()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("brows__shape", get_args(BrowShape)),
        ("beard", get_args(Beard)),
        ("makeup", (0.0, 1.0)),
        ("freckles", (0.0, 1.0)),
        ("accessory", ("none", "bindi")),
        ("hair__style", ("long", "hijab")),
    ],
)
def test_every_value_paints_its_own_valid_texture(key: str, values: tuple[str | float, ...]) -> None:
    painted = [_paint(**{key: value}) for value in values]
    for texture in painted:
        assert texture.albedo.shape == (SIZE, SIZE, 3)
        assert texture.albedo.dtype == np.float32
        assert np.isfinite(texture.albedo).all()
        assert texture.albedo.min() >= 0
        assert texture.albedo.max() <= 1
        assert 0 <= texture.gloss.min() <= texture.gloss.max() <= 1
    for k, texture in enumerate(painted):
        assert all(_changed(texture, other).any() for other in painted[:k])


def test_painting_twice_gives_the_same() -> None:
    first, second = _paint(freckles=0.8, beard="full"), _paint(freckles=0.8, beard="full")
    np.testing.assert_array_equal(first.albedo, second.albedo)
    np.testing.assert_array_equal(first.gloss, second.gloss)


def test_lip_colour_lands_on_the_lips_only() -> None:
    spots = position_map(SIZE)
    changed = _changed(_paint(lips__color="#2040ff"), _paint(lips__color="#c8414f"))
    lips = spots.mask("lips")
    assert changed[(lips > 0.95) & spots.on("skin") & (spots.mask("inside-mouth") < 0.1)].mean() > 0.97
    assert not changed[lips < 0.05].any()
    blue = linear("#2040ff")
    inner = (lips > 0.98) & spots.on("skin") & (np.abs(spots.position[..., 0]) < 0.01)
    assert np.abs(np.median(_paint(lips__color="#2040ff").albedo[inner], axis=0) - blue).max() < 0.15


def test_outfit_colours_do_not_touch_the_skin() -> None:
    np.testing.assert_array_equal(_paint(outfit__color="#00ff00").albedo, _paint(outfit__color="#ff0000").albedo)


@pytest.mark.parametrize("shape", get_args(BrowShape))
def test_brows_sit_over_the_lids_and_match(shape: BrowShape) -> None:
    picture = brow_picture(shape)
    x0, x1, y0, y1 = BROW_SPAN
    rows, columns = np.nonzero(picture > 0.4)
    x = x0 + (columns + 0.5) / picture.shape[1] * (x1 - x0)
    y = y1 - (rows + 0.5) / picture.shape[0] * (y1 - y0)
    lid = upper_lid_line()
    over = y - np.interp(x, lid[:, 0], lid[:, 1])
    assert over.min() > 0.005
    assert over.mean() < 0.022
    assert x.min() < 0.018
    assert x.max() > 0.038
    spots = position_map(SIZE)
    brow = _changed(
        _paint(brows__shape=shape, hair__color="#000000"), _paint(brows__shape=shape, hair__color="#a06020")
    )
    brow &= spots.on("skin") & (spots.position[..., 1] < 0.04) & (spots.position[..., 2] > 0)
    left, right = (brow & (spots.position[..., 0] * side > 0) for side in (1, -1))
    assert left.sum() == pytest.approx(right.sum(), rel=0.12)
    assert np.abs(spots.position[left].mean(axis=0) * (-1, 1, 1) - spots.position[right].mean(axis=0)).max() < 0.001


def test_a_beard_stays_off_brows_and_lips_and_teeth_are_light() -> None:
    spots = position_map(SIZE)
    bearded, bare = _paint(beard="full", figure="masculine"), _paint(figure="masculine")
    changed = _changed(bearded, bare)
    assert changed.sum() > 500
    assert spots.position[changed][:, 1].max() < 0.01
    assert not changed[spots.mask("lips") > 0.9].any()
    teeth = bare.albedo[spots.on("upper_teeth")]
    assert teeth.max(axis=0).min() > 0.6
    assert bare.alpha[spots.on("skin")].min() == 1
    assert 0 < bare.alpha[spots.on("lashes")].mean() < 1


def test_gaze_turns_pupils_and_lids_follow() -> None:
    mesh = eye_mesh(12)
    assert mesh.uv.min() >= 0
    assert mesh.uv.max() <= 1
    centre = np.array([0.03, 0.7, 0.12], np.float32)
    pupil = turn_eye(mesh, centre, (14.0, 9.0))[0] - centre
    assert pupil[0] > 0.003
    assert pupil[1] > 0.002
    assert turn_eye(mesh, centre, (0.0, 0.0))[0, 2] - centre[2] == pytest.approx(np.linalg.norm(pupil), rel=1e-4)
    assert eye_units(14.0, 0.0) == {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0}
    assert eye_units(-7.0, -9.4) == {
        "eyeLookInLeft": 0.5,
        "eyeLookOutRight": 0.5,
        "eyeLookDownLeft": 1.0,
        "eyeLookDownRight": 1.0,
    }
    assert eye_units(0.0, 0.0) == {}
    assert set(eye_units(-7.0, -9.4)) <= set(face_model().units)


def test_the_iris_has_its_colour_a_dark_pupil_and_an_off_white() -> None:
    texture = iris_texture(linear("#2a7de0"), 128)
    assert texture.shape == (128, 128, 3)
    assert texture[62:66, 62:66].max() < 0.05
    ring = texture[64 + 26, 64]
    assert ring[2] > 1.5 * ring[0]
    assert 0.5 < texture[64, 2].min() < texture[64, 2].max() < 0.95
    assert pytest.approx(0.0066, abs=0.0005) == IRIS_RADIUS
