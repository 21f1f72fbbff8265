"""The engine on a CUDA device: graphs, copies, many hosts in one batch, and one that is lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from models.base import AvatarIdentity, FrameControls
from models.engine.bench import run
from models.engine.network import NetworkModel
from models.engine.sample import SampleNetwork
from models.engine.session import to_rgba
from models.errors import DeviceLost
from models.runtime import End, Engine, Policy

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here"),
]
POSES = [FrameControls(jaw_open=i / 8, head_yaw=4 * i) for i in range(8)]
PATIENT_NS = 600_000_000_000


def model(
    device: str = "cuda", *, compile_with: str = "never", pixel_format: str = "rgba", buckets: tuple[int, ...] = (1, 8)
) -> NetworkModel[FrameControls]:
    network = SampleNetwork(device, size=(256, 256))
    made = NetworkModel[FrameControls](
        network, buckets=buckets, compile_with=compile_with, pixel_format=pixel_format  # type: ignore[arg-type]
    )  # fmt: skip
    for bucket in buckets:
        for level in range(2):
            made.rehearse(bucket, level)
    return made


@pytest.fixture(autouse=True)
def _exact() -> Iterator[None]:
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = before


def hosts(made: NetworkModel[FrameControls], count: int = 8) -> list[int]:
    return [made.open(AvatarIdentity(f"host-{i}")) for i in range(count)]


@pytest.mark.parametrize("compile_with", ["never", "always"])
@pytest.mark.parametrize("level", [0, 1])
def test_a_graph_draws_what_the_cpu_draws(compile_with: str, level: int) -> None:
    fast, plain = model(compile_with=compile_with), model("cpu")
    got = fast.run(hosts(fast), POSES, level, 8).frames()
    wanted = plain.run(hosts(plain), POSES, level, 8).frames()
    for a, b in zip(got, wanted, strict=True):
        assert np.abs(a.astype(int) - b).max() <= 2


def test_hosts_together_are_the_hosts_alone_bit_for_bit() -> None:
    made = model(buckets=(8,))
    slots = hosts(made)
    together = made.run(slots, POSES, 0, 8).frames()
    for i, slot in enumerate(slots):
        np.testing.assert_array_equal(made.run([slot], [POSES[i]], 0, 8).frames()[0], together[i])
    backwards = made.run(slots[::-1], POSES[::-1], 0, 8).frames()
    for a, b in zip(backwards[::-1], together, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_batch_survives_the_next_two() -> None:
    """Graphs share memory, and the pinned ring is used again: pictures that were taken must not change."""
    made = model()
    slots = hosts(made)
    first = made.run(slots, POSES, 0, 8)
    first.computed()
    second = made.run(slots[:1], POSES[7:], 1, 1)
    second.computed()
    kept = [frame.copy() for frame in first.frames()]
    taken = second.frames()
    for _ in range(3):
        rendering = made.run(slots, POSES[::-1], 0, 8)
        rendering.computed()
        rendering.frames()
    again = made.run(slots, POSES, 0, 8).frames()
    for a, b in zip(kept, again, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(taken[0], made.run(slots[:1], POSES[7:], 1, 1).frames()[0])


@pytest.mark.parametrize("pixel_format", ["yuv420p", "nv12"])
def test_planes_leave_the_device(pixel_format: str) -> None:
    planes, rgba = model(pixel_format=pixel_format, buckets=(8,)), model(buckets=(8,))
    for a, b in zip(
        planes.run(hosts(planes), POSES, 0, 8).frames(), rgba.run(hosts(rgba), POSES, 0, 8).frames(), strict=True
    ):
        assert a.shape == (384, 256)
        assert np.abs(to_rgba(a, planes.format).astype(int) - b).mean() < 12  # chroma is of every second pixel


def test_a_host_that_comes_while_others_are_drawn_changes_nothing() -> None:
    engine = Engine(lambda: model(), policy=Policy(admit=False, degrade=False)).start()
    try:
        first = engine.open(AvatarIdentity("first"))

        def ask() -> np.ndarray:
            outcome = engine.submit(first, POSES[3], engine.clock.now_ns() + PATIENT_NS).result(60)
            assert outcome.end is End.RENDERED
            assert outcome.pixels is not None
            return outcome.pixels

        before = ask()
        for i in range(20):
            show = engine.open(AvatarIdentity(f"guest-{i}"))
            np.testing.assert_array_equal(ask(), before)
            engine.close_show(show)
    finally:
        engine.close()


def test_a_cuda_error_is_a_lost_device() -> None:
    network = SampleNetwork("cuda", size=(256, 256))
    made = NetworkModel[FrameControls](network, buckets=(1,), compile_with="never")
    made.rehearse(1, 0)
    slot = hosts(made, 1)[0]
    assert len(made.run([slot], POSES[:1], 0, 1).frames()) == 1

    def fail(slots: object, controls: object) -> dict[str, torch.Tensor]:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    network.pack = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(DeviceLost, match="illegal memory access"):
        made.run([slot], POSES[:1], 0, 1)


def test_the_bench_runs() -> None:
    report = run((1, 4), backend="lipsync", device="cuda", seconds=2, tiny=True, compile_with="never")
    assert report["machine"]["device"]
    assert [row["shows"] for row in report["rows"]] == [1, 4]
    assert report["peak_tflops"] > 1
