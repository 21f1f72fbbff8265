"""The avatar as a diffusers pipeline: guide and identity in, premultiplied RGBA out, in one or a few steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from diffusers import DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from diffusers.utils import BaseOutput
from torch import Tensor

from models.avatar.diffusion.autoencoder import AvatarAutoencoder
from models.avatar.diffusion.canvas import PATCH
from models.avatar.diffusion.denoiser import AvatarDenoiser, Steering

Array = npt.NDArray[np.generic]


@dataclass
class AvatarOutput(BaseOutput):  # type: ignore[misc]
    """images: (N, H, W, 4) uint8, or (N, 4, H, W) in 0..1 for `output_type="pt"`; latents (N, C, H / 16, W / 16)."""

    images: Any
    latents: Tensor


@dataclass(frozen=True, slots=True)
class Plan:
    """What every frame of a session shares: for each step, its noise level, the next one's, and the steering."""

    steps: tuple[tuple[float, float, Steering], ...]


class AvatarPipeline(DiffusionPipeline):  # type: ignore[misc]
    """Paints hosts. Load with `AvatarPipeline.from_pretrained(folder, dtype=quick_dtype())`.

    In real time: `plan` once a session, then `guide_tensor`, `denoise` and `decode` a frame; `decode` needs the newest
    guide but may be given older latents, so that the denoiser can run less often than the picture. Keep the noise of a
    session fixed: what the guide does not say then stays as it is, and nothing flickers.

    Args:
        autoencoder: between pictures and latents.
        denoiser: predicts clean latents.
        scheduler: its noise levels are used.
    """

    model_cpu_offload_seq = "denoiser->autoencoder"

    def __init__(
        self, autoencoder: AvatarAutoencoder, denoiser: AvatarDenoiser, scheduler: FlowMatchEulerDiscreteScheduler
    ) -> None:
        super().__init__()
        self.register_modules(autoencoder=autoencoder, denoiser=denoiser, scheduler=scheduler)

    def ready(self) -> AvatarPipeline:
        """Puts the weights in the memory order convolutions like best; call it once after loading. Returns self."""
        for module in (self.autoencoder, self.denoiser):
            module.eval().requires_grad_(False)
            for parameter in module.parameters():
                if parameter.dim() == 4:
                    parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        return self

    @torch.inference_mode()
    def plan(self, identity: Tensor | Array, steps: int = 1) -> Plan:
        """The steps of a session for identities (64,) or (N, 64).

        Raises:
            ValueError: `steps` is not positive.
        """
        if steps < 1:
            raise ValueError(f"num_inference_steps: got {steps}; allowed: 1 and more")
        vector = torch.as_tensor(identity).to(self._execution_device, self.denoiser.dtype)
        vector = vector[None] if vector.dim() == 1 else vector
        self.scheduler.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps))
        levels = self.scheduler.sigmas.tolist()
        return Plan(
            tuple(
                (now, after, self.denoiser.steer(vector, torch.full((len(vector),), now, device=vector.device)))
                for now, after in zip(levels[:-1], levels[1:], strict=True)
            )
        )

    @torch.inference_mode()
    def noise(self, height: int, width: int, count: int = 1, generator: torch.Generator | None = None) -> Tensor:
        """Latents of pure noise for a picture of height x width pixels; by default the same in every session."""
        generator = generator or torch.Generator("cpu").manual_seed(0)
        shape = (1, self.autoencoder.config.latent_channels, height // PATCH, width // PATCH)
        noise = torch.randn(shape, generator=generator, device=generator.device).expand(count, -1, -1, -1)
        noise = noise.to(self._execution_device, self.denoiser.dtype)
        return noise.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def guide_tensor(self, guide: Tensor | Array) -> Tensor:
        """A guide (16, h, w) or (N, 16, h, w), int8 (times 127) or float, as the networks want it."""
        tensor = torch.as_tensor(guide).to(self._execution_device)
        tensor = tensor[None] if tensor.dim() == 3 else tensor
        packed = tensor.contiguous(memory_format=torch.channels_last)
        whole = packed.to(self.denoiser.dtype)
        return whole * (1 / 127) if packed.dtype == torch.int8 else whole

    @torch.inference_mode()
    def denoise(self, latents: Tensor, guide: Tensor, plan: Plan) -> Tensor:
        """Noise (N, C, h, w) and guide (N, 16, 8 h, 8 w) -> clean latents, by the scheduler's Euler steps."""
        seen = self.denoiser.look(guide)
        for now, after, steering in plan.steps:
            clean = self.denoiser.clean(latents, seen, steering)
            latents = clean if after == 0 else torch.lerp(clean, latents.to(clean.dtype), after / now)
        return latents

    @torch.inference_mode()
    def decode(self, latents: Tensor, guide: Tensor) -> Tensor:
        """Clean latents (N, C, h, w) and guide -> (N, 16 h, 16 w, 4) uint8, premultiplied sRGB RGBA."""
        painted: Tensor = self.autoencoder.decode(latents, guide).permute(0, 2, 3, 1)
        return painted.mul(127.5).add_(127.5).round_().clamp_(0, 255).to(torch.uint8)

    @torch.inference_mode()
    def __call__(
        self,
        guide: Tensor | Array,
        identity: Tensor | Array,
        latents: Tensor | None = None,
        num_inference_steps: int = 1,
        generator: torch.Generator | None = None,
        output_type: Literal["np", "pt", "latent"] = "np",
        return_dict: bool = True,
    ) -> AvatarOutput | tuple[Any, Tensor]:
        """Paints pictures.

        Args:
            guide: (16, h, w) or (N, 16, h, w), h and w multiples of 8; the picture has twice its size.
            identity: (64,) or (N, 64).
            latents: the noise to begin with (N, C, h / 8, w / 8); by default the same for every call.
            num_inference_steps: 1, 2 or 4 were trained for.
            generator: where the noise comes from if not from `latents`.
            output_type: "np" (uint8), "pt" (0..1) or "latent" (images are the clean latents).
            return_dict: whether to return an `AvatarOutput` or its fields.

        Raises:
            ValueError: a size is wrong; the message names it.
        """
        seen = self.guide_tensor(guide)
        height, width = 2 * seen.shape[2], 2 * seen.shape[3]
        if seen.shape[1] != 16 or height % PATCH or width % PATCH:
            raise ValueError(f"guide: got {tuple(seen.shape)}; allowed: (N, 16, h, w) with h and w multiples of 8")
        plan = self.plan(identity, num_inference_steps)
        start = self.noise(height, width, len(seen), generator) if latents is None else latents.to(seen)
        clean = self.denoise(start, seen, plan)
        images: Any
        if output_type == "latent":
            images = clean
        elif output_type == "pt":
            images = (self.autoencoder.decode(clean, seen).float() / 2 + 0.5).clamp(0, 1)
        else:
            images = self.decode(clean, seen).cpu().numpy()
        return AvatarOutput(images, clean) if return_dict else (images, clean)
