"""Which number format a device computes quickest in: bfloat16 is a gift on some processors and a disaster on others."""

from __future__ import annotations

import time
from functools import cache

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone uses
from torch import Tensor

_TRIES = 5
_CHANNELS, _SIDE = 48, 32
_MACS = _CHANNELS * _CHANNELS * 9 * _SIDE * _SIDE


@cache
def quick_dtype(device: str = "cpu") -> torch.dtype:
    """bfloat16 or float32, whichever convolutions run quicker in on `device` ("cpu", "cuda", "cuda:1" ...).

    On a CPU it is measured, once a process, in about 50 ms: without bfloat16 instructions (AVX-512 BF16, AMX, Arm's
    BF16) PyTorch emulates them ten to fifty times slower than float32, and with them they are two to four times
    quicker. So a busy machine does not turn the answer round. GPUs that cannot do bfloat16 get float32.
    """
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if kind != "cpu":
        return torch.float32
    return min((torch.float32, torch.bfloat16), key=_seconds)


def convolution_rate(dtype: torch.dtype | None = None) -> float:
    """Multiply-accumulates a second that this CPU does in 3x3 convolutions, with torch's present number of threads.

    Measured anew at each call, in a few milliseconds; `dtype` is the quickest by default.
    """
    return _MACS / _seconds(dtype or quick_dtype())


@torch.inference_mode()
def _seconds(dtype: torch.dtype) -> float:
    """The best of a few 3x3 convolutions in `dtype`, after one to warm up."""
    picture: Tensor = torch.ones(1, _CHANNELS, _SIDE, _SIDE, dtype=dtype).contiguous(memory_format=torch.channels_last)
    weights = torch.ones(_CHANNELS, _CHANNELS, 3, 3, dtype=dtype).contiguous(memory_format=torch.channels_last)
    spent = []
    for _ in range(1 + _TRIES):
        began = time.perf_counter()
        F.conv2d(picture, weights, padding=1)
        spent.append(time.perf_counter() - began)
    return min(spent[1:])
