"""The network of the frame loop: latents and audio windows in, mouths out. No branch, static shapes, one batch.

A whole forward pass can be captured in one CUDA graph or compiled with `fullgraph=True`: the timestep is always 0,
so what the embedding adds to each residual block is a constant, and it is folded into the convolution before it.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from diffusers import UNet2DConditionModel
from torch import nn

TOKENS = 50
"""Audio tokens a frame: 10 rows of Whisper features (200 ms) with 5 states each."""
WIDTH = 384
LATENTS = (8, 32, 32)
"""Masked and reference latent of one frame, stacked: what `LipsyncModel` takes for each."""


def positional_encoding(tokens: int = TOKENS, width: int = WIDTH) -> torch.Tensor:
    """The fixed sinusoids added to audio windows, float32 [tokens, width]: sine and cosine interleaved, base 10000.

    Vaswani et al., "Attention Is All You Need" (2017), section 3.5.
    """
    position = torch.arange(tokens, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10_000.0) / width))
    encoding = torch.empty(tokens, width)
    encoding[:, 0::2] = torch.sin(position * rate)
    encoding[:, 1::2] = torch.cos(position * rate)
    return encoding


@torch.no_grad()
def fold_timestep(unet: UNet2DConditionModel) -> None:
    """Fold the embedding of timestep 0 into the biases of the residual blocks, in place and for good.

    Afterwards the blocks take no time embedding: 22 linear layers and as many additions less in each pass. The
    network cannot be saved as a checkpoint, or called with another timestep, any more.
    """
    weight = unet.conv_in.weight
    # In float32: the constant is computed once, so it may as well be exact.
    time_embedding = unet.time_embedding.float()
    embedding = time_embedding(unet.time_proj(torch.zeros(1, device=weight.device)).float())
    for block in unet.modules():
        projection = getattr(block, "time_emb_proj", None)
        if projection is not None:
            shift = projection.float()(torch.nn.functional.silu(embedding))[0]
            bias = block.conv1.bias
            bias.copy_((bias.float() + shift).to(bias.dtype))
            block.time_emb_proj = None


class LipsyncModel(nn.Module):
    """UNet and decoder as one function of a batch over any shows.

    Takes the UNet for itself (see `fold_timestep`). The decoder maps scaled latents to RGB in 0..1.
    """

    encoding: torch.Tensor

    def __init__(self, unet: UNet2DConditionModel, decoder: nn.Module) -> None:
        super().__init__()
        fold_timestep(unet)
        self.unet = unet
        self.decoder = decoder
        weight = unet.conv_in.weight
        self.register_buffer("encoding", positional_encoding().to(weight.device, weight.dtype), persistent=False)

    def forward(self, latents: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
        """Draw a batch of face crops.

        Args:
            latents: [B,8,32,32], masked and reference latent of each frame, scaled.
            audio: [B,50,384], Whisper windows without positional encoding (it is added here).

        Returns:
            RGB [B,3,256,256] in 0..1, in the model's number format.
        """
        return cast(torch.Tensor, self.decoder(self.inpaint(latents, audio + self.encoding)))

    def inpaint(self, latents: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """The UNet alone: [B,8,32,32] and encoded audio [B,50,384] -> scaled latents [B,4,32,32]."""
        unet = self.unet
        sample = unet.conv_in(latents)
        kept: tuple[torch.Tensor, ...] = (sample,)
        for block in unet.down_blocks:
            sample, skips = block(sample, None, **_context(block, tokens))
            kept += skips
        sample = unet.mid_block(sample, None, encoder_hidden_states=tokens)
        for block in unet.up_blocks:
            count = len(block.resnets)
            skips, kept = kept[-count:], kept[:-count]
            sample = block(hidden_states=sample, res_hidden_states_tuple=skips, **_context(block, tokens))
        return cast(torch.Tensor, unet.conv_out(unet.conv_act(unet.conv_norm_out(sample))))


def _context(block: nn.Module, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
    """The audio, for the blocks that attend to it. Decided by the network's structure, never by data."""
    return {"encoder_hidden_states": tokens} if getattr(block, "has_cross_attention", False) else {}
