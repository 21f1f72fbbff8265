"""The number format a device is quickest in."""

from __future__ import annotations

import pytest
import torch

from models import precision
from models.avatar.diffusion import backend
from models.avatar.diffusion.backend import DiffusionBackend, create
from models.precision import convolution_rate, quick_dtype

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def measured_anew() -> None:
    quick_dtype.cache_clear()


@pytest.mark.parametrize(("float32", "bfloat16", "chosen"), [(1.0, 9.0, torch.float32), (9.0, 1.0, torch.bfloat16)])
def test_a_cpu_gets_what_it_is_quicker_in(
    monkeypatch: pytest.MonkeyPatch, float32: float, bfloat16: float, chosen: torch.dtype
) -> None:
    seconds = {torch.float32: float32, torch.bfloat16: bfloat16}
    monkeypatch.setattr(precision, "_seconds", seconds.__getitem__)
    assert quick_dtype("cpu") == chosen


def test_it_is_measured_once_a_process() -> None:
    assert quick_dtype() in (torch.float32, torch.bfloat16)
    assert precision._seconds(torch.float32) > 0
    quick_dtype()
    assert quick_dtype.cache_info().hits == 1


def test_a_gpu_without_bfloat16_gets_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert quick_dtype("cuda") == torch.float32
    assert quick_dtype("mps") == torch.float32


def test_the_rate_of_convolutions_is_positive_and_about_the_same_twice() -> None:
    first, again = (convolution_rate(torch.float32) for _ in range(2))
    assert 0.02 < first / again < 50 and first > 1e6


@pytest.mark.parametrize(
    ("rate", "cores", "pace"), [(200e9, 4, "full"), (200e9, 2, "half"), (20e9, 8, "half"), (500e9, 1, "half")]
)
def test_slow_or_few_cores_paint_every_other_frame(
    monkeypatch: pytest.MonkeyPatch, rate: float, cores: int, pace: str
) -> None:
    monkeypatch.setattr(backend, "convolution_rate", lambda: rate)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    made = create(live=False, pace="auto")
    assert isinstance(made, DiffusionBackend) and made.pace == pace
    assert create(live=True, pace="auto").engine.policy.best == (2 if pace == "half" else 0)  # type: ignore[attr-defined]


def test_an_unknown_pace_is_refused_with_those_allowed() -> None:
    with pytest.raises(ValueError, match="pace: got 'slow'; allowed: full, half, auto"):
        create(pace="slow")  # type: ignore[arg-type]
