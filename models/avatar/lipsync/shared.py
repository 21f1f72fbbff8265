"""Mouths of all shows in one batch: the lip-sync network on the render engine of its device."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from models.avatar.lipsync.session import Faces, Network
from models.base import AvatarIdentity
from models.engine.lipsync import EngineMouths, LipsyncNetwork, MouthControls
from models.engine.network import NetworkModel
from models.engine.session import LEAD_S
from models.runtime import Engine, Policy
from streaming.media import Pcm

Load = Callable[[], tuple[UNet2DConditionModel, Mapping[str, nn.Module]]]
"""The UNet, and decoders by quality level, best first. Called again after the device was lost."""


class SharedMouths:
    """An engine that draws for every session of a backend."""

    def __init__(self, load: Load, *, on_gpu: bool, policy: Policy, lead_s: float = LEAD_S) -> None:
        """Load the network, measure its buckets and start. Blocks.

        Raises:
            models.errors.ModelError: the network cannot be loaded.
        """

        def make() -> NetworkModel[MouthControls]:
            unet, decoders = load()
            return NetworkModel(LipsyncNetwork(unet, decoders), compile_with="auto" if on_gpu else "never")

        self._lead_s = lead_s
        self.engine: Engine[MouthControls] = Engine(make, policy=policy).start()

    def open(self, identity: AvatarIdentity, hear: Callable[[Pcm], torch.Tensor]) -> tuple[Network, Callable[[], None]]:
        """Let a show in: what its session draws with, and what frees its place.

        Raises:
            models.errors.AdmissionRefused: the device has no room for it.
            models.errors.BackendUnavailable: the device is lost just now.
        """
        show = self.engine.open(identity)
        return _OneShow(EngineMouths(self.engine, show, self._lead_s), hear), lambda: self.engine.close_show(show)

    def close(self) -> None:
        """Stop the engine. Idempotent."""
        self.engine.close()


class _OneShow:
    """A session's network: it hears with the backend and draws on the engine."""

    def __init__(self, mouths: EngineMouths, hear: Callable[[Pcm], torch.Tensor]) -> None:
        self._mouths = mouths
        self._hear = hear

    def hear(self, pcm: Pcm) -> torch.Tensor:
        return self._hear(pcm)

    def draw(self, latents: torch.Tensor, windows: torch.Tensor) -> Faces:
        return self._mouths.draw(latents, windows)
