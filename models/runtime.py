"""The render runtime's public face: one engine a device, shared by all shows. The parts are in `models.engine`.

A renderer implements `Network` (tensors in, pictures out) and is wrapped by `models.engine.network.NetworkModel`, or
implements `FrameModel` itself. Shows use `EngineBackend` like any other avatar. Importing this does not import torch.
"""

from models.engine.core import Engine
from models.engine.frames import Done, End, EngineStats, FrameModel, Outcome, PixelFormat, Rendering
from models.engine.latency import BUCKETS, LatencyTable
from models.engine.quality import Policy
from models.engine.scheduler import Batch, Decision, Fate, Request, Scheduler
from models.engine.session import EngineBackend, EngineSession
from models.errors import AdmissionRefused, DeviceLost

__all__ = [
    "BUCKETS", "AdmissionRefused", "Batch", "Decision", "DeviceLost", "Done", "End", "Engine", "EngineBackend",
    "EngineSession", "EngineStats", "Fate", "FrameModel", "LatencyTable", "Outcome", "PixelFormat", "Policy",
    "Rendering", "Request", "Scheduler",
]  # fmt: skip
