from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from models.avatar.attributes import (
    Accessory,
    Backdrop,
    Beard,
    BrowShape,
    Build,
    Earrings,
    EyeShape,
    FaceShape,
    Glasses,
    HairStyle,
    LipShape,
    OutfitStyle,
    Pattern,
)
from models.avatar.puppet import PuppetBackend, allowed_values, attribute_keys
from models.avatar.puppet.mouth import SHAPES, blend
from models.base import AvatarIdentity, AvatarSession, FrameControls, Viseme
from models.errors import BadIdentity
from models.registry import AVATAR, create
from streaming.media import Rgba

pytestmark = pytest.mark.unit

SIZE = (180, 320)
REST = FrameControls(smile=0.0)
CHOICES = {
    "face.shape": FaceShape, "hair.style": HairStyle, "eyes.shape": EyeShape, "brows.shape": BrowShape,
    "lips.shape": LipShape, "beard": Beard, "glasses": Glasses, "earrings": Earrings, "outfit.style": OutfitStyle,
    "outfit.pattern": Pattern, "accessory": Accessory, "backdrop": Backdrop, "build": Build,
}  # fmt: skip


def opened(size: tuple[int, int] = SIZE, **attributes: str | float) -> AvatarSession:
    return PuppetBackend().open(AvatarIdentity("test", dict(attributes)), size)


@pytest.fixture(scope="module")
def host() -> AvatarSession:
    return opened()


def drawn(session: AvatarSession, controls: FrameControls = REST) -> Rgba:
    [picture] = session.render([controls])
    return picture


def changed(a: Rgba, b: Rgba) -> np.ndarray:
    """Which pixels differ visibly."""
    return np.abs(a.astype(int) - b.astype(int)).max(axis=2) > 24


def test_the_registry_opens_the_puppet() -> None:
    assert create(AVATAR, "puppet").name == "puppet"


@pytest.mark.parametrize("size", [(180, 320), (128, 128), (320, 180), (99, 177)])
def test_every_frame_has_the_size_asked_for_and_is_opaque(size: tuple[int, int]) -> None:
    session = opened(size)
    picture = drawn(session)
    assert session.size == size
    assert picture.shape == (size[1], size[0], 4)
    assert picture.dtype == np.uint8
    assert (picture[:, :, 3] == 255).all()


def test_the_same_controls_give_the_same_bytes_in_any_order_and_session(host: AvatarSession) -> None:
    smile, speak = FrameControls(smile=0.9, head_yaw=6), FrameControls(visemes=(("aa", 1.0),), jaw_open=0.7)
    first = host.render([smile, speak])
    again = host.render([speak, smile])
    other = opened().render([smile])
    assert np.array_equal(first[0], again[1])
    assert np.array_equal(first[1], again[0])
    assert np.array_equal(first[0], other[0])


def test_frames_are_not_written_to_after_they_were_handed_out(host: AvatarSession) -> None:
    kept = drawn(host)
    copy = kept.copy()
    host.render([FrameControls(head_yaw=12, smile=1.0)] * 3)
    assert np.array_equal(kept, copy)


@pytest.mark.parametrize(
    "controls",
    [replace(REST, blink_left=1.0), replace(REST, blink_right=1.0), replace(REST, gaze_x=-0.8),
     replace(REST, gaze_y=0.9),
     replace(REST, brow_raise=1.0), replace(REST, brow_frown=1.0), replace(REST, smile=1.0),
     replace(REST, head_yaw=10.0),
     replace(REST, head_pitch=8.0), replace(REST, head_roll=6.0), replace(REST, shoulder_sway=1.0),
     replace(REST, breath=1.0),
     replace(REST, hand_raise=1.0), replace(REST, jaw_open=1.0)],
)  # fmt: skip
def test_every_control_is_seen(host: AvatarSession, controls: FrameControls) -> None:
    assert changed(drawn(host), drawn(host, controls)).sum() > 8


def test_every_viseme_has_its_own_mouth(host: AvatarSession) -> None:
    visemes: tuple[Viseme, ...] = get_args(Viseme)
    pictures = [drawn(host, replace(REST, visemes=((viseme, 1.0),))) for viseme in visemes]
    assert len({picture.tobytes() for picture in pictures}) == len(visemes) == len(SHAPES)


def test_a_mouth_between_two_shapes_is_between_them() -> None:
    half = blend((("aa", 0.5), ("PP", 0.5)))
    assert SHAPES["PP"].gap < half.gap < SHAPES["aa"].gap


def test_blinking_closes_only_the_eye_that_blinks() -> None:
    session = opened((360, 640))
    moved = np.flatnonzero(changed(drawn(session), drawn(session, replace(REST, blink_left=1.0))).any(axis=0))
    assert moved.max() < 180  # the host's picture-left eye


def test_the_head_turns_to_the_picture_right_for_positive_yaw() -> None:
    session = opened((360, 640), **{"skin": "ebony", "eyes.color": "blue"})

    def white_of_the_eyes(controls: FrameControls) -> float:
        picture = drawn(session, controls)[180:290, 60:300, :3]
        return float(np.flatnonzero((picture.min(axis=2) > 225).any(axis=0)).mean())

    assert white_of_the_eyes(replace(REST, head_yaw=12.0)) > white_of_the_eyes(replace(REST, head_yaw=-12.0)) + 5


def test_extreme_controls_are_clamped_not_torn(host: AvatarSession) -> None:
    wild = FrameControls(
        visemes=(("aa", 40.0),), jaw_open=9, blink_left=-3, blink_right=7, gaze_x=5, smile=4, head_yaw=400,
        head_pitch=-400, head_roll=99, shoulder_sway=-9, breath=8, hand_raise=12,
    )  # fmt: skip
    assert (drawn(host, wild)[:, :, 3] == 255).all()


@pytest.mark.parametrize(("key", "kind"), CHOICES.items())
def test_every_allowed_value_can_be_drawn(key: str, kind: object) -> None:
    for value in get_args(kind):
        assert value in allowed_values(key)
        assert drawn(opened((90, 160), **{key: value})).any()


@pytest.mark.parametrize("key", ["hair.style", "outfit.style", "backdrop", "glasses", "face.shape"])
def test_different_values_look_different(key: str) -> None:
    pictures = {drawn(opened((90, 160), **{key: value})).tobytes() for value in get_args(CHOICES[key])}
    assert len(pictures) == len(get_args(CHOICES[key]))


def test_there_is_enough_to_choose_from() -> None:
    assert len(get_args(HairStyle)) >= 8
    assert len(get_args(OutfitStyle)) >= 6
    assert len(get_args(Backdrop)) >= 6


@pytest.mark.parametrize(
    ("attributes", "named"),
    [({"hair.style": "mohawk"}, ["hair.style", "mohawk", "bob", "hijab"]),
     ({"hair.colour": "black"}, ["hair.colour", "hair.color"]),
     ({"skin": "greenish"}, ["skin", "greenish", "porcelain", "#rrggbb"]),
     ({"outfit.color": "#12345"}, ["outfit.color", "#12345", "#rrggbb"]),
     ({"blush": 1.5}, ["blush", "1.5", "0 to 1"]), ({"makeup": "lots"}, ["makeup", "lots"])],
)  # fmt: skip
def test_a_wrong_attribute_is_named_with_what_is_allowed(attributes: dict[str, str | float], named: list[str]) -> None:
    with pytest.raises(BadIdentity) as caught:
        opened(**attributes)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in [*named, "allowed"])


def test_an_impossible_size_is_refused() -> None:
    with pytest.raises(BadIdentity, match="size 8x9"):
        opened((8, 9))


def test_every_key_says_what_it_allows() -> None:
    assert all(allowed_values(key) for key in attribute_keys())
    assert allowed_values("nose.length") == ""


def test_closing_twice_is_allowed() -> None:
    session = opened((90, 160))
    session.close()
    session.close()
