from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from models.avatar.footage_hash import footage_sha256
from models.avatar.lipsync.backend import LipsyncBackend
from models.avatar.lipsync.geometry import face_box, jaw_mask
from models.avatar.lipsync.landmarks import sidecar_of
from models.base import AudioDrivenSession, AvatarIdentity, FrameControls
from models.errors import BackendUnavailable, BadIdentity, FootageRefused, ModelError, UnknownBackend, WeightsCorrupt
from models.registry import AVATAR, create
from streaming.media import SAMPLES_PER_FRAME
from tests.unit.lipsync_tiny import (
    SIZE,
    Vouched,
    draw_face,
    face_points,
    one_thread,
    save_checkpoints,
    save_persona,
    vouched,
    vowels,
)

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


MAYA = AvatarIdentity("maya", {"hair": "bob"})
FACE = FrameControls()


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("lipsync")
    save_persona(folder / "personas", "maya")
    save_persona(folder / "personas", "sora", frames=4)
    return save_checkpoints(folder)


@pytest.fixture(scope="module")
def backend(options: dict[str, Any]) -> Iterator[LipsyncBackend]:
    made = create(AVATAR, "lipsync", **options)
    assert type(made) is LipsyncBackend
    made.close()
    made = Vouched(**options)
    yield made
    made.close()


def covered() -> npt.NDArray[np.bool_]:
    """The pixels that may change on the still."""
    points = face_points()
    box = face_box(points, SIZE)
    where = np.zeros(SIZE[::-1], bool)
    where[box[1] : box[3], box[0] : box[2]] = jaw_mask(points, box) > 0
    return where


def original(shift: float = 0.0) -> npt.NDArray[np.uint8]:
    return np.dstack([draw_face(face_points(shift=shift)), np.full(SIZE[::-1], 255, np.uint8)])


def test_the_mouth_follows_the_sound_and_the_rest_stays_the_original(backend: LipsyncBackend) -> None:
    session = backend.open(MAYA, SIZE)
    assert isinstance(session, AudioDrivenSession)
    assert session.size == SIZE
    low, high = vowels(0.8, 110.0, seed=1), vowels(0.8, 260.0, seed=2)
    frames = range(4, 10)
    spoken = session.render_speech([FACE] * 6, low, frames)
    other = session.render_speech([FACE] * 6, high, frames)
    again = session.render_speech([FACE] * 6, low, frames)
    mouth = covered()
    for frame in (*spoken, *other):
        assert frame.shape == (SIZE[1], SIZE[0], 4)
        assert frame.dtype == np.uint8
        assert np.array_equal(frame[~mouth], original()[~mouth])
        assert (frame[mouth] != original()[mouth]).any(axis=-1).mean() > 0.5
    assert any((a != b).any() for a, b in zip(spoken, other, strict=True))  # another sound, another mouth
    assert any((a != spoken[0]).any() for a in spoken[1:])  # and it moves
    assert all(np.array_equal(a, b) for a, b in zip(spoken, again, strict=True))  # the same sound, the same mouth
    session.close()


def test_without_speech_and_in_silence_the_clip_is_shown_as_it_is(backend: LipsyncBackend) -> None:
    session = backend.open(MAYA, SIZE)
    assert np.array_equal(session.render([FACE])[0], original())
    silence = np.zeros(10 * SAMPLES_PER_FRAME, np.int16)
    calls = count_draws(backend)
    assert all(np.array_equal(f, original()) for f in session.render_speech([FACE] * 10, silence, range(10)))
    pause = np.concatenate([vowels(0.4), silence, silence])
    frames = session.render_speech([FACE] * 30, pause, range(30))
    assert not np.array_equal(frames[5], original())
    assert all(np.array_equal(frame, original()) for frame in frames[16:])  # the mouth has closed
    assert calls() <= 16  # and silent frames cost nothing
    session.render([FACE])[0][:] = 0
    assert np.array_equal(session.render([FACE])[0], original())  # frames are the caller's own


def count_draws(backend: LipsyncBackend) -> Any:
    drawn: list[int] = []
    handle = backend.model.register_forward_hook(lambda _module, inputs, _out: drawn.append(len(inputs[0])))

    def total() -> int:
        handle.remove()
        return sum(drawn)

    return total


def test_batches_do_not_change_the_picture(backend: LipsyncBackend) -> None:
    """In one call, in calls of two, or with every second frame left out under load: a frame is the same frame."""
    pcm = vowels(0.6)
    whole = backend.open(MAYA, SIZE).render_speech([FACE] * 12, pcm, range(12))
    session = backend.open(MAYA, SIZE)
    parts = [f for at in range(0, 12, 2) for f in session.render_speech([FACE] * 2, pcm, range(at, at + 2))]
    halved = backend.open(MAYA, SIZE).render_speech([FACE] * 6, pcm, range(0, 12, 2))
    for one, other in (*zip(whole, parts, strict=True), *zip(whole[::2], halved, strict=True)):
        assert np.abs(one.astype(int) - other.astype(int)).max() <= 1


def test_the_clip_runs_on_through_speech_and_pauses(backend: LipsyncBackend) -> None:
    session = backend.open(AvatarIdentity("sora"), SIZE)
    pcm = vowels(0.8)
    shown = [*session.render([FACE] * 2), *session.render_speech([FACE] * 2, pcm, range(2))]
    shown += session.render_speech([FACE] * 2, pcm, range(3, 7, 2))  # under load frames are left out
    shown += session.render([FACE])
    away = ~np.logical_or.reduce([np.roll(covered(), 2 * i, axis=1) for i in range(4)])
    steps = [[np.array_equal(frame[away], original(2.0 * i)[away]) for i in range(4)].index(True) for frame in shown]
    # Forth 0 1 2 3, and of the way back 3 2 1 0 only every second.
    assert steps == [0, 1, 2, 3, 2, 0, 0]


def test_a_swapped_persona_is_encoded_once_and_comes_from_the_cache_after_a_restart(
    options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    options = {**options, "cache": options["cache"] + "-restart"}
    first = Vouched(**options)
    session = first.open(MAYA, SIZE)
    assert "encoding 1 frames of persona maya" in caplog.text
    caplog.clear()
    other = first.open(MAYA, SIZE)
    Vouched(**options).open(MAYA, SIZE)
    assert "encoding" not in caplog.text
    assert other.latents([]).shape == (0, 8, 32, 32)
    pcm = vowels(0.4)
    pictures = session.render_speech([FACE] * 3, pcm, range(3, 6))
    [file] = Path(options["cache"]).iterdir()
    file.write_bytes(b"rubbish")
    rebuilt = Vouched(**options).open(MAYA, SIZE)
    assert "damaged" in caplog.text and "encoding 1 frames" in caplog.text
    for one, same in zip(pictures, rebuilt.render_speech([FACE] * 3, pcm, range(3, 6)), strict=True):
        assert np.array_equal(one, same)


def test_taesd_draws_from_the_same_latents(options: dict[str, Any], backend: LipsyncBackend) -> None:
    backend.open(MAYA, SIZE)
    # With the latents cached the larger autoencoder is not needed at all.
    small = Vouched(**{**options, "decoder": "taesd"})
    pcm = vowels(0.4)
    picture = small.open(MAYA, SIZE).render_speech([FACE], pcm, [4])[0]
    assert np.array_equal(picture[~covered()], original()[~covered()])
    assert not np.array_equal(picture, backend.open(MAYA, SIZE).render_speech([FACE], pcm, [4])[0])
    assert not any("AutoencoderKL" in type(module).__name__ for module in small.model.modules())


def test_shows_share_one_call_of_each_network(backend: LipsyncBackend) -> None:
    """What an engine does: plan each show, run once, let each finish. The pictures are those of each alone."""
    sounds = [vowels(0.5, 120.0), vowels(0.5, 230.0, seed=4)]
    identities = [MAYA, AvatarIdentity("sora")]
    alone = [
        backend.open(who, SIZE).render_speech([FACE] * 3, pcm, range(3, 6))
        for who, pcm in zip(identities, sounds, strict=True)
    ]
    sessions = [backend.open(who, SIZE) for who in identities]
    shots = [session.plan(pcm, range(3, 6)) for session, pcm in zip(sessions, sounds, strict=True)]
    latents = torch.cat([session.latents(part) for session, part in zip(sessions, shots, strict=True)])
    windows = torch.stack([shot.window for part in shots for shot in part if shot.window is not None])
    assert latents.shape == (6, 8, 32, 32) and windows.shape == (6, 50, 384)
    faces = backend.draw(latents, windows)
    for at, (session, part, expected) in enumerate(zip(sessions, shots, alone, strict=True)):
        for one, other in zip(session.finish(part, faces[3 * at : 3 * at + 3]), expected, strict=True):
            assert np.abs(one.astype(int) - other.astype(int)).max() <= 1
    heard = backend.hear_all(sounds)
    assert torch.allclose(heard[1], backend.hear(sounds[1]), atol=1e-4)


def test_shows_in_threads_of_their_own_do_not_disturb_each_other(backend: LipsyncBackend) -> None:
    pcm = {name: vowels(0.5, pitch) for name, pitch in (("maya", 130.0), ("sora", 210.0))}
    results: dict[str, list[Any]] = {}

    def show(name: str) -> None:
        session = backend.open(AvatarIdentity(name), SIZE)
        results[name] = [
            f for at in range(0, 12, 3) for f in session.render_speech([FACE] * 3, pcm[name], range(at, at + 3))
        ]

    threads = [threading.Thread(target=show, args=(name,)) for name in pcm]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, frames in results.items():
        alone = backend.open(AvatarIdentity(name), SIZE).render_speech([FACE] * 12, pcm[name], range(12))
        assert all(np.abs(a.astype(int) - b.astype(int)).max() <= 1 for a, b in zip(frames, alone, strict=True))


def test_another_look_of_a_persona_is_other_footage(backend: LipsyncBackend) -> None:
    as_sora = backend.open(AvatarIdentity("maya", {"picture": "sora"}), SIZE).render([FACE] * 2)
    assert np.array_equal(as_sora[1], original(2.0))
    with pytest.raises(BadIdentity, match="persona maya-jp: no footage"):
        backend.open(AvatarIdentity("maya", {"picture": "maya-jp"}), SIZE)


def test_what_cannot_work_is_told_in_one_sentence(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="decoder: got 'vqgan'; allowed: sd-vae, taesd"):
        Vouched(decoder="vqgan")
    with pytest.raises(ModelError, match="dtype: got 'int8'; allowed: float32"):
        Vouched(dtype="int8")
    with pytest.raises(ModelError, match="device, gate or policy"):
        Vouched(device="abacus")
    with pytest.raises(ModelError, match="batch: got 0; allowed: 1 to 64"):
        Vouched(batch=0)
    with pytest.raises(ModelError, match="closes"):
        Vouched(gate={"closes": 0.0})
    with pytest.raises(BackendUnavailable, match="no such file or folder"):
        Vouched(**{**options, "checkpoint": str(tmp_path / "none")}).open(MAYA, SIZE)
    with pytest.raises(WeightsCorrupt, match=r"unet\.pth is damaged"):
        (tmp_path / "musetalk.json").write_text("{}", encoding="utf-8")
        (tmp_path / "unet.pth").write_bytes(b"")
        Vouched(**{**options, "checkpoint": str(tmp_path)}).open(MAYA, SIZE)
    with pytest.raises(BadIdentity, match="size 8x8; allowed"):
        Vouched(**options).open(MAYA, (8, 8))
    with pytest.raises(BackendUnavailable, match="not loaded"):
        _ = Vouched(**options).model


def test_landmarks_that_miss_the_face_are_refused(options: dict[str, Any], tmp_path: Path) -> None:
    path = save_persona(tmp_path, "maya")
    beside = sidecar_of(path)
    beside.write_text(beside.read_text(encoding="utf-8").replace('"version": 1', '"version": 7'), encoding="utf-8")
    with pytest.raises(BadIdentity, match="version: got 7; allowed: 1"):
        Vouched(**{**options, "personas": str(tmp_path)}).open(MAYA, SIZE)


def test_a_closed_session_says_so(backend: LipsyncBackend) -> None:
    session = backend.open(MAYA, SIZE)
    session.close()
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.render([FACE])
    with pytest.raises(ValueError, match="frames: got 1 for 2 controls"):
        backend.open(MAYA, SIZE).render_speech([FACE] * 2, vowels(0.2), [0])


def test_footage_that_nobody_has_vouched_for_is_refused_and_not_drawn_by_the_fallback(options: dict[str, Any]) -> None:
    folder = Path(options["personas"])
    vouched_for = vouched(folder)
    for backend in (LipsyncBackend(**options), create(AVATAR, "lipsync", fallback="puppet", **options)):
        with pytest.raises(FootageRefused, match=r"maya: footage maya\.png \([0-9a-f]{12}…\) is not in the ledger"):
            backend.open(MAYA, SIZE)
        with pytest.raises(FootageRefused, match="footage sora"):
            backend.open(AvatarIdentity("sora", footage=vouched_for - {footage_sha256(folder / "sora")}), SIZE)
        backend.open(replace(MAYA, footage=vouched_for), SIZE).close()
    other = folder / "sora" / "0000.png"
    other.write_bytes(other.read_bytes() + b"\0")  # one frame of the folder is another
    with pytest.raises(FootageRefused, match="footage sora"):
        LipsyncBackend(**options).open(AvatarIdentity("sora", footage=vouched_for), SIZE)


def test_a_host_without_footage_falls_back_to_the_puppet(
    options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    backend = create(AVATAR, "lipsync", fallback="puppet", **options)
    ours = replace(MAYA, footage=vouched(Path(options["personas"])))
    assert isinstance(backend.open(ours, SIZE), AudioDrivenSession)
    puppet = backend.open(AvatarIdentity("june", {"picture": "june"}), SIZE)
    assert not isinstance(puppet, AudioDrivenSession)
    assert puppet.render([FACE])[0].shape == (SIZE[1], SIZE[0], 4)
    assert "lipsync cannot draw june, puppet does: persona june: no footage" in caplog.text
    backend.close()
    with pytest.raises(UnknownBackend, match="'marionette'; known: "):
        create(AVATAR, "lipsync", fallback="marionette", **options)


def test_on_the_engine_shows_are_drawn_together_and_look_as_they_do_alone(
    options: dict[str, Any], backend: LipsyncBackend
) -> None:
    # No show is refused or degraded, and deadlines are far: the pictures are what is looked at here.
    shared = Vouched(**options, engine=True, lead_s=100, policy={"admit": False, "degrade": False})
    pcm = {"maya": vowels(0.3, 130.0), "sora": vowels(0.3, 210.0)}
    sessions = {name: shared.open(AvatarIdentity(name), SIZE) for name in pcm}
    results: dict[str, list[Any]] = {}

    def show(name: str) -> None:
        results[name] = sessions[name].render_speech([FACE] * 4, pcm[name], range(2, 6))

    threads = [threading.Thread(target=show, args=(name,)) for name in pcm]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, frames in results.items():
        alone = backend.open(AvatarIdentity(name), SIZE).render_speech([FACE] * 4, pcm[name], range(2, 6))
        assert all(np.abs(a.astype(int) - b.astype(int)).max() <= 1 for a, b in zip(frames, alone, strict=True))
    for session in sessions.values():
        session.close()
    shared.close()


def test_while_the_device_is_lost_the_clip_goes_on(backend: LipsyncBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise BackendUnavailable("the render device is lost")

    session, pcm = backend.open(MAYA, SIZE), vowels(0.4)
    with monkeypatch.context() as patch:
        patch.setattr(backend, "draw", lost)
        shown = session.render_speech([FACE] * 3, pcm, range(3, 6))
        assert all(np.array_equal(frame, original()) for frame in shown)
    assert not np.array_equal(session.render_speech([FACE], pcm, [6])[0], original())
