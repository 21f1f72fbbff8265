"""The engine with a small network on the CPU: pictures, shows side by side, a lost device, the adapter for shows."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from models.base import AvatarIdentity, FrameControls
from models.engine.frames import Pixels, Rendering
from models.engine.network import NetworkModel
from models.engine.sample import SampleNetwork
from models.engine.session import fit, to_rgba
from models.engine.yuv import rgb_to_nv12, rgb_to_rgba, rgb_to_yuv420p
from models.errors import AdmissionRefused, BackendUnavailable, DeviceLost
from models.fakes import SolidAvatar
from models.runtime import Done, End, Engine, EngineBackend, Outcome, Policy
from streaming.encoder import H264Encoder
from streaming.media import VideoFrame

pytestmark = pytest.mark.unit
SECOND = 1_000_000_000
PATIENT = 3_600 * SECOND
OPEN = Policy(admit=False, degrade=False)
NOD = FrameControls(jaw_open=0.4, head_yaw=12)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def host(name: str) -> AvatarIdentity:
    return AvatarIdentity(name)


def sample(buckets: Sequence[int] = (1, 2, 4)) -> NetworkModel[FrameControls]:
    return NetworkModel(SampleNetwork(), buckets=buckets, compile_with="never")


def ask(engine: Engine[FrameControls], show: int, controls: FrameControls = NOD, after_s: float = 60.0) -> Outcome:
    return engine.submit(show, controls, engine.clock.now_ns() + int(after_s * SECOND)).result(30)


# --- pictures ---------------------------------------------------------------------------------------------------


def picture(width: int = 48, height: int = 64, seed: int = 0) -> np.ndarray:
    rgba = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    rgba[..., 3] = 255
    rgba[:8, :8] = (255, 255, 255, 255)
    rgba[8:16, :8] = (0, 0, 0, 255)
    return rgba


def as_rgb(rgba: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(rgba[..., :3].copy()).permute(2, 0, 1)[None]


def test_yuv420p_is_bit_for_bit_what_the_encoder_makes() -> None:
    rgba = picture()
    encoder = H264Encoder((48, 64))
    planes = encoder._convert(rgba).to_ndarray(format="yuv420p")
    assert encoder.encode(VideoFrame(rgba, 0))
    encoder.close()
    np.testing.assert_array_equal(rgb_to_yuv420p(as_rgb(rgba))[0].numpy(), planes)


def test_nv12_is_yuv420p_with_the_chroma_interleaved() -> None:
    rgb = as_rgb(picture())
    planar, packed = rgb_to_yuv420p(rgb)[0].numpy(), rgb_to_nv12(rgb)[0].numpy()
    np.testing.assert_array_equal(packed[:64], planar[:64])
    chroma = planar[64:].reshape(2, -1)
    np.testing.assert_array_equal(packed[64:].reshape(-1, 2), chroma.T)


def test_rgba_is_opaque_and_keeps_the_colours() -> None:
    rgba = picture()
    np.testing.assert_array_equal(rgb_to_rgba(as_rgb(rgba))[0].numpy(), rgba)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12"])
def test_a_smooth_picture_comes_back_from_yuv(pixel_format: str) -> None:
    ramp = np.full((64, 48, 4), 255, np.uint8)
    ramp[..., :3] = cv2.GaussianBlur(picture(), (0, 0), 9)[..., :3]
    convert = {"yuv420p": rgb_to_yuv420p, "nv12": rgb_to_nv12}[pixel_format]
    back = to_rgba(convert(as_rgb(ramp))[0].numpy(), pixel_format)  # type: ignore[arg-type]
    assert np.abs(back.astype(int) - ramp).mean() < 3


def test_fit_covers_the_target_evenly() -> None:
    rgba = np.zeros((100, 100, 4), np.uint8)
    rgba[:, 50:] = 255
    tall = fit(rgba, (60, 120))
    assert tall.shape == (120, 60, 4)
    assert (tall[0, 0, 0], tall[0, -1, 0]) == (0, 255)
    assert fit(rgba, (100, 100)) is rgba


# --- shows side by side -----------------------------------------------------------------------------------------


def test_hosts_rendered_together_are_the_hosts_rendered_alone() -> None:
    """The same program with other neighbours, other slots and another place in the batch: the same bits."""
    names = [f"host-{i}" for i in range(4)]
    alone: dict[str, Pixels] = {}
    for name in names:
        model = sample(buckets=(4,))
        model.rehearse(4, 0)
        alone[name] = model.run([model.open(host(name))], [NOD], 0, 4).frames()[0]
    assert len({frame.tobytes() for frame in alone.values()}) == 4
    model = sample(buckets=(4,))
    model.rehearse(4, 0)
    slots = {name: model.open(host(name)) for name in reversed(names)}
    for order in (names, names[::-1], names[2:] + names[:2], names[:3]):
        together = model.run([slots[name] for name in order], [NOD] * len(order), 0, 4).frames()
        for name, frame in zip(order, together, strict=True):
            np.testing.assert_array_equal(frame, alone[name])


def test_the_bucket_changes_a_picture_by_rounding_at_most() -> None:
    model = sample()
    for bucket in model.buckets:
        model.rehearse(bucket, 0)
    slots = [model.open(host(f"host-{i}")) for i in range(4)]
    together = model.run(slots, [NOD] * 4, 0, 4).frames()
    for slot, frame in zip(slots, together, strict=True):
        single = model.run([slot], [NOD], 0, 1).frames()[0]
        assert np.abs(single.astype(int) - frame).max() <= 1


def test_the_engine_gives_each_show_its_own_pictures_in_order() -> None:
    engine = Engine(sample, policy=OPEN).start()
    try:
        shows = {f"host-{i}": engine.open(host(f"host-{i}")) for i in range(3)}
        poses = [FrameControls(jaw_open=i / 9, head_yaw=3 * i) for i in range(10)]
        now = engine.clock.now_ns()
        futures = {
            name: [engine.submit(show, pose, now + PATIENT + i) for i, pose in enumerate(poses)]
            for name, show in shows.items()
        }
        ended = {name: [future.result(30) for future in some] for name, some in futures.items()}
    finally:
        engine.close()
    alone = sample()
    alone.rehearse(1, 0)
    for name, outcomes in ended.items():
        slot = alone.open(host(name))
        for pose, outcome in zip(poses, outcomes, strict=True):
            assert outcome.end is End.RENDERED
            assert outcome.pixels is not None
            expected = alone.run([slot], [pose], 0, 1).frames()[0]
            assert np.abs(expected.astype(int) - outcome.pixels).max() <= 1
    assert engine.stats.ends is not None
    assert engine.stats.ends[End.RENDERED] == 30


def test_a_freed_slot_is_used_again() -> None:
    engine = Engine(lambda: NetworkModel(SampleNetwork(capacity=2), buckets=(1,), compile_with="never"), policy=OPEN)
    engine.start()
    try:
        first, second = engine.open(host("a")), engine.open(host("b"))
        with pytest.raises(AdmissionRefused, match="all 2 places are taken"):
            engine.open(host("c"))
        before = ask(engine, second).pixels
        engine.close_show(first)
        third = engine.open(host("c"))
        assert ask(engine, first).end is End.CLOSED
        after, other = ask(engine, second).pixels, ask(engine, third).pixels
    finally:
        engine.close()
    assert before is not None
    np.testing.assert_array_equal(before, after)
    assert not np.array_equal(after, other)


def test_what_cannot_be_in_time_is_missed_and_not_rendered() -> None:
    engine = Engine(sample, policy=OPEN).start()
    try:
        show = engine.open(host("a"))
        assert ask(engine, show, after_s=-1).end is End.MISSED
        assert engine.stats.batches == 0
        assert ask(engine, show).end is End.RENDERED
    finally:
        engine.close()


def test_closing_ends_every_frame_that_waits() -> None:
    gate = threading.Event()
    model = Fragile(gate=gate)
    engine = Engine(lambda: model, policy=OPEN).start()
    show = engine.open(host("a"))
    now = engine.clock.now_ns()
    model.waits = True
    futures = [engine.submit(show, NOD, now + PATIENT + i) for i in range(4)]
    closing = threading.Thread(target=engine.close)
    closing.start()
    gate.set()
    closing.join(30)
    assert {future.result(5).end for future in futures} <= {End.RENDERED, End.CLOSED}
    assert futures[-1].result(5).end is End.CLOSED
    assert model.down == 1
    assert engine.submit(show, NOD, now).result(5).end is End.CLOSED


def test_the_runtime_is_imported_without_torch() -> None:
    code = "import sys, models.runtime; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- a lost device ----------------------------------------------------------------------------------------------


class Fragile:
    """A model that fails when told to: every picture is one grey, the identity's length plus the controls' jaw."""

    name = "fragile"
    size = (8, 8)
    format = "rgba"
    levels = ("only",)
    buckets = (1, 2)

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.broken: str = ""
        self.waits = False
        self.down = 0
        self._gate = gate
        self._names: dict[int, int] = {}

    def open(self, identity: AvatarIdentity) -> int:
        self._names[len(self._names)] = len(identity.persona_id)
        return len(self._names) - 1

    def close(self, slot: int) -> None:
        del self._names[slot]

    def run(self, slots: Sequence[int], controls: Sequence[FrameControls], level: int, bucket: int) -> Rendering:
        if self.waits and self._gate is not None:
            self._gate.wait(30)
        if self.broken == "run":
            raise DeviceLost("told to fail")
        greys = [self._names[slot] + int(100 * c.jaw_open) for slot, c in zip(slots, controls, strict=True)]
        frames = [np.full((8, 8, 4), grey, np.uint8) for grey in greys]
        return _BrokenCopy(frames) if self.broken == "copy" else Done(frames)

    def rehearse(self, bucket: int, level: int) -> None:
        pass

    def shutdown(self) -> None:
        self.down += 1


class _BrokenCopy(Done):
    def frames(self) -> list[Pixels]:
        raise DeviceLost("told to fail in the copy")


class Bench:
    """Hands out fragile models; fails the first `dead` times after the first one."""

    def __init__(self, dead: int = 0) -> None:
        self.made: list[Fragile] = []
        self._dead = dead

    def __call__(self) -> Fragile:
        if self.made and self._dead:
            self._dead -= 1
            raise DeviceLost("not back yet")
        self.made.append(Fragile())
        return self.made[-1]


def until_rendered(engine: Engine[FrameControls], show: int) -> Outcome:
    for _ in range(2_000):
        outcome = ask(engine, show)
        if outcome.end is not End.LOST:
            return outcome
        threading.Event().wait(0.005)
    raise AssertionError("the device did not come back")


@pytest.mark.parametrize("where", ["run", "copy"])
@pytest.mark.parametrize("dead", [0, 2])
def test_a_lost_device_is_opened_again_and_hosts_come_back(where: str, dead: int) -> None:
    bench = Bench(dead)
    engine = Engine(bench, policy=OPEN, first_retry_s=0.01, last_retry_s=0.02).start()
    try:
        shows = [engine.open(host("x" * n)) for n in (1, 2, 3)]
        engine.close_show(shows[0])
        bench.made[0].broken = where
        assert ask(engine, shows[1]).end is End.LOST
        for n, show in ((2, shows[1]), (3, shows[2])):
            outcome = until_rendered(engine, show)
            assert outcome.pixels is not None
            assert outcome.pixels[0, 0, 0] == n + 40
        assert engine.stats.losses == 1
        assert [model.down for model in bench.made] == [1, 0]
        assert ask(engine, engine.open(host("xxxx"))).end is End.RENDERED
    finally:
        engine.close()


def test_a_show_cannot_start_while_the_device_is_lost() -> None:
    bench = Bench(dead=1)
    engine = Engine(bench, policy=OPEN, first_retry_s=60).start()
    try:
        show = engine.open(host("a"))
        bench.made[0].broken = "run"
        assert ask(engine, show).end is End.LOST
        with pytest.raises(BackendUnavailable, match="being opened again"):
            engine.open(host("b"))
    finally:
        engine.close()


# --- the adapter ------------------------------------------------------------------------------------------------


def test_a_show_uses_the_engine_like_any_avatar() -> None:
    backend = EngineBackend(sample, live=False)
    try:
        session = backend.open(host("a"), (96, 128))
        poses = [replace(NOD, jaw_open=i / 5) for i in range(5)]
        frames = session.render(poses)
        assert [frame.shape for frame in frames] == [(128, 96, 4)] * 5
        assert all(frame.dtype == np.uint8 and (frame[..., 3] == 255).all() for frame in frames)
        assert len({frame.tobytes() for frame in frames}) == 5
        np.testing.assert_array_equal(session.render(poses)[3], frames[3])
        assert session.render([]) == []
        session.close()
        session.close()
    finally:
        backend.close()
        backend.close()


def test_the_fallback_fades_in_when_the_device_is_lost_and_out_again() -> None:
    bench = Bench(dead=3)
    backend = EngineBackend(bench, fallback=SolidAvatar(), policy=OPEN)
    backend.engine._retries_s = (0.01, 0.02)
    try:
        identity = AvatarIdentity("a", {"color": "#c80000"})
        session = backend.open(identity, (8, 8))
        corner = [int(frame[0, 0, 0]) for frame in session.render([FrameControls()] * 2)]
        assert corner == [1, 1]
        bench.made[0].broken = "run"
        reds: list[int] = []
        while len(reds) < 9:
            reds += [int(frame[0, 0, 0]) for frame in session.render([FrameControls()])]
        steps = np.diff([1, *reds])
        assert 20 < max(abs(steps)) <= 26  # an eighth of the way from 1 to 200 at a time, never a jump
        for _ in range(2_000):
            last = int(session.render([FrameControls()])[0][0, 0, 0])
            if last == 1:
                break
            threading.Event().wait(0.002)
        assert last == 1
        session.close()
    finally:
        backend.close()


def test_a_hanging_device_does_not_keep_a_show_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.engine.session._HANG_S", 0.02)
    gate = threading.Event()
    model = Fragile(gate=gate)
    backend = EngineBackend(lambda: model, fallback=SolidAvatar(), policy=OPEN, lead_s=0.05)
    try:
        session = backend.open(AvatarIdentity("a", {"color": "#c80000"}), (8, 8))
        model.waits = True
        assert session.render([FrameControls()])[0][0, 0].tolist() == [200, 0, 0, 255]
    finally:
        gate.set()
        backend.close()


def test_controls_are_prepared_for_each_host() -> None:
    def prepare(identity: AvatarIdentity) -> Callable[[FrameControls], FrameControls]:
        extra = 0.1 if identity.persona_id == "b" else 0.0
        return lambda controls: replace(controls, jaw_open=controls.jaw_open + extra)

    backend = EngineBackend(Fragile, prepare=prepare, live=False, policy=OPEN)
    try:
        greys = [int(backend.open(host(name), (8, 8)).render([NOD])[0][0, 0, 0]) for name in ("a", "b")]
        assert greys == [41, 51]
    finally:
        backend.close()


def test_frames_that_are_expected_are_drawn_before_they_are_rendered() -> None:
    bench = Bench()
    backend = EngineBackend(bench, policy=OPEN)
    try:
        session = backend.open(AvatarIdentity("a"), (8, 8))
        poses = [replace(NOD, jaw_open=i / 5) for i in range(3)]
        session.expect(poses)
        for one in session._expected[0]:
            one.future.result(10)  # nobody has rendered yet
        drawn = backend.engine.stats.ends
        assert drawn is not None and drawn[End.RENDERED] == 3
        assert len(session.render(poses)) == 3
        assert drawn[End.RENDERED] == 3  # nothing was drawn twice
        other = [replace(NOD, jaw_open=0.9)]
        session.expect(poses)
        plain = backend.open(AvatarIdentity("b"), (8, 8))
        np.testing.assert_array_equal(
            session.render(other)[0], plain.render(other)[0]
        )  # what was not expected is drawn
        assert len(session.render(poses)) == 3
    finally:
        backend.close()


def outcome(grey: int | None, end: End = End.RENDERED) -> Outcome:
    return Outcome(end, None if grey is None else np.full((8, 8, 4), grey, np.uint8))


def answers(ends: Sequence[Outcome], monkeypatch: pytest.MonkeyPatch, *, fallback: bool = False) -> list[int]:
    """What a session shows, as greys, when the engine's frames end so."""
    backend = EngineBackend(Fragile, fallback=SolidAvatar() if fallback else None, policy=OPEN)
    try:
        session = backend.open(AvatarIdentity("a", {"color": "#c8c8c8"} if fallback else {}), (8, 8))
        queue = list(ends)
        monkeypatch.setattr(session, "_wait", lambda asked: queue.pop(0))
        return [int(frame[0, 0, 0]) for frame in session.render([FrameControls()] * len(ends))]
    finally:
        backend.close()


def test_half_rate_frames_are_mixed_from_their_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = outcome(None, End.SKIPPED)
    assert answers([outcome(10), skipped, outcome(30), skipped], monkeypatch) == [10, 20, 30, 30]
    assert answers([outcome(10), skipped, skipped, skipped, outcome(50)], monkeypatch) == [10, 20, 30, 40, 50]


def test_the_end_of_a_batch_is_mixed_with_the_next_when_it_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = EngineBackend(Fragile, policy=OPEN)
    try:
        session = backend.open(AvatarIdentity("a"), (8, 8))
        skipped = outcome(None, End.SKIPPED)
        first, second = [NOD] * 3, [FrameControls()] * 3
        ends = {0: outcome(10), 1: skipped, 2: skipped, 3: skipped, 4: outcome(50), 5: skipped}
        session.expect(first)
        session.expect(second)
        numbers = {id(one): n for n, one in enumerate([*session._expected[0], *session._expected[1]])}
        monkeypatch.setattr(session, "_wait", lambda asked: ends[numbers[id(asked)]])
        shown = [int(frame[0, 0, 0]) for frame in (*session.render(first), *session.render(second))]
        assert shown == [10, 20, 30, 40, 50, 50]  # nothing is known of what follows the last
    finally:
        backend.close()


def test_a_missed_frame_repeats_the_last_and_half_a_second_brings_the_fallback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missed = outcome(None, End.MISSED)
    shown = answers([outcome(10), missed, missed, outcome(30)], monkeypatch)
    assert shown == [10, 10, 10, 30]
    shown = answers([outcome(10), *[missed] * 20], monkeypatch, fallback=True)
    assert shown[:12] == [10] * 12
    assert shown[-1] == 200
    assert shown == sorted(shown)


def test_without_a_fallback_and_a_last_picture_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendUnavailable, match="no fallback"):
        answers([outcome(None, End.LOST)], monkeypatch)


def test_a_full_device_refuses_with_its_reason() -> None:
    class Slow(Fragile):
        def rehearse(self, bucket: int, level: int) -> None:
            threading.Event().wait(0.05)

    backend = EngineBackend(Slow)
    try:
        with pytest.raises(AdmissionRefused, match="no room for another show: 1 would need"):
            backend.open(host("a"), (8, 8))
    finally:
        backend.close()
