"""Hair strands: every style on several heads, kept off skin and eyes, one silhouette at every density."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from models.avatar.attributes import HostAttributes
from models.avatar.diffusion.canvas import CAMERA
from models.avatar.diffusion.face_model import LAYERS, FaceShape, HeadPose
from models.avatar.diffusion.hair import Strands, grow, scalp, tangents
from models.avatar.diffusion.hair_styles import STYLES
from models.avatar.diffusion.look import Look
from models.avatar.diffusion.raster import Buffers, draw_strands, draw_triangles, interpolate
from models.errors import BadIdentity

pytestmark = pytest.mark.unit

Mask = npt.NDArray[np.bool_]
HEADS = (
    HostAttributes(figure="feminine", heritage="european"),
    HostAttributes(figure="masculine", heritage="african", likeness=5),
    HostAttributes(figure="feminine", heritage="asian", likeness=14),
)
GUIDE = CAMERA.scaled(0.5)


@cache
def shape(head: int) -> FaceShape:
    return Look(HEADS[head]).shape


@cache
def guide(head: int, style: str) -> Strands:
    return grow(shape(head), style, 600)


def drawn(head: int, hair: Strands, *, behind: bool = False, finer: int = 1) -> tuple[Mask, Mask, Mask]:
    """Where hair, bare scalp and any scalp is seen at `finer` times the guide's size."""
    camera = GUIDE.scaled(finer)
    person = shape(head)
    model = person.model
    turn = np.array([-1, 1, -1] if behind else [1, 1, 1], np.float32)
    target = person.eyes.mean(axis=0)
    quads = model.quads[model.layer == LAYERS.index("skin")]
    skin = np.ascontiguousarray(np.concatenate([quads[:, :3], quads[:, [0, 2, 3]]]), np.int32)
    buffers = Buffers.empty(camera.height, camera.width)
    draw_triangles(
        camera.project((person.rest - target) * turn, np.zeros(3, np.float32)),
        skin,
        buffers.depth,
        buffers.index,
        buffers.weights,
    )
    under = np.zeros((camera.height, camera.width, 1), np.float32)
    interpolate(buffers.index, buffers.weights, 0, skin, scalp(person)[:, None], under)
    under_hair = under[..., 0] > 0.9
    points = camera.project((hair.points - target) * turn, np.zeros(3, np.float32))
    width = (hair.width * camera.pixels_per_metre * camera.distance / points[..., 2]).astype(np.float32)
    draw_strands(points, np.maximum(width, 1), len(skin), buffers.depth, buffers.index, buffers.weights)
    strands = buffers.index >= len(skin)
    return strands, under_hair & ~strands, under_hair


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("head", range(len(HEADS)))
def test_hair_stays_off_the_skull_and_the_eyes(head: int, style: str) -> None:
    hair = guide(head, style)
    assert hair.points.shape[0] == 600 and hair.width.shape == hair.trunk.shape == hair.points.shape[:2]
    assert np.isfinite(hair.points).all() and (hair.width > 0).all()
    person = shape(head)
    cap = person.rest[person.rest[:, 1] > person.eyes[0, 1] + 0.045]
    low, high = cap.min(axis=0), cap.max(axis=0)
    centre = (low + high) / 2
    centre[1] = person.eyes[0, 1] + 0.045
    # A little less than the skull, which is no ellipsoid.
    half = np.array([(high - low)[0] / 2, high[1] - centre[1], (high - low)[2] / 2]) * 0.88
    free = hair.points[:, 2:]
    assert (np.sum(((free - centre) / half) ** 2, axis=-1) > 1).all()
    seen = drawn(head, hair)[0]
    for eye in GUIDE.project(person.eyes, person.eyes.mean(axis=0)):
        column, row = round(float(eye[0])), round(float(eye[1]))
        assert not seen[row - 7 : row + 8, column - 9 : column + 10].any()


@pytest.mark.parametrize("style", [style for style in STYLES if style != "fade"])
def test_hair_covers_the_scalp(style: str) -> None:
    for behind in (False, True):
        _, bare, under = drawn(0, guide(0, style), behind=behind)
        assert bare.sum() < 0.16 * under.sum()


@pytest.mark.parametrize(("style", "agree"), [("bob", 0.9), ("bun", 0.9), ("quiff", 0.83)])
def test_ribbons_and_dense_strands_have_one_silhouette(style: str, agree: float) -> None:
    def outline(hair: Strands) -> Mask:
        # The scalp under the hair is painted too, so it belongs to what is seen as hair.
        strands, _, under = drawn(0, hair, finer=2)
        return np.asarray((strands | under).reshape(GUIDE.height, 2, GUIDE.width, 2).mean(axis=(1, 3)) > 0.5)

    few, many = outline(guide(0, style)), outline(grow(shape(0), style, 12000))
    assert (few & many).sum() > agree * (few | many).sum()


def test_the_seed_decides() -> None:
    again, other = grow(shape(0), "waves", 600), grow(shape(0), "waves", 600, seed=1)
    assert np.array_equal(again.points, guide(0, "waves").points)
    assert not np.array_equal(again.points, other.points)


def test_long_hair_rests_on_the_shoulders_when_the_head_turns() -> None:
    hair = guide(0, "long")
    moved = np.linalg.norm(hair.posed(shape(0).pose({}, HeadPose(yaw=25)).bones) - hair.points, axis=-1)
    assert moved[:, 0].mean() > 0.02
    assert moved[:, -1].max() < 1e-5
    assert np.allclose(np.linalg.norm(tangents(hair.points), axis=-1), 1, atol=1e-4)


def test_hair_that_is_no_strands_is_refused() -> None:
    with pytest.raises(BadIdentity, match=r"hair\.style: got 'hijab'; made of strands: long"):
        grow(shape(0), "hijab", 600)
