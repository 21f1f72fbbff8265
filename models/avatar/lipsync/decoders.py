"""From latents to pictures and back: Stable Diffusion's autoencoder, and TAESD, its small stand-in.

Latents in this package are always *scaled*: what SD-VAE's encoder gives, times 0.18215. The two decoders differ in
what they expect: SD-VAE's wants that factor undone, TAESD was trained on scaled latents and takes them as they are.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import nn

from models.avatar.lipsync.sources import hub_errors, local
from models.errors import WeightsCorrupt

SCALING = 0.18215
"""Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022), section 4.3.2."""
LATENT_CHANNELS = 4
SIDE = 256
"""Pixels a side of the face crop; its latent is an eighth."""


class SdVaeDecoder(nn.Module):
    """Scaled latents [B,4,h,w] -> RGB [B,3,8h,8w] in 0..1."""

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.post_quant_conv = vae.post_quant_conv if vae.post_quant_conv is not None else nn.Identity()
        self.decoder = vae.decoder

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Undo the scaling, decode, and bring -1..1 to 0..1."""
        picture = self.decoder(self.post_quant_conv(latents / SCALING))
        return cast(torch.Tensor, (picture / 2 + 0.5).clamp(0, 1))


class TaesdDecoder(nn.Module):
    """Scaled latents [B,4,h,w] -> RGB [B,3,8h,8w] in 0..1, for a sixteenth of SD-VAE's work; softer on skin."""

    def __init__(self, vae: AutoencoderTiny) -> None:
        super().__init__()
        self.decoder = vae.decoder

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Decode latents as they are (`scaling_factor` of TAESD is 1), and bring -1..1 to 0..1."""
        return cast(torch.Tensor, (self.decoder(latents) / 2 + 0.5).clamp(0, 1))


class LatentEncoder(nn.Module):
    """RGB [B,3,256,256] in -1..1 -> scaled latents [B,4,32,32]: SD-VAE's mean, without its noise.

    The original samples; its training took the mode. The mode is the same each time, so a cache can be compared.
    """

    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Encode."""
        return cast(torch.Tensor, self.vae.encode(pictures).latent_dist.mode() * SCALING)


def load_vae(source: str, *, device: torch.device, dtype: torch.dtype) -> AutoencoderKL:
    """Load an SD-VAE folder or hub repository, such as stabilityai/sd-vae-ft-mse.

    Checkpoints from before diffusers 0.18 name their attention query, key, value and proj_attn; `from_pretrained`
    renames them, a bare `load_state_dict` would not.

    Raises:
        BackendUnavailable: it cannot be had.
        WeightsCorrupt: a tensor is missing, or the latent has other than 4 channels or 8x reduction.
    """
    vae = _pretrained(AutoencoderKL, source, dtype)
    if abs(vae.config.scaling_factor - SCALING) > 1e-6:
        raise WeightsCorrupt(f"{source}: scaling_factor is {vae.config.scaling_factor}; allowed: {SCALING} (SD 1.x)")
    return cast(AutoencoderKL, _ready(vae, source, device))


def load_taesd(source: str, *, device: torch.device, dtype: torch.dtype) -> AutoencoderTiny:
    """Load a TAESD folder or hub repository, such as madebyollin/taesd (the SD 1.x one).

    Raises:
        BackendUnavailable: it cannot be had.
        WeightsCorrupt: a tensor is missing, or it is made for other latents.
    """
    vae = _pretrained(AutoencoderTiny, source, dtype)
    if vae.config.scaling_factor != 1.0:
        raise WeightsCorrupt(
            f"{source}: scaling_factor is {vae.config.scaling_factor}; allowed: 1.0 (TAESD for SD 1.x)"
        )
    return cast(AutoencoderTiny, _ready(vae, source, device))


def _pretrained(kind: Any, source: str, dtype: torch.dtype) -> Any:
    where = local(source)
    with hub_errors(source):
        vae, info = kind.from_pretrained(
            str(where or source), torch_dtype=dtype, output_loading_info=True, low_cpu_mem_usage=False
        )
    # diffusers only warns about these and leaves them random.
    if info["missing_keys"] or info["mismatched_keys"]:
        wrong = [*info["missing_keys"], *info["mismatched_keys"]]
        raise WeightsCorrupt(f"{source}: {len(wrong)} tensors are missing or of another shape, first {wrong[0]}")
    return vae


def _ready(vae: Any, source: str, device: torch.device) -> Any:
    channels, stages = vae.config.latent_channels, len(vae.config.block_out_channels)
    if channels != LATENT_CHANNELS or stages != 4:
        raise WeightsCorrupt(f"{source}: {channels} latent channels, {stages} stages; allowed: {LATENT_CHANNELS} and 4")
    return vae.to(device).eval().requires_grad_(False)
