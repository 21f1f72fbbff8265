"""Clothes cover what they should, open where they should, and take the persona's colours."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from models.avatar.attributes import Accessory, Earrings, Figure, Glasses, HostAttributes, OutfitStyle, Pattern
from models.avatar.diffusion.canvas import CAMERA
from models.avatar.diffusion.face_model import LAYERS, HeadPose, face_model
from models.avatar.diffusion.look import Look
from models.avatar.diffusion.raster import FAR, Buffers, draw_cutout, draw_triangles
from models.avatar.diffusion.wardrobe import Outfit, dress
from models.avatar.diffusion.wardrobe_body import DROP, HALF

pytestmark = pytest.mark.unit


def _look(**attributes: str | float) -> Look:
    return Look(HostAttributes.model_validate({key.replace("__", "."): value for key, value in attributes.items()}))


def _pixel(x: float, y: float, size: int) -> tuple[int, int]:
    return round(-y / DROP * size), round((x + HALF) / (2 * HALF) * size)


def _depths(look: Look, outfit: Outfit) -> tuple[np.ndarray, np.ndarray]:
    """Distance of skin and of cloth to the camera, per pixel of the guide; FAR where there is none."""
    camera, target = CAMERA.scaled(0.5), look.shape.eyes.mean(axis=0)
    model = face_model()
    quads = model.quads[model.layer == LAYERS.index("skin")]
    triangles = np.ascontiguousarray(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
    skin, cloth = (Buffers.empty(camera.height, camera.width) for _ in range(2))
    face = look.shape.pose({}, HeadPose()).vertices
    draw_triangles(camera.project(face, target), triangles, skin.depth, skin.index, skin.weights)
    for shell in outfit.shells:
        if shell.layer == "cloth" and shell.color is None:
            texture = np.zeros(len(shell.triangles), np.int32)
            points = camera.project(shell.vertices, target)
            draw_cutout(
                points, shell.uv, shell.triangles, texture, outfit.paint[None], cloth.depth, cloth.index, cloth.weights
            )
    return skin.depth, cloth.depth


@pytest.mark.parametrize("style", get_args(OutfitStyle))
def test_every_garment_is_sound_and_covers_the_body(style: OutfitStyle) -> None:
    look = _look(outfit__style=style)
    outfit = dress(look)
    main = outfit.shells[0]
    assert len(main.vertices) <= 2500
    for shell in outfit.shells:
        assert np.isfinite(shell.vertices).all()
        assert shell.vertices.shape[1:] == (3,)
        assert shell.skinning.shape == (len(shell.vertices), 5)
        np.testing.assert_allclose(shell.skinning.sum(axis=1), 1, atol=1e-4)
        assert shell.triangles.max() < len(shell.vertices)
        assert shell.uv.min() >= 0
        assert shell.uv.max() <= 1
    assert outfit.paint.shape == (512, 512, 4)
    assert outfit.paint.dtype == np.float32
    skin, cloth = _depths(look, outfit)
    row = round(CAMERA.eye_row / 2 + 0.24 * CAMERA.pixels_per_metre / 2)
    body = skin[row:] < FAR
    assert ((skin[row:] < cloth[row:]) & body).sum() / body.sum() < 0.002


@pytest.mark.parametrize("figure", get_args(Figure))
@pytest.mark.parametrize("build", ["slim", "regular", "broad"])
def test_no_skin_pokes_through_on_any_build(figure: Figure, build: str) -> None:
    for likeness in (3, 11):
        look = _look(outfit__style="tee", figure=figure, build=build, likeness=likeness)
        skin, cloth = _depths(look, dress(look))
        row = round(CAMERA.eye_row / 2 + 0.22 * CAMERA.pixels_per_metre / 2)
        body = skin[row:] < FAR
        assert ((skin[row:] < cloth[row:]) & body).sum() / body.sum() < 0.002


def test_the_neckline_is_open_and_the_chest_is_not() -> None:
    for style, deep in (("tee", 0.02), ("blouse", 0.06)):
        outfit = dress(_look(outfit__style=style))
        alpha = outfit.paint[..., 3]
        neck = -0.125
        assert alpha[_pixel(0.0, neck - deep, 512)] < 0.5
        assert alpha[_pixel(0.0, -0.30, 512)] > 0.5
        assert alpha[_pixel(0.13, -0.25, 512)] > 0.5
    assert dress(_look(outfit__style="turtleneck")).paint[_pixel(0.0, -0.165, 512)][3] > 0.5


def test_the_turtleneck_moves_with_the_neck_and_glasses_with_the_head() -> None:
    outfit = dress(_look(outfit__style="turtleneck", glasses="round"))
    collar = max((s for s in outfit.shells if s.layer == "cloth"), key=lambda s: float(s.vertices[:, 1].mean()))
    assert collar.skinning[:, 1:].sum(axis=1).mean() > 0.25
    (frame,) = (s for s in outfit.shells if s.layer == "metal")
    assert (frame.skinning[:, 4] == 1).all()


@pytest.mark.parametrize(
    ("key", "values"),
    [("glasses", get_args(Glasses)), ("earrings", get_args(Earrings)), ("accessory", get_args(Accessory))],
)
def test_every_extra_adds_its_own_shells(key: str, values: tuple[str, ...]) -> None:
    bare = len(dress(_look()).shells)
    for value in values:
        worn = dress(_look(**{key: value})).shells
        painted = value in ("none", "bindi")
        assert len(worn) == bare + (0 if painted else 1), value


def test_earrings_hang_beside_the_face_on_both_sides() -> None:
    look = _look(earrings="pearl")
    shell = next(s for s in dress(look).shells if s.layer == "pearl")
    relative = shell.vertices - look.shape.eyes.mean(axis=0)
    assert relative[:, 0].max() == pytest.approx(-relative[:, 0].min(), abs=1e-5)
    assert 0.05 < relative[:, 0].max() < 0.1
    assert -0.08 < relative[:, 1].mean() < -0.02


@pytest.mark.parametrize("kind", get_args(Pattern))
def test_patterns_use_the_accent(kind: Pattern) -> None:
    outfit = dress(_look(outfit__pattern=kind, outfit__color="#ff0000", outfit__accent="#0000ff"))
    chest = outfit.paint[round(0.25 / DROP * 512) : round(0.42 / DROP * 512), 150:360]
    blue = (chest[..., 2] > chest[..., 0]).mean()
    assert blue == 0 if kind == "plain" else blue > 0.03


def test_colours_change_only_what_they_name() -> None:
    red, green = (dress(_look(outfit__color=color)) for color in ("#c02020", "#20c020"))
    np.testing.assert_array_equal(red.paint[..., 3], green.paint[..., 3])
    assert np.abs(red.paint[..., :3] - green.paint[..., :3]).max() > 0.3
    for a, b in zip(red.shells, green.shells, strict=True):
        np.testing.assert_array_equal(a.vertices, b.vertices)
    again = dress(_look(outfit__color="#c02020"))
    np.testing.assert_array_equal(red.paint, again.paint)


def test_a_hijab_leaves_the_face_open_and_hides_hair_and_ears() -> None:
    look = _look(hair__style="hijab", earrings="hoop")
    outfit = dress(look)
    assert all(shell.layer == "cloth" for shell in outfit.shells)
    skin, cloth = _depths(look, outfit)
    scale, middle = CAMERA.pixels_per_metre / 2, (round(CAMERA.eye_row / 2), CAMERA.width // 4)

    def covered(x: float, y: float) -> bool:
        at = middle[0] - round(y * scale), middle[1] + round(x * scale)
        return bool(cloth[at] < skin[at])

    assert not any(covered(x, y) for x, y in ((0, -0.03), (0.03, 0.0), (-0.03, 0.0), (0, -0.07), (0.03, -0.04)))
    assert all(covered(x, y) for x, y in ((0, 0.09), (0.075, -0.01), (-0.075, -0.01), (0, -0.16)))
