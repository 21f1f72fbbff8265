"""The measures of the avatar's bench, on pictures whose answer is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.avatar.diffusion.canvas import HEAD_WINDOW, HEIGHT, WIDTH
from models.training.data import EYE, MOUTH, SKIN
from models.training.measures import (
    MouthGauge,
    cut,
    descriptor,
    face_box,
    lag,
    likeness,
    over_grey,
    pearson,
    still_flicker,
)
from tests import avatar_fixture

pytestmark = pytest.mark.unit

SKIN_TONE, LIPS, DARK, TEETH = (220, 180, 150), (190, 80, 90), (50, 15, 20), (240, 235, 230)


# --- the mouth ---


def mouth(opening: int, width: int, noise: int = 0) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    """A face with a mouth `opening` pixels high and `width` wide between 8 pixels of lips, and its guide."""
    random = np.random.default_rng(opening * 1000 + width)
    picture = np.full((HEIGHT, WIDTH, 3), SKIN_TONE, np.int16)
    guide = np.zeros((16, HEIGHT, WIDTH), np.int8)
    guide[SKIN] = 127
    top, left = 340 - opening // 2, 256 - width // 2
    lips = (slice(top - 8, top + opening + 8), slice(left, left + width))
    inside = (slice(top, top + opening), slice(left + 6, left + width - 6))
    picture[lips], picture[inside] = LIPS, DARK
    picture[top : top + opening // 3, inside[1]] = TEETH
    guide[MOUTH][lips], guide[MOUTH][inside] = 64, 127
    guide[EYE, 250:262, 200:230] = guide[EYE, 250:262, 282:312] = 127
    picture += random.integers(-noise, noise + 1, picture.shape, np.int16)
    return picture.clip(0, 255).astype(np.uint8), guide[:, ::2, ::2]


OPENINGS = (0, 4, 12, 24, 30, 18, 8, 2)
WIDTHS = (80, 84, 76, 60, 64, 72, 88, 80)


def test_the_gauge_measures_opening_and_width_in_pixels() -> None:
    pictures, guides = zip(*(mouth(o, w, noise=6) for o, w in zip(OPENINGS, WIDTHS, strict=True)), strict=True)
    gauge = MouthGauge(pictures, guides)
    found = gauge.measure(pictures, guides)
    np.testing.assert_allclose(found.opening, OPENINGS, atol=2.5)
    np.testing.assert_allclose(found.width, WIDTHS, atol=3)
    assert all(r is not None and r > 0.98 for r in gauge.check(found, guides))


def test_the_gauge_reads_the_picture_and_not_the_guide() -> None:
    pictures, guides = zip(*(mouth(o, w) for o, w in zip(OPENINGS, WIDTHS, strict=True)), strict=True)
    shut = [mouth(0, 70)[0]] * len(guides)
    found = MouthGauge(pictures, guides).measure(shut, guides)
    np.testing.assert_allclose(found.opening, 0, atol=1)
    np.testing.assert_allclose(found.width, 70, atol=2)


def test_no_mouth_is_not_a_shut_mouth() -> None:
    picture, guide = mouth(12, 80)
    hidden = guide.copy()
    hidden[MOUTH] = 0
    with pytest.raises(ValueError, match="no frame shows a mouth"):
        MouthGauge([picture], [hidden])
    assert np.isnan(MouthGauge([picture], [guide]).measure([picture], [hidden]).opening).all()


@pytest.mark.parametrize("late", [-3, 0, 2])
def test_lag_finds_by_how_many_frames_the_output_is_late(late: int) -> None:
    wave = np.sin(np.linspace(0, 9, 60)) + 0.3 * np.sin(np.linspace(0, 40, 60))
    assert lag(wave[5:-5], np.roll(wave, late)[5:-5]) == late


def test_what_does_not_vary_has_no_correlation() -> None:
    assert pearson(np.ones(5), np.arange(5.0)) is None
    assert lag(np.ones(20), np.ones(20)) is None
    assert lag(np.arange(4.0), np.arange(4.0)) is None
    assert pearson(np.array([1, 2, np.nan, 4]), np.array([2, 4, 9, 8])) == pytest.approx(1)


# --- likeness ---


def faces(person: int, count: int) -> list[npt.NDArray[np.uint8]]:
    random = np.random.default_rng(person)
    drawn = [avatar_fixture.draw(person, float(random.uniform(-30, 30)), float(random.uniform())) for _ in range(count)]
    return [cut(over_grey(picture), face_box(guide)) for picture, guide, _ in drawn]


def test_frames_of_a_person_are_nearer_than_those_of_two() -> None:
    seen = np.stack([descriptor(face) for person in (0, 1) for face in faces(person, 3)])
    people = np.repeat([0, 1], 3)
    alike = likeness(seen, seen, people)
    assert alike.ratio_truth is not None
    assert alike.ratio_truth < 0.6
    assert (alike.ratio_painted, alike.right) == (alike.ratio_truth, 1)


def test_swapped_faces_are_noticed_and_one_person_alone_says_nothing() -> None:
    seen = np.stack([descriptor(face) for person in (0, 1) for face in faces(person, 3)])
    people = np.repeat([0, 1], 3)
    assert likeness(seen, seen[::-1], people).right == 0
    one_face_for_all = likeness(seen, np.repeat(seen[:1], 6, axis=0) + np.eye(6, seen.shape[1]) * 1e-3, people)
    assert one_face_for_all.ratio_painted == pytest.approx(1)
    assert likeness(seen[:3], seen[:3], people[:3]) == likeness(seen[:1], seen[:1], people[:1])
    assert likeness(seen[:3], seen[:3], people[:3]).right is None


# --- flicker ---


def test_flicker_counts_where_the_truth_stands_still_and_a_host_is() -> None:
    truth = [np.full((8, 8, 3), 100, np.uint8) for _ in range(3)]
    truth[1][:, :4] = truth[2][:, :4] = 200  # moves once, then stands
    painted = [one.copy() for one in truth]
    painted[1][:, 4:] += 3
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:4] = 255
    found = still_flicker(truth, painted, [alpha] * 3)
    assert found is not None
    assert (found.truth, found.pixels) == (0, 16 + 32)
    assert found.painted == pytest.approx(3 * (16 + 16) / 48)
    assert still_flicker(truth[:1], painted[:1], [alpha]) is None


# --- the pictures ---


def test_premultiplied_pictures_are_laid_over_mid_grey() -> None:
    pixels = np.array([[0, 0, 0, 0], [200, 100, 50, 255], [100, 50, 25, 128]], np.uint8)
    np.testing.assert_allclose(over_grey(pixels), [[128] * 3, [200, 100, 50], [164, 114, 89]], atol=1)


def test_the_face_box_holds_eyes_and_mouth() -> None:
    _, guide = mouth(20, 80)
    top, left, height, width = face_box(guide)
    assert top < 250
    assert top + height > 358
    assert left < 200
    assert left + width > 312
    assert face_box(np.zeros_like(guide)) == HEAD_WINDOW
