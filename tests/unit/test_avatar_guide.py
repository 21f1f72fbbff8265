"""The guide: what the diffusion model is told about a frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from influencer.loading import load_persona
from models.avatar.attributes import HostAttributes, parse_attributes
from models.avatar.diffusion.canvas import HEAD_WINDOW, HEIGHT, WIDTH
from models.avatar.diffusion.controls import FaceFrame, face_frame
from models.avatar.diffusion.face_model import HeadPose
from models.avatar.diffusion.guide import (
    CLOTH,
    EYE,
    HAIR,
    MOUTH,
    SKIN,
    GuideRenderer,
    Window,
    moving_window,
    what_shows,
)
from models.avatar.diffusion.look import Look
from models.avatar.diffusion.scene import HostScene
from models.base import FrameControls

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def scene() -> HostScene:
    return HostScene(Look(HostAttributes()))


@pytest.fixture(scope="module")
def guides(scene: HostScene) -> GuideRenderer:
    return GuideRenderer(scene)


def test_every_plane_is_about_minus_one_to_one(guides: GuideRenderer) -> None:
    guide = guides.render(FaceFrame())
    assert guide.shape == (16, HEIGHT // 2, WIDTH // 2)
    assert np.isfinite(guide).all()
    assert np.abs(guide[:15]).max() <= 1.01


def test_each_pixel_is_one_thing(guides: GuideRenderer) -> None:
    guide = guides.render(FaceFrame())
    kinds = guide[[SKIN, HAIR, CLOTH, EYE]].sum(axis=0) + (guide[MOUTH] == 1) * (guide[SKIN] == 0) * (guide[EYE] == 0)
    assert kinds.max() <= 1.0 + 1e-5
    assert (guide[0:3].sum(axis=0) > 0)[kinds > 0].mean() > 0.99


def test_the_same_frame_is_the_same_guide(guides: GuideRenderer) -> None:
    frame = FaceFrame({"jawOpen": 0.3}, HeadPose(8, 2, 1), (4.0, 1.0))
    first = guides.render(frame)
    guides.render(FaceFrame({}, HeadPose(-20, 0, 0)))
    np.testing.assert_array_equal(guides.render(frame), first)


def test_a_window_is_that_part_of_the_whole(scene: HostScene, guides: GuideRenderer) -> None:
    top, left, height, width = (side // 2 for side in HEAD_WINDOW)
    frame = FaceFrame({"mouthSmileLeft": 0.6}, HeadPose(-9, 3, 2))
    whole = guides.render(frame)[:, top : top + height, left : left + width]
    window = GuideRenderer(scene, HEAD_WINDOW).render(frame)
    # Moved by whole pixels: only rounding on the very edge of a triangle may differ.
    assert (np.abs(window - whole).max(axis=0) > 1e-3).mean() < 0.002


def test_an_open_mouth_shows_its_inside(guides: GuideRenderer) -> None:
    shut, wide = (
        (guides.render(face_frame(FrameControls(jaw_open=jaw, visemes=(("aa", 1.0),))))[MOUTH] > 0.9).sum()
        for jaw in (0.0, 0.9)
    )
    assert wide > shut + 60


def test_lids_cover_the_eyes(guides: GuideRenderer) -> None:
    open_, shut = (
        (guides.render(face_frame(FrameControls(blink_left=b, blink_right=b)))[EYE] > 0).sum() for b in (0.0, 1.0)
    )
    assert shut < 0.45 * open_  # lashes stay


def test_the_iris_follows_the_gaze() -> None:
    guides = GuideRenderer(HostScene(Look(HostAttributes.model_validate({"eyes.color": "#00ff00"}))))

    def iris(x: float) -> float:
        guide = guides.render(face_frame(FrameControls(gaze_x=x)))
        green = (guide[EYE] > 0.5) & (guide[1] > guide[0] + 0.2)
        return float(np.nonzero(green)[1].mean())

    assert iris(-0.8) + 0.7 < iris(0.0) < iris(0.8) - 0.7


def test_a_colour_changes_only_what_wears_it(scene: HostScene) -> None:
    other = GuideRenderer(HostScene(Look(HostAttributes.model_validate({"outfit.color": "#d01020"}))))
    plain, dyed = GuideRenderer(scene).render(FaceFrame()), other.render(FaceFrame())
    changed = np.abs(plain[:3] - dyed[:3]).max(axis=0) > 0.02
    assert changed.any()
    assert (plain[CLOTH][changed] > 0).all()
    np.testing.assert_array_equal(plain[3:13], dyed[3:13])


def inside(window: Window) -> np.ndarray:
    """Which pixels of a whole guide lie in a window."""
    top, left, height, width = (side // 2 for side in window)
    mask = np.zeros((HEIGHT // 2, WIDTH // 2), bool)
    mask[top : top + height, left : left + width] = True
    return mask


@pytest.mark.parametrize("style", ["short", "curly", "long"])
def test_the_moving_window_holds_all_that_moves(style: str) -> None:
    dressed = HostScene(Look(HostAttributes.model_validate({"hair.style": style})))
    top, left, height, width = window = moving_window(dressed, 16)
    assert all(side % 16 == 0 for side in window)
    outer_top, outer_left, outer_height, outer_width = HEAD_WINDOW
    assert top >= outer_top and left >= outer_left
    assert top + height <= outer_top + outer_height and left + width <= outer_left + outer_width
    guides = GuideRenderer(dressed)
    rest = guides.render(FaceFrame()).copy()
    for pose in (HeadPose(22, 14, 12), HeadPose(-22, -14, -12), HeadPose(0, 14, -12), HeadPose(22, 0, 0)):
        moved = np.abs(guides.render(FaceFrame({}, pose)) - rest).max(axis=0) > 0.25
        inner = np.zeros_like(moved)
        inner[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2] = True
        within = np.zeros_like(moved)
        within[outer_top // 2 : (outer_top + outer_height) // 2, outer_left // 2 : (outer_left + outer_width) // 2] = (
            True
        )
        # What lies beyond the head's window, the ends of long hair, is still in either.
        assert (moved & within & ~inner).sum() <= 0.002 * moved.sum()


def test_what_is_left_out_of_a_shown_scene_is_never_missed(scene: HostScene) -> None:
    whole, sparse = GuideRenderer(scene, HEAD_WINDOW), GuideRenderer(scene, HEAD_WINDOW, what_shows(scene, HEAD_WINDOW))
    for frame in (FaceFrame(), FaceFrame({"jawOpen": 0.4}, HeadPose(9, -4, 3), (3.0, 1.0))):
        different = np.abs(whole.render(frame) - sparse.render(frame)).max(axis=0) > 0.1
        assert different.mean() < 0.002


def test_what_is_see_through_shows_what_lies_behind() -> None:
    """Lashes are strips with holes: only where a hole may be is the texture looked at, and it is looked at there."""
    bare = GuideRenderer(HostScene(Look(HostAttributes())))
    eyes = bare.render(FaceFrame())[EYE]
    assert 0.1 < (eyes > 0.9).sum() / (eyes > 0).sum() < 1.0
    assert 0 < (bare._cutout >= 0).sum() < 0.2 * len(bare._cutout)


@pytest.mark.parametrize("jaw", [0.0, 0.25, 0.7])
def test_teeth_never_show_through_a_small_chin(jaw: float) -> None:
    """June's chin is the smallest of the house: the corners of her teeth stood out of it."""
    june = load_persona("june")
    guides = GuideRenderer(HostScene(Look(parse_attributes("june", june.attributes_for("en-US")))))
    guide = guides.render(face_frame(FrameControls(jaw_open=jaw, smile=0.5, visemes=(("E", 1.0),))))
    lips = (guide[MOUTH] > 0.3) & (guide[MOUTH] < 0.7) & (guide[SKIN] > 0.5)
    islands, number = cv2.connectedComponents((guide[MOUTH] > 0.9).astype(np.uint8))
    for island in range(1, islands):
        around = cv2.dilate((number == island).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        assert (around & lips).any()  # what is inside of the mouth is seen between the lips and nowhere else
