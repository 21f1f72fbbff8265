"""The CG generator: subdivision, light, and data that a seed makes again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.avatar.attributes import HostAttributes
from models.avatar.diffusion.controls import FaceFrame
from models.avatar.diffusion.face_model import face_model
from models.avatar.diffusion.guide import CLOTH, EYE, HAIR, MOUTH, SKIN
from models.training.cg.dataset import Task, fine_quads, make, personas, plan
from models.training.cg.population import random_frame, random_host, random_performance
from models.training.cg.subdivide import catmull_clark

pytestmark = pytest.mark.integration


def test_subdivision_of_a_cube_is_the_known_one() -> None:
    """Catmull and Clark: a cube's corner goes to 5/9 of its way, its face centres stay."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]], np.int32)
    fine = catmull_clark(quads, np.zeros((6, 4, 2), np.float32), 8)
    points = fine.apply(corners)
    assert fine.quads.shape == (24, 4)
    np.testing.assert_allclose(points[:8], corners * 5 / 9, atol=1e-6)
    np.testing.assert_allclose(np.abs(points[-6:]).sum(axis=1), 1.0, atol=1e-6)


def test_subdivision_keeps_a_constant() -> None:
    fine = fine_quads()
    np.testing.assert_allclose(fine.refine(np.ones((len(face_model().mean), 1), np.float32)), 1.0, atol=1e-5)
    assert len(fine.layer) == len(fine.quads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    task = Task(tmp_path_factory.mktemp("cg") / "somebody", HostAttributes(), seed=3, frames=2, sequence=False)
    make(task)
    return task.folder


def test_a_folder_holds_what_it_says(folder: Path) -> None:
    frames, guides = (np.load(folder / f"{name}.npy") for name in ("frames", "guides"))
    assert frames.shape == (2, 768, 512, 4)
    assert frames.dtype == np.uint8
    assert guides.shape == (2, 16, 384, 256)
    assert guides.dtype == np.int8
    assert np.load(folder / "vector.npy").shape == (64,)
    assert HostAttributes.model_validate(json.loads((folder / "identity.json").read_text())) == HostAttributes()
    assert len((folder / "controls.jsonl").read_text().splitlines()) == 2


def test_pictures_are_premultiplied_and_agree_with_their_guides(folder: Path) -> None:
    frames, guides = (np.load(folder / f"{name}.npy") for name in ("frames", "guides"))
    assert (frames[..., :3].max(axis=-1) <= frames[..., 3].astype(int) + 1).all()
    there = frames[:, ::2, ::2, 3] > 127
    guided = (guides[:, [SKIN, HAIR, CLOTH, EYE, MOUTH]] > 0).any(axis=1)
    both, either = (there & guided).sum(), (there | guided).sum()
    assert both / either > 0.96


def test_the_seed_makes_it_again(folder: Path, tmp_path: Path) -> None:
    task = Task(tmp_path / "again", HostAttributes(), seed=3, frames=1, sequence=False)
    make(task)
    np.testing.assert_array_equal(np.load(task.folder / "frames.npy")[0], np.load(folder / "frames.npy")[0])
    np.testing.assert_array_equal(np.load(task.folder / "guides.npy")[0], np.load(folder / "guides.npy")[0])


def test_held_out_people_are_not_trained_on(tmp_path: Path) -> None:
    tasks = plan(tmp_path, 60, 4, 1, Path("configs/personas"))
    split = {name: [t for t in tasks if t.folder.parent.name == name] for name in ("train", "held_identities")}
    trained = {t.attributes for t in split["train"]}
    assert split["held_identities"]
    assert not trained & {t.attributes for t in split["held_identities"]}
    assert {name for name, _ in personas(Path("configs/personas"))} <= {t.folder.name for t in split["train"]}
    assert len({t.seed for t in tasks}) == len(tasks)


def test_populations_are_drawn_from_their_seed() -> None:
    assert random_host(np.random.default_rng(5)) == random_host(np.random.default_rng(5))
    assert random_host(np.random.default_rng(5)) != random_host(np.random.default_rng(6))
    assert random_frame(np.random.default_rng(5)) == random_frame(np.random.default_rng(5))
    talk = random_performance(9, 50)
    assert len(talk) == 50
    assert all(isinstance(frame, FaceFrame) for frame in talk)
    assert max(frame.units.get("jawOpen", 0.0) for frame in talk) > 0.2
