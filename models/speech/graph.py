"""Makes Kokoro's duration predictor an output of its ONNX graph, so that every phoneme has an exact time.

The published export returns audio only. The tensor `/encoder/Clip_output_0` holds the predicted frames of each token
(hexgrad/Kokoro-82M, `KModel.forward_with_tokens`: `pred_dur`); the audio is exactly 600 samples a frame.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

DURATION_OUTPUT = "/encoder/Clip_output_0"
"""float32 (1, tokens): frames of each token, padding included."""


def with_durations(model: Path) -> Path:
    """The path of a copy of `model` that also returns durations, made once next to it.

    The copy is made atomically, so two processes that start together never see half a file.

    Raises:
        ValueError: the graph has no duration predictor: not a Kokoro model.
    """
    target = model.with_name(f"{model.stem}.durations.onnx")
    if target.exists() and target.stat().st_mtime_ns >= model.stat().st_mtime_ns:
        return target
    return _expose(model, target)


def _expose(model: Path, target: Path) -> Path:
    import onnx

    proto = onnx.load(str(model))
    made = {name for node in proto.graph.node for name in node.output}
    if DURATION_OUTPUT not in made:
        raise ValueError(f"{model.name} has no tensor {DURATION_OUTPUT}: not a Kokoro-82M ONNX model")
    if DURATION_OUTPUT not in {output.name for output in proto.graph.output}:
        proto.graph.output.append(onnx.helper.make_tensor_value_info(DURATION_OUTPUT, onnx.TensorProto.FLOAT, None))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    os.close(handle)
    partial = Path(name)
    try:
        onnx.save(proto, str(partial))
        partial.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
    return target
