"""One lip-synced host: which frame of the clip comes next, what its mouth hears, and the finished picture."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from models.avatar.lipsync.audio import frames_of
from models.avatar.lipsync.composite import paste
from models.avatar.lipsync.gate import Gate, Weights
from models.avatar.lipsync.preparation import Prepared, ping_pong
from models.base import FrameControls
from models.errors import BackendUnavailable
from streaming.media import Pcm, Rgba

log = logging.getLogger(__name__)

Faces = npt.NDArray[np.uint8]
"""Generated crops, (count, 256, 256, 3) RGB."""


class Network(Protocol):
    """What a session needs of its backend, or of an engine that batches over shows. Called from render threads."""

    def hear(self, pcm: Pcm) -> torch.Tensor:
        """Audio windows of an utterance, [frames,50,384]."""
        ...

    def draw(self, latents: torch.Tensor, windows: torch.Tensor) -> Faces:
        """Face crops for [B,8,32,32] and [B,50,384]."""
        ...


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame to make: `loop` is the clip's frame, `weight` how much of the model's mouth shows.

    `window` [50,384] is None where nothing is generated: the frame is then the clip's own.
    """

    loop: int
    weight: float = 0.0
    window: torch.Tensor | None = None


@dataclass(frozen=True, slots=True)
class _Heard:
    pcm: Pcm
    weights: Weights
    windows: torch.Tensor | None
    """None when the whole utterance is silent."""


class LipsyncSession:
    """A persona's clip, running forth and back; its mouth follows speech. Not thread-safe: one caller at a time.

    Head, eyes and hands are the clip's: of `FrameControls` only their number counts.
    """

    def __init__(
        self, prepared: Prepared, network: Network, gate: Gate, release: Callable[[], None] | None = None
    ) -> None:
        """Show a persona; `release` is called once, by `close`."""
        height, width = prepared.frames[0].shape[:2]
        self.size = (width, height)
        self._prepared: Prepared | None = prepared
        self._network = network
        self._gate = gate
        self._release = release
        self._can_draw = True
        self._cursor = 0
        self._heard: _Heard | None = None
        self._last_frame = 0

    def render(self, controls: Sequence[FrameControls]) -> list[Rgba]:
        """The clip's next frames, one for each control, mouth as it is there."""
        self._heard = None
        return self.finish([Shot(self._next(1)) for _ in controls], None)

    def render_speech(self, controls: Sequence[FrameControls], pcm: Pcm, frames: Sequence[int]) -> list[Rgba]:
        """The clip's next frames with the mouth of frames `frames` of `pcm`; see `models.base.AudioDrivenSession`."""
        if len(frames) != len(controls):
            raise ValueError(f"frames: got {len(frames)} for {len(controls)} controls; allowed: as many")
        shots = self.plan(pcm, frames)
        spoken = [shot for shot in shots if shot.window is not None]
        if not spoken:
            return self.finish(shots, None)
        windows = torch.stack([shot.window for shot in spoken if shot.window is not None])
        faces = self._draw(self.latents(spoken), windows)
        if faces is None:
            shots = [Shot(shot.loop) for shot in shots]
        return self.finish(shots, faces)

    # --- the three steps of a frame, for an engine that batches over shows ---

    def plan(self, pcm: Pcm, frames: Sequence[int]) -> list[Shot]:
        """Decide the frames; listens to `pcm` once, when it is first seen."""
        heard = self._listen(pcm)
        shots = []
        for frame in frames:
            step = max(1, frame - self._last_frame)
            self._last_frame = frame
            weight = float(heard.weights[frame]) if 0 <= frame < len(heard.weights) else 0.0
            window = heard.windows[frame] if weight > 0 and heard.windows is not None else None
            shots.append(Shot(self._next(step), weight, window))
        return shots

    def latents(self, shots: Sequence[Shot]) -> torch.Tensor:
        """[len,8,32,32]: what the UNet starts from."""
        latents = self._open.latents
        return latents[torch.tensor([shot.loop for shot in shots], dtype=torch.long, device=latents.device)]

    def finish(self, shots: Sequence[Shot], faces: Faces | None) -> list[Rgba]:
        """Paste the generated crops, in the order of the shots that have a window, into their frames."""
        prepared = self._open
        crops = iter(() if faces is None else faces)
        return [
            prepared.frames[shot.loop].copy()
            if shot.window is None
            else paste(prepared.frames[shot.loop], next(crops), prepared.places[shot.loop], shot.weight)
            for shot in shots
        ]

    def close(self) -> None:
        """Let go of the persona. Idempotent."""
        release, self._release = self._release, None
        if release is not None:
            release()
        self._prepared = None
        self._heard = None

    @property
    def _open(self) -> Prepared:
        if self._prepared is None:
            raise RuntimeError("the session is closed")
        return self._prepared

    def _draw(self, latents: torch.Tensor, windows: torch.Tensor) -> Faces | None:
        """None while the device cannot draw: a mouth that rests is better than no picture."""
        try:
            faces = self._network.draw(latents, windows)
        except BackendUnavailable as error:
            if self._can_draw:
                log.warning("lipsync shows the clip's own mouth: %s", error)
            self._can_draw = False
            return None
        self._can_draw = True
        return faces

    def _next(self, step: int) -> int:
        """The clip's frame now; `step` is more than 1 where frames before it were left out."""
        at = ping_pong(self._cursor + step - 1, len(self._open.frames))
        self._cursor += step
        return at

    def _listen(self, pcm: Pcm) -> _Heard:
        if self._heard is None or self._heard.pcm is not pcm:
            weights = self._gate.weights(pcm)
            # Rounding up the frames of the features could add one more than the picture has.
            windows = self._network.hear(pcm)[: frames_of(pcm)] if weights.any() else None
            self._heard = _Heard(pcm, weights, windows)
            self._last_frame = -1
        return self._heard
