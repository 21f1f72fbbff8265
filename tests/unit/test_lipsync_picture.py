from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.avatar.lipsync.cache import LatentCache, key_of
from models.avatar.lipsync.composite import paste, paste_torch, to_bytes
from models.avatar.lipsync.footage import find_picture, load_footage
from models.avatar.lipsync.geometry import Place, crop_box, face_box, jaw_mask
from models.avatar.lipsync.landmarks import fit_mean_face, mean_face, read_sidecar, sidecar_of, write_sidecar
from models.avatar.lipsync.preparation import crop_face, encode_crops, ping_pong
from models.errors import BadIdentity
from tests.unit.lipsync_tiny import SIZE, draw_face, face_points, save_persona

pytestmark = pytest.mark.unit


def big_points() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return face_points((720, 1280))


# --- boxes and masks ---


def test_the_face_box_follows_the_published_rule() -> None:
    points = np.full((68, 2), 100, np.float32)
    points[0], points[16], points[8], points[29] = (40.7, 100), (160.9, 100), (100, 180.6), (100, 120.2)
    # middle 120, chin 180, so 60 above the middle and 10 below the chin
    assert face_box(points, (400, 400)) == (40, 60, 160, 190)
    assert face_box(points, (400, 400), margin=0) == (40, 60, 160, 180)
    assert face_box(points, (150, 185)) == (40, 60, 150, 185)  # cut at the picture's edge
    points[29, 1] = 70
    assert face_box(points, (400, 400))[1] == 0


def test_landmarks_outside_the_picture_are_refused() -> None:
    with pytest.raises(BadIdentity, match="allowed: 16 pixels or more"):
        face_box(face_points() + 500, SIZE)


def test_the_square_is_one_and_a_half_faces_wide() -> None:
    assert crop_box((100, 50, 200, 170)) == (60, 20, 240, 200)  # half = int(120 // 2 * 1.5) = 90


def test_the_mask_covers_the_mouth_and_spares_eyes_nose_and_edges() -> None:
    points = big_points()
    box = face_box(points, (720, 1280))
    mask = jaw_mask(points, box)
    assert mask.shape == (box[3] - box[1], box[2] - box[0])
    assert mask.dtype == np.float32
    assert mask.min() >= 0 and mask.max() <= 1

    def at(index: int) -> float:
        x, y = np.round(points[index]).astype(int) - box[:2]
        return float(mask[min(y, mask.shape[0] - 1), min(x, mask.shape[1] - 1)])

    assert min(at(i) for i in (*range(50, 60), *range(60, 68))) > 0.85  # lips
    assert at(57) > 0.95
    assert max(at(i) for i in range(17, 28)) == 0  # brows and the bridge of the nose
    assert max(at(i) for i in range(36, 48)) == 0  # eyes
    assert at(30) < 0.5  # the tip of the nose
    assert mask[: int(mask.shape[0] * 0.35)].max() == 0
    assert np.abs(np.diff(mask, axis=0)).max() < 0.1  # soft: no step that one could see
    assert np.abs(mask - mask[:, ::-1]).mean() < 0.02  # the face is symmetric, so is the mask


def test_the_mask_reaches_below_the_chin_so_that_a_jaw_can_open() -> None:
    points = big_points()
    box = face_box(points, (720, 1280))
    mask = jaw_mask(points, box)
    x, y = np.round(points[8]).astype(int) - box[:2]
    assert mask[y, x] > 0.5
    assert mask.shape[0] > y + 8


# --- crops and latents ---


def test_the_lower_half_is_black_before_it_is_normalised() -> None:
    crop = np.full((256, 256, 3), 200, np.uint8)
    seen: list[torch.Tensor] = []

    def encoder(pictures: torch.Tensor) -> torch.Tensor:
        seen.append(pictures)
        return torch.nn.functional.avg_pool2d(pictures, 8)[:, [0, 1, 2, 0]]

    latents = encode_crops([crop] * 5, encoder)
    assert latents.shape == (5, 8, 32, 32)
    assert latents.dtype == torch.float16
    bright = 200 / 255 * 2 - 1
    assert torch.allclose(latents[:, :4, :16].float(), torch.tensor(bright), atol=1e-3)
    assert torch.equal(latents[:, :4, 16:].float(), torch.full((5, 4, 16, 32), -1.0))
    assert torch.allclose(latents[:, 4:].float(), torch.tensor(bright), atol=1e-3)
    assert [len(batch) for batch in seen] == [8, 2]


def test_crops_are_256_and_lanczos() -> None:
    picture = draw_face(face_points())
    box = face_box(face_points(), SIZE)
    crop = crop_face(picture, box)
    part = picture[box[1] : box[3], box[0] : box[2]]
    assert np.array_equal(crop, cv2.resize(part, (256, 256), interpolation=cv2.INTER_LANCZOS4))


def test_the_clip_runs_forth_and_back_for_ever() -> None:
    assert [ping_pong(i, 3) for i in range(8)] == [0, 1, 2, 2, 1, 0, 0, 1]
    assert [ping_pong(i, 1) for i in range(3)] == [0, 0, 0]


# --- pasting ---


@settings(max_examples=20, deadline=None)
@given(
    width=st.integers(20, 120), height=st.integers(20, 120), weight=st.floats(0, 1, width=32), seed=st.integers(0, 99)
)
def test_numpy_and_torch_paste_the_same(width: int, height: int, weight: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (160, 150, 4), np.uint8)
    face = rng.integers(0, 256, (256, 256, 3), np.uint8)
    mask = np.asarray(cv2.GaussianBlur(rng.random((height, width), np.float32), (9, 9), 0), np.float32)
    place = Place((11, 23, 11 + width, 23 + height), mask)
    pasted = paste(frame, face, place, weight)[23 : 23 + height, 11 : 11 + width, :3]
    region = torch.from_numpy(frame[23 : 23 + height, 11 : 11 + width, :3].copy())
    on_device = paste_torch(region, torch.from_numpy(face), torch.from_numpy(mask), weight).numpy()
    assert np.abs(pasted.astype(int) - on_device.astype(int)).max() <= 1
    assert (pasted != on_device).mean() < 0.01  # a half may be rounded the other way


def test_only_pixels_under_the_mask_change() -> None:
    points = face_points()
    box = face_box(points, SIZE)
    place = Place(box, jaw_mask(points, box))
    frame = np.dstack([draw_face(points), np.full(SIZE[::-1], 255, np.uint8)])
    before = frame.copy()
    out = paste(frame, np.zeros((256, 256, 3), np.uint8), place)
    assert np.array_equal(frame, before)  # the clip's frame is not written to
    covered = np.zeros(SIZE[::-1], bool)
    covered[box[1] : box[3], box[0] : box[2]] = place.mask > 0
    changed = (out != frame).any(axis=-1)
    assert not changed[~covered].any()
    assert changed[covered].mean() > 0.9
    assert (out[..., 3] == 255).all()
    assert np.array_equal(paste(frame, np.zeros((256, 256, 3), np.uint8), place, 0.0), frame)


def test_half_a_weight_is_half_the_change() -> None:
    frame = np.full((100, 100, 4), 100, np.uint8)
    place = Place((10, 10, 60, 60), np.ones((50, 50), np.float32))
    assert (paste(frame, np.full((256, 256, 3), 200, np.uint8), place, 0.5)[10:60, 10:60, :3] == 150).all()


def test_an_edge_of_the_crop_stays_where_it_was() -> None:
    """Cut, enlarged and pasted back, a picture is itself: nothing is shifted by half a pixel."""
    picture = np.asarray(cv2.GaussianBlur(draw_face(face_points((720, 1280)), (720, 1280)), (0, 0), 3), np.uint8)
    box = face_box(face_points((720, 1280)), (720, 1280))
    frame = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    whole = Place(box, np.ones((box[3] - box[1], box[2] - box[0]), np.float32))
    out = paste(frame, crop_face(picture, box), whole)
    assert np.abs(out.astype(int) - frame.astype(int)).mean() < 0.5


def test_pictures_become_bytes() -> None:
    pictures = torch.tensor([0.0, 0.5, 1.0]).reshape(1, 3, 1, 1).expand(2, 3, 4, 5)
    assert to_bytes(pictures).shape == (2, 4, 5, 3)
    assert to_bytes(pictures)[0, 0, 0].tolist() == [0, 128, 255]


# --- landmarks and footage ---


def test_a_sidecar_comes_back(tmp_path: Path) -> None:
    path = save_persona(tmp_path, "maya", frames=3)
    points = read_sidecar(sidecar_of(path), SIZE, 3)
    assert points.shape == (3, 68, 2)
    assert np.abs(points[1] - face_points(shift=2.0)).max() < 0.01


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version: got 2; allowed: 1"),
        ({"scheme": "wflw-98"}, "scheme: got 'wflw-98'; allowed: 'ibug-68'"),
        ({"size": [90, 160]}, r"size: got \[90, 160\]; allowed: \[180, 320\]"),
        ({"frames": []}, r"frames: got shape .*; allowed: \(1, 68, 2\)"),
        ({"frames": [[[1, 2]] * 67]}, r"frames: got shape \(1, 67, 2\)"),
        ({"frames": [[[1, "x"]] * 68]}, "frames: got shape"),
        ({"frames": [[[1, float("nan")]] * 68]}, "finite"),
    ],
)
def test_a_wrong_sidecar_names_the_field(tmp_path: Path, change: dict[str, object], message: str) -> None:
    beside = sidecar_of(save_persona(tmp_path, "maya"))
    beside.write_text(json.dumps({**json.loads(beside.read_text(encoding="utf-8")), **change}), encoding="utf-8")
    with pytest.raises(BadIdentity, match=message):
        load_footage(tmp_path / "maya.png", SIZE)


def test_without_landmarks_and_detector_it_says_what_is_needed(tmp_path: Path) -> None:
    path = save_persona(tmp_path, "maya")
    sidecar_of(path).unlink()
    with pytest.raises(BadIdentity, match=r"maya\.landmarks\.json beside it, or the option face_detector"):
        load_footage(path, SIZE)


def test_missing_footage_and_sly_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadIdentity, match=r"persona maya: no footage in .*allowed: maya with one of \.mp4"):
        find_picture(tmp_path, "maya")
    for name in ("../maya", "/etc/passwd", ".hidden", ""):
        with pytest.raises(BadIdentity):
            find_picture(tmp_path, name)


def test_a_picture_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "maya.png").write_bytes(b"not a picture")
    with pytest.raises(BadIdentity, match=r"maya\.png: cannot be read as an image"):
        load_footage(tmp_path / "maya.png", SIZE)


@pytest.mark.parametrize("size", [(180, 320), (360, 640), (320, 320), (90, 320)])
def test_footage_covers_the_picture_and_landmarks_move_with_it(tmp_path: Path, size: tuple[int, int]) -> None:
    footage = load_footage(save_persona(tmp_path, "maya"), size)
    assert footage.size == size
    # The lips are where the landmarks say: the drawn lips are the reddest thing of the face.
    lips = footage.points[0][48:60].mean(axis=0).round().astype(int)
    red = footage.frames[0][lips[1], lips[0]].astype(int)
    assert red[0] > 140 and red[0] - red[1] > 60
    assert abs(footage.points[0][:, 0].mean() - size[0] / 2) < 3


def test_a_clip_is_read_with_its_landmarks(tmp_path: Path) -> None:
    points = [face_points(shift=4.0 * i) for i in range(6)]
    writer = cv2.VideoWriter(str(tmp_path / "maya.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 50.0, SIZE)
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no mp4")
    for one in points:
        writer.write(draw_face(one)[..., ::-1])
    writer.release()
    write_sidecar(tmp_path / "maya.mp4", SIZE, points)
    footage = load_footage(find_picture(tmp_path, "maya"), SIZE)
    assert len(footage.frames) == 3  # 50 frames a second become 25
    assert np.abs(footage.points[1] - footage.points[0]).max() == pytest.approx(8.0, abs=0.1)


def test_frames_of_several_sizes_are_refused(tmp_path: Path) -> None:
    folder = save_persona(tmp_path, "maya", frames=2)
    Image.fromarray(np.zeros((50, 60, 3), np.uint8)).save(folder / "0002.png")
    with pytest.raises(BadIdentity, match="differ in size"):
        load_footage(folder, SIZE)


def test_five_points_place_a_mean_face() -> None:
    mean = mean_face()
    assert mean.shape == (68, 2)
    angle, scale, move = np.deg2rad(12), 80.0, np.array([300.0, 200.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    placed = mean @ turn.T * scale + move
    five = np.array([placed[36:42].mean(0), placed[42:48].mean(0), placed[30], placed[48], placed[54]], np.float32)
    assert np.abs(fit_mean_face(five) - placed).max() < 0.01


# --- the cache ---


def latents(frames: int = 2) -> torch.Tensor:
    return torch.randn(frames, 8, 32, 32, generator=torch.Generator().manual_seed(frames)).half()


def test_latents_come_back_from_the_cache(tmp_path: Path) -> None:
    cache = LatentCache(tmp_path / "new")
    assert cache.read("maya", "a" * 64, 2) is None
    cache.write("maya", "a" * 64, latents())
    again = LatentCache(tmp_path / "new").read("maya", "a" * 64, 2)
    assert again is not None
    assert torch.equal(again, latents())
    assert [path.suffix for path in (tmp_path / "new").iterdir()] == [".safetensors"]


def test_a_damaged_or_foreign_cache_is_refused(tmp_path: Path) -> None:
    cache = LatentCache(tmp_path)
    key, other = "a" * 64, "a" * 16 + "b" * 48
    cache.write("maya", key, latents())
    path = cache.path("maya", key)
    assert cache.read("maya", other, 2) is None  # the same file name, another key
    assert cache.read("maya", key, 3) is None
    path.write_bytes(path.read_bytes()[:-100])
    assert cache.read("maya", key, 2) is None
    path.write_bytes(b"rubbish")
    assert cache.read("maya", key, 2) is None
    cache.write("maya", key, torch.full((2, 8, 32, 32), torch.nan))
    assert cache.read("maya", key, 2) is None


def test_the_key_depends_on_every_pixel_and_on_the_autoencoder() -> None:
    crop = np.zeros((256, 256, 3), np.uint8)
    touched = crop.copy()
    touched[200, 100, 1] = 1
    keys = {key_of([crop], "a"), key_of([touched], "a"), key_of([crop], "b"), key_of([crop, crop], "a")}
    assert len(keys) == 4
    assert key_of([crop.copy()], "a") in keys
